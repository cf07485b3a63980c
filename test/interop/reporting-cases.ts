import { deepEqual, equal, ok } from "node:assert/strict";
import { type Bench, sleep } from "./bench.ts";
import { type Case, hasCode, onlyValue, roundedValues, valueIn, valuesIn } from "./case.ts";
import type { TimedValue } from "./event-stream.ts";
import { type Format, RestError } from "./rest-client.ts";
import type { RestValue } from "./rest-node.ts";

/** A value that changes when we write it and at no other time, and that changes nothing else: Disable Timeout. */
const steered = "/1/0/5";
/** A value that moves by itself, though seldom: the temperature. */
const measured = "/3303/0/5700";
/** What a notification may be late: two processes, one engine, a busy machine. */
const latenessMs = 1500;
/** What it may be early: timestamps are taken on arrival, so that a late predecessor makes its successor look early. */
const earlinessMs = 400;
/** How long nothing happens before it is called silence. */
const silenceMs = 2500;

/** Writes a value that was never there before. @returns it, as Reads show it */
function steer(bench: Bench): Promise<string> {
	return steerTo(bench, bench.freshNumber());
}

async function steerTo(bench: Bench, value: string): Promise<string> {
	const node = { kind: "singleResource", id: 5, type: "integer", value } as const;
	hasCode(await bench.remote.write(steered, node, { format: "TEXT" }), "2.04", `Write ${steered}`);
	return value;
}

interface Watch {
	/** Waits for so many notifications since the observation began. */
	notified(count: number, timeoutMs: number): Promise<TimedValue[]>;
	/** Those that have come. */
	soFar(): TimedValue[];
	/** When the observation was established. */
	readonly sinceMs: number;
	readonly firstValues: ReadonlyMap<string, RestValue>;
}

interface What {
	readonly path: string;
	readonly attributes?: Readonly<Record<string, string>>;
	readonly format?: Format;
}

/** Observes while `run` runs, with these attributes attached; leaves neither behind. The steered value is a new one. */
async function observing(bench: Bench, what: What, run: (watch: Watch) => Promise<void>): Promise<void> {
	if (what.path === steered) await steer(bench); // it has no value before the first one is written
	await observe(bench, what, run);
}

/** The same for the steered value as it is now. */
function observingFrom(
	bench: Bench,
	attributes: Readonly<Record<string, string>>,
	run: (watch: Watch) => Promise<void>,
) {
	return observe(bench, { path: steered, attributes }, run);
}

async function observe(bench: Bench, what: What, run: (watch: Watch) => Promise<void>): Promise<void> {
	const { path, attributes = {}, format } = what;
	const { remote, events, device } = bench;
	const names = Object.keys(attributes);
	if (names.length > 0) hasCode(await remote.writeAttributes(path, attributes), "2.04", "Write-Attributes");
	try {
		const of = { endpoint: device.endpoint, path, from: events.mark };
		const answer = await remote.observe(path, format === undefined ? {} : { format });
		const sinceMs = performance.now();
		await run({
			notified: (count, timeoutMs) => events.notified(of, count, timeoutMs),
			soFar: () => events.notifications(of.endpoint, path, of.from),
			sinceMs,
			firstValues: valuesIn(answer, path),
		});
	} finally {
		await remote.cancelActively(path).catch((error: unknown) => {
			if (!(error instanceof RestError) || error.httpStatus !== 404) throw error; // 404: the case has cancelled it
		});
		if (names.length > 0) await remote.writeAttributes(path, Object.fromEntries(names.map((name) => [name, ""])));
	}
}

const toldIn = ({ node }: TimedValue, path: string) => onlyValue(roundedValues(path, node));

/** Milliseconds from each notification to the next, the first counted from `sinceMs`. */
function spacing(notifications: readonly TimedValue[], sinceMs: number): number[] {
	return notifications.map(({ atMs }, index) => atMs - (notifications[index - 1]?.atMs ?? sinceMs));
}

function isBetween(value: number, least: number, most: number, what: string): void {
	ok(value >= least && value <= most, `${what}: ${Math.round(value)} ms, expected ${least} … ${most} ms`);
}

const changes: readonly Case[] = [
	{
		name: "[CORE-IR-1] the answer to Observe holds the value that a Read holds",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ firstValues }) => {
				deepEqual(firstValues, valuesIn(await bench.remote.read(steered), steered));
			}),
	},
	{
		name: "[CORE-IR-1] every change is told at once and in order, and equals a fresh Read",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ notified }) => {
				for (let count = 1; count <= 3; count++) {
					const written = await steer(bench);
					const writtenMs = performance.now();
					const notifications = await notified(count, 5000);
					equal(notifications.length, count);
					equal(toldIn(notifications.at(-1)!, steered), written);
					equal(valueIn(await bench.remote.read(steered), steered), written);
					ok(notifications.at(-1)!.atMs - writtenMs < latenessMs, "told late");
				}
			}),
	},
	{
		name: "[CORE-IR-1] nothing is told while nothing changes",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ soFar }) => {
				await sleep(silenceMs);
				deepEqual(soFar(), []);
			}),
	},
	{
		name: "[CORE-IR-1] ETS 710 L-39 a change is told to observers of object, instance, resource, each as a Read",
		run: (bench) =>
			observing(bench, { path: steered }, (resource) =>
				observing(bench, { path: "/1/0" }, (instance) =>
					observing(bench, { path: "/1" }, async (object) => {
						const written = await steer(bench);
						const watches = [
							["/1", object],
							["/1/0", instance],
							[steered, resource],
						] as const;
						for (const [path, watch] of watches) {
							const [first] = await watch.notified(1, 5000);
							const values = roundedValues(path, first!.node);
							equal(values.get(steered), written);
							deepEqual(values, valuesIn(await bench.remote.read(path), path));
						}
					}),
				),
			),
	},
	...(["TEXT", "CBOR", "TLV", "SENML_JSON", "SENML_CBOR"] as const).map((format) => ({
		name: `[CORE-IR-1] Observe in ${format}: the notifications keep the format, and hold the value`,
		run: (bench: Bench) =>
			observing(bench, { path: steered, format }, async ({ notified }) => {
				const written = await steer(bench);
				const [first] = await notified(1, 5000);
				equal(toldIn(first!, steered), written);
			}),
	})),
];

const periods: readonly Case[] = [
	{
		name: "[CORE-DM-2] ETS 301 L-33 pmax: the value is told that often though it stands still",
		run: (bench) =>
			observing(bench, { path: steered, attributes: { pmax: "3" } }, async ({ notified, sinceMs, firstValues }) => {
				const notifications = await notified(3, 15_000);
				for (const gapMs of spacing(notifications, sinceMs))
					isBetween(gapMs, 3000 - earlinessMs, 3000 + latenessMs, "pmax 3");
				for (const each of notifications) equal(toldIn(each, steered), onlyValue(firstValues));
			}),
	},
	{
		name: "[CORE-DM-2] ETS 301 L-33 pmin: quick changes are told once, with the last value, not before pmin has passed",
		run: (bench) =>
			observing(bench, { path: steered, attributes: { pmin: "3" } }, async ({ notified, sinceMs, soFar }) => {
				await steer(bench);
				await steer(bench);
				const last = await steer(bench);
				const [first] = await notified(1, 8000);
				isBetween(first!.atMs - sinceMs, 3000 - earlinessMs, 3000 + latenessMs, "pmin 3");
				equal(toldIn(first!, steered), last);
				await sleep(silenceMs);
				equal(soFar().length, 1);
			}),
	},
	{
		name: "[CORE-DM-2] ETS 301 L-33 pmin and pmax together: a change is told after pmin, and pmax counts from there",
		run: (bench) =>
			observing(bench, { path: steered, attributes: { pmin: "2", pmax: "4" } }, async ({ notified, sinceMs }) => {
				const written = await steer(bench);
				const notifications = await notified(2, 15_000);
				const [changeMs, idleMs] = spacing(notifications, sinceMs);
				isBetween(changeMs!, 2000 - earlinessMs, 2000 + latenessMs, "pmin 2");
				isBetween(idleMs!, 4000 - earlinessMs, 4000 + latenessMs, "pmax 4");
				for (const each of notifications) equal(toldIn(each, steered), written);
			}),
	},
	{
		name: "[CORE-DM-2] ETS 301 a measurement is told every pmax, never sooner than pmin, and is what a Read gives",
		run: (bench) =>
			observing(bench, { path: measured, attributes: { pmin: "1", pmax: "2" } }, async ({ notified, sinceMs }) => {
				const notifications = await notified(4, 15_000);
				for (const gapMs of spacing(notifications, sinceMs))
					isBetween(gapMs, 1000 - earlinessMs, 2000 + latenessMs, "pmin 1, pmax 2");
				const told = Number(toldIn(notifications.at(-1)!, measured));
				const read = Number(valueIn(await bench.remote.read(measured), measured));
				ok(Math.abs(told - read) <= 0.2, `told ${told}, read ${read}`);
			}),
	},
	{
		name: "[CORE-DM-2] attributes of the instance hold for its resources",
		run: async (bench) => {
			hasCode(await bench.remote.writeAttributes("/1/0", { pmax: "2" }), "2.04");
			try {
				await observing(bench, { path: steered }, async ({ notified, sinceMs }) => {
					const notifications = await notified(2, 10_000);
					for (const gapMs of spacing(notifications, sinceMs))
						isBetween(gapMs, 2000 - earlinessMs, 2000 + latenessMs, "pmax 2");
				});
			} finally {
				await bench.remote.writeAttributes("/1/0", { pmax: "" });
			}
		},
	},
	{
		name: "[CORE-DM-2] ETS 310 attributes written during an observation hold from then on, and their removal too",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ notified, soFar }) => {
				hasCode(await bench.remote.writeAttributes(steered, { pmax: "2" }), "2.04");
				const notifications = await notified(3, 10_000);
				for (const gapMs of spacing(notifications.slice(1), notifications[0]!.atMs)) {
					isBetween(gapMs, 2000 - earlinessMs, 2000 + latenessMs, "pmax 2");
				}
				hasCode(await bench.remote.writeAttributes(steered, { pmax: "" }), "2.04");
				const { length } = soFar();
				await sleep(2000 + silenceMs);
				equal(soFar().length, length, "told after pmax was removed");
			}),
	},
];

const thresholds: readonly Case[] = [
	{
		name: "[CORE-DM-2] gt and lt: a value that crosses one of them is told, others are not",
		run: async (bench) => {
			await steerTo(bench, "1500");
			await observingFrom(bench, { gt: "2000", lt: "1000" }, async ({ notified, soFar }) => {
				for (const value of ["1600", "2000", "1000", "1999"]) await steerTo(bench, value);
				await sleep(silenceMs);
				deepEqual(soFar(), [], "told without a crossing: 2000 is not above 2000, nor is 1000 below 1000");
				await steerTo(bench, "2001");
				equal(toldIn((await notified(1, 5000)).at(-1)!, steered), "2001");
				await steerTo(bench, "999");
				equal(toldIn((await notified(2, 5000)).at(-1)!, steered), "999");
			});
		},
	},
	{
		name: "[CORE-DM-2] st: a value is told when it is a step away from the one told last",
		run: async (bench) => {
			await steerTo(bench, "5000");
			await observingFrom(bench, { st: "10" }, async ({ notified, soFar }) => {
				for (const value of ["5005", "5009", "4991"]) await steerTo(bench, value);
				await sleep(silenceMs);
				deepEqual(soFar(), [], "told within a step");
				await steerTo(bench, "5010");
				equal(toldIn((await notified(1, 5000)).at(-1)!, steered), "5010");
				await steerTo(bench, "5001");
				await steerTo(bench, "5000");
				const told = await notified(2, 5000);
				equal(toldIn(told.at(-1)!, steered), "5000");
				equal(told.length, 2);
			});
		},
	},
];

/** The observation is gone: changes are neither told nor even sent. */
async function isSilent(bench: Bench, run: () => Promise<unknown>): Promise<void> {
	const fromDevice = bench.device.mark;
	const fromServer = bench.events.mark;
	await run();
	await sleep(silenceMs);
	deepEqual(bench.device.all("notified", { path: steered }, fromDevice), [], "the device notified");
	deepEqual(bench.events.notifications(bench.device.endpoint, steered, fromServer), [], "the server was notified");
}

const cancellations: readonly Case[] = [
	{
		name: "[CORE-IR-1] L-41 Cancel by GET with Observe 1 answers with the value; then there is silence",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ notified }) => {
				const written = await steer(bench);
				await notified(1, 5000);
				equal(valueIn(await bench.remote.cancelActively(steered), steered), written);
				await isSilent(bench, () => steer(bench));
			}),
	},
	{
		name: "[CORE-IR-1] ETS 302 L-41 Cancel by Reset to the next notification; then there is silence",
		run: (bench) =>
			observing(bench, { path: steered }, async ({ notified }) => {
				await steer(bench);
				await notified(1, 5000);
				await bench.remote.cancelPassively(steered);
				const from = bench.device.mark;
				await steer(bench);
				await bench.device.wait("observationCancelled", { path: steered }, { from });
				await isSilent(bench, () => steer(bench));
			}),
	},
	{
		name: "[CORE-IR-1] ETS 302 the end of one observation is not the end of another",
		run: (bench) =>
			observing(bench, { path: steered }, (resource) =>
				observing(bench, { path: "/1/0" }, async (instance) => {
					await steer(bench);
					await resource.notified(1, 5000);
					await instance.notified(1, 5000);
					await bench.remote.cancelPassively(steered);
					const from = bench.device.mark;
					await steer(bench);
					await bench.device.wait("observationCancelled", { path: steered }, { from });
					const written = await steer(bench);
					const notifications = await instance.notified(3, 5000);
					equal(roundedValues("/1/0", notifications.at(-1)!.node).get(steered), written);
					equal(resource.soFar().length, 1);
				}),
			),
	},
	{
		name: "[CORE-IR-1] Observe of what is not there is 4.04, of Security 4.01, and begins nothing",
		run: async ({ remote, device }) => {
			const from = device.mark;
			hasCode(await remote.observe("/3/0/9999"), "4.04", "/3/0/9999");
			hasCode(await remote.observe("/0/0"), "4.01", "/0/0");
			deepEqual(device.all("observing", {}, from), []);
		},
	},
];

export const reportingCases: readonly Case[] = [...changes, ...periods, ...thresholds, ...cancellations];
