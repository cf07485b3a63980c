/**
 * The C core in the words of XS; tls-natives.c has the other half. Connections are numbers above 0; what is below 0 is
 * of `why`. Each body is exactly one native call, because XS then binds it without a closure.
 */

/** @returns whether the image was built with mbedTLS, and it works; before that nothing else here does */
export function beginTls(this: void): boolean {
	return native("xs_dormouse_tls_begin").call(this);
}

/**
 * Everything is copied.
 * @param suites numbers of IANA's, two bytes each, the high one first; none: by what keys there are
 * @returns a connection, 0 when there are too many, or what is below 0
 */
export function openTlsConnection(
	this: void,
	identity: Uint8Array,
	psk: Uint8Array,
	pskId: number,
	chain: Uint8Array,
	privateKey: Uint8Array,
	suites: Uint8Array,
	serverName: string,
	protocol: string,
): number {
	return native("xs_dormouse_tls_open").call(
		this,
		identity,
		psk,
		pskId,
		chain,
		privateKey,
		suites,
		serverName,
		protocol,
	);
}

export function releaseTls(this: void, id: number): void {
	native("xs_dormouse_tls_release").call(this, id);
}

/** @returns how many bytes takeTls() takes */
export function roomOfTls(this: void, id: number): number {
	return native("xs_dormouse_tls_room").call(this, id);
}

/** Bytes of the other side, bytes[0 .. end). @returns how many were taken */
export function takeTls(this: void, id: number, bytes: Uint8Array, end: number): number {
	return native("xs_dormouse_tls_take").call(this, id, bytes, end);
}

/** The other side's stream has ended. */
export function endTls(this: void, id: number): void {
	native("xs_dormouse_tls_end").call(this, id);
}

/** Bytes for the other side. @returns how many */
export function giveTls(this: void, id: number, into: Uint8Array): number {
	return native("xs_dormouse_tls_give").call(this, id, into);
}

/** @returns 0: it waits, 1: ready, 2: certificateOfTls() is to be looked at; below 0: it has ended */
export function stepTls(this: void, id: number): number {
	return native("xs_dormouse_tls_step").call(this, id);
}

/** @returns a certificate in DER, bytes of its own; undefined: there are no more */
export function certificateOfTls(this: void, id: number, index: number): Uint8Array | undefined {
	return native("xs_dormouse_tls_certificate").call(this, id, index);
}

export function trustTls(this: void, id: number, isTrusted: boolean): void {
	native("xs_dormouse_tls_trust").call(this, id, isTrusted);
}

/** @returns how many bytes wait, 0 for none now; below 0: there will be none */
export function pendingTls(this: void, id: number): number {
	return native("xs_dormouse_tls_pending").call(this, id);
}

/** @returns how many bytes were put into into[at ..), 0 for none now; below 0: there will be none */
export function readTls(this: void, id: number, into: Uint8Array, at: number): number {
	return native("xs_dormouse_tls_read").call(this, id, into, at);
}

export function writeTls(this: void, id: number, bytes: Uint8Array, at: number, end: number): number {
	return native("xs_dormouse_tls_write").call(this, id, bytes, at, end);
}

/** Says close_notify. */
export function closeTls(this: void, id: number): void {
	native("xs_dormouse_tls_close").call(this, id);
}

/** @param what 0: the library's number of what ended it, 1: version, 2: suite */
export function describeTls(this: void, id: number, what: 0 | 1 | 2): number {
	return native("xs_dormouse_tls_describe").call(this, id, what);
}

/** What the server chose by ALPN. */
export function protocolOfTls(this: void, id: number): string | undefined {
	return native("xs_dormouse_tls_protocol").call(this, id);
}
