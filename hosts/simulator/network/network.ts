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
	/** Finds an address literal for a name; undefined when there is none. */
	resolve(name: string): Promise<string | undefined>;
}
