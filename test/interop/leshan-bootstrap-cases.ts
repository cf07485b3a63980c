import { deepEqual, equal, match, ok } from "node:assert/strict";
import { hasCode, valueIn, valuesIn } from "./case.ts";
import { type BootstrapBench, freshKey } from "./leshan-bootstrap-bench.ts";
import { securityOf } from "./leshan-bootstrap-server.ts";

/** One thing that Leshan's Bootstrap-Server and the device must agree on. */
export interface BootstrapCase {
	readonly name: string;
	readonly run: (bench: BootstrapBench) => Promise<void>;
	/** It waits for minutes: it is begun before the others. */
	readonly isSlow?: true;
}

/** A handshake with nobody that can be trusted is over after 180 s at the latest. */
const failTimeoutMs = 220_000;
const numbers = { senmlCbor: 112, lwm2mCbor: 11544 } as const;

const inTheClear: BootstrapCase = {
	name: "[BSR-005] ETS 0 7 8 L-55 begun by the client: Discover, Read, Write, Finish, Register with what it got",
	run: async (bench) => {
		const endpoint = "dormouse-bootstrap";
		await bench.bootstrap.configure(endpoint, {
			inspect: true,
			autoIdForSecurityObject: true,
			toDelete: [],
			security: { 0: securityOf(bench.server.coapUri, 101) },
			servers: { 0: { shortId: 101, lifetime: 222, defaultMinPeriod: 3, registrationPriority: 2 } },
			acls: { 0: { objectId: 3, objectInstanceId: 0, acls: { 0: 31 }, AccessControlOwner: 65535 } },
		});
		const device = bench.device(endpoint);
		const registration = await bench.registration(endpoint);
		equal(registration.lifetime, 222);
		const [before, after] = bench.bootstrap.all("answered", endpoint).filter(({ step }) => step === "discover /");
		match(before!.links!, /<\/>;lwm2m=1\.[12]/);
		ok(!before!.links!.includes("ssid="), `an account too early: ${before!.links}`);
		match(after!.links!, /<\/0\/\d>;ssid=101;uri="?coap:/);
		match(after!.links!, /<\/1\/0>;ssid=101/);
		match(after!.links!, /<\/3\/0>/);
		const answered = bench.bootstrap.all("answered", endpoint);
		const codes = answered.filter(({ step }) => !step!.startsWith("read")).map(({ code }) => code);
		deepEqual(
			codes.filter((code) => !/^2\.0[245]$/.test(code!)),
			[],
		);
		const contentOf = (path: string) => answered.filter(({ step }) => step === `read ${path}`).at(-1)!;
		match(contentOf("/1").content!, /\[id=1, value=222, type=INTEGER\]/);
		equal(contentOf("/2").code, "2.05");
		const remote = bench.server.rest.of(endpoint);
		equal(valueIn(await remote.read("/1/0/2"), "/1/0/2"), "3");
		hasCode(await remote.read("/1/0/13"), "4.05", "what a Bootstrap-Server alone may see");
		hasCode(await remote.execute("/1/0/8"), "2.04");
		hasCode(await remote.read("/0"), "4.01");
		equal(device.all("bootstrapFinished").length, 1);
		await device.kill();
	},
};

const preferred: BootstrapCase = {
	name: "[CORE-REG-1] L-54 the request says which format it prefers, and Leshan writes in it",
	run: async (bench) => {
		const endpoint = "dormouse-preferred";
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapUri, 102) },
			servers: { 0: { shortId: 102, lifetime: 300 } },
		});
		const device = bench.device(endpoint);
		await bench.registration(endpoint);
		const [session] = bench.bootstrap.all("session", endpoint);
		const writes = bench.bootstrap.all("answered", endpoint).filter(({ format }) => format !== undefined);
		ok(
			[numbers.senmlCbor, numbers.lwm2mCbor, undefined].includes(session!.preferred as never),
			`${session!.preferred}`,
		);
		const wanted = session!.preferred === numbers.senmlCbor ? "SENML_CBOR" : "TLV";
		deepEqual(new Set(writes.map(({ format }) => format)), new Set([wanted]));
		await device.kill();
	},
};

const withoutPack: BootstrapCase = {
	name: "[VER-COMP-001] a client of 1.2 asks for a Bootstrap-Pack, gets none, goes the classic way",
	run: async (bench) => {
		const endpoint = "dormouse-no-pack";
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapUri, 108) },
			servers: { 0: { shortId: 108, lifetime: 300 } },
		});
		const device = bench.device(endpoint, [], ["--lwm2m", "1.2"]);
		equal((await bench.registration(endpoint)).lwM2mVersion, "1.1");
		deepEqual(
			device.all("bootstrapRequest").map(({ way }) => way),
			["pack", "request"],
		);
		equal(device.all("bootstrapRefused", { way: "pack" }).length, 1);
		equal(device.all("bootstrapFailed").length, 0);
		await device.kill();
	},
};

const formats: readonly BootstrapCase[] = ["TLV", "SENML_JSON", "SENML_CBOR"].map((contentFormat) => ({
	name: `[CORE-REG-1] L-54 written to in ${contentFormat}`,
	run: async (bench) => {
		const endpoint = `dormouse-${contentFormat.toLowerCase()}`;
		await bench.bootstrap.configure(endpoint, {
			contentFormat,
			inspect: true,
			security: { 0: securityOf(bench.server.coapUri, 103) },
			servers: { 0: { shortId: 103, lifetime: 250, communicationRetryCount: 3, muteSend: true } },
		});
		const device = bench.device(endpoint);
		equal((await bench.registration(endpoint)).lifetime, 250);
		const writes = bench.bootstrap.all("answered", endpoint).filter(({ format }) => format !== undefined);
		ok(writes.length >= 2 && writes.every(({ format }) => format === contentFormat), JSON.stringify(writes));
		const read = bench.bootstrap.all("answered", endpoint).findLast(({ step }) => step === "read /1")!;
		match(read.content!, /\[id=1, value=250, type=INTEGER\]/);
		const values = valuesIn(await bench.server.rest.of(endpoint).read("/1/0"), "/1/0");
		deepEqual([values.get("/1/0/0"), values.get("/1/0/23")], ["103", true]);
		await device.kill();
	},
}));

const secured: BootstrapCase = {
	name: "[CORE-SEC] ETS 1 401 L-47 pre-shared keys for the Bootstrap-Server and for the server",
	run: async (bench) => {
		const endpoint = "dormouse-secured";
		const account = freshKey("of-server");
		await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: account } });
		const flags = await bench.bootstrap.introduce(endpoint, freshKey("of-bootstrap"));
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapsUri, 104, account) },
			servers: { 0: { shortId: 104, lifetime: 300 } },
		});
		const device = bench.device(endpoint, flags);
		ok((await bench.registration(endpoint)).secure);
		deepEqual(
			device.all("secured").map(({ server, suite }) => [server, suite]),
			[
				["bootstrap", "TLS_PSK_WITH_AES_128_CCM_8"],
				[104, "TLS_PSK_WITH_AES_128_CCM_8"],
			],
		);
		const log = device.log();
		for (const secret of [account.key, account.identity, flags[1]!, flags[3]!])
			ok(!log.includes(secret), "a secret said");
		hasCode(await bench.server.rest.of(endpoint).read("/3/0/0"), "2.05");
		await device.kill();
	},
};

const halfSecured: BootstrapCase = {
	name: "[CORE-SEC] L-58 a Bootstrap-Server in the clear, and a server with a pre-shared key",
	run: async (bench) => {
		const endpoint = "dormouse-half-secured";
		const account = freshKey("of-half");
		await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: account } });
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapsUri, 105, account) },
			servers: { 0: { shortId: 105, lifetime: 300 } },
		});
		const device = bench.device(endpoint);
		ok((await bench.registration(endpoint)).secure);
		await device.kill();
	},
};

const rights: BootstrapCase = {
	name: "[CORE-DM-1] L-58 rights that the bootstrap wrote hold: Read of Device, and nothing else there",
	run: async (bench) => {
		const endpoint = "dormouse-rights";
		const entry = (objectId: number, right: number) => ({
			objectId,
			objectInstanceId: 0,
			acls: { 106: right },
			AccessControlOwner: 65535,
		});
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapUri, 106), 2: securityOf("coap://127.0.0.1:9", 107) },
			servers: { 0: { shortId: 106, lifetime: 300 }, 1: { shortId: 107, lifetime: 300 } },
			acls: { 0: entry(1, 31), 1: entry(3, 1) },
		});
		const device = bench.device(endpoint);
		await bench.registration(endpoint);
		const remote = bench.server.rest.of(endpoint);
		hasCode(await remote.read("/3/0/0"), "2.05", "Read of Device");
		hasCode(await remote.execute("/3/0/4"), "4.01", "Reboot");
		hasCode(await remote.execute("/1/0/8"), "2.04", "Update Trigger");
		hasCode(await remote.read("/3303/0"), "4.01", "Read of what nobody gave away");
		await device.kill();
	},
};

const wrongKey: BootstrapCase = {
	name: "[CORE-SEC] L-58 a wrong key for the Bootstrap-Server: no session, no account, another try later",
	isSlow: true,
	run: async (bench) => {
		const endpoint = "dormouse-wrong";
		const real = freshKey("of-wrong");
		await bench.bootstrap.introduce(endpoint, real);
		const flags = ["--bootstrap-psk-identity", real.identity, "--bootstrap-psk-key", freshKey("").key];
		const device = bench.device(endpoint, flags);
		const failed = await device.wait("bootstrapFailed", {}, { timeoutMs: failTimeoutMs });
		match(String(failed.reason), /^dtls\./);
		ok(Number(failed.retryInMs) > 0, String(failed.retryInMs));
		deepEqual(bench.bootstrap.all("session", endpoint), []);
		deepEqual(device.all("registering"), []);
		await device.kill();
	},
};

const unknown: BootstrapCase = {
	name: "[BSR-004] a device that Leshan has nothing for: refused, in the log, and another try later",
	run: async (bench) => {
		const endpoint = "dormouse-nothing";
		const device = bench.device(endpoint);
		const failed = await device.wait("bootstrapFailed", {}, { timeoutMs: failTimeoutMs });
		ok(Number(failed.retryInMs) > 0, String(failed.retryInMs));
		ok(bench.bootstrap.all("session", endpoint).length > 0);
		deepEqual(device.all("registering"), []);
		await device.kill();
	},
};

export const bootstrapCases: readonly BootstrapCase[] = [
	wrongKey,
	inTheClear,
	preferred,
	withoutPack,
	...formats,
	secured,
	halfSecured,
	rights,
	unknown,
];
