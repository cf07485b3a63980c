/** The device for Windows, built here with mingw-w64 and run by Wine: the self-test, and a life with a server. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startEmbedded } from "../../interop/embedded-server.ts";
import { DesktopDevice, whatIsMissing, whatIsMissingForWindows } from "./desktop-device.ts";

const buildTimeoutMs = 900_000;
const lifeTimeoutMs = 180_000;

const folder = mkdtempSync(join(tmpdir(), "dormouse-windows-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const skip = whatIsMissing() ?? whatIsMissingForWindows() ?? false;

test("Windows by Wine: the self-test passes, over nine boots", { skip, timeout: buildTimeoutMs }, async () => {
	const state = join(folder, "self-test");
	const device = new DesktopDevice(["--windows", "--self-test", "--watchdog", "20", "--state", state]);
	const { status } = await device.ended;
	const { events } = device;
	equal(status, 0, device.log());
	const last = events.at(-1);
	const skipped = events.filter(({ result }) => result === "skipped").map(({ check }) => String(check).split(":")[0]);
	deepEqual([last?.event, last?.failed, skipped], ["selfTestEnded", 0, ["smart card", "mods", "mods", "PSA"]]);
	ok(Number(last?.passed) >= 51, `${last?.passed} checks`);
	match(device.log(), /Slot b, 0\.1\.0: reverted \(refused\)/);
});

test("Windows by Wine: it registers over DTLS, sleeps deeply, wakes by time, and says good-bye", {
	skip,
	timeout: buildTimeoutMs + lifeTimeoutMs,
}, async () => {
	const server = await startEmbedded();
	const endpoint = "window-pane";
	const key = "000102030405060708090a0b0c0d0e0f";
	await server.rest.secure({ endpoint, tls: { mode: "psk", details: { identity: endpoint, key } } });
	const settings = [`server=${server.coapsUri}`, `identity=${endpoint}`, `key=${key}`, `endpoint=${endpoint}`];
	const sleep = ["lifetime=60", "sleep=deep", "awake=3000", "sample=10"];
	const device = new DesktopDevice(["--windows", "--state", join(folder, "life"), ...settings, ...sleep]);
	try {
		const booted = await device.wait({ event: "booted" }, { timeoutMs: buildTimeoutMs });
		equal(booted.platform, "win");
		await device.wait({ event: "registered" }, { timeoutMs: 60_000 });
		await device.wait({ event: "sleeping", depth: "deep" }, { timeoutMs: 30_000 });
		await device.wait({ event: "booted", resetCause: "deepSleep" }, { timeoutMs: 60_000 });
		const { t } = await device.wait({ event: "restored", registration: "kept", session: true });
		ok(t > 5000, `the clock went on: ${t} ms`);
		equal(device.events.filter(({ event }) => event === "handshaking").length, 1, device.log());
		equal((await device.interrupt()).status, 0, device.log());
	} finally {
		await device.kill();
		await server.stop();
	}
});
