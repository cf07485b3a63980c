/** The self-test that qualifies boards, on a simulated one; and whether it tells what is broken on purpose. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip } from "../../../hosts/simulator/board/flash.ts";
import { loadDevice } from "../../../hosts/simulator/board/loader.ts";
import { presets } from "../../../hosts/simulator/board/presets.ts";
import type { Machine } from "../../../hosts/simulator/engine/machine.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";
import type { VirtualNetwork } from "../../../hosts/simulator/network/virtual-network.ts";
import { World } from "../../../hosts/simulator/world.ts";
import type { Address, LogRecord } from "../../../modules/host.ts";

const entry = join(javaScriptRoot, "test/hosts/selftest/selftest-program.js");
const behaviourFile = "test/hosts/selftest/selftest-behaviour.js";
const preset = presets.esp32;
const peer: Address = { host: "192.0.2.77", port: 7 };

interface Report {
	readonly results: ReadonlyMap<string, LogRecord>;
	readonly end: LogRecord | undefined;
	readonly causes: readonly unknown[];
	named(part: RegExp): LogRecord;
}

/** Runs the self-test to its end, over all its boots. @param behaviour JavaScript: what is broken */
async function report(behaviour?: string, { hasOtherImage = true } = {}): Promise<Report> {
	const replacements = behaviour === undefined ? {} : { [behaviourFile]: behaviour };
	const device = await loadDevice({ entry, version: "1.0.0", name: "Thing", replacements });
	const results = new Map<string, LogRecord>();
	const causes: unknown[] = [];
	let end: LogRecord | undefined;
	const world = World.virtual<Machine>({
		seed: 5,
		device,
		onEvent: (record) => {
			if (record.event === "selfTest") results.set(String(record.check), record);
			else if (record.event === "selfTestBoot") causes.push(record.cause);
			else if (record.event === "selfTestEnded") end = record;
		},
	});
	const network = world.network as VirtualNetwork;
	network.name("echo.example", peer.host);
	const into = new Uint8Array(1500);
	const from: Address = { host: "", port: 0 };
	const echo = network.open({
		...peer,
		onReadable: () => {
			for (let size = echo.read(into, from); size >= 0; size = echo.read(into, from)) {
				echo.write(into.subarray(0, size), from);
			}
		},
	});
	const flash = new FlashChip(preset.flash);
	const board = world.addBoard({ preset, flash, afterFailure: "reset" });
	if (hasOtherImage) equal(flash.burn(preset.map.slotB.offset, device.image.bytes), undefined);
	board.powerOn();
	await world.run(600_000, { isOver: () => end !== undefined });
	world.close();
	const named = (part: RegExp) => {
		const found = [...results].find(([name]) => part.test(name));
		ok(found, `no check is called ${part}`);
		return found[1];
	};
	return { results, end, causes, named };
}

const failures = ({ results }: Report) => [...results.values()].filter(({ result }) => result === "failed");

test("a simulated board passes: what it has not is skipped with a reason, and the boots are those asked for", async () => {
	const whole = await report();
	deepEqual(failures(whole), []);
	const skips = [...whole.results.values()].filter(({ result }) => result === "skipped");
	for (const { check, why } of skips) ok(String(why).length > 10, `${check} says why`);
	equal(whole.end?.failed, 0);
	equal(whole.end?.skipped, skips.length);
	equal(Number(whole.end?.passed) + skips.length, whole.results.size);
	ok(Number(whole.end?.passed) >= 33, `${whole.end?.passed} passed`);
	deepEqual(whole.causes, ["powerOn", "restart", "crash", "watchdog", "restart", "restart", "restart"]);
});

test("without an image in the other slot its trials are skipped, and the slot is tested all the same", async () => {
	const whole = await report(undefined, { hasOtherImage: false });
	deepEqual(failures(whole), []);
	match(String(whole.named(/an image is tried/).why), /holds no image that verifies/);
	equal(whole.named(/the other one is erased/).result, "passed");
});

const wrap = (ports: string) => `export function broken(host) {
	const { clock, entropy, dice, flash, resolver, power, slots } = host;
	return { ...host, openDatagrams: (options) => host.openDatagrams(options), ${ports} };
}`;

/** What is broken, and which line tells it. */
const faults: readonly (readonly [what: string, ports: string, check: RegExp, why: RegExp])[] = [
	["entropy stands still", "entropy: { fill(bytes) { bytes.fill(0x5a); } }", /every byte of the view/, /never set/],
	[
		"entropy is seeded the same each boot",
		"entropy: (() => { let n = 1; return { fill(b) { for (let i = 0; i < b.length; i++) { n = (Math.imul(n, 1103515245) + 12345) | 0; b[i] = n >>> 16; } } }; })()",
		/^restart/,
		/two boots are the same/,
	],
	[
		"dice never throw the last side",
		"dice: { below: (n) => (n === 1 ? 0 : dice.below(n - 1)) }",
		/dice: below/,
		/never gave/,
	],
	[
		"the clock goes back",
		"clock: { nowMs: (() => { let n = 0; return () => clock.nowMs() - (++n % 50 === 0 ? 5 : 0); })(), wallTimeS: () => clock.wallTimeS(), setWallTimeS: (s) => clock.setWallTimeS(s), setAlarm: (at, ring) => clock.setAlarm(at, ring) }",
		/clock: whole/,
		/then/,
	],
	[
		"alarms ring early",
		"clock: { nowMs: () => clock.nowMs(), wallTimeS: () => clock.wallTimeS(), setWallTimeS: (s) => clock.setWallTimeS(s), setAlarm: (at, ring) => clock.setAlarm(at === undefined ? at : at - 30, ring) }",
		/rings once/,
		/early/,
	],
	[
		"flash takes a write over what is there",
		"flash: { ...geometry(flash), write: (o, b) => { try { flash.write(o, b); } catch (e) { if (o % 4096 !== 1) return; throw e; } } }",
		/read back|misalignment/,
		/did not throw/,
	],
	[
		"flash forgets a sector's neighbour",
		"flash: { ...geometry(flash), erase: (o, n) => flash.erase(o, o === 0 && n === flash.sectorBytes ? 2 * n : n) }",
		/erases sectors/,
		/changed sector 1/,
	],
	[
		"the resolver answers at once",
		"resolver: { resolve: (name, on) => on([name]) }",
		/a literal/,
		/before resolve returned/,
	],
	[
		"a datagram loses its last byte",
		"openDatagrams: (options) => { const s = host.openDatagrams({ ...options, onReadable: (n) => options.onReadable(n) }); return { read: (i, f) => s.read(i, f), write: (b, to) => s.write(b.subarray(0, b.length - 1), to), close: () => s.close() }; }",
		/to a peer and back/,
		/others came back/,
	],
	[
		"restart says powerOn",
		"power: { resetCause: 'powerOn', restart: () => power.restart(), off: () => power.off(), onShutdown() {} }",
		/^restart/,
		/says "powerOn"/,
	],
	["a trial can not be confirmed", "slots: slotsWith(slots, { confirm() {} })", /an image is tried/, /it is "trial"/],
	["erasing the way back is allowed", "slots: slotsWith(slots, { erase() {} })", /an image is tried/, /did not throw/],
	[
		"what does not verify can be marked",
		"slots: slotsWith(slots, { verify: () => 'ok', markPending() { try { slots.markPending(); } catch {} } })",
		/the other one is erased/,
		/verifies/,
	],
];

const tools = `
const geometry = (flash) => ({ sizeBytes: flash.sizeBytes, sectorBytes: flash.sectorBytes, writeBytes: flash.writeBytes,
	erasedByte: flash.erasedByte, read: (o, b) => flash.read(o, b), write: (o, b) => flash.write(o, b), erase: (o, n) => flash.erase(o, n) });
const slotsWith = (slots, more) => ({ running: slots.running, bootReason: slots.bootReason, sizeBytes: slots.sizeBytes,
	sectorBytes: slots.sectorBytes, writeBytes: slots.writeBytes, state: (s) => slots.state(s), image: (s) => slots.image(s),
	erase: (o, n) => slots.erase(o, n), write: (o, b) => slots.write(o, b), read: (o, b) => slots.read(o, b),
	verify: () => slots.verify(), markPending: () => slots.markPending(), confirm: () => slots.confirm(),
	revert: (why) => slots.revert(why), ...more });
`;

for (const [what, ports, check, why] of faults) {
	test(`broken on purpose, ${what}: told`, async () => {
		const whole = await report(tools + wrap(ports));
		const told = failures(whole).find((record) => check.test(String(record.check)) && why.test(String(record.why)));
		ok(told, `told: ${JSON.stringify(failures(whole))}`);
		ok(whole.end === undefined || Number(whole.end.failed) > 0, "the last line counts it");
	});
}
