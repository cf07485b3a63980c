import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { ConfiguredInstance } from "./configuration.ts";
import type { ClientLimits } from "./limits.ts";
import { instanceTlv, readInstance } from "./object-collection.ts";
import type { Source } from "./provenance.ts";
import type { Registry } from "./registry.ts";

/** Of the header and of every record; another one is another image's, and is left alone. */
const version = 1;
const headerBytes = 10;
const registeredMax = 64;
const recordHeadBytes = 5;
const formerFlag = 0x80;
const cardFlag = 1;

const sources: readonly Source[] = frozen(["factory", "smartCard", "bootstrapServer"]);

const see = "modules/lwm2m/FORMAT.md";
const unknownVersion = fault("configuration.version", "silence", see);
const malformed = fault("configuration.malformed", "silence", see);

/** What the records were made under. */
export interface KeptUnder {
	/** CRC-32 of what the factory said. */
	readonly factory: number;
	/** CRC-32 of the smart card's file that was applied; undefined: none was. */
	readonly card: number | undefined;
	/** Short Server IDs of those that we have registered with since the last bootstrap. */
	readonly registered: readonly number[];
}

export interface KeptInstance {
	readonly instance: ConfiguredInstance;
	/** Whether it belongs to the former Bootstrap-Server's account. */
	readonly isFormer: boolean;
}

export function encodeHeader({ factory, card, registered }: KeptUnder): Uint8Array {
	const bytes = new Uint8Array(headerBytes + 2 * registered.length);
	const view = new DataView(bytes.buffer);
	bytes[0] = version;
	bytes[1] = card === undefined ? 0 : cardFlag;
	view.setInt32(2, factory);
	view.setInt32(6, card ?? 0);
	registered.forEach((shortServerId, index) => {
		view.setUint16(headerBytes + 2 * index, shortServerId);
	});
	return bytes;
}

/** Never throws: the bytes may be another image's. */
export function decodeHeader(bytes: Uint8Array): KeptUnder | Fault {
	if (bytes[0] !== version) return unknownVersion;
	const count = (bytes.length - headerBytes) / 2;
	if (!(count >= 0 && count <= registeredMax) || bytes[1]! > cardFlag) return malformed;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const registered: number[] = [];
	for (let at = headerBytes; at + 1 < bytes.length; at += 2) registered.push(view.getUint16(at));
	return { factory: view.getInt32(2), card: bytes[1] === cardFlag ? view.getInt32(6) : undefined, registered };
}

/** One Object Instance as bytes: FORMAT.md says which. */
export function encodeInstance({ instance, isFormer }: KeptInstance, registry: Registry): Uint8Array {
	const { objectId, instanceId, source } = instance;
	const tlv = instanceTlv(instance, registry);
	const bytes = new Uint8Array(recordHeadBytes + tlv.length);
	bytes[0] = objectId >> 8;
	bytes[1] = objectId & 0xff;
	bytes[2] = instanceId >> 8;
	bytes[3] = instanceId & 0xff;
	bytes[4] = sources.indexOf(source) | (isFormer ? formerFlag : 0);
	bytes.set(tlv, recordHeadBytes);
	return bytes;
}

/**
 * Never throws, and takes no memory on the word of a length.
 * @param registry what it does not know is passed over: another image had it
 */
export function decodeInstance(bytes: Uint8Array, registry: Registry, limits: ClientLimits): KeptInstance | Fault {
	if (bytes.length < recordHeadBytes) return malformed;
	const source = sources[bytes[4]! & ~formerFlag];
	const objectId = (bytes[0]! << 8) | bytes[1]!;
	const instanceId = (bytes[2]! << 8) | bytes[3]!;
	if (source === undefined || instanceId === 0xffff) return malformed;
	const instance = readInstance(bytes, recordHeadBytes, { objectId, instanceId }, source, registry, limits);
	if ("code" in instance) return instance;
	return { instance, isFormer: (bytes[4]! & formerFlag) !== 0 };
}
