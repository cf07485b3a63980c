/** The application on the user's own Moddable SDK: builds, passes the host's self-test, lives with a real server. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startEmbedded } from "../../interop/embedded-server.ts";
import type { Answer } from "../../interop/rest-client.ts";
import { DesktopDevice, whatIsMissing } from "./desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const buildTimeoutMs = 500_000;
const lifeTimeoutMs = 120_000;

const folder = mkdtempSync(join(tmpdir(), "dormouse-desktop-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const missing = whatIsMissing();
const skip = missing ?? false;

/** Runs npm run desktop to its end. */
async function run(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
	const device = new DesktopDevice(words, environment);
	const { status } = await device.ended;
	return { status, log: device.log(), events: device.events };
}

/** The value of a single Resource. */
function resourceValue({ content }: Answer): unknown {
	return content !== undefined && "value" in content ? content.value : undefined;
}

test("npm run desktop without an SDK says what to do, and ends with 2", async () => {
	const { status, log } = await run([], { MODDABLE: "" });
	equal(status, 2);
	match(log, process.platform === "linux" ? /\$MODDABLE is not set/ : /These programs run on Linux/);
});

test("npm run desktop with an SDK whose tools are not built says which, and ends with 2", async () => {
	const { status, log } = await run([], { MODDABLE: folder });
	equal(status, 2);
	match(log, process.platform === "linux" ? /mcconfig is missing/ : /These programs run on Linux/);
});

test("on a Mac and on Windows it says what to do there", async () => {
	const { findSdk } = (await import(pathToFileURL(join(root, "scripts/sdk.mjs")).href)) as { findSdk(): object };
	const { platform } = process;
	try {
		for (const [name, words] of [
			["darwin", /mcconfig -m -p mac server=.*updates, no deep sleep/s],
			["win32", /WSL.*set PATH=%CD%\\node_modules\\\.bin;.*mcconfig -m -p win server=/s],
			["sunos", /no tools for sunos/],
		] as const) {
			Object.defineProperty(process, "platform", { value: name });
			throws(findSdk, words);
		}
	} finally {
		Object.defineProperty(process, "platform", { value: platform });
	}
});

test("npm run desktop without Xvfb says so, and ends with 2", { skip }, async () => {
	const { status, log } = await run(["--no-build"], { PATH: folder });
	equal(status, 2);
	match(log, /Xvfb is missing/);
});

for (const words of [["--colour"], ["sever=coap://127.0.0.1"], ["server="], ["--for", "soon"], ["--trial", "0"]]) {
	test(`npm run desktop -- ${words.join(" ")} is wrong usage, status 2`, async () => {
		const { status, log } = await run(words);
		equal(status, 2);
		match(log, /See npm run desktop -- --help/);
	});
}

test("the self-test passes: ports, resets, deep sleep, watchdog, slots, over nine boots", {
	skip,
	timeout: buildTimeoutMs,
}, async () => {
	const words = ["--self-test", "--watchdog", "5", "--state", join(folder, "self-test")];
	const { status, log, events } = await run(words);
	equal(status, 0, log);
	const last = events.at(-1);
	const skipped = events.filter(({ result }) => result === "skipped").map(({ check }) => String(check).split(":")[0]);
	deepEqual([last?.event, last?.failed, skipped], ["selfTestEnded", 0, ["smart card", "mods", "mods"]]);
	ok(Number(last?.passed) >= 52, `${last?.passed} checks`);
	const boots = events.filter(({ event }) => event === "selfTestBoot").map(({ cause }) => cause);
	const resets = ["restart", "restart", "deepSleep", "crash", "watchdog", "restart", "restart", "restart"];
	deepEqual(boots, ["powerOn", ...resets]);
	match(log, /Slot b, 0\.1\.0: trial/);
	match(log, /Slot b, 0\.1\.0: reverted \(refused\)/);
});

test("the SDK's own cases for storage, flash and update pass", { skip, timeout: buildTimeoutMs }, async () => {
	const { status, log } = await run(["--sdk-tests", "--state", join(folder, "sdk-tests")]);
	equal(status, 0, log);
	const [, passed] = /^(\d+) passed, 0 failed, \d+ skipped of the SDK's own cases$/m.exec(log) ?? [];
	ok(Number(passed) >= 25, log);
});

test("the unit tests pass on the XS of the SDK", { skip, timeout: buildTimeoutMs }, async () => {
	const { status, log } = await run(["--unit-tests", "--state", join(folder, "unit-tests")]);
	equal(status, 0, log);
	match(log, /^\d{3,} passed, 0 failed on the XS of the SDK$/m);
});

test("the application builds without a linker warning about our modules", {
	skip,
	timeout: buildTimeoutMs,
}, async () => {
	const { status, log } = await run(["--build-only"]);
	equal(status, 0, log);
});

test("a device whose settings are wrong gives up after three crashes, status 1", {
	skip,
	timeout: lifeTimeoutMs,
}, async () => {
	const { status, log } = await run(["--no-build", "--state", join(folder, "wrong"), "lifetime=soon"]);
	equal(status, 1, log);
	match(log, /lifetime=soon: give whole seconds/);
	match(log, /crashed 3 times in a row/);
});

test("it registers, answers, notifies, updates, reboots and de-registers", {
	skip,
	timeout: lifeTimeoutMs,
}, async () => {
	const server = await startEmbedded();
	const endpoint = "desktop-test";
	const state = join(folder, "life");
	const settings = [`server=${server.coapUri}`, `endpoint=${endpoint}`, "lifetime=60"];
	const device = new DesktopDevice(["--no-build", "--state", state, ...settings]);
	try {
		const booted = await device.wait({ event: "booted" });
		deepEqual([booted.platform, booted.resetCause], ["lin", "powerOn"]);
		await device.wait({ event: "registered", lifetimeS: 60 });
		const registration = await server.rest.client(endpoint);
		equal(registration?.lifetime, 60);

		const remote = server.rest.of(endpoint);
		equal(resourceValue(await remote.read("/3/0/0")), "Dormouse");
		const temperature = Number(resourceValue(await remote.read("/3303/0/5700")));
		ok(temperature >= 19 && temperature <= 23, `${temperature} °C`);

		await remote.writeAttributes("/3/0/13", { pmax: "1" });
		await remote.observe("/3/0/13");
		await device.wait({ event: "observing", path: "/3/0/13" });
		await device.wait({ event: "notified", path: "/3/0/13" });
		const notified = device.events.length;
		await device.wait({ event: "notified", path: "/3/0/13" }, { from: notified });

		equal((await remote.execute("/1/0/8")).code, "2.04");
		await device.wait({ event: "updated" });

		const before = device.events.length;
		equal((await remote.execute("/3/0/4")).code, "2.04");
		await device.wait({ event: "booted", resetCause: "restart" }, { from: before });
		await device.wait({ event: "registered" }, { from: before });
		equal((await remote.read("/3/0/0")).code, "2.05");

		equal((await device.interrupt()).status, 0, device.log());
		await device.wait({ event: "deregistered" }).catch((error: Error) => ok(false, error.message));
		equal(await server.rest.client(endpoint), undefined);
	} finally {
		await device.kill();
		await server.stop();
	}
});

test("it sleeps deeply, wakes by time and by its button, and neither registers nor shakes hands again", {
	skip,
	timeout: lifeTimeoutMs,
}, async () => {
	const server = await startEmbedded();
	const endpoint = "desktop-sleeps";
	const key = "000102030405060708090a0b0c0d0e0f";
	await server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
	const settings = [`server=${server.coapsUri}`, `identity=${endpoint}`, `key=${key}`, `endpoint=${endpoint}`];
	const sleep = ["lifetime=60", "sleep=deep", "awake=3000", "sample=10"];
	const device = new DesktopDevice(["--no-build", "--state", join(folder, "sleeps"), ...settings, ...sleep]);
	try {
		await device.wait({ event: "registered" }, { timeoutMs: 30_000 });
		await device.wait({ event: "sleeping", depth: "deep" }, { timeoutMs: 30_000 });
		await device.wait({ event: "booted", resetCause: "deepSleep" }, { timeoutMs: 40_000 });
		const { t } = await device.wait({ event: "restored", registration: "kept", session: true });
		ok(t > 5000, `the clock went on: ${t} ms`);
		const from = device.events.length;
		await device.wait({ event: "sleeping", depth: "deep" }, { from, timeoutMs: 40_000 });
		const asleep = device.events.length;
		await new Promise((resolve) => setTimeout(resolve, 1500)); // until the process is gone
		device.press();
		await device.wait({ event: "awake", reason: "pin" }, { from: asleep });
		equal(device.events.filter(({ event }) => event === "handshaking").length, 1, device.log());
		equal(device.events.filter(({ event }) => event === "registered").length, 1);
		equal((await server.rest.client(endpoint))?.queuemode, true);
		await device.interrupt();
	} finally {
		await device.kill();
		await server.stop();
	}
});

test("nobody answers: it says so, and Ctrl-C still ends it", { skip, timeout: lifeTimeoutMs }, async () => {
	const settings = ["server=coap://127.0.0.1:9", "endpoint=alone", "lifetime=60"];
	const device = new DesktopDevice(["--no-build", "--state", join(folder, "alone"), ...settings]);
	try {
		await device.wait({ event: "registering" });
		equal((await device.interrupt()).status, 0, device.log());
	} finally {
		await device.kill();
	}
});
