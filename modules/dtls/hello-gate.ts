import { ContentType } from "./content-type.ts";
import type { CookieJar } from "./cookie.ts";
import { FragmentView, writeFragment } from "./fragment.ts";
import { HandshakeType, ProtocolVersion } from "./handshake-type.ts";
import { type ClientHello, readClientHello, writeHelloVerifyRequest } from "./hello.ts";
import type { HandshakeMessage } from "./reassembly.ts";
import { type RecordView, recordHeaderBytes, writeRecordHeader } from "./record.ts";

const noCid = new Uint8Array(0);
/** A client that begins counts from 0, and has been sent back a few times at most. */
const sequenceMost = 255;

/** A ClientHello as it begins a handshake. */
export interface OpeningHello {
	readonly hello: ClientHello;
	readonly message: HandshakeMessage;
	/** Of its record: the first ServerHello goes on from there (RFC 6347 §4.2.1). */
	readonly recordSequence: number;
}

/**
 * Reads a record of epoch 0 that begins with a whole ClientHello. One in fragments is not taken: a server that keeps
 * nothing can not put it together (RFC 6347 §4.2.1).
 * @returns undefined for anything else
 */
export function readOpeningHello(bytes: Uint8Array, record: RecordView): OpeningHello | undefined {
	if (record.epoch !== 0 || record.type !== ContentType.handshake) return undefined;
	const fragment = new FragmentView();
	if (fragment.read(bytes, record.at, record.end) !== undefined) return undefined;
	const { at, end, sequence, total, type } = fragment;
	if (type !== HandshakeType.clientHello || end - at !== total || sequence > sequenceMost) return undefined;
	const hello = readClientHello(bytes, at, end);
	if ("code" in hello) return undefined;
	const message = { type, sequence, epoch: 0, body: bytes.slice(at, end) };
	return { hello, message, recordSequence: record.sequence };
}

/**
 * Says whether a client hears us at the address it claims (RFC 6347 §4.2.1); keeps nothing about it.
 * @returns undefined when its cookie is good; else the datagram to answer with, shorter than what came
 */
export function challenge(
	cookies: CookieJar,
	address: Uint8Array,
	opening: OpeningHello,
	nowMs: number,
): Uint8Array | undefined {
	if (cookies.check(address, opening.hello, nowMs)) return undefined;
	const cookie = cookies.make(address, opening.hello, nowMs);
	const body = writeHelloVerifyRequest({ version: ProtocolVersion.dtls10, cookie });
	const { sequence } = opening.message;
	const fragment = writeFragment(HandshakeType.helloVerifyRequest, sequence, body, 0, body.length);
	const datagram = new Uint8Array(recordHeaderBytes + fragment.length);
	writeRecordHeader(ContentType.handshake, 0, opening.recordSequence, noCid, fragment.length, datagram, 0);
	datagram.set(fragment, recordHeaderBytes);
	return datagram;
}
