import { HostFailure } from "../../modules/host.ts";
import { beginSockets, refusal, takeEvent } from "./socket-natives.ts";

/** What has happened to a socket, as sockets-core.h numbers it. */
export const readable = 1;
export const writable = 2;
export const closed = 4;
export const unreachableAddress = 8;

/** Whoever has an id of the core's. */
export interface SocketUser {
	/** @param what bits */
	happened(what: number): void;
}

/** All sockets of a host by id, and the core's call when something has happened to one. A host makes one. */
export class Sockets {
	private readonly users = new Map<number, SocketUser>();
	private readonly found = { id: 0, what: 0 };

	/** @throws HostFailure when the system has no thread or no wake-up for it */
	constructor() {
		if (!beginSockets(this)) throw new HostFailure("no sockets");
	}

	/** @param id as a native gave it. @throws HostFailure when it is a refusal */
	add(id: number, user: SocketUser, what: string): number {
		if (id <= 0) throw new HostFailure(id === -3 ? `${what}: refused (${refusal()})` : `${what}: no address`);
		this.users.set(id, user);
		return id;
	}

	remove(id: number): void {
		this.users.delete(id);
	}

	/** Called by the core. */
	turn(): void {
		const { found, users } = this;
		while (takeEvent(found)) users.get(found.id)?.happened(found.what);
	}
}
