import { createHash, createHmac, type KeyObject, sign } from "node:crypto";
import { utf8 } from "../../../modules/bytes.ts";
import { TlvWriter } from "../../../modules/formats/tlv.ts";
import type { Value } from "../../../modules/formats/value.ts";
import type { ConfiguredInstance } from "../../../modules/lwm2m/configuration.ts";
import {
	factoryBytesMax,
	factoryFields,
	factoryMagic,
	factorySeals,
	factoryVersion,
} from "../../../modules/lwm2m/factory-record.ts";
import type { EnablerVersion, ObjectFacts, ResourceFacts } from "../../../modules/lwm2m/facts.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { idsOf, isInstances } from "../../../modules/lwm2m/value.ts";
import { ACCESS_CONTROL } from "../../../modules/objects/facts/access-control-2-v1-1.ts";
import { SECURITY } from "../../../modules/objects/facts/security-0-v1-2.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";

/** What goes into a factory's record: modules/lwm2m/FORMAT.md. */
export interface RecordContent {
	readonly endpointName?: string;
	readonly serialNumber?: string;
	readonly enabler?: EnablerVersion;
	readonly connectionId?: boolean;
	readonly flightTimeoutMs?: number;
	readonly instances: readonly ConfiguredInstance[];
}

/** How it is protected, beside the SHA-256 that every record has. */
export type RecordSeal =
	| { readonly kind: "none" }
	| { readonly kind: "hmac"; readonly secret: Uint8Array }
	/** A private key of P-256. */
	| { readonly kind: "ecdsa"; readonly key: KeyObject };

/** The Objects that a record or a card may hold. */
export const provisionable: readonly ObjectFacts[] = [SECURITY, SERVER, ACCESS_CONTROL];

export function factsOf(objectId: number, resourceId: number): (ResourceFacts & { readonly name: string }) | undefined {
	const resources: ObjectFacts["resources"] = provisionable.find(({ id }) => id === objectId)?.resources ?? {};
	const found = Object.entries(resources).find(([, { id }]) => id === resourceId);
	return found === undefined ? undefined : { name: found[0], ...found[1] };
}

/** The file of a smart card (LwM2M Core 1.2 Appendix G.3.3), and part of a factory's record. */
export function collectionOf(instances: readonly ConfiguredInstance[]): Uint8Array {
	const objects: Uint8Array[] = [];
	for (const { id } of provisionable) {
		const own = instances.filter(({ objectId }) => objectId === id);
		if (own.length === 0) continue;
		const writer = new TlvWriter(path(id));
		for (const each of own.sort((a, b) => a.instanceId - b.instanceId)) writeInstance(writer, each);
		const content = writer.finish();
		objects.push(joined([u16(id), Uint8Array.of(0), u16(content.length), content]));
	}
	const all = joined(objects);
	return joined([u16(objects.length), u16(all.length), all]);
}

function writeInstance(writer: TlvWriter, { objectId, instanceId, values }: ConfiguredInstance): void {
	for (const resourceId of idsOf(values as ReadonlyMap<number, Value>)) {
		const type = factsOf(objectId, resourceId)!.type!;
		const held = values.get(resourceId)!;
		const at = path(objectId, instanceId, resourceId);
		if (!isInstances(held)) writer.entry(at, type, held);
		else for (const id of idsOf(held)) writer.entry({ ...at, resourceInstanceId: id }, type, held.get(id)!);
	}
}

/** @throws RangeError when it is longer than a device reads */
export function recordOf(content: RecordContent, seal: RecordSeal): Uint8Array {
	const { endpointName, serialNumber, enabler, connectionId, flightTimeoutMs, instances } = content;
	const fields: Uint8Array[] = [];
	const field = (tag: number, value: Uint8Array | undefined) => {
		if (value !== undefined) fields.push(joined([Uint8Array.of(tag), u16(value.length), value]));
	};
	field(factoryFields.endpointName, textOf(endpointName));
	field(factoryFields.serialNumber, textOf(serialNumber));
	field(factoryFields.enabler, textOf(enabler));
	field(factoryFields.connectionId, connectionId === undefined ? undefined : Uint8Array.of(connectionId ? 1 : 0));
	field(factoryFields.flightTimeoutMs, flightTimeoutMs === undefined ? undefined : u32(flightTimeoutMs));
	field(factoryFields.objects, instances.length === 0 ? undefined : collectionOf(instances));
	const all = joined(fields);
	if (all.length > 0xffff) throw new RangeError(`the record has ${all.length} bytes`);
	const kind = { none: factorySeals.none, hmac: factorySeals.hmac, ecdsa: factorySeals.ecdsa }[seal.kind];
	const head = joined([u32(factoryMagic), Uint8Array.of(factoryVersion, kind), u16(all.length), all]);
	const record = joined([head, Uint8Array.from(createHash("sha256").update(head).digest()), sealOf(head, seal)]);
	if (record.length > factoryBytesMax) throw new RangeError(`the record has ${record.length} bytes`);
	return record;
}

function sealOf(head: Uint8Array, seal: RecordSeal): Uint8Array {
	if (seal.kind === "hmac") return Uint8Array.from(createHmac("sha256", seal.secret).update(head).digest());
	if (seal.kind === "ecdsa") {
		return Uint8Array.from(sign("sha256", head, { key: seal.key, dsaEncoding: "ieee-p1363" }));
	}
	return new Uint8Array(0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
}

const textOf = (text: string | undefined) => (text === undefined ? undefined : utf8(text));

const u16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff);

const u32 = (value: number) => Uint8Array.of(value >>> 24, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff);
