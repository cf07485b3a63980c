/** `dormouse provision`: records and cards that a device reads, clear refusals, and no key in any line. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { NodeCrypto } from "../../../../hosts/simulator/board/accelerator.ts";
import { fromHex } from "../../../../modules/bytes.ts";
import type { Flash } from "../../../../modules/host.ts";
import { type FactoryTrust, readFactoryRecord } from "../../../../modules/lwm2m/factory-record.ts";
import { inProcess } from "./dormouse.ts";

const folder = mkdtempSync(join(tmpdir(), "dormouse-provision-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const key = "00112233445566778899aabbccddeeff";
const crypto = new NodeCrypto({ fillEntropy: (bytes) => void bytes.fill(1), keysMax: 8 });

function written(name: string, json: unknown): string {
	writeFileSync(at(name), typeof json === "string" ? json : JSON.stringify(json));
	return at(name);
}

const whole = {
	endpointName: "urn:x",
	bootstrap: { uri: "coaps://bs.example:5684", pskIdentity: "me", pskKey: key, holdOffS: 3 },
	servers: [{ uri: "coap://192.0.2.1", shortServerId: 1 }],
};

function read(file: string, trust: Omit<FactoryTrust, "crypto"> = {}) {
	const bytes = readFileSync(file);
	const flash: Pick<Flash, "sizeBytes" | "erasedByte" | "read"> = {
		sizeBytes: 8192,
		erasedByte: 0xff,
		read: (offset, into) => into.fill(0xff).set(bytes.subarray(offset, offset + into.length)),
	};
	return readFactoryRecord(flash as Flash, { crypto, ...trust });
}

test("[BOOT-PROV-001] a record and a card out of a description; the keys are in no line", async () => {
	const file = written("whole.json", whole);
	const { status, stdout, stderr } = await inProcess("provision", file, "--output", at("whole.bin"), "--serial", "S-1");
	equal(status, 0, stderr);
	match(stdout, /endpoint +urn:x\n.*serial number +S-1\n.*server 1 +coap:\/\/192\.0\.2\.1, no keys \(\/0\/0\)/s);
	match(stdout, /bootstrap server +coaps:\/\/bs\.example:5684, pre-shared key, identity 6d65 \(\/0\/1\)/);
	ok(!stdout.includes(key) && !stderr.includes(key));
	equal(statSync(at("whole.bin")).mode & 0o077, 0);
	const record = read(at("whole.bin"));
	ok(record !== undefined && !("code" in record));
	deepEqual([record.endpointName, record.serialNumber], ["urn:x", "S-1"]);
	const card = await inProcess("provision", file, "--card", "--output", at("card.bin"));
	equal(card.status, 0, card.stderr);
	deepEqual(Uint8Array.from(readFileSync(at("card.bin"))), record.objects);
});

test("[BOOT-PROV-001] signed and sealed: a device that wants the seal takes it", async () => {
	const file = written("signed.json", whole);
	const { privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
	writeFileSync(at("key.pem"), String(privateKey.export({ format: "pem", type: "pkcs8" })));
	const signed = await inProcess("provision", file, "--sign", at("key.pem"), "--output", at("signed.bin"));
	equal(signed.status, 0, signed.stderr);
	const point = fromHex(/factoryPublicPoint\): ([0-9a-f]{130})/.exec(signed.stdout)![1]!)!;
	const record = read(at("signed.bin"), { publicPoint: point });
	ok(record !== undefined && !("code" in record));
	writeFileSync(at("hmac.hex"), `${key}${key}\n`);
	equal((await inProcess("provision", file, "--hmac-key", at("hmac.hex"), "--output", at("hmac.bin"))).status, 0);
	const sealed = read(at("hmac.bin"), { secret: crypto.importSecret(fromHex(key + key)!) });
	ok(sealed !== undefined && !("code" in sealed));
	const unsigned = read(at("hmac.bin"), { publicPoint: point });
	ok(unsigned !== undefined && "code" in unsigned && unsigned.code === "factory.unsigned");
});

test("each wrong description is refused with the place and what is wanted, and never with a key", async () => {
	const server = { uri: "coap://192.0.2.1", shortServerId: 1 };
	const cases: [unknown, RegExp][] = [
		["{", /no JSON/],
		[[], /the description: an object is wanted/],
		[{ endpoint: "x" }, /there is no "endpoint"; there are endpointName/],
		[{ endpointName: "" }, /endpointName: a text of 1 to 252 bytes/],
		[{ lwm2m: 1.1 }, /lwm2m: choose 1\.0, 1\.1 or 1\.2/],
		[{ servers: {} }, /servers: a list is wanted/],
		[{ servers: [{ ...server, uri: "192.0.2.1" }] }, /servers\[0\]\.uri: write it as coap:\/\/host:port/],
		[{ servers: [{ ...server, shortServerId: 0 }] }, /servers\[0\]\.shortServerId: a whole number from 1 to 65534/],
		[{ servers: [server, server] }, /shortServerId is there twice/],
		[{ servers: [{ ...server, uri: "coaps://x" }] }, /coaps:\/\/ wants keys/],
		[{ servers: [{ ...server, pskIdentity: "a", pskKey: key }] }, /write the uri as coaps/],
		[{ servers: [{ ...server, uri: "coaps://x", pskIdentity: "a" }] }, /servers\[0\]: pskIdentity needs pskKey/],
		[{ servers: [{ ...server, uri: "coaps://x", pskIdentity: "a", pskKey: `${key}0` }] }, /do not make whole bytes/],
		[{ servers: [{ ...server, uri: "coaps://x", cert: "no.pem", key: "no.pem", ca: "no.pem" }] }, /no such file/],
		[{ servers: [{ ...server, resources: { lifetime: 3 } }] }, /resources\.lifetime: no Resource/],
		[{ servers: [{ ...server, resources: { 13: -1 } }] }, /resources\.13: no value of type unsignedInteger/],
		[{ bootstrap: { ...whole.bootstrap, holdOffS: "soon" } }, /bootstrap\.holdOffS: a whole number/],
		[{ accessControl: [{ objectId: 3, objectInstanceId: 0, acl: { 1: "X" } }] }, /letters out of RWEDC/],
	];
	for (const [json, message] of cases) {
		const { status, stdout, stderr } = await inProcess("provision", written("wrong.json", json));
		equal(status, 2, JSON.stringify(json));
		match(stderr, message);
		equal(stdout, "");
		ok(!stderr.includes(key) && !stderr.includes("    at "), stderr);
	}
	const large = {
		servers: [...Array(60).keys()].map((id) => ({ uri: `coap://${"x".repeat(60)}`, shortServerId: id + 1 })),
	};
	match(
		(await inProcess("provision", written("large.json", large), "--board", "nrf9160")).stderr,
		/the partition of nrf9160/,
	);
	match((await inProcess("provision", written("none.json", {}), "--card")).stderr, /no server and no bootstrap server/);
});
