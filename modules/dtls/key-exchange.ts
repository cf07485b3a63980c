import { type Fault, fault } from "../bytes.ts";
import type { Crypto } from "../host.ts";
import { AlertDescription } from "./alert.ts";
import { NamedGroup } from "./extensions.ts";
import { verifyDataSize } from "./key-schedule.ts";
import { Reader, Writer } from "./vector.ts";

/** RFC 8422 §5.4: curve_type named_curve. */
const namedCurve = 3;
/** A point of P-256, uncompressed (SEC 1 §2.3.3). */
export const pointSize = 65;

export const KEY_EXCHANGE_BROKEN = fault("dtls.keyExchangeBroken", AlertDescription.decodeError, "RFC 4279 §2, §3");
export const CURVE = fault("dtls.curve", AlertDescription.illegalParameter, "RFC 8422 §5.4");
export const POINT = fault("dtls.point", AlertDescription.illegalParameter, "RFC 8422 §5.4.1");
export const TICKET_BROKEN = fault("dtls.ticketBroken", AlertDescription.decodeError, "RFC 5077 §3.3");
export const FINISHED_BROKEN = fault("dtls.finishedBroken", AlertDescription.decodeError, "RFC 5246 §7.4.9");
export const NOT_EMPTY = fault("dtls.notEmpty", AlertDescription.decodeError, "RFC 5246 §7.4.1.1, §7.4.5");

/** The server's half of an ECDHE exchange (RFC 8422 §5.4), with P-256. */
export interface EcdheServerKeyExchange {
	/** 65 bytes. Not checked to be on the curve: agree() of the Crypto port does that. */
	readonly point: Uint8Array;
	/** One of SignatureAlgorithm, or one that we do not know. */
	readonly algorithm: number;
	/** DER: for readSignature(). */
	readonly signature: Uint8Array;
	/** Where the parameters that are signed stand in the buffer that was read. */
	readonly signedAt: number;
	readonly signedEnd: number;
}

export interface NewSessionTicket {
	/** 0: not said. */
	readonly lifetimeHintS: number;
	readonly ticket: Uint8Array;
}

/** Reads a PSK server's ServerKeyExchange (RFC 4279 §2). @returns the hint: any bytes, often none */
export function readPskServerKeyExchange(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	return readOpaque(bytes, at, end);
}

/** @param hint none gives an empty one; better then is no message at all */
export function writePskServerKeyExchange(hint: Uint8Array): Uint8Array {
	return new Writer().opaque(hint, 2).finish();
}

/** Reads a PSK client's ClientKeyExchange (RFC 4279 §2). @returns the identity: any bytes, maybe none */
export function readPskClientKeyExchange(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	return readOpaque(bytes, at, end);
}

export function writePskClientKeyExchange(identity: Uint8Array): Uint8Array {
	return new Writer().opaque(identity, 2).finish();
}

function readOpaque(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	const reader = new Reader(bytes, at, end);
	const value = reader.opaque(2, 0, 0xffff);
	return reader.isDone ? value : KEY_EXCHANGE_BROKEN;
}

/** Reads an ECDHE server's ServerKeyExchange; any curve but P-256 is refused, for we offer no other. */
export function readEcdheServerKeyExchange(bytes: Uint8Array, at: number, end: number): EcdheServerKeyExchange | Fault {
	const reader = new Reader(bytes, at, end);
	const curveType = reader.uint(1);
	const curve = reader.uint(2);
	if (reader.isBroken) return KEY_EXCHANGE_BROKEN;
	if (curveType !== namedCurve || curve !== NamedGroup.secp256r1) return CURVE;
	const point = reader.opaque(1, 1, 255);
	const signedEnd = reader.at;
	const algorithm = reader.uint(2);
	const signature = reader.opaque(2, 0, 0xffff);
	if (!reader.isDone) return KEY_EXCHANGE_BROKEN;
	return isPoint(point) ? { point, algorithm, signature, signedAt: at, signedEnd } : POINT;
}

/** The parameters of a ServerKeyExchange, which the server signs. */
export function writeEcdheParameters(point: Uint8Array): Uint8Array {
	return new Writer().uint(namedCurve, 1).uint(NamedGroup.secp256r1, 2).opaque(point, 1).finish();
}

/** @param signature DER, from writeSignature() */
export function writeEcdheServerKeyExchange(
	parameters: Uint8Array,
	algorithm: number,
	signature: Uint8Array,
): Uint8Array {
	return new Writer().put(parameters).uint(algorithm, 2).opaque(signature, 2).finish();
}

/** What a ServerKeyExchange signs (RFC 8422 §5.4): SHA-256 over both randoms and the parameters bytes[at .. end). */
export function signedHash(
	crypto: Crypto,
	{ clientRandom, serverRandom }: { readonly clientRandom: Uint8Array; readonly serverRandom: Uint8Array },
	bytes: Uint8Array,
	at: number,
	end: number,
): Uint8Array {
	const run = crypto.sha256();
	run.update(clientRandom, 0, clientRandom.length);
	run.update(serverRandom, 0, serverRandom.length);
	run.update(bytes, at, end);
	return run.digest();
}

/** Reads an ECDHE client's ClientKeyExchange (RFC 8422 §5.7). @returns its point, 65 bytes, not checked further */
export function readEcdheClientKeyExchange(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	const reader = new Reader(bytes, at, end);
	const point = reader.opaque(1, 1, 255);
	if (!reader.isDone) return KEY_EXCHANGE_BROKEN;
	return isPoint(point) ? point : POINT;
}

export function writeEcdheClientKeyExchange(point: Uint8Array): Uint8Array {
	return new Writer().opaque(point, 1).finish();
}

function isPoint(point: Uint8Array): boolean {
	return point.length === pointSize && point[0] === 4;
}

/** Reads a NewSessionTicket (RFC 5077 §3.3). An empty ticket says that there will be none. */
export function readNewSessionTicket(bytes: Uint8Array, at: number, end: number): NewSessionTicket | Fault {
	const reader = new Reader(bytes, at, end);
	const lifetimeHintS = reader.uint(4);
	const ticket = reader.opaque(2, 0, 0xffff);
	return reader.isDone ? { lifetimeHintS, ticket } : TICKET_BROKEN;
}

export function writeNewSessionTicket({ lifetimeHintS, ticket }: NewSessionTicket): Uint8Array {
	return new Writer().uint(lifetimeHintS, 4).opaque(ticket, 2).finish();
}

/** Reads a Finished. @returns its 12 bytes: compare them with equalSecret(). Written, a Finished is just these */
export function readFinished(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	return end - at === verifyDataSize ? bytes.slice(at, end) : FINISHED_BROKEN;
}

/** Reads a message without content: HelloRequest, ServerHelloDone. */
export function readEmpty(at: number, end: number): Fault | undefined {
	return at === end ? undefined : NOT_EMPTY;
}
