import { deepEqual, equal, ok } from "node:assert/strict";
import { type Served, served } from "./served.ts";

const gauge = "/33100/0/4";

/**
 * The server disables the device for half a minute; meanwhile it measures 30 to 34, every 4 seconds.
 * @param meanwhile what else happens to it then
 */
async function measureAway(it: Served, meanwhile?: () => void): Promise<void> {
	equal((await it.write("/1/0/5", 30, "TLV")).code, "2.04");
	for (const index of [0, 1, 2, 3, 4]) {
		const after = await it.execute("/33100/0/10", `0='4',1='${30 + index}',2='${4 + 4 * index}'`);
		equal(after.code, "2.04");
	}
	equal((await it.execute("/1/0/4")).code, "2.04");
	await it.stage.until("end of the registration", () => !it.isRegistered);
	if (meanwhile !== undefined) {
		await it.stage.pass(24);
		meanwhile();
	}
	await it.stage.until("registration", () => it.isRegistered);
}

/** What came of an Observe by now, oldest first: values of samples, and of the newest. */
async function told(it: Served, fromMs: number): Promise<number[]> {
	await it.stage.pass(5);
	const values: number[] = [];
	for (const one of it.since(fromMs)) {
		const samples = one.samples.map((sample) => Number(sample.split("=")[1]!.split("@")[0]));
		for (const value of [...samples, Number(one.values[gauge])]) if (values.at(-1) !== value) values.push(value);
	}
	return values;
}

served(
	"[CORE-IR-3] ETS 560 A-74 what happens while disabled is told later",
	{ configuration: "C.3", isStoring: true },
	async (it) => {
		equal((await it.attributes(gauge, { pmin: 1, pmax: 3600 })).code, "2.04");
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		await measureAway(it);
		const fromMs = it.stage.nowMs;
		const now = await it.observe(gauge, "SENML_CBOR");
		equal(now.code, "2.05");
		deepEqual(await told(it, fromMs), [30, 31, 32, 33, 34]);
	},
);

served(
	"[CORE-IR-3] A-74 without storing, one fresh value is told",
	{ configuration: "C.3", isStoring: false },
	async (it) => {
		equal((await it.attributes(gauge, { pmin: 1, pmax: 3600 })).code, "2.04");
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		await measureAway(it);
		const fromMs = it.stage.nowMs;
		const now = await it.observe(gauge, "SENML_CBOR");
		deepEqual(now.values, { [gauge]: 34 });
		deepEqual(await told(it, fromMs), []);
	},
);

for (const [hqmax, expected] of [
	[0, []],
	[2, [33, 34]],
	[3, [32, 33, 34]],
] as const) {
	const wish = { configuration: "C.3", isStoring: true, enabler: "1.2" } as const;
	served(`[CORE-IR-3] A-75 hqmax=${hqmax} keeps so many of the newest`, wish, async (it) => {
		equal((await it.attributes(gauge, { pmin: 1, pmax: 3600, hqmax })).code, "2.04");
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		await measureAway(it);
		const fromMs = it.stage.nowMs;
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		deepEqual(await told(it, fromMs), expected);
	});
}

for (const [what, cut] of [
	["a reset", (it: Served) => it.stage.board.reset("watchdog")],
	["a power cut", (it: Served) => [it.stage.board.cutPower(), it.stage.board.powerOn()]],
] as const) {
	const wish = { configuration: "C.3", isStoring: true, enabler: "1.2" } as const;
	served(`[CORE-IR-3] A-75 the attributes, and what hqmax keeps, are there after ${what}`, wish, async (it) => {
		equal((await it.attributes(gauge, { pmin: 1, pmax: 3600, hqmax: 3 })).code, "2.04");
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		await measureAway(it, () => cut(it));
		const fromMs = it.stage.nowMs;
		const links = (await it.discover(gauge)).links.join();
		ok(links.includes("pmax=3600") && links.includes("hqmax=3"), links);
		equal((await it.observe(gauge, "SENML_CBOR")).code, "2.05");
		deepEqual((await told(it, fromMs)).slice(0, 3), [32, 33, 34]);
	});
}
