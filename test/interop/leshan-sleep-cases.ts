import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { type Case, hasCode, valueIn } from "./case.ts";
import { Device } from "./device.ts";
import { Nat, type Passed } from "./nat.ts";
import { RestError } from "./rest-client.ts";
import { introduce } from "./test-keys.ts";

/** Leshan is told to take a client to be awake for 6 s (leshan-server.ts); ours listens for two of them. */
const sleepy = ["--queue-mode", "--awake", "2s", "--sleep", "deep", "--deep-from", "1s", "--sample-every", "5s"];
const lifetimeS = 900;
const temperature = "/3303/0/5700";
/** A few samples, boots and a busy machine. */
const patienceMs = 60_000;

/** A device that sleeps deeply behind a NAT of its own, registered, observed, and asleep for the first time. */
interface Sleeper {
	readonly endpoint: string;
	readonly nat: Nat;
	readonly folder: string;
	readonly flags: readonly string[];
	readonly registrationId: string;
	device: Device;
	close(): Promise<void>;
}

async function asleep(bench: Bench, endpoint: string): Promise<Sleeper> {
	const nat = await Nat.open(Number(new URL(bench.server.coapsUri).port));
	const folder = mkdtempSync(join(tmpdir(), "dormouse-sleep-"));
	const keys = await introduce(endpoint, "psk", bench.server);
	const flags = [...keys, ...sleepy, "--keep", folder];
	const serverUri = `coaps://127.0.0.1:${nat.port}`;
	const device = await Device.register({ serverUri, endpoint, lifetimeS, flags });
	const { registrationId } = (await bench.server.rest.client(endpoint))!;
	const sleeper: Sleeper = {
		endpoint,
		nat,
		folder,
		flags,
		registrationId,
		device,
		close: async () => {
			await sleeper.device.kill();
			nat.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
	hasCode(await bench.server.rest.of(endpoint).observe(temperature), "2.05");
	await device.wait("sleeping", { depth: "deep" }, { timeoutMs: patienceMs });
	return sleeper;
}

/** As a new process on the same flash: what was in RAM is gone, retained or not. */
function again(sleeper: Sleeper): Device {
	const serverUri = `coaps://127.0.0.1:${sleeper.nat.port}`;
	sleeper.device = new Device({ serverUri, endpoint: sleeper.endpoint, lifetimeS, flags: sleeper.flags });
	return sleeper.device;
}

const notification = (bench: Bench, endpoint: string, from: number) =>
	bench.event("NOTIFICATION", endpoint, { from, timeoutMs: patienceMs });

/** Content types of RFC 6347 §4.1 that a session going on has no need of. */
const isHandshake = ({ bytes }: Passed) => bytes[0] === 22 || bytes[0] === 20 || bytes[0] === 21;

/** Leshan has seen one registration, from the first Register on, and never another one. */
async function isSameRegistration(bench: Bench, { endpoint, registrationId }: Sleeper): Promise<void> {
	const registration = await bench.server.rest.client(endpoint);
	equal(registration?.registrationId, registrationId);
	equal(bench.eventsOf("REGISTRATION", endpoint).length, 1);
	equal(bench.eventsOf("DEREGISTRATION", endpoint).length, 0);
}

const window: Case = {
	name: "[CORE-Q-1] ETS 108 109 L-11 A-98 deep sleep: AWAKE with each word, SLEEPING after it, asked in the window",
	run: async (bench) => {
		const sleeper = await asleep(bench, "dormouse-deep");
		const { endpoint, device } = sleeper;
		const remote = bench.server.rest.of(endpoint);
		try {
			const from = bench.events.mark;
			await notification(bench, endpoint, from);
			const asked = device.all("request").length;
			const answer = await remote.read("/3/0/1").then(
				(read) => read,
				(error: unknown) => error,
			);
			// It came within the window, or Leshan said at once that the device sleeps: it never waits in vain.
			if (answer instanceof RestError) ok(/Sleeping/.test(answer.message), answer.message);
			else equal(device.all("request").length, asked + 1);
			await isSameRegistration(bench, sleeper);
		} finally {
			await sleeper.close();
		}
	},
};

const oneDatagram: Case = {
	name: "[CORE-Q-1] deep sleep: after a boot one datagram goes out, the notification; no handshake, no registration",
	run: async (bench) => {
		const sleeper = await asleep(bench, "dormouse-one");
		const { endpoint, device, nat } = sleeper;
		try {
			const events = bench.events.mark;
			const boots = device.mark;
			const passed = nat.passed.length;
			for (let count = 0; count < 3; count++) {
				const from = bench.events.mark;
				await notification(bench, endpoint, from);
				await device.wait("sleeping", { depth: "deep" }, { from: device.mark, timeoutMs: patienceMs });
			}
			const booted = device.all("booted", { resetCause: "deepSleep" }, boots);
			ok(booted.length >= 3, `${booted.length} boots`);
			const out = nat.since(passed, "out");
			const told = bench.eventsOf("NOTIFICATION", endpoint, events).length;
			deepEqual(out.filter(isHandshake), []);
			equal(out.length, told, "datagrams out, and notifications");
			for (const { bytes } of out) ok(bytes.length <= 90, `${bytes.length} bytes`);
			deepEqual(device.all("handshaking", {}, boots), []);
			deepEqual(device.all("registering", {}, boots), []);
			equal(bench.eventsOf("UPDATED", endpoint, events).length, 0);
			await isSameRegistration(bench, sleeper);
		} finally {
			await sleeper.close();
		}
	},
};

const natForgets: Case = {
	name: "[CORE-Q-1] [CORE-SEC] RFC 9146: a NAT that forgot us while we slept costs nothing, the CID names the session",
	run: async (bench) => {
		const sleeper = await asleep(bench, "dormouse-nat");
		const { endpoint, device, nat } = sleeper;
		try {
			for (let count = 0; count < 2; count++) {
				const events = bench.events.mark;
				const passed = nat.passed.length;
				nat.forget();
				await notification(bench, endpoint, events);
				deepEqual(nat.since(passed, "out").filter(isHandshake), []);
				await device.wait("sleeping", { depth: "deep" }, { from: device.mark, timeoutMs: patienceMs });
			}
			equal(device.all("handshaking").length, 1, "the first one");
			await isSameRegistration(bench, sleeper);
		} finally {
			await sleeper.close();
		}
	},
};

/** A process that ends without a word, and another one on its flash. @param when it is killed */
const replaced = (name: string, when: (sleeper: Sleeper, bench: Bench) => Promise<void>, endpoint: string): Case => ({
	name,
	run: async (bench) => {
		const sleeper = await asleep(bench, endpoint);
		const { nat } = sleeper;
		try {
			await when(sleeper, bench);
			await sleeper.device.kill();
			const passed = nat.passed.length;
			const from = bench.events.mark;
			const next = again(sleeper);
			await notification(bench, endpoint, from);
			await next.wait("sleeping", { depth: "deep" }, { timeoutMs: patienceMs });
			deepEqual(next.all("handshaking"), [], "its DTLS session goes on");
			deepEqual(next.all("registering"), []);
			deepEqual(nat.since(passed, "out").filter(isHandshake), []);
			const remote = bench.server.rest.of(endpoint);
			await notification(bench, endpoint, bench.events.mark);
			const answer = await remote.read("/1/0/1").catch((error: unknown) => error);
			if (!(answer instanceof RestError)) equal(valueIn(answer as never, "/1/0/1"), String(lifetimeS));
			await isSameRegistration(bench, sleeper);
		} finally {
			await sleeper.close();
		}
	},
});

export const leshanSleepCases: readonly Case[] = [
	window,
	oneDatagram,
	natForgets,
	replaced(
		"[CORE-REG-1] the process is killed while it sleeps, and another one goes on from flash: one registration",
		async () => undefined,
		"dormouse-replaced",
	),
	replaced(
		"[CORE-REG-1] the process is killed right behind a notification, and another one goes on: one registration",
		async ({ endpoint }, bench) => void (await notification(bench, endpoint, bench.events.mark)),
		"dormouse-replaced-awake",
	),
];
