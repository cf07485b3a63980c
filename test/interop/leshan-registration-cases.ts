import { deepEqual, equal, ok } from "node:assert/strict";
import type { Bench } from "./bench.ts";
import { type Case, hasCode, valueIn, valuesIn } from "./case.ts";
import type { Device } from "./device.ts";
import { startEmbedded } from "./embedded-server.ts";
import { RestError } from "./rest-client.ts";

const startedAs = (bench: Bench, endpoint: string, lifetimeS: number, plan: unknown) =>
	bench.start(endpoint, lifetimeS, { more: ["--plan", JSON.stringify(plan)] });

/** Leshan speaks 1.0 and 1.1, and answers 4.12 to what is newer. */
const versions: readonly Case[] = [
	{
		name: "[VER-COMP-001] [VER-COMP-003] ETS 101 a client of 1.2 is refused, and registers as 1.1 in the same attempt",
		run: async (bench) => {
			const plan = { enabler: "1.2", client: { enablers: ["1.0", "1.1", "1.2"] } };
			const { device, remote } = await startedAs(bench, "dormouse-1-2", 60, plan);
			equal((await bench.server.rest.client(device.endpoint))?.lwM2mVersion, "1.1");
			const refused = device.all("registrationRefused").map(({ code, enabler }) => [code, enabler]);
			deepEqual(refused, [["4.12", "1.2"]]);
			equal(device.all("registrationFailed").length, 0);
			equal((await device.wait("registered")).enabler, "1.1");
			equal(valueIn(await remote.read("/1/0/1", { format: "SENML_CBOR" }), "/1/0/1"), "60");
			await device.interrupt();
			equal(await bench.server.rest.client(device.endpoint), undefined, "De-register");
		},
	},
	{
		name: "[VER-COMP-001] [VER-COMP-004] one that has 1.2 and 1.0 alone ends at 1.0, with the formats of 1.0",
		run: async (bench) => {
			const plan = { enabler: "1.2", client: { enablers: ["1.0", "1.2"] } };
			const device = bench.attempt("dormouse-1-2-0", ["--plan", JSON.stringify(plan)]);
			await device.wait("registered", {}, { timeoutMs: 30_000 });
			const remote = bench.server.rest.of(device.endpoint);
			equal((await bench.server.rest.client(device.endpoint))?.lwM2mVersion, "1.0");
			const json = valuesIn(await remote.read("/1/0", { format: "JSON" }), "/1/0");
			deepEqual(json, valuesIn(await remote.read("/1/0", { format: "TLV" }), "/1/0"));
			hasCode(await remote.read("/3/0", { format: "SENML_JSON" }), "4.06", "SenML JSON");
			hasCode(await remote.execute("/1/0/8"), "2.04", "Update Trigger");
			await bench.event("UPDATED", device.endpoint);
			await device.kill();
		},
	},
	{
		name: "[VER-COMP-001] one that speaks nothing but 1.2 is not registered, says why, and tries again later",
		run: async (bench) => {
			const endpoint = "dormouse-1-2-alone";
			const device = bench.attempt(endpoint, ["--plan", JSON.stringify({ enabler: "1.2" })]);
			const failed = await device.wait("registrationFailed", {}, { timeoutMs: 60_000 });
			deepEqual([failed.reason, failed.code], ["refused", "4.12"]);
			ok(Number(failed.retryInMs) > 0);
			equal(await bench.server.rest.client(endpoint), undefined);
			await device.kill();
		},
	},
];

const parameters: Case = {
	name: "[CORE-REG-2] L-3 further parameters of a Register arrive unharmed",
	run: async (bench) => {
		const plan = { client: { registrationParameters: ["imei=490154203237518", "site=north attic"] } };
		const { device } = await startedAs(bench, "dormouse-more", 60, plan);
		const registration = (await bench.server.rest.client(device.endpoint))!;
		deepEqual(registration.additionalRegistrationAttributes, { imei: "490154203237518", site: "north attic" });
		hasCode(await bench.server.rest.of(device.endpoint).execute("/1/0/8"), "2.04");
		await bench.event("UPDATED", device.endpoint);
		const after = (await bench.server.rest.client(device.endpoint))!;
		deepEqual(after.additionalRegistrationAttributes, registration.additionalRegistrationAttributes);
		await device.kill();
	},
};

const queueMode: Case = {
	name: "[CORE-Q-1] ETS 108 109 L-11 queue mode: told with Q; asleep when nothing comes, awake once with each Update",
	run: async (bench) => {
		const plan = { client: { queueMode: true } };
		const { device, remote } = await startedAs(bench, "dormouse-queue", 40, plan);
		const registration = (await bench.server.rest.client(device.endpoint))!;
		deepEqual([registration.queuemode, registration.bindingMode], [true, "U"]);
		hasCode(await remote.read("/1/0/1"), "2.05", "while it is awake");
		await bench.event("SLEEPING", device.endpoint, { timeoutMs: 20_000 });
		const asked = device.all("request").length;
		const refusal = await remote.read("/1/0/1").then(
			() => undefined,
			(error: unknown) => error,
		);
		ok(refusal instanceof RestError && /Sleeping/.test(refusal.message), String(refusal));
		equal(device.all("request").length, asked, "Leshan asked it all the same");
		const from = bench.events.mark;
		await bench.event("AWAKE", device.endpoint, { from, timeoutMs: 45_000 });
		await bench.event("UPDATED", device.endpoint, { from });
		hasCode(await remote.read("/1/0/1"), "2.05", "awake again");
		await bench.event("SLEEPING", device.endpoint, { from, timeoutMs: 20_000 });
		equal(bench.eventsOf("AWAKE", device.endpoint, from).length, 1);
		await device.kill();
	},
};

const pending: Case = {
	name: "[CORE-REG-1] L-2 L-5 what was asked of a device that lost its power is cancelled when it registers anew",
	run: async (bench) => {
		const first = await bench.start("dormouse-pending", 120);
		await first.device.kill();
		const from = bench.events.mark;
		const answers: Promise<unknown>[] = [];
		const ask = () => answers.push(first.remote.read("/3/0/0").catch((error: unknown) => error));
		ask();
		const timer = setInterval(ask, 3000); // each is given up after 10 s: one at least shall wait by then
		let second: Device;
		try {
			second = bench.attempt("dormouse-pending", []);
			await bench.event("REGISTRATION", second.endpoint, { from, timeoutMs: 60_000 });
		} finally {
			clearInterval(timer);
		}
		const outcomes = (await Promise.all(answers)).map(String);
		ok(
			outcomes.some((outcome) => /Cancel/i.test(outcome)),
			outcomes.join("\n"),
		);
		hasCode(await first.remote.read("/3/0/0"), "2.05", "the new registration");
		await second.kill();
	},
};

const disabled: Case = {
	name: "[CORE-REG-1] ETS 555 Disable (1/0/4): De-register, silence for the Disable Timeout (1/0/5), Register",
	run: async (bench) => {
		const { device, remote } = await startedAs(bench, "dormouse-disabled", 300, { disableTimeoutS: 5 });
		const from = bench.events.mark;
		hasCode(await remote.execute("/1/0/4"), "2.04", "Execute /1/0/4");
		await bench.event("DEREGISTRATION", device.endpoint, { from });
		const startedMs = performance.now();
		await bench.event("REGISTRATION", device.endpoint, { from, timeoutMs: 30_000 });
		const tookMs = performance.now() - startedMs;
		ok(tookMs > 4000 && tookMs < 15_000, `registered again after ${Math.round(tookMs)} ms`);
		hasCode(await remote.read("/3/0/0"), "2.05");
		await device.kill();
	},
};

/** Leshan and our own server at once, each in the version that it speaks. */
const together: Case = {
	name: "[CORE-REG-3] [VER-COMP-002] ETS 950 one board with Leshan in 1.1 and with our server in 1.2 at once",
	run: async (bench) => {
		const second = await startEmbedded();
		try {
			const plan = {
				configuration: "C.14",
				secondServerUri: second.coapUri,
				enabler: "1.2",
				client: { enablers: ["1.0", "1.1", "1.2"] },
			};
			const { device, remote } = await startedAs(bench, "dormouse-together", 60, plan);
			await device.wait("registered", { server: 1 }, { timeoutMs: 30_000 });
			await device.wait("registered", { server: 2 }, { timeoutMs: 30_000 });
			const other = second.rest.of(device.endpoint);
			equal((await bench.server.rest.client(device.endpoint))?.lwM2mVersion, "1.1");
			equal((await second.rest.client(device.endpoint))?.lwM2mVersion, "1.2");
			equal(valuesIn(await remote.read("/1/0"), "/1/0").get("/1/0/0"), "1");
			equal(valuesIn(await other.read("/1/1", { format: "LWM2M_CBOR" }), "/1/1").get("/1/1/0"), "2");
			hasCode(await remote.read("/3/0/0"), "2.05", "Device for Leshan");
			hasCode(await other.read("/3/0/0"), "2.05", "Device for ours");
			hasCode(await other.execute("/1/0/8"), "4.01", "the other's account");
			await second.stop();
			hasCode(await remote.read("/3/0/1"), "2.05", "Device for Leshan, the other server being gone");
			await device.kill();
		} finally {
			await second.stop();
		}
	},
};

export const leshanRegistrationCases: readonly Case[] = [
	...versions,
	parameters,
	queueMode,
	pending,
	disabled,
	together,
];
