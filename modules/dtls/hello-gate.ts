import { ContentType } from "./content-type.ts";
import type { CookieJar } from "./cookie.ts";
import { FragmentView, writeFragment } from "./fragment.ts";
import { HandshakeType, ProtocolVersion } from "./handshake-type.ts";
import { type HelloBeginning, readHelloBeginning, writeHelloVerifyRequest } from "./hello.ts";
import { type RecordView, recordHeaderBytes, writeRecordHeader } from "./record.ts";

const noCid = new Uint8Array(0);
/** A client that begins counts from 0, and has been sent back a few times at most. */
const sequenceMost = 255;

/** A ClientHello, or the first fragment of one, as it begins a handshake. */
export interface OpeningHello {
	readonly hello: HelloBeginning;
	/** message_seq. */
	readonly sequence: number;
	/** Of its record: the first ServerHello goes on from there (RFC 6347 §4.2.1). */
	readonly recordSequence: number;
}

/**
 * Reads a record of epoch 0 that begins with a ClientHello, or with its first fragment. What comes before the cookie
 * has to be in it: a server that keeps nothing can not put it together.
 * @returns undefined for anything else
 */
export function readOpeningHello(bytes: Uint8Array, record: RecordView): OpeningHello | undefined {
	if (record.epoch !== 0 || record.type !== ContentType.handshake) return undefined;
	const fragment = new FragmentView();
	if (fragment.read(bytes, record.at, record.end) !== undefined) return undefined;
	const { at, end, offset, sequence, type } = fragment;
	if (type !== HandshakeType.clientHello || offset !== 0 || sequence > sequenceMost) return undefined;
	const hello = readHelloBeginning(bytes, at, end);
	return hello === undefined ? undefined : { hello, sequence, recordSequence: record.sequence };
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
	const { sequence } = opening;
	const fragment = writeFragment(HandshakeType.helloVerifyRequest, sequence, body, 0, body.length);
	const datagram = new Uint8Array(recordHeaderBytes + fragment.length);
	writeRecordHeader(ContentType.handshake, 0, opening.recordSequence, noCid, fragment.length, datagram, 0);
	datagram.set(fragment, recordHeaderBytes);
	return datagram;
}
