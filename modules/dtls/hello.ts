import { type Fault, fault } from "../bytes.ts";
import { AlertDescription } from "./alert.ts";
import { type Extensions, readExtensions, writeExtensions } from "./extensions.ts";
import { ProtocolVersion } from "./handshake-type.ts";
import { Reader, Writer } from "./vector.ts";

/** RFC 6347 §4.2.1. The compression methods are not kept: "null" is among them, and is all we ever offer. */
export interface ClientHello {
	readonly version: number;
	/** 32 bytes. */
	readonly random: Uint8Array;
	/** 0 to 32 bytes. */
	readonly sessionId: Uint8Array;
	/** 0 to 255 bytes. */
	readonly cookie: Uint8Array;
	readonly suites: readonly number[];
	readonly extensions: Extensions;
}

/** What a cookie is about: the beginning of a ClientHello, which the first of its fragments holds. */
export type HelloBeginning = Pick<ClientHello, "version" | "random" | "cookie">;

/** RFC 5246 §7.4.1.3. */
export interface ServerHello {
	readonly version: number;
	/** 32 bytes. */
	readonly random: Uint8Array;
	/** 0 to 32 bytes. */
	readonly sessionId: Uint8Array;
	readonly suite: number;
	readonly extensions: Extensions;
}

/** RFC 6347 §4.2.1. */
export interface HelloVerifyRequest {
	/** DTLS 1.0, whatever the server then chooses; says nothing. */
	readonly version: number;
	/** 0 to 255 bytes. */
	readonly cookie: Uint8Array;
}

export const randomSize = 32;
/** How many cipher suites of a ClientHello are looked at. */
export const suitesMax = 128;

export const HELLO_BROKEN = fault("dtls.helloBroken", AlertDescription.decodeError, "RFC 6347 §4.2.1, RFC 5246 §7.4.1");
export const HELLO_VERSION = fault(
	"dtls.helloVersion",
	AlertDescription.protocolVersion,
	"RFC 5246 §7.4.1, appendix E",
);
export const COMPRESSION = fault("dtls.compression", AlertDescription.illegalParameter, "RFC 5246 §7.4.1.2, §7.4.1.3");

/**
 * Reads the body of a ClientHello. A version later than 1.2 is fine, since the server chooses (RFC 5246 appendix E.1).
 */
export function readClientHello(bytes: Uint8Array, at: number, end: number): ClientHello | Fault {
	const reader = new Reader(bytes, at, end);
	const version = reader.uint(2);
	const random = reader.take(randomSize);
	const sessionId = reader.opaque(1, 0, 32);
	const cookie = reader.opaque(1, 0, 255);
	const suites = reader.uints(2, 2, suitesMax);
	const compressions = reader.uints(1, 1, 255);
	if (reader.isBroken) return HELLO_BROKEN;
	if (version >> 8 !== 0xfe || version > ProtocolVersion.dtls12) return HELLO_VERSION;
	if (!compressions.includes(0)) return COMPRESSION;
	const extensions = readExtensions(reader, "client");
	return "code" in extensions ? extensions : { version, random, sessionId, cookie, suites, extensions };
}

/**
 * Reads the beginning of a ClientHello, up to its cookie.
 * @returns undefined when it is not there, or of another protocol. Never throws
 */
export function readHelloBeginning(bytes: Uint8Array, at: number, end: number): HelloBeginning | undefined {
	const reader = new Reader(bytes, at, end);
	const version = reader.uint(2);
	const random = reader.take(randomSize);
	reader.opaque(1, 0, 32);
	const cookie = reader.opaque(1, 0, 255);
	return reader.isBroken || version >> 8 !== 0xfe ? undefined : { version, random, cookie };
}

export function writeClientHello(hello: ClientHello): Uint8Array {
	const writer = new Writer().uint(hello.version, 2).put(hello.random).opaque(hello.sessionId, 1);
	writer.opaque(hello.cookie, 1).uints(hello.suites, 2, 2).uint(1, 1).uint(0, 1);
	writeExtensions(writer, hello.extensions, "client");
	return writer.finish();
}

/** Reads the body of a ServerHello: of DTLS 1.2, and without compression. */
export function readServerHello(bytes: Uint8Array, at: number, end: number): ServerHello | Fault {
	const reader = new Reader(bytes, at, end);
	const version = reader.uint(2);
	const random = reader.take(randomSize);
	const sessionId = reader.opaque(1, 0, 32);
	const suite = reader.uint(2);
	const compression = reader.uint(1);
	if (reader.isBroken) return HELLO_BROKEN;
	if (version !== ProtocolVersion.dtls12) return HELLO_VERSION;
	if (compression !== 0) return COMPRESSION;
	const extensions = readExtensions(reader, "server");
	return "code" in extensions ? extensions : { version, random, sessionId, suite, extensions };
}

export function writeServerHello(hello: ServerHello): Uint8Array {
	const writer = new Writer().uint(hello.version, 2).put(hello.random).opaque(hello.sessionId, 1);
	writer.uint(hello.suite, 2).uint(0, 1);
	writeExtensions(writer, hello.extensions, "server");
	return writer.finish();
}

/** Reads the body of a HelloVerifyRequest, of any version of DTLS. */
export function readHelloVerifyRequest(bytes: Uint8Array, at: number, end: number): HelloVerifyRequest | Fault {
	const reader = new Reader(bytes, at, end);
	const version = reader.uint(2);
	const cookie = reader.opaque(1, 0, 255);
	if (!reader.isDone) return HELLO_BROKEN;
	return version >> 8 === 0xfe ? { version, cookie } : HELLO_VERSION;
}

export function writeHelloVerifyRequest(request: HelloVerifyRequest): Uint8Array {
	return new Writer().uint(request.version, 2).opaque(request.cookie, 1).finish();
}
