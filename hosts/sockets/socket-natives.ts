import type { Address } from "../../modules/host.ts";

/**
 * The C core in the words of XS; socket-natives.c has the other half. Ids are above 0; -3 is what the system refuses,
 * -2 text that is no address. Each body is exactly one native call, because XS then binds it without a closure.
 */

/** @param program its turn() is called when something has happened; the first one stays. @returns whether it works */
export function beginSockets(this: void, program: { turn(): void }): boolean {
	return native("xs_dormouse_sockets_begin").call(this, program);
}

/** @param found who and what. @returns false for nothing more */
export function takeEvent(this: void, found: { id: number; what: number }): boolean {
	return native("xs_dormouse_sockets_take").call(this, found);
}

/** The system's number of the last refusal (errno). */
export function refusal(this: void): number {
	return native("xs_dormouse_sockets_why").call(this);
}

export function closeSocket(this: void, id: number): void {
	native("xs_dormouse_socket_close").call(this, id);
}

export function openDatagrams(this: void, port: number): number {
	return native("xs_dormouse_datagrams_open").call(this, port);
}

export function readDatagram(this: void, id: number, into: Uint8Array, from: Address): number {
	return native("xs_dormouse_datagrams_read").call(this, id, into, from);
}

export function writeDatagram(this: void, id: number, bytes: Uint8Array, host: string, port: number): number {
	return native("xs_dormouse_datagrams_write").call(this, id, bytes, host, port);
}

/** @param to becomes where the last datagram went that did not arrive */
export function unreachable(this: void, id: number, to: Address): void {
	native("xs_dormouse_datagrams_unreachable").call(this, id, to);
}

export function connectStream(this: void, host: string, port: number): number {
	return native("xs_dormouse_stream_connect").call(this, host, port);
}

/** @param wanted its port becomes the one that it is */
export function listenForStreams(this: void, wanted: { port: number }): number {
	return native("xs_dormouse_stream_listen").call(this, wanted);
}

/** @returns an id, or a number below 0: none waits */
export function acceptStream(this: void, id: number): number {
	return native("xs_dormouse_stream_accept").call(this, id);
}

export function waitingBytes(this: void, id: number): number {
	return native("xs_dormouse_stream_waiting").call(this, id);
}

export function readStream(this: void, id: number, into: Uint8Array): number {
	return native("xs_dormouse_stream_read").call(this, id, into);
}

export function writeStream(this: void, id: number, bytes: Uint8Array, at: number, end: number): number {
	return native("xs_dormouse_stream_write").call(this, id, bytes, at, end);
}

export function resolveName(this: void, name: string): number {
	return native("xs_dormouse_name_resolve").call(this, name);
}

/** @returns undefined: there are no more, and the id is free */
export function resolvedHost(this: void, id: number, index: number): string | undefined {
	return native("xs_dormouse_name_host").call(this, id, index);
}
