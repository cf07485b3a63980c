import { fromHex, toHex } from "../../../modules/bytes.ts";
import { portableP256 } from "../../../modules/crypto/p256.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import type { Flash } from "../../../modules/host.ts";
import { type FactoryTrust, readFactoryRecord } from "../../../modules/lwm2m/factory-record.ts";
import { readCollection } from "../../../modules/lwm2m/object-collection.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/factory-record.json" with { type: "json" };
import { KeptDevice } from "./configuration-bench.ts";

const entropy = { fill: (bytes: Uint8Array) => void bytes.fill(7) };
const crypto = new PortableCrypto({ entropy, p256: portableP256 });
const { none, hmac, ecdsa } = vectors.records;

/** A partition with these bytes at its beginning, and nothing behind them. */
function partition(bytes: Uint8Array, sizeBytes = 4096): Flash {
	const all = new Uint8Array(sizeBytes).fill(0xff);
	all.set(bytes.subarray(0, sizeBytes));
	return {
		sizeBytes,
		sectorBytes: 4096,
		writeBytes: 4,
		erasedByte: 0xff,
		read: (offset, into) => into.set(all.subarray(offset, offset + into.length)),
		write() {},
		erase() {},
	};
}

const read = (bytes: Uint8Array, trust: Partial<FactoryTrust> = {}) =>
	readFactoryRecord(partition(bytes), { crypto, ...trust });

function codeOf(bytes: Uint8Array, trust: Partial<FactoryTrust> = {}): string {
	const record = read(bytes, trust);
	return record === undefined ? "blank" : "code" in record ? record.code : "a record";
}

test("[BOOT-PROV-001] a factory's record: its fields, and the Objects in it", () => {
	const record = read(fromHex(none)!);
	ok(record !== undefined && !("code" in record));
	const { objects, ...fields } = record;
	deepEqual(fields, {
		endpointName: "urn:dev:os:32473-1",
		serialNumber: "S1",
		enabler: "1.2",
		connectionId: false,
		flightTimeoutMs: 9000,
	});
	equal(toHex(objects), vectors.collection);
	const { registry, limits } = new KeptDevice({}).client;
	const instances = readCollection(objects, 0, objects.length, "factory", registry, limits);
	ok(!("code" in instances));
	deepEqual(
		instances.map(({ objectId, instanceId, source }) => `${objectId}/${instanceId} ${source}`),
		["0/0 factory", "0/1 factory", "1/0 factory", "2/0 factory"],
	);
	const [server, bootstrap, resources, rights] = instances.map(({ values }) => values);
	deepEqual([server!.get(0), server!.get(1), server!.get(10)], ["coap://192.0.2.1:5683", false, 7]);
	deepEqual(
		[bootstrap!.get(0), bootstrap!.get(1), bootstrap!.get(11), bootstrap!.get(12)],
		["coaps://bs.example:5684", true, 10, 60],
	);
	equal(toHex(bootstrap!.get(5) as Uint8Array), "00112233445566778899aabbccddeeff");
	deepEqual([resources!.get(1), resources!.get(13), resources!.get(16)], [3600, 1, false]);
	deepEqual(
		resources!.get(25),
		new Map([
			[0, "1.0"],
			[1, "1.1"],
		]),
	);
	deepEqual(
		rights!.get(2),
		new Map([
			[0, 1],
			[9, 15],
		]),
	);
});

test("[BOOT-PROV-001] who signed it: a key that is asked for has to be there, and to fit", () => {
	const secret = crypto.importSecret(fromHex(vectors.secret)!);
	const publicPoint = fromHex(vectors.point)!;
	equal(codeOf(fromHex(hmac)!, { secret }), "a record");
	equal(codeOf(fromHex(ecdsa)!, { publicPoint }), "a record");
	for (const trust of [{ secret }, { publicPoint }]) equal(codeOf(fromHex(none)!, trust), "factory.unsigned");
	equal(codeOf(fromHex(ecdsa)!, { secret }), "factory.unsigned");
	equal(codeOf(fromHex(hmac)!, { publicPoint }), "factory.unsigned");
	const other = crypto.importSecret(new Uint8Array(32));
	equal(codeOf(fromHex(hmac)!, { secret: other }), "factory.forged");
	for (const [hex, trust] of [
		[hmac, { secret }],
		[ecdsa, { publicPoint }],
	] as const) {
		const bytes = fromHex(hex)!;
		bytes[bytes.length - 1]! ^= 1;
		equal(codeOf(bytes, trust), "factory.forged");
	}
});

test("[BOOT-PROV-001] blank, foreign, of another version, damaged, too long: no record, and each is told apart", () => {
	const bytes = fromHex(none)!;
	const changed = (at: number, value: number) =>
		Uint8Array.of(...bytes.subarray(0, at), value, ...bytes.subarray(at + 1));
	equal(codeOf(new Uint8Array(0)), "blank");
	equal(codeOf(changed(0, 0)), "factory.foreign");
	equal(codeOf(changed(4, 2)), "factory.version");
	equal(codeOf(changed(6, 0xff)), "factory.tooLong");
	equal(codeOf(changed(20, 0)), "factory.damaged");
	equal(codeOf(bytes.subarray(0, bytes.length - 1)), "factory.damaged");
	for (let at = 0; at < bytes.length; at++) {
		for (let bit = 0; bit < 8; bit += patience === 1 ? 7 : 1) {
			ok(codeOf(changed(at, bytes[at]! ^ (1 << bit))) !== "a record", `bit ${bit} of ${at}`);
		}
	}
});

test("[BOOT-PROV-001] a record that is whole but says nonsense is refused, and never thrown at", () => {
	const chance = seeded(6);
	const seen = new Set<string>();
	for (let round = 0; round < 40 * patience; round++) {
		const body = fromHex(none)!.slice(0, -32);
		for (let count = chance(3); count >= 0; count--) body[8 + chance(body.length - 8)] = chance(256);
		const run = crypto.sha256();
		run.update(body, 0, body.length);
		seen.add(codeOf(Uint8Array.of(...body, ...run.digest())));
	}
	ok(
		seen.has("a record") && [...seen].every((code) => code === "a record" || code === "factory.malformed"),
		[...seen].join(),
	);
});

test("[BOOT-PROV-001] a collection: truncated, with flipped bits, of unknown Objects, of other versions", () => {
	const bytes = fromHex(vectors.collection)!;
	const { registry, limits } = new KeptDevice({}).client;
	const codeFor = (it: Uint8Array) => {
		const instances = readCollection(it, 0, it.length, "smartCard", registry, limits);
		return "code" in instances ? instances.code : `${instances.length}`;
	};
	for (let size = 0; size < bytes.length; size++) ok(codeFor(bytes.subarray(0, size)).includes("."), `${size}`);
	for (let at = 0; at < bytes.length; at++) {
		for (let bit = 0; bit < 8; bit += patience === 1 ? 5 : 1) {
			const bad = bytes.slice();
			bad[at]! ^= 1 << bit;
			ok(codeFor(bad).length > 0);
		}
	}
	const one = (id: number, version: number[], ...tlv: number[]) => {
		const object = [id >> 8, id & 0xff, ...version, 0, tlv.length, ...tlv];
		return Uint8Array.of(0, 1, 0, object.length, ...object);
	};
	const server = [0x03, 0, 0xc1, 0, 5];
	equal(codeFor(one(1, [0], ...server)), "1");
	equal(codeFor(one(1, [1, 7], ...server)), "1", "another minor version");
	equal(codeFor(one(1, [2, 0], ...server)), "0", "another major version");
	equal(codeFor(one(4711, [0], ...server)), "0", "an Object that nobody knows");
	equal(codeFor(one(1, [0], 0xc1, 0, 5)), "collection.unnamed");
});
