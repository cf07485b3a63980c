import type { Fault } from "../bytes.ts";

/** What stands between a socket and what speaks CoAP: a Peer, or a wrapper of one. */
export interface Endpoint {
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined;
	poll(nowMs: number): void;
	readonly deadlineMs: number;
	takeDatagram(): Uint8Array | undefined;
}
