import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Case, hasCode } from "./case.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { readingCases } from "./reading-cases.ts";
import { registrationCases } from "./registration-cases.ts";
import { reportingCases } from "./reporting-cases.ts";
import { writingCases } from "./writing-cases.ts";

const secrets: Case = {
	name: "[CORE-SEC] the device says suite and connection ID, and neither key nor identity anywhere",
	run: async ({ device, mode }) => {
		const [secured] = device.all("secured");
		ok(secured, "no record of a session");
		match(
			String(secured.suite),
			mode === "psk" ? /^TLS_PSK_WITH_AES_128_CCM_8$/ : /^TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8$/,
		);
		equal(String(secured.cid).length, 12, "six bytes, in hexadecimal digits");
		equal(secured.resumed, false);
		equal(device.all("handshaking").length, 1, "one handshake for all that was said so far");
	},
};

const unreadable: Case = {
	name: "[CORE-SEC] ETS 204 the Security Object is not to be read, keys least of all",
	run: async ({ remote }) => {
		for (const path of ["/0", "/0/0", "/0/0/3", "/0/0/5"]) hasCode(await remote.read(path), "4.01", path);
	},
};

/** What raw public keys and certificates are held to: that they carry what a pre-shared key carries. */
export const keyCases: readonly Case[] = [
	...registrationCases,
	...readingCases,
	secrets,
	{
		name: "[CORE-REG-1] ETS 103 Ctrl-C: De-register goes through the session, and the command ends well",
		run: async (bench) => {
			const { device, server } = bench;
			const from = bench.events.mark;
			const { status } = await device.interrupt();
			equal(status, 0);
			await bench.event("DEREGISTRATION", device.endpoint, { from });
			equal(await server.rest.client(device.endpoint), undefined);
		},
	},
];

const key = "00112233445566778899aabbccddeeff";

/**
 * What can not be trusted ends no handshake, an alert in the clear least of all: it is over when its timer has run out,
 * 63 times this.
 */
const soon = ["--dtls-timeout", "100ms"];

/** What is long or says the same as another case is left to the suite without DTLS. */
const reports = /every change is told at once|ETS 710|pmax: the value|Cancel by GET|ETS 302 Cancel by Reset/;

/** What a pre-shared key carries, and the ways it can be wrong. */
export const pskCases: readonly Case[] = [
	secrets,
	...registrationCases,
	...readingCases,
	...writingCases,
	...reportingCases.filter(({ name }) => reports.test(name)),
	...lifecycleCases,
	unreadable,
	{
		name: "[CORE-SEC] a wrong key: no registration, the reason in the log, another try later",
		run: async (bench) => {
			const endpoint = "dormouse-wrong-key";
			await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
			const other = key.replace("00", "01");
			const device = bench.attempt(endpoint, ["--psk-identity", endpoint, "--psk-key", other, ...soon]);
			const failed = await device.wait("registrationFailed", {}, { timeoutMs: 80_000 });
			match(String(failed.reason), /^dtls\./);
			ok(Number(failed.retryInMs) >= 60_000);
			equal(await bench.server.rest.client(endpoint), undefined);
			deepEqual(device.all("secured"), []);
			await device.interrupt();
		},
	},
	{
		name: "[CORE-SEC] an identity that nobody knows: likewise",
		run: async (bench) => {
			const device = bench.attempt("dormouse-unknown", ["--psk-identity", "nobody", "--psk-key", key, ...soon]);
			const failed = await device.wait("registrationFailed", {}, { timeoutMs: 80_000 });
			match(String(failed.reason), /^dtls\./);
			await device.interrupt();
		},
	},
	{
		name: "[CORE-SEC] a good key for another endpoint is 4.03: who it is has to be who it says",
		run: async (bench) => {
			const endpoint = "dormouse-itself";
			await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
			const device = bench.attempt("dormouse-impostor", ["--psk-identity", endpoint, "--psk-key", key]);
			const failed = await device.wait("registrationFailed", {}, { timeoutMs: 60_000 });
			deepEqual([failed.reason, failed.code], ["refused", "4.03"]);
			await device.interrupt();
		},
	},
	{
		name: "[CORE-SEC] without connection IDs, and with CBC, where the device is told so",
		run: async (bench) => {
			const endpoint = "dormouse-cbc";
			await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
			const flags = ["--psk-identity", endpoint, "--psk-key", key, "--cid", "off"];
			const device = bench.attempt(endpoint, [...flags, "--ciphersuite", "TLS_PSK_WITH_AES_128_CBC_SHA256"]);
			await device.wait("registered", {}, { timeoutMs: 60_000 });
			const [secured] = device.all("secured");
			deepEqual([secured!.suite, secured!.cid], ["TLS_PSK_WITH_AES_128_CBC_SHA256", undefined]);
			hasCode(await bench.server.rest.of(endpoint).read("/3/0/0"), "2.05");
			await device.interrupt();
		},
	},
];
