import { deepEqual, equal, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "./bench.ts";
import { type Case, hasCode } from "./case.ts";
import { Device } from "./device.ts";
import { Nat, type Passed } from "./nat.ts";
import { RestError } from "./rest-client.ts";
import { introduce } from "./test-keys.ts";

/** Leshan is told to take a client to be awake for 6 s (leshan-server.ts); ours listens for two of them. */
const sleepy = ["--queue-mode", "--awake", "2s", "--sleep", "deep", "--deep-from", "1s", "--sample-every", "4s"];
const temperature = "/3303/0/5700";
/** How often it is told. */
const rhythm = { pmin: "8", pmax: "8" };
const patienceMs = 40_000;
/** Longer than a case, so that no Update comes in between. */
const longS = 900;
/** An Update or two within a case. */
const shortS = 40;

/** A device that sleeps deeply behind a NAT of its own, registered, observed, and asleep for the first time. */
interface Sleeper {
	readonly endpoint: string;
	readonly nat: Nat;
	readonly registrationId: string;
	/** The one that runs. */
	device: Device;
	/** Kills it, and starts another one on its flash: what was in RAM is gone, retained or not. */
	replace(): Promise<Device>;
	close(): Promise<void>;
}

async function asleep(bench: Bench, endpoint: string, lifetimeS: number): Promise<Sleeper> {
	const nat = await Nat.open(Number(new URL(bench.server.coapsUri).port));
	const folder = mkdtempSync(join(tmpdir(), "dormouse-sleep-"));
	const keys = await introduce(endpoint, "psk", bench.server);
	const flags = [...keys, ...sleepy, "--flash", join(folder, "flash")];
	const options = { serverUri: `coaps://127.0.0.1:${nat.port}`, endpoint, lifetimeS, flags };
	const device = await Device.register(options).catch((error: unknown) => {
		nat.close();
		throw error;
	});
	const { registrationId } = (await bench.server.rest.client(endpoint))!;
	const remote = bench.server.rest.of(endpoint);
	hasCode(await remote.writeAttributes(temperature, rhythm), "2.04");
	hasCode(await remote.observe(temperature), "2.05");
	await device.wait("sleeping", { depth: "deep" }, { timeoutMs: patienceMs });
	const sleeper: Sleeper = {
		endpoint,
		nat,
		registrationId,
		device,
		replace: async () => {
			await sleeper.device.kill();
			sleeper.device = new Device(options);
			return sleeper.device;
		},
		close: async () => {
			await sleeper.device.kill();
			nat.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
	return sleeper;
}

/** One case with a sleeper of its own, whose log is told when something is not as it should be. */
const sleeping = (
	name: string,
	{ endpoint, lifetimeS = longS }: { readonly endpoint: string; readonly lifetimeS?: number },
	run: (sleeper: Sleeper, bench: Bench) => Promise<void>,
): Case => ({
	name,
	run: async (bench) => {
		const sleeper = await asleep(bench, endpoint, lifetimeS);
		try {
			await run(sleeper, bench);
		} catch (error) {
			const words = error instanceof Error ? error.stack : String(error);
			throw new Error(`${words}\n— ${endpoint} —\n${sleeper.device.log()}`, { cause: error });
		} finally {
			await sleeper.close();
		}
	},
});

const notified = (bench: Bench, { endpoint }: Sleeper, from: number) =>
	bench.event("NOTIFICATION", endpoint, { from, timeoutMs: patienceMs });

const sleepsAgain = ({ device }: Sleeper) =>
	device.wait("sleeping", { depth: "deep" }, { from: device.mark, timeoutMs: patienceMs });

/** The content types of RFC 6347 §4.1 that a session which goes on has no need of. */
const isHandshake = ({ bytes }: Passed) => bytes[0] === 22 || bytes[0] === 20 || bytes[0] === 21;

/** Leshan has seen one registration, from the first Register on, and never another one. */
async function isSameRegistration(bench: Bench, { endpoint, registrationId }: Sleeper): Promise<void> {
	const registration = await bench.server.rest.client(endpoint);
	equal(registration?.registrationId, registrationId);
	equal(bench.eventsOf("REGISTRATION", endpoint).length, 1);
	equal(bench.eventsOf("DEREGISTRATION", endpoint).length, 0);
}

const inTheWindow = sleeping(
	"[CORE-Q-1] ETS 108 109 L-11 A-98 deep sleep: refused while asleep, AWAKE with the Update, answered in its window",
	{ endpoint: "dormouse-deep", lifetimeS: shortS },
	async (sleeper, bench) => {
		const { endpoint, device } = sleeper;
		const remote = bench.server.rest.of(endpoint);
		await bench.event("SLEEPING", endpoint, { timeoutMs: patienceMs });
		const refusal = await remote.read("/3/0/1").catch((error: unknown) => error);
		ok(refusal instanceof RestError && /Sleeping/.test(refusal.message), String(refusal));
		const from = bench.events.mark;
		const boots = device.mark;
		await bench.event("AWAKE", endpoint, { from, timeoutMs: patienceMs });
		hasCode(await remote.read("/3/0/1"), "2.05", "in the window");
		equal(device.all("request", { path: "/3/0/1" }, boots).length, 1);
		await bench.event("SLEEPING", endpoint, { from, timeoutMs: patienceMs });
		equal(bench.eventsOf("AWAKE", endpoint, from).length, 1);
		equal(bench.eventsOf("UPDATED", endpoint, from).length, 1);
		deepEqual(device.all("handshaking", {}, boots), []);
		await isSameRegistration(bench, sleeper);
	},
);

const oneDatagram = sleeping(
	"[CORE-Q-1] deep sleep: after a boot one datagram goes out, the notification; no handshake, no registration",
	{ endpoint: "dormouse-one" },
	async (sleeper, bench) => {
		const { endpoint, device, nat } = sleeper;
		const events = bench.events.mark;
		const boots = device.mark;
		const passed = nat.passed.length;
		for (let count = 0; count < 3; count++) {
			await notified(bench, sleeper, bench.events.mark);
			await sleepsAgain(sleeper);
		}
		const booted = device.all("booted", { resetCause: "deepSleep" }, boots);
		ok(booted.length >= 3, `${booted.length} boots`);
		const out = nat.since(passed, "out");
		equal(out.length, bench.eventsOf("NOTIFICATION", endpoint, events).length, "datagrams out, and notifications");
		deepEqual(out.filter(isHandshake), []);
		for (const { bytes } of out) ok(bytes.length <= 90, `${bytes.length} bytes`);
		deepEqual(device.all("handshaking", {}, boots), []);
		deepEqual(device.all("registering", {}, boots), []);
		equal(bench.eventsOf("UPDATED", endpoint, events).length, 0);
		await isSameRegistration(bench, sleeper);
	},
);

const natForgets = sleeping(
	"[CORE-Q-1] [CORE-SEC] RFC 9146 a NAT that forgot us while we slept costs nothing: the CID names the session",
	{ endpoint: "dormouse-nat" },
	async (sleeper, bench) => {
		const { device, nat } = sleeper;
		for (let count = 0; count < 2; count++) {
			const events = bench.events.mark;
			const passed = nat.passed.length;
			nat.forget();
			await notified(bench, sleeper, events);
			deepEqual(nat.since(passed, "out").filter(isHandshake), []);
			await sleepsAgain(sleeper);
		}
		equal(device.all("handshaking").length, 1, "the first one");
		await isSameRegistration(bench, sleeper);
	},
);

const replacement = async (sleeper: Sleeper, bench: Bench) => {
	const { nat } = sleeper;
	const from = bench.events.mark;
	const passed = nat.passed.length;
	const next = await sleeper.replace();
	await notified(bench, sleeper, from);
	await next.wait("sleeping", { depth: "deep" }, { timeoutMs: patienceMs });
	deepEqual(next.all("handshaking"), [], "its DTLS session goes on");
	deepEqual(next.all("registering"), []);
	deepEqual(nat.since(passed, "out").filter(isHandshake), []);
	await notified(bench, sleeper, bench.events.mark);
	await isSameRegistration(bench, sleeper);
};

export const leshanSleepCases: readonly Case[] = [
	inTheWindow,
	oneDatagram,
	natForgets,
	sleeping(
		"[CORE-REG-1] the process is killed while it sleeps, and another one goes on from flash: one registration",
		{ endpoint: "dormouse-replaced" },
		replacement,
	),
	sleeping(
		"[CORE-REG-1] the process is killed right behind a notification, and another one goes on: one registration",
		{ endpoint: "dormouse-replaced-awake" },
		async (sleeper, bench) => {
			await notified(bench, sleeper, bench.events.mark);
			await replacement(sleeper, bench);
		},
	),
];
