import type { Address } from "../../../modules/host.ts";
import type { CompositeContent, Content } from "./formats/codec.ts";
import type { Path } from "./path.ts";
import type { Registration, RegistrationUpdate } from "./registration.ts";
import type { WireMessage } from "./wire.ts";

/** What a server tells of; each listener is called in the turn in which it happens, after the client was answered. */
export interface ServerEvents {
	registered: { readonly registration: Registration };
	updated: { readonly registration: Registration; readonly update: RegistrationUpdate };
	/** `replaced`: the same endpoint registered anew. */
	deregistered: { readonly registration: Registration; readonly reason: "asked" | "expired" | "replaced" };
	/** A queue-mode client may be asleep from now on, or is awake again. */
	sleeping: { readonly registration: Registration };
	awake: { readonly registration: Registration };
	notification: { readonly registration: Registration; readonly path: Path } & Content;
	/** The same of an Observe-Composite; `paths` in the order of the request. */
	compositeNotification: { readonly registration: Registration; readonly paths: readonly Path[] } & CompositeContent;
	/** The client sent values by itself (Core 1.1 §6.4.6). */
	sent: { readonly registration: Registration } & CompositeContent;
	/** An observation that will bring nothing more, or a notification that can not be understood. */
	observationFailed: {
		readonly registration: Registration;
		/** The root for a composite one. */
		readonly path: Path;
		readonly paths: readonly Path[];
		readonly isComposite: boolean;
		readonly why: string;
		/** The CoAP code of the client's last notification, where it was an error. */
		readonly code: number | undefined;
	};
	/** Somebody did not prove who he is; `reason` is a Fault's or a CloseReason's. */
	handshakeFailed: { readonly address: Readonly<Address>; readonly reason: string };
	/** One CoAP message of a watched client (watch). */
	coap: {
		readonly endpoint: string;
		readonly incoming: boolean;
		readonly wallTimeMs: number;
		readonly message: WireMessage;
	};
}

export type EventName = keyof ServerEvents;

/** Who listens to what. Listeners are the host's own code: what they throw is a bug and is not caught here. */
export class Emitter<Table extends object> {
	readonly #listeners = new Map<keyof Table, Set<(event: never) => void>>();

	/** @returns a function that ends it */
	on<Name extends keyof Table>(name: Name, listener: (event: Table[Name]) => void): () => void {
		const listeners = this.#listeners.get(name) ?? new Set();
		this.#listeners.set(name, listeners);
		listeners.add(listener);
		return () => void listeners.delete(listener);
	}

	emit<Name extends keyof Table>(name: Name, event: Table[Name]): void {
		for (const listener of this.#listeners.get(name) ?? []) (listener as (event: Table[Name]) => void)(event);
	}
}

export class Events extends Emitter<ServerEvents> {}
