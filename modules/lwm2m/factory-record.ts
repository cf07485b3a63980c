import { type Fault, fault, readUtf8 } from "../bytes.ts";
import { equalSecret } from "../crypto/equal.ts";
import { frozen } from "../frozen.ts";
import type { Crypto, Flash, KeyHandle } from "../host.ts";
import type { EnablerVersion } from "./facts.ts";

/** What the factory wrote for one device: FORMAT.md, "A factory's record". */
export interface FactoryRecord {
	readonly endpointName?: string;
	readonly serialNumber?: string;
	readonly enabler?: EnablerVersion;
	/** Whether DTLS offers connection IDs (RFC 9146). */
	readonly connectionId?: boolean;
	/** First timeout of a DTLS flight. */
	readonly flightTimeoutMs?: number;
	/** Object Instances as readCollection() takes them; empty for none. With keys: overwrite it when it has been read. */
	readonly objects: Uint8Array;
}

/** Whom a record has to come from. Without keys, every whole record is good. */
export interface FactoryTrust {
	readonly crypto: Crypto;
	/** Of the HMAC: then there has to be one. */
	readonly secret?: KeyHandle | undefined;
	/** Of the signature, 65 bytes: then there has to be one. Not beside `secret`. */
	readonly publicPoint?: Uint8Array | undefined;
}

/** The way of "DMFR", version 1. */
export const factoryMagic = 0x444d_4652;
export const factoryVersion = 1;
export const factorySeals = frozen({ none: 0, hmac: 1, ecdsa: 2 });
export const factoryFields = frozen({
	endpointName: 1,
	serialNumber: 2,
	enabler: 3,
	connectionId: 4,
	flightTimeoutMs: 5,
	objects: 16,
});
export const factoryHeadBytes = 8;
/** All of a record; a longer one is refused before memory is taken for it. */
export const factoryBytesMax = 8192;
const hashBytes = 32;
const signatureBytes = 64;

const see = "modules/lwm2m/FORMAT.md";
const foreign = fault("factory.foreign", "silence", see);
const unknownVersion = fault("factory.version", "silence", see);
const tooLong = fault("factory.tooLong", "silence", see);
const damaged = fault("factory.damaged", "silence", see);
const malformed = fault("factory.malformed", "silence", see);
const unsigned = fault("factory.unsigned", "silence", see);
const forged = fault("factory.forged", "silence", see);

/**
 * Reads the factory's record out of its partition, and checks it before anything of it is used.
 * @returns undefined: the partition is blank; a Fault: what is there is not used, no part of it
 * @throws HostFailure when flash can not be read
 */
export function readFactoryRecord(flash: Flash, trust: FactoryTrust): FactoryRecord | Fault | undefined {
	const head = new Uint8Array(factoryHeadBytes);
	flash.read(0, head);
	if (head.every((byte) => byte === flash.erasedByte)) return undefined;
	const view = new DataView(head.buffer);
	if (view.getUint32(0) !== factoryMagic) return foreign;
	if (head[4] !== factoryVersion) return unknownVersion;
	const seal = head[5]!;
	const end = factoryHeadBytes + view.getUint16(6);
	const size =
		end + hashBytes + (seal === factorySeals.hmac ? hashBytes : seal === factorySeals.ecdsa ? signatureBytes : 0);
	if (size > Math.min(factoryBytesMax, flash.sizeBytes)) return tooLong;
	const bytes = new Uint8Array(size);
	flash.read(0, bytes);
	const refusal = refusalOf(bytes, end, seal, trust);
	const record = refusal ?? fieldsOf(bytes, end);
	bytes.fill(0); // there are keys in it
	return record;
}

function refusalOf(bytes: Uint8Array, end: number, seal: number, trust: FactoryTrust): Fault | undefined {
	const { crypto, secret, publicPoint } = trust;
	const run = crypto.sha256();
	run.update(bytes, 0, end);
	const hash = run.digest();
	for (let index = 0; index < hashBytes; index++) if (hash[index] !== bytes[end + index]) return damaged;
	if (secret !== undefined) {
		if (seal !== factorySeals.hmac) return unsigned;
		const mac = crypto.hmac(secret, bytes, 0, end);
		return equalSecret(mac, 0, bytes, end + hashBytes, hashBytes) ? undefined : forged;
	}
	if (publicPoint === undefined) return undefined;
	if (seal !== factorySeals.ecdsa) return unsigned;
	const signature = bytes.slice(end + hashBytes);
	return crypto.p256?.verify(publicPoint, hash, signature) === true ? undefined : forged;
}

function fieldsOf(bytes: Uint8Array, end: number): FactoryRecord | Fault {
	const record: { -readonly [Name in keyof FactoryRecord]: FactoryRecord[Name] } = { objects: new Uint8Array(0) };
	let at = factoryHeadBytes;
	while (at < end) {
		if (at + 3 > end) return malformed;
		const tag = bytes[at]!;
		const begin = at + 3;
		at = begin + ((bytes[at + 1]! << 8) | bytes[at + 2]!);
		if (at > end) return malformed;
		const text = tag <= factoryFields.enabler ? readUtf8(bytes, begin, at) : "";
		if (text === undefined) return malformed;
		if (tag === factoryFields.endpointName) record.endpointName = text;
		else if (tag === factoryFields.serialNumber) record.serialNumber = text;
		else if (tag === factoryFields.enabler) {
			if (text !== "1.0" && text !== "1.1" && text !== "1.2") return malformed;
			record.enabler = text;
		} else if (tag === factoryFields.connectionId) record.connectionId = bytes[begin] !== 0;
		else if (tag === factoryFields.flightTimeoutMs) {
			if (at - begin !== 4) return malformed;
			record.flightTimeoutMs = new DataView(bytes.buffer).getUint32(begin);
		} else if (tag === factoryFields.objects) record.objects = bytes.slice(begin, at);
	}
	return record;
}
