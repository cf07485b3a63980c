import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { sleep } from "./bench.ts";
import { type Case, hasCode, valueIn } from "./case.ts";
import type { Registration } from "./rest-client.ts";

interface Updated {
	readonly registration: Registration;
	readonly update: { readonly lifetime?: number | null; readonly objectLinks?: readonly unknown[] | null };
}

const lifetime = (seconds: number) =>
	({ kind: "singleResource", id: 1, type: "integer", value: String(seconds) }) as const;

const updates: readonly Case[] = [
	{
		name: "[CORE-REG-1] ETS 104 Execute of Registration Update Trigger (1/0/8) brings an Update that repeats nothing",
		run: async (bench) => {
			const { remote, device, events } = bench;
			const before = (await bench.server.rest.client(device.endpoint))!;
			const from = events.mark;
			hasCode(await remote.execute("/1/0/8"), "2.04", "Execute /1/0/8");
			const { registration, update } = (await bench.event("UPDATED", device.endpoint, { from })).data as Updated;
			equal(registration.registrationId, before.registrationId);
			equal(update.lifetime ?? undefined, undefined, "the Update carries a lifetime that has not changed");
			equal(update.objectLinks ?? undefined, undefined, "the Update carries an object list that has not changed");
		},
	},
	{
		name: "[CORE-REG-4] ETS 102 107 227 a written lifetime (1/0/1) comes back in an Update at once",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-lifetime", 60);
			for (const seconds of [120, 90]) {
				const from = bench.events.mark;
				hasCode(await remote.write("/1/0/1", lifetime(seconds), { format: "TEXT" }), "2.04", "Write /1/0/1");
				const { update, registration } = (await bench.event("UPDATED", device.endpoint, { from })).data as Updated;
				equal(update.lifetime, seconds);
				equal(registration.lifetime, seconds);
				equal(valueIn(await remote.read("/1/0/1"), "/1/0/1"), String(seconds));
			}
			await device.interrupt();
		},
	},
	{
		name: "[CORE-REG-4] ETS 102 after a shorter lifetime was written, the Updates come inside it",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-shorter", 3600);
			hasCode(await remote.write("/1/0/1", lifetime(6), { format: "TEXT" }), "2.04", "Write /1/0/1");
			await sleep(15_000);
			deepEqual(bench.eventsOf("DEREGISTRATION", device.endpoint), [], "the server dropped the device");
			ok(bench.eventsOf("UPDATED", device.endpoint).length >= 3, "too few Updates for 15 s at a lifetime of 6 s");
			await device.interrupt();
		},
	},
	{
		name: "[CORE-REG-4] L-1 a registration outlives its first lifetime by Updates, under the same location",
		run: async (bench) => {
			const { device } = await bench.start("dormouse-short", 5);
			const before = (await bench.server.rest.client(device.endpoint))!;
			await sleep(13_000);
			const after = await bench.server.rest.client(device.endpoint);
			equal(after?.registrationId, before.registrationId);
			deepEqual(bench.eventsOf("DEREGISTRATION", device.endpoint), []);
			const updates = bench.eventsOf("UPDATED", device.endpoint);
			ok(updates.length >= 2, `${updates.length} Updates in 13 s at a lifetime of 5 s`);
			for (const { data } of updates) {
				equal((data as Updated).update.lifetime ?? undefined, undefined);
				equal((data as Updated).update.objectLinks ?? undefined, undefined);
			}
			await device.interrupt();
		},
	},
	{
		name: "[CORE-REG-4] the server drops a device that has lost its power, once its lifetime is over",
		run: async (bench) => {
			const { device } = await bench.start("dormouse-lost", 5);
			await device.kill();
			ok(await bench.server.rest.client(device.endpoint), "gone at once, without a word");
			await bench.event("DEREGISTRATION", device.endpoint, { timeoutMs: 20_000 });
			equal(await bench.server.rest.client(device.endpoint), undefined);
		},
	},
];

const ends: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 241 Reboot (3/0/4) is answered first, then the device restarts and registers anew",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-reboot", 60);
			const before = (await bench.server.rest.client(device.endpoint))!;
			const from = bench.events.mark;
			const fromDevice = device.mark;
			hasCode(await remote.execute("/3/0/4"), "2.04", "Execute /3/0/4");
			const { data } = await bench.event("REGISTRATION", device.endpoint, { from, timeoutMs: 20_000 });
			notEqual((data as Registration).registrationId, before.registrationId);
			const booted = await device.wait("booted", {}, { from: fromDevice });
			equal(booted.resetCause, "restart");
			await device.wait("registered", {}, { from: fromDevice });
			hasCode(await remote.read("/3/0/0"), "2.05", "Read after the reboot");
			await device.interrupt();
		},
	},
	{
		name: "[CORE-REG-1] L-2 a device whose power was cut registers again; the server keeps one registration for it",
		run: async (bench) => {
			const first = await bench.start("dormouse-again", 60);
			await first.device.kill();
			const from = bench.events.mark;
			const second = await bench.start("dormouse-again", 60);
			await bench.event("REGISTRATION", second.device.endpoint, { from });
			const all = (await bench.server.rest.clients()).filter(({ endpoint }) => endpoint === second.device.endpoint);
			equal(all.length, 1);
			hasCode(await second.remote.read("/3/0/0"), "2.05");
			await second.device.interrupt();
		},
	},
	{
		name: "[CORE-REG-1] ETS 103 L-1 Ctrl-C: the device de-registers, the registry has it no more, the command ends",
		run: async (bench) => {
			const { device } = await bench.start("dormouse-goodbye", 300);
			const from = bench.events.mark;
			const startedMs = performance.now();
			const { status, signal } = await device.interrupt();
			ok(performance.now() - startedMs < 4000, "took more than 4 s to end");
			deepEqual({ status, signal }, { status: 0, signal: null });
			await bench.event("DEREGISTRATION", device.endpoint, { from });
			equal(await bench.server.rest.client(device.endpoint), undefined);
			equal(device.all("deregistered").length, 1);
		},
	},
	{
		name: "[CORE-REG-3] two devices on one server are two registrations, and an operation reaches the right one",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-second", 120);
			equal(valueIn(await remote.read("/1/0/1"), "/1/0/1"), "120");
			equal(valueIn(await bench.remote.read("/1/0/1"), "/1/0/1"), String(bench.lifetimeS));
			await device.interrupt();
			ok(await bench.server.rest.client(bench.device.endpoint), "the other one is gone, too");
		},
	},
];

export const lifecycleCases: readonly Case[] = [...updates, ...ends];
