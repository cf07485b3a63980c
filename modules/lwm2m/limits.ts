import { frozen } from "../frozen.ts";

/** How much a client holds; what happens at each limit stands beside it and in README "Limits". */
export interface ClientLimits {
	/** LwM2M Servers served at once; further accounts are logged and left out. */
	readonly servers: number;
	/** Observations of one server; at the limit an Observe is answered as a plain Read (RFC 7641 §4.1). */
	readonly observations: number;
	/** Notifications sent in one turn, to leave room in the peer's outbox; more wait for the next one, at once. */
	readonly notificationsPerTurn: number;
	/**
	 * Notifications kept for each observation while none can be sent, whatever hqmax says; the oldest goes, and is
	 * counted.
	 */
	readonly keptNotifications: number;
	/** Bytes of all notifications kept for one server, likewise. */
	readonly keptBytes: number;
	/** Sends to one server that wait for its registration or are under way; one more is told to be "full" at once. */
	readonly sends: number;
	/** Paths with attributes, per server; at the limit Write-Attributes is answered 5.00. */
	readonly attributes: number;
	/** Object Instances of the whole device; adding more is our own bug, a server's Create is answered 5.00. */
	readonly instances: number;
	/** Values in one Write or Create payload; more is answered 4.13. */
	readonly writeEntries: number;
	/** Instances of one multiple-instance Resource; more is answered 4.13. */
	readonly resourceInstances: number;
	/** Appointments: samples of objects, a pending restart. More is our own bug. */
	readonly appointments: number;
	/** Object Instances that a bootstrap session may stage; more is answered 5.00. */
	readonly stagedInstances: number;
	/** Bytes of all payloads written in one bootstrap session, or of one Bootstrap-Pack; more is answered 4.13. */
	readonly stagedBytes: number;
	/** Segments of a registration's location; a longer one is refused as a failed Register. */
	readonly locationSegments: number;
	/** UTF-8 bytes of a registration's location, likewise. */
	readonly locationBytes: number;
	/** Addresses of a server's name that are tried; the rest are passed over. */
	readonly addresses: number;
}

export const defaultLimits: ClientLimits = frozen({
	servers: 4,
	observations: 16,
	notificationsPerTurn: 8,
	keptNotifications: 16,
	keptBytes: 2048,
	sends: 4,
	attributes: 16,
	instances: 64,
	writeEntries: 64,
	resourceInstances: 32,
	appointments: 16,
	stagedInstances: 32,
	stagedBytes: 8192,
	locationSegments: 4,
	locationBytes: 64,
	addresses: 4,
});

/** `defaults` with `changes` in their place; where there are none the defaults themselves, which lie in ROM. */
export function withChanges<T extends object>(defaults: T, changes: Partial<T> | undefined): T {
	return changes === undefined ? defaults : { ...defaults, ...changes };
}
