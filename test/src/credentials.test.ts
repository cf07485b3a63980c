import { toHex, utf8 } from "../../modules/bytes.ts";
import type { FactorySecurity } from "../../modules/host.ts";
import type { Held } from "../../modules/lwm2m/value.ts";
import { addCredentials } from "../../src/credentials.ts";
import main from "../../src/main.ts";
import { deepEqual, equal, ok, test } from "../harness.ts";
import { fakeHost } from "./fake-host.ts";

const server = { serverUri: "coaps://192.0.2.1", shortServerId: 1 };
const psk = { mode: "psk", publicKeyOrIdentity: "6d65", secretKey: "000102030405060708090a0b0c0d0e0f" } as const;

/** The Resources of a Security Object Instance made of a factory record, bytes as digits. */
function resources(factory: FactorySecurity | undefined): Record<string, unknown> {
	const values = new Map<number, Held>();
	addCredentials(values, factory);
	const found: Record<string, unknown> = {};
	for (const [id, value] of values) found[id] = value instanceof Uint8Array ? toHex(value) : value;
	return found;
}

test("[CORE-SEC] a factory record becomes Resources: pre-shared key", () => {
	deepEqual(resources(psk), { 2: 0, 3: "6d65", 5: psk.secretKey });
	deepEqual(resources({ ...psk, sni: "name" }), { 2: 0, 3: "6d65", 5: psk.secretKey, 14: "name" });
	const suites = new Map([
		[0, 0xa8],
		[1, 0xae],
	]);
	deepEqual(resources({ ...psk, ciphersuites: [0xa8, 0xae] }), { 2: 0, 3: "6d65", 5: psk.secretKey, 16: suites });
	deepEqual(resources(undefined), { 2: 3 });
});

test("[CORE-SEC] a factory record becomes Resources: raw public keys, certificates", () => {
	const keys = { publicKeyOrIdentity: "01", secretKey: "02", serverPublicKey: "03" };
	deepEqual(resources({ mode: "rpk", ...keys }), { 2: 1, 3: "01", 4: "03", 5: "02" });
	const usage = { certificateUsage: 2, matchingType: 1 };
	deepEqual(resources({ mode: "x509", ...keys, ...usage }), { 2: 2, 3: "01", 4: "03", 5: "02", 13: 1, 15: 2 });
});

test("[CORE-SEC] digits that spell no bytes are no key: the account is refused, and nothing is sent", () => {
	const device = fakeHost({ factory: { serverUri: server.serverUri, security: { ...psk, secretKey: "0" } } });
	main(device.host);
	device.advance(1000);
	const failed = device.records.find(({ event }) => event === "registrationFailed");
	deepEqual([failed?.server, failed?.reason], [1, "credentials.secretKey"]);
	equal(device.written.length, 0);
});

test("[CORE-SEC] with keys in its factory record the application begins with a handshake, and tells none", () => {
	const device = fakeHost({ factory: { serverUri: server.serverUri, security: psk } });
	main(device.host);
	device.advance(0);
	deepEqual(
		device.records.slice(1).map(({ event }) => event),
		["registering", "handshaking"],
	);
	const [hello] = device.written;
	deepEqual([hello!.bytes[0], hello!.bytes[13], hello!.to.port], [22, 1, 5684]);
	device.advance(1000);
	equal(device.written.length, 2, "repeated after a second");
	const told = JSON.stringify(device.records);
	ok(!told.includes(psk.secretKey) && !told.includes(toHex(utf8("me"))));
});
