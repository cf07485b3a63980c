import type { Datagrams, DatagramsOptions } from "../../../modules/host.ts";

/** A UDP socket of the world outside the boards. */
export interface NetworkSocket extends Datagrams {
	/** The local port once bound; rejects with a message for people when the port is taken or not allowed. */
	readonly bound: Promise<number>;
}

export interface NetworkSocketOptions extends DatagramsOptions {
	/** Local address literal; absent lets the network choose ("0.0.0.0" on a real one). */
	host?: string;
}

/** Where sockets live: real UDP of this machine, or a virtual network in virtual time. */
export interface Network {
	open(options: NetworkSocketOptions): NetworkSocket;
	/**
	 * Finds the address literals of a name, the best one first; a literal is its own. Answers later, exactly once, in the
	 * network's time: no promise, because a virtual world runs without one turn of the event loop between its
	 * appointments.
	 * @param onResolved receives none when there is none
	 */
	resolve(name: string, onResolved: (hosts: readonly string[]) => void): void;
}

/** Datagrams that wait for their reader; the newest is dropped when full, as operating systems do. */
export const receiveQueueMax = 64;
