import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { sleep } from "./bench.ts";
import { hasCode, valueIn } from "./case.ts";
import { freshKey } from "./leshan-bootstrap-bench.ts";
import type { BootstrapCase } from "./leshan-bootstrap-cases.ts";
import { securityOf } from "./leshan-bootstrap-server.ts";

const againTimeoutMs = 90_000;
/** A handshake with nobody that can be trusted is over after 180 s at the latest. */
const handshakeTimeoutMs = 220_000;

const triggered: BootstrapCase = {
	name: "[BSR-005] [Core-001] ETS 5 L-55 Bootstrap-Request Trigger (1/0/9): another session finds the account",
	run: async (bench) => {
		const endpoint = "dormouse-trigger";
		const configuration = (lifetime: number) => ({
			inspect: true,
			autoIdForSecurityObject: true,
			toDelete: [],
			security: { 0: securityOf(bench.server.coapUri, 111) },
			servers: { 0: { shortId: 111, lifetime } },
		});
		await bench.bootstrap.configure(endpoint, configuration(300));
		const device = bench.device(endpoint);
		await bench.registration(endpoint);
		await bench.bootstrap.configure(endpoint, configuration(240));
		const from = device.mark;
		hasCode(await bench.server.rest.of(endpoint).execute("/1/0/9"), "2.04", "Execute /1/0/9");
		await device.wait("bootstrapFinished", {}, { from, timeoutMs: againTimeoutMs });
		equal(bench.bootstrap.all("session", endpoint).length, 2);
		const found = bench.bootstrap.all("answered", endpoint).filter(({ step }) => step === "discover /")[2]!;
		match(found.links!, /<\/0\/\d>;ssid=111;uri="?coap:/);
		match(found.links!, /<\/1\/0>;ssid=111/);
		const wants = ({ event, data }: { event: string; data: unknown }) => {
			const { registration } = data as { registration?: { endpoint: string; lifetime: number } };
			return event === "UPDATED" && registration?.endpoint === endpoint && registration.lifetime === 240;
		};
		await bench.events.wait("an Update with the new lifetime", wants, { timeoutMs: againTimeoutMs });
		await device.kill();
	},
};

const moved: BootstrapCase = {
	name: "[REG-001] ETS 4 L-38 L-57 a second bootstrap deletes all, and names another account",
	run: async (bench) => {
		const endpoint = "dormouse-moved";
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapUri, 121) },
			servers: { 0: { shortId: 121, lifetime: 300 } },
		});
		const device = bench.device(endpoint);
		const first = await bench.registration(endpoint);
		equal(first.secure, false);
		const before = bench.server.rest.of(endpoint);
		hasCode(await before.writeAttributes("/3303/0/5700", { pmin: "1", pmax: "2" }), "2.04", "Write-Attributes");
		hasCode(await before.observe("/3303/0/5700"), "2.05", "Observe");
		match(JSON.stringify((await before.discover("/3303/0/5700")).objectLinks), /pmax/);
		const account = freshKey("of-moved");
		await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: account } });
		await bench.bootstrap.configure(endpoint, {
			inspect: true,
			toDelete: ["/"],
			security: { 0: securityOf(bench.server.coapsUri, 122, account) },
			servers: { 3: { shortId: 122, lifetime: 260 } },
		});
		const from = bench.events.mark;
		const fromDevice = device.mark;
		hasCode(await bench.server.rest.of(endpoint).execute("/1/0/9"), "2.04", "Execute /1/0/9");
		await device.wait("bootstrapFinished", {}, { from: fromDevice, timeoutMs: againTimeoutMs });
		ok(bench.bootstrap.steps(endpoint).includes("delete / 2.02"), bench.bootstrap.steps(endpoint).join());
		const second = await bench.registration(endpoint, from);
		ok(second.secure);
		notEqual(second.registrationId, first.registrationId);
		const remote = bench.server.rest.of(endpoint);
		equal(valueIn(await remote.read("/1/3/0"), "/1/3/0"), "122");
		hasCode(await remote.read("/1/0"), "4.04", "the account that is gone");
		hasCode(await remote.read("/3/0/0"), "2.05", "Device survives");
		const { objectLinks } = await remote.discover("/3303/0/5700");
		ok(!/pm(in|ax)/.test(JSON.stringify(objectLinks)), JSON.stringify(objectLinks));
		const quietFrom = device.mark;
		await sleep(4000);
		deepEqual(device.all("notified", {}, quietFrom), [], "an observation of the former account");
		const after = bench.bootstrap
			.all("answered", endpoint)
			.filter(({ step }) => step === "discover /")
			.at(-1)!;
		match(after.links!, /<\/0\/\d>;ssid=122;uri="?coaps:/);
		ok(!after.links!.includes("ssid=121"), after.links);
		const beforeThird = device.mark;
		hasCode(await remote.execute("/1/3/9"), "2.04", "the Bootstrap-Server's account survives");
		await device.wait("bootstrapStarted", {}, { from: beforeThird, timeoutMs: againTimeoutMs });
		await device.kill();
	},
};

const partly: BootstrapCase = {
	name: "[BSR-005] L-57 a second bootstrap deletes the rights (/2) alone: all else, and the registration, stay",
	run: async (bench) => {
		const endpoint = "dormouse-partly";
		const configuration = {
			inspect: true,
			security: { 0: securityOf(bench.server.coapUri, 161) },
			servers: { 0: { shortId: 161, lifetime: 300 } },
		};
		const acls = { 0: { objectId: 3, objectInstanceId: 0, acls: { 161: 1 }, AccessControlOwner: 161 } };
		await bench.bootstrap.configure(endpoint, { ...configuration, acls });
		const device = bench.device(endpoint);
		const first = await bench.registration(endpoint);
		await bench.bootstrap.configure(endpoint, { inspect: true, toDelete: ["/2"], security: {}, servers: {} });
		const from = device.mark;
		const remote = bench.server.rest.of(endpoint);
		hasCode(await remote.execute("/1/0/9"), "2.04", "Execute /1/0/9");
		await device.wait("bootstrapFinished", {}, { from, timeoutMs: againTimeoutMs });
		ok(bench.bootstrap.steps(endpoint).includes("delete /2 2.02"), bench.bootstrap.steps(endpoint).join());
		const [, withRights, before, after] = bench.bootstrap
			.all("answered", endpoint)
			.filter(({ step }) => step === "discover /")
			.map(({ links }) => links!);
		ok(withRights!.includes("</2/0>") && before!.includes("</2/0>") && !after!.includes("</2/0>"), after);
		match(after!, /<\/0\/\d>;ssid=161;.*<\/1\/0>;ssid=161.*<\/3\/0>/);
		await device.wait("updated", {}, { from, timeoutMs: againTimeoutMs });
		equal((await bench.server.rest.client(endpoint))?.registrationId, first.registrationId);
		hasCode(await remote.read("/3/0/0"), "2.05");
		await device.kill();
	},
};

const powerCut: BootstrapCase = {
	name: "[CORE-REG-1] power cut: no bootstrap again, it registers with the account that it kept",
	run: async (bench) => {
		const endpoint = "dormouse-power-cut";
		const account = freshKey("of-power-cut");
		await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: account } });
		await bench.bootstrap.configure(endpoint, {
			security: { 0: securityOf(bench.server.coapsUri, 131, account) },
			servers: { 0: { shortId: 131, lifetime: 280 } },
		});
		const first = bench.device(endpoint);
		await bench.registration(endpoint);
		await first.wait("registered");
		await first.kill();
		const from = bench.events.mark;
		const second = bench.device(endpoint);
		const registration = await bench.registration(endpoint, from);
		deepEqual([registration.lifetime, registration.secure], [280, true]);
		equal(bench.bootstrap.all("session", endpoint).length, 1);
		deepEqual(second.all("bootstrapStarted"), []);
		equal((await second.wait("configured")).from, "kept");
		equal(valueIn(await bench.server.rest.of(endpoint).read("/1/0/0"), "/1/0/0"), "131");
		await second.kill();
	},
};

const cutInBetween: BootstrapCase = {
	name: "[CORE-REG-1] power cut in the midst of the first bootstrap: nothing of it is kept, and another one begins",
	run: async (bench) => {
		const endpoint = "dormouse-cut-within";
		await bench.bootstrap.configure(endpoint, {
			inspect: true,
			security: { 0: securityOf(bench.server.coapUri, 132) },
			servers: { 0: { shortId: 132, lifetime: 280 } },
		});
		const first = bench.device(endpoint);
		await first.wait("request", { operation: "bootstrapWrite" }, { timeoutMs: againTimeoutMs });
		await first.kill();
		const wasFinished = bench.bootstrap.all("finished", endpoint).length;
		const second = bench.device(endpoint);
		await second.wait("booted", {}, { timeoutMs: againTimeoutMs });
		if (wasFinished === 0) await second.wait("bootstrapFinished", {}, { timeoutMs: againTimeoutMs });
		await bench.registration(endpoint);
		await second.kill();
	},
};

const healed: BootstrapCase = {
	name: "[BSR-001] [BSR-002] a server's account with a wrong key: bootstrap on failure (1/x/16) brings the right one",
	isSlow: true,
	run: async (bench) => {
		const endpoint = "dormouse-healed";
		const account = freshKey("of-healed");
		await bench.server.rest.secure({ endpoint, tls: { mode: "psk", details: account } });
		const server = {
			shortId: 141,
			lifetime: 300,
			communicationRetryCount: 1,
			CommunicationRetryTimer: 1,
			SequenceRetryCount: 1,
			SequenceDelayTimer: 1,
			bootstrapOnRegistrationFailure: true,
		};
		const configuration = (key: string) => ({
			security: { 0: securityOf(bench.server.coapsUri, 141, { ...account, key }) },
			servers: { 0: server },
		});
		await bench.bootstrap.configure(endpoint, configuration(freshKey("").key));
		const device = bench.device(endpoint);
		await device.wait("bootstrapFinished", {}, { timeoutMs: 120_000 });
		await bench.bootstrap.configure(endpoint, configuration(account.key));
		const failed = await device.wait("registrationFailed", {}, { timeoutMs: handshakeTimeoutMs });
		match(String(failed.reason), /^dtls\./);
		await device.wait("recovery", { decision: "bootstrap" }, { timeoutMs: againTimeoutMs });
		ok((await bench.registration(endpoint)).secure);
		equal(bench.bootstrap.all("finished", endpoint).length, 2);
		await device.kill();
	},
};

const notAsked: BootstrapCase = {
	name: "[BSR-001] ETS 6 a device with an account that works does not ask the Bootstrap-Server",
	run: async (bench) => {
		const endpoint = "dormouse-content";
		const device = bench.deviceOfBoth(endpoint);
		await bench.registration(endpoint);
		hasCode(await bench.server.rest.of(endpoint).read("/3/0/0"), "2.05");
		deepEqual(device.all("bootstrapStarted"), []);
		deepEqual(bench.bootstrap.all("session", endpoint), []);
		await device.kill();
	},
};

export const rebootstrapCases: readonly BootstrapCase[] = [
	healed,
	triggered,
	moved,
	partly,
	powerCut,
	cutInBetween,
	notAsked,
];
