/** The ESP32 host's TypeScript on a chip of this test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Esp32, Esp32Options } from "../../../hosts/esp32/host.ts";
import { HostFailure } from "../../../modules/host.ts";
import { Chip } from "./chip.ts";
import { config, FakeTimer } from "./natives.ts";

// Not named to the compiler: its checks on Node have no "timer" and no "mc/config". `tsc -p hosts/esp32` has.
const [hostPath, beginPath] = ["host", "begin"].map(
	(name) => new URL(`../../../hosts/esp32/${name}.js`, import.meta.url).href,
);
const { openEsp32 } = (await import(hostPath!)) as { openEsp32(options?: Esp32Options): Esp32 };
const { begin } = (await import(beginPath!)) as { begin(host: Esp32, application: (host: Esp32) => void): void };

const started = 1;
const lost = 2;
const hasIPv4 = 3;
const hasIPv6 = 4;
const noIPv4 = 5;

test("esp32: a chip of the first day: no record, called after its MAC address", () => {
	const chip = new Chip();
	const host = openEsp32();
	assert.equal(host.platform, "esp32c3");
	assert.equal(host.power.resetCause, "powerOn");
	assert.equal(host.power.deepPaysMs, 130_000);
	assert.equal(openEsp32({ deepPaysMs: 5000 }).power.deepPaysMs, 5000);
	assert.deepEqual(host.factory, { endpointName: "dormouse-a0b1c2d3e4f5", serialNumber: "a0b1c2d3e4f5" });
	assert.equal(host.clock.wallTimeS(), undefined);
	assert.equal(host.slots, undefined);
	assert.equal(host.deviceKey, undefined);
	assert.equal(host.temperature, undefined);
	host.log.write({ event: "one", count: 2 });
	assert.deepEqual(chip.lines, ['{"t":1000,"event":"one","count":2}\n']);
});

test("esp32: what stands in NVS goes before what the image was built with; a record names the device itself", () => {
	const chip = new Chip();
	Object.assign(config, { server: "coap://built", endpoint: "", ssid: "", password: "" });
	assert.equal(openEsp32().factory.serverUri, "coap://built");
	chip.notes.set("server", "coap://noted").set("lifetime", "300");
	chip.partitions.get("factory_data")!.bytes.set([0x44, 0x4d, 0x46, 0x52]);
	assert.deepEqual(openEsp32().factory, { serverUri: "coap://noted", lifetimeS: 300 });
	chip.notes.set("lifetime", "soon");
	assert.throws(() => openEsp32(), /lifetime=soon/);
	for (const name of Object.keys(config)) delete config[name];
});

test("esp32: entropy that stands still is refused", () => {
	const chip = new Chip();
	Object.defineProperty(chip, "draws", { get: () => 1, set: () => {} });
	assert.throws(() => openEsp32(), HostFailure);
});

test("esp32: time and the wall's go on through a reset", () => {
	const chip = new Chip();
	Object.assign(chip, {
		wentOn: true,
		nowMs: 90_000,
		wallS: 1_700_000_090,
		resetCause: "deepSleep",
		wakeReason: "alarm",
	});
	const { clock, power } = openEsp32();
	assert.equal(power.clockWentOn, true);
	assert.equal(power.wakeReason, "alarm");
	assert.equal(clock.wallTimeS(), 1_700_000_090);
	chip.nowMs += 5000;
	assert.equal(clock.wallTimeS(), 1_700_000_095);
	clock.setWallTimeS(1_800_000_000);
	assert.equal(chip.wallS, 1_800_000_000);
	let rings = 0;
	clock.setAlarm(chip.nowMs + 50, () => rings++);
	chip.nowMs += 50;
	FakeTimer.pass(50);
	assert.equal(rings, 1);
});

test("esp32: settings' flash keeps the rules of NOR", () => {
	const chip = new Chip();
	const flash = openEsp32().flash!;
	assert.deepEqual([flash.sizeBytes, flash.sectorBytes, flash.writeBytes], [8192, 4096, 1]);
	flash.write(3, Uint8Array.of(1, 2));
	const into = new Uint8Array(3);
	flash.read(2, into);
	assert.deepEqual([...into], [0xff, 1, 2]);
	assert.throws(() => flash.write(3, Uint8Array.of(2)), HostFailure, "not erased");
	assert.throws(() => flash.erase(0, 100), HostFailure);
	assert.throws(() => flash.read(8190, into), HostFailure);
	assert.throws(() => flash.write(-1, into), HostFailure);
	flash.erase(0, 4096);
	flash.read(2, into);
	assert.deepEqual([...into], [0xff, 0xff, 0xff]);
	chip.partitions.get("settings")!.isEncrypted = true;
	const sealed = openEsp32().flash!;
	assert.equal(sealed.writeBytes, 16);
	assert.throws(() => sealed.write(0, new Uint8Array(8)), HostFailure);
});

test("esp32: no partition for settings, no flash", () => {
	const chip = new Chip();
	chip.partitions.delete("settings");
	assert.equal(openEsp32().flash, undefined);
});

test("esp32: deep sleep begins behind the turn, with the radio off, and for no longer than asked", () => {
	const chip = new Chip();
	const { power } = openEsp32();
	assert.deepEqual(power.depths, ["light", "deep", "off"]);
	power.sleep(chip.nowMs + 60_000, "deep");
	assert.equal(chip.calls.length, 0);
	FakeTimer.pass(1);
	assert.deepEqual(chip.calls, ["wifi off", "deep 60000", "restart"], "a chip that refuses to sleep restarts");
	chip.calls.length = 0;
	power.sleep(chip.nowMs + 365 * 86_400_000, "deep");
	FakeTimer.pass(1);
	assert.ok(chip.took(`deep ${24 * 86_400_000}`));
	power.off();
	FakeTimer.pass(1);
	assert.ok(chip.took("deep -1"));
	power.restart();
	FakeTimer.pass(1);
	assert.ok(chip.took("restart"));
});

test("esp32: retained memory", () => {
	const chip = new Chip();
	const { retained } = openEsp32().power;
	retained.write(4, Uint8Array.of(7));
	assert.equal(chip.retained[4], 7);
	const into = new Uint8Array(2);
	retained.read(3, into);
	assert.deepEqual([...into], [0, 7]);
	assert.equal(retained.sizeBytes, 4096);
});

test("esp32: in light sleep the radio is off, until something is sent, or its time", () => {
	const chip = new Chip();
	chip.notes.set("ssid", "home");
	const host = openEsp32();
	host.network.start(() => {});
	const datagrams = host.openDatagrams({ onReadable: () => {} });
	chip.calls.length = 0;
	for (const end of ["write", "time"]) {
		host.power.sleep(chip.nowMs + 5000, "light");
		FakeTimer.pass(1);
		assert.ok(chip.took("wifi off"));
		if (end === "time") FakeTimer.pass(5000);
		else datagrams.write(Uint8Array.of(1), { host: "192.0.2.1", port: 5683 });
		assert.ok(chip.calls.includes("wifi home "), end);
		assert.equal(chip.calls.includes("datagram"), end === "write");
		chip.calls.length = 0;
		datagrams.write(Uint8Array.of(1), { host: "192.0.2.1", port: 5683 });
		assert.deepEqual(chip.calls, ["datagram"]);
	}
});

test("esp32: a pin that can not end deep sleep is said at once; an error that nobody catches is a crash", () => {
	const chip = new Chip();
	chip.mayWake = false;
	assert.throws(() => openEsp32({ wakePin: { pin: 21, level: 0 } }), HostFailure);
	chip.mayWake = true;
	openEsp32({ wakePin: { pin: 3, level: 0 } });
	(globalThis as unknown as { abort(why: string, error: unknown): void }).abort("unhandled exception", new Error("x"));
	assert.ok(chip.took("crash"));
});

test("esp32: a shutdown that somebody asks for", () => {
	const chip = new Chip();
	const { power } = openEsp32();
	let asked = 0;
	power.onShutdown(() => asked++);
	power.askShutdown();
	assert.equal(asked, 1);
	assert.equal(chip.calls.length, 0);
});

test("wifi: tries again ever more seldom, and at once seldom again after it was online", () => {
	const chip = new Chip();
	chip.notes.set("ssid", "home").set("password", "secret");
	const { network } = openEsp32();
	const changes: boolean[] = [];
	network.start((isOnline) => changes.push(isOnline));
	assert.ok(chip.took("wifi home secret"));
	chip.listener!.happened(started, 0);
	assert.ok(chip.took("connect"));
	const pauses: number[] = [];
	for (let tries = 0; tries < 12; tries++) {
		chip.listener!.happened(lost, 201);
		const timer = FakeTimer.all.find(({ delayMs }) => delayMs !== undefined)!;
		pauses.push(timer.delayMs!);
		FakeTimer.pass(timer.delayMs!);
		assert.ok(chip.took("connect"));
	}
	pauses.forEach((pauseMs, index) => {
		const meanMs = Math.min(1000 * 2 ** index, 120_000);
		assert.ok(pauseMs >= meanMs * 0.75 && pauseMs <= meanMs * 1.25, `${index}: ${pauseMs}`);
	});
	chip.listener!.happened(hasIPv6, 0);
	chip.listener!.happened(hasIPv4, 0);
	chip.listener!.happened(noIPv4, 0);
	assert.deepEqual(changes, [true]);
	assert.equal(network.isOnline, true);
	chip.listener!.happened(lost, 8);
	assert.deepEqual(changes, [true, false]);
	assert.ok(FakeTimer.all.find(({ delayMs }) => delayMs !== undefined)!.delayMs! <= 1250);
	network.stop();
	assert.ok(FakeTimer.all.every(({ delayMs }) => delayMs === undefined));
	chip.listener!.happened(lost, 8);
	assert.ok(
		FakeTimer.all.every(({ delayMs }) => delayMs === undefined),
		"what comes after stop() is nothing",
	);
	assert.ok(!chip.lines.join("").includes("secret"));
});

test("link: what comes and goes while awake is news, a sleep of our own is not, another address is", () => {
	const chip = new Chip();
	chip.notes.set("ssid", "home");
	const host = openEsp32();
	const { link } = host;
	const heard: string[] = [];
	link.onChanged({ wake: () => heard.push(`${link.state} ${link.address}`) });
	assert.equal(link.state, "down");
	begin(host, () => {});
	chip.listener!.happened(hasIPv4, 1);
	chip.listener!.happened(lost, 8);
	chip.listener!.happened(hasIPv4, 1);
	assert.deepEqual(heard.splice(0), ["up 1", "down 1", "up 1"]);
	host.power.sleep(chip.nowMs + 60_000, "light");
	FakeTimer.pass(1);
	assert.equal(link.state, "resting");
	chip.listener!.happened(lost, 8);
	assert.deepEqual(heard.splice(0), [], "the radio is off because we sleep");
	host.openDatagrams({ onReadable: () => {} }).write(Uint8Array.of(1), { host: "192.0.2.1", port: 5683 });
	assert.equal(link.state, "down", "on its way back");
	chip.listener!.happened(hasIPv4, 2);
	chip.listener!.happened(hasIPv4, 3);
	assert.deepEqual(heard.splice(0), ["up 2", "up 2", "up 3"]);
	host.power.sleep(chip.nowMs + 60_000, "deep");
	FakeTimer.pass(1);
	assert.deepEqual(heard, [], "not on the way into deep sleep either");
});

test("wifi: no network's name, and a radio that does not start, are HostFailures", () => {
	const chip = new Chip();
	assert.throws(() => openEsp32().network.start(() => {}), HostFailure);
	chip.notes.set("ssid", "home");
	chip.mayStart = false;
	const { network } = openEsp32();
	assert.throws(() => network.start(() => {}), HostFailure);
	chip.mayStart = true;
	network.start(() => {});
	assert.ok(chip.took("wifi home "));
});

test("begin: the application starts once, when the network is there, or without it after a while", () => {
	const chip = new Chip();
	chip.notes.set("ssid", "home");
	let starts = 0;
	begin(openEsp32(), () => starts++);
	FakeTimer.pass(1000);
	assert.equal(starts, 0);
	chip.listener!.happened(hasIPv4, 0);
	assert.equal(starts, 1);
	chip.listener!.happened(lost, 8);
	chip.listener!.happened(hasIPv4, 0);
	FakeTimer.pass(30_000);
	assert.equal(starts, 1);
	const alone = new Chip();
	begin(openEsp32(), () => starts++);
	assert.match(alone.lines.join(""), /"event":"networkFailed"/);
	FakeTimer.pass(20_000);
	assert.equal(starts, 2);
});

test("esp32: a product's own network in place of Wi-Fi", () => {
	new Chip();
	const network = { isOnline: true, start: () => {}, stop: () => {} };
	assert.equal(openEsp32({ network: () => network }).network, network);
});
