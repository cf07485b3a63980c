import { deepEqual, equal, ok } from "node:assert/strict";
import { type Bench, sleep } from "./bench.ts";
import { type Case, hasCode, roundedValues, valueIn } from "./case.ts";
import { readValue, resource, resourceInstance, resources, test } from "./conformance-values.ts";
import type { CompositeNews, TimedNews } from "./event-stream.ts";
import type { CompositeFormat } from "./rest-client.ts";
import { compositeValues } from "./rest-node.ts";

/** What two processes, one engine and a busy machine may add. */
const latenessMs = 2000;
const earlinessMs = 400;
const silenceMs = 2500;

/** The device's own measurement (bench object): "4" is the gauge. */
async function measure(bench: Bench, value: string, what = "4"): Promise<void> {
	hasCode(await bench.remote.execute("/33100/0/9", `0='${what}',1='${value}'`), "2.04", `measure ${value}`);
}

interface Composite {
	readonly paths: readonly string[];
	readonly format?: CompositeFormat;
}

interface Watch {
	notified(count: number, timeoutMs: number): Promise<TimedNews[]>;
	soFar(): TimedNews[];
	readonly sinceMs: number;
}

/** Observes several paths together while `run` runs. */
async function observing(bench: Bench, what: Composite, run: (watch: Watch) => Promise<void>): Promise<void> {
	const { paths, format } = what;
	const { remote, events, device } = bench;
	const from = events.mark;
	const formats = format === undefined ? {} : { pathFormat: format, nodeFormat: format };
	const answer = await remote.observeComposite(paths, formats);
	hasCode(answer, "2.05", `Observe-Composite ${paths}`);
	const soFar = () => events.compositeNotifications(device.endpoint, paths, from);
	try {
		await run({
			soFar,
			sinceMs: performance.now(),
			notified: async (count, timeoutMs) => {
				if (soFar().length < count) {
					const enough = () => soFar().length >= count;
					await events.wait(`${count} notifications of ${paths}`, enough, { from: events.mark, timeoutMs });
				}
				return soFar();
			},
		});
	} finally {
		hasCode(await remote.cancelCompositeActively(paths), "2.05", "Cancel");
	}
}

/** Runs without the server's default periods (pmin 1, pmax 10), which all observations would inherit. */
async function withoutDefaults(bench: Bench, run: () => Promise<void>): Promise<void> {
	const { remote } = bench;
	const set = async (least: string, most: string) => {
		hasCode(await remote.write("/1/0/2", resource(2, "integer", least), { format: "TEXT" }), "2.04", "default pmin");
		hasCode(await remote.write("/1/0/3", resource(3, "integer", most), { format: "TEXT" }), "2.04", "default pmax");
	};
	await set("0", "0");
	try {
		await run();
	} finally {
		await set("1", "10");
	}
}

const toldIn = (news: CompositeNews) => compositeValues(news.val);

const composites: readonly Case[] = [
	...(["SENML_JSON", "SENML_CBOR"] as const).map((format) => ({
		name: `[CORE-IR-1] ETS 304 L-42 Observe-Composite in ${format}: one notification has all`,
		run: (bench: Bench) =>
			withoutDefaults(bench, () =>
				observing(bench, { paths: ["/33100/0/4", "/33100/1", "/3/0/6/0"], format }, async ({ notified }) => {
					const value = bench.freshNumber();
					await measure(bench, value);
					const [first] = await notified(1, 5000);
					const told = toldIn(first!);
					equal(Number(told.get("/33100/0/4")), Number(value));
					ok(told.has("/33100/1/0") && told.has("/3/0/6/0"), [...told.keys()].join(" "));
				}),
			),
	})),
	{
		name: "[CORE-IR-1] L-42 a change of what is not observed brings no composite notification",
		run: (bench) =>
			withoutDefaults(bench, () =>
				observing(bench, { paths: ["/33100/0/4", "/33100/0/2"] }, async ({ soFar }) => {
					await measure(bench, bench.freshNumber(), "5/1");
					await sleep(silenceMs);
					deepEqual(soFar(), []);
				}),
			),
	},
	{
		name: "[CORE-IR-1] L-42 Observe-Composite of an object and of the root tells a change in them",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				for (const path of ["/33100", "/"]) {
					await observing(bench, { paths: [path] }, async ({ notified }) => {
						const value = bench.freshNumber();
						await measure(bench, value);
						const news = (await notified(1, 5000)).at(-1)!;
						equal(Number(toldIn(news).get("/33100/0/4")), Number(value));
					});
				}
			}),
	},
	{
		name: "[CORE-IR-1] ETS 304 attributes of one of the paths count: pmax brings all values",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				hasCode(await bench.remote.writeAttributes("/33100/0/4", { pmin: "1", pmax: "3" }), "2.04");
				try {
					await observing(bench, { paths: ["/33100/0/4", "/3/0/16"] }, async ({ notified, sinceMs }) => {
						const [first, second] = await notified(2, 15_000);
						const gaps = [first!.atMs - sinceMs, second!.atMs - first!.atMs];
						for (const gapMs of gaps) ok(gapMs > 3000 - earlinessMs && gapMs < 3000 + latenessMs, `${gaps} ms`);
						equal(toldIn(second!).get("/3/0/16"), "U");
					});
				} finally {
					await bench.remote.writeAttributes("/33100/0/4", { pmin: "", pmax: "" });
				}
			}),
	},
	{
		name: "[CORE-IR-1] ETS 310 attributes written during an Observe-Composite hold from then on",
		run: (bench) =>
			withoutDefaults(bench, () =>
				observing(bench, { paths: ["/1/0/1", "/3/0"] }, async ({ notified, soFar }) => {
					hasCode(await bench.remote.writeAttributes("/3", { pmax: "3" }), "2.04");
					try {
						const count = soFar().length;
						const news = await notified(count + 2, 15_000);
						const gapMs = news.at(-1)!.atMs - news.at(-2)!.atMs;
						ok(gapMs > 3000 - earlinessMs && gapMs < 3000 + latenessMs, `${gapMs} ms`);
					} finally {
						await bench.remote.writeAttributes("/3", { pmax: "" });
					}
				}),
			),
	},
	{
		name: "[CORE-IR-1] ETS 305 L-42 Cancel of an Observe-Composite answers with the values; then there is silence",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				const paths = ["/33100/0/4", "/3/0/16"];
				const { remote, events, device } = bench;
				hasCode(await remote.observeComposite(paths), "2.05", "Observe-Composite");
				const answer = await remote.cancelCompositeActively(paths);
				hasCode(answer, "2.05", "Cancel");
				equal(compositeValues(answer.content!).get("/3/0/16"), "U");
				const from = events.mark;
				await measure(bench, bench.freshNumber());
				await sleep(silenceMs);
				deepEqual(events.compositeNotifications(device.endpoint, paths, from), []);
				deepEqual(device.all("notified", {}, device.mark), []);
			}),
	},
	{
		name: "[CORE-IR-1] L-42 a Reset to a composite notification ends it",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				const paths = ["/33100/0/4", "/33100/0/5"];
				const { remote, device } = bench;
				const from = device.mark;
				hasCode(await remote.observeComposite(paths), "2.05", "Observe-Composite");
				await remote.cancelCompositePassively(paths);
				await measure(bench, bench.freshNumber());
				await device.wait("observationCancelled", {}, { from });
			}),
	},
	{
		name: "[CORE-IR-1] L-24 Write-Composite that adds Resource Instances is told to who observes the instance",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				const { remote, events, device } = bench;
				const of = { endpoint: device.endpoint, path: test, from: events.mark };
				hasCode(await remote.observe(test), "2.05", "Observe");
				try {
					const added = (id: number, value: string) => ({
						[`${test}/1120/${id}`]: resourceInstance(id, "integer", value),
					});
					const nodes = { ...added(5, "55"), ...added(6, "66") };
					hasCode(await remote.writeComposite(nodes), "2.04", "Write-Composite");
					const [first] = await events.notified(of, 1, 5000);
					const told = roundedValues(test, first!.node);
					equal(told.get(`${test}/1120/5`), "55");
					equal(told.get(`${test}/1120/6`), "66");
				} finally {
					await remote.cancelActively(test);
					await remote.execute(`${test}/0`);
				}
			}),
	},
];

/** Makes the device send what these paths hold. @param how the arguments: 0 the Content-Format, 1 with past values */
async function send(bench: Bench, paths: readonly string[], how?: string): Promise<CompositeNews> {
	const { remote, events, device } = bench;
	const listed = Object.fromEntries(paths.map((path, index) => [String(index), path]));
	hasCode(await remote.write(`${test}/6`, resources(6, "string", listed)), "2.04", "Resources to Send");
	const from = events.mark;
	hasCode(await remote.execute(`${test}/5`, how), "2.04", "Send Data");
	const { data } = await bench.event("SEND", device.endpoint, { from, timeoutMs: 8000 });
	return data as CompositeNews;
}

const sending: readonly Case[] = [
	{
		name: "[CORE-IR-2] ETS 306 311 L-44 Send of Resources, of an instance of one, of an instance arrives",
		run: async (bench) => {
			const news = await send(bench, ["/1/0/1", "/3/0/6/0", "/33100/1", "/3/0/16"]);
			const told = compositeValues(news.val);
			equal(told.get("/1/0/1"), await readValue(bench.remote, "/1/0/1"));
			equal(told.get("/3/0/6/0"), await readValue(bench.remote, "/3/0/6/0"));
			equal(told.get("/33100/1/0"), await readValue(bench.remote, "/33100/1/0"));
			equal(told.get("/3/0/16"), "U");
		},
	},
	{
		name: "[CORE-IR-2] ETS 307 Mute Send (1/x/23): nothing is sent while it is true; afterwards it is again",
		run: async (bench) => {
			const { remote, events, device } = bench;
			hasCode(await remote.write("/1/0/23", resource(23, "boolean", true), { format: "TEXT" }), "2.04", "mute");
			try {
				const from = events.mark;
				hasCode(await remote.execute(`${test}/5`), "2.04", "Send Data");
				await sleep(silenceMs);
				deepEqual(bench.eventsOf("SEND", device.endpoint, from), []);
			} finally {
				hasCode(await remote.write("/1/0/23", resource(23, "boolean", false), { format: "TEXT" }), "2.04", "unmute");
			}
			await send(bench, ["/3/0/16"]);
		},
	},
	...(["110", "112"] as const).map((format) => ({
		name: `[CORE-IR-2] L-43 L-44 Send with past values in content format ${format}: each has its time, oldest first`,
		run: async (bench: Bench) => {
			const { remote } = bench;
			const measured = [bench.freshNumber(), bench.freshNumber(), bench.freshNumber()];
			const beganMs = Number(await readValue(remote, "/3/0/13"));
			for (const value of measured) {
				await measure(bench, value, "13");
				await sleep(1100);
			}
			const news = await send(bench, ["/33100/0/13"], `0='${format}',1`);
			const told = news.series?.map(({ val }) => Number(compositeValues(val).get("/33100/0/13"))) ?? [];
			deepEqual(told.slice(-3), measured.map(Number), JSON.stringify(news));
			const times = news.series!.slice(-3).map(({ timestamp }) => timestamp);
			ok(times[0]! >= beganMs - 2000 && times[2]! <= beganMs + 15_000, `${times} for ${beganMs}`);
			ok(times[0]! < times[1]! && times[1]! < times[2]!, `${times}`);
		},
	})),
	{
		name: "[CORE-IR-2] a Send that is longer than a block arrives whole",
		run: async (bench) => {
			const long = "0123456789abcdef".repeat(100);
			const { remote } = bench;
			hasCode(await remote.write(`${test}/110`, resource(110, "string", long), { format: "TEXT" }), "2.04");
			try {
				equal(compositeValues((await send(bench, [`${test}/110`])).val).get(`${test}/110`), long);
			} finally {
				await remote.write(`${test}/110`, resource(110, "string", "initial value"), { format: "TEXT" });
			}
		},
	},
];

const singles: readonly Case[] = [
	{
		name: "[CORE-IR-1] ETS 301 302 two observations, each with its periods; one ends, the other goes on",
		run: async (bench) => {
			const { remote, events, device } = bench;
			hasCode(await remote.writeAttributes("/3/0/7", { pmin: "1", pmax: "3" }), "2.04");
			hasCode(await remote.writeAttributes("/3/0/8", { pmin: "2", pmax: "4" }), "2.04");
			const of = (path: string) => ({ endpoint: device.endpoint, path, from: events.mark });
			const [voltage, current] = [of("/3/0/7"), of("/3/0/8")];
			try {
				hasCode(await remote.observe("/3/0/7"), "2.05");
				hasCode(await remote.observe("/3/0/8"), "2.05");
				const told = await events.notified(voltage, 2, 10_000);
				equal(roundedValues("/3/0/7", told[0]!.node).size, 2, "both Resource Instances");
				await events.notified(current, 1, 6000);
				await remote.cancelPassively("/3/0/7");
				const later = { ...current, from: events.mark };
				const before = events.notifications(device.endpoint, "/3/0/7").length;
				await events.notified(later, 2, 12_000);
				equal(events.notifications(device.endpoint, "/3/0/7").length, before);
			} finally {
				await remote.cancelActively("/3/0/8").catch(() => undefined);
				await remote.writeAttributes("/3/0/7", { pmin: "", pmax: "" });
				await remote.writeAttributes("/3/0/8", { pmin: "", pmax: "" });
			}
		},
	},
	{
		name: "[CORE-IR-1] L-39 L-41 Observe of a Resource Instance tells its changes; its end is silence",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				const { remote, events, device } = bench;
				const path = "/33100/0/5/1";
				const of = { endpoint: device.endpoint, path, from: events.mark };
				hasCode(await remote.observe(path), "2.05", "Observe");
				const value = bench.freshNumber();
				await measure(bench, value, "5/1");
				const [first] = await events.notified(of, 1, 5000);
				equal(Number([...roundedValues(path, first!.node).values()][0]), Number(value));
				equal(Number(valueIn(await remote.read(path), path)), Number(value));
				hasCode(await remote.cancelActively(path), "2.05");
				const from = events.mark;
				await measure(bench, bench.freshNumber(), "5/1");
				await sleep(silenceMs);
				deepEqual(events.notifications(device.endpoint, path, from), []);
			}),
	},
	{
		name: "[CORE-DM-2] L-35 lt, gt and st together on a measured value: each fires alone, strictly",
		run: (bench) =>
			withoutDefaults(bench, async () => {
				const { remote, events, device } = bench;
				const path = "/33100/0/4";
				await measure(bench, "20");
				hasCode(await remote.writeAttributes(path, { lt: "10", gt: "30", st: "8" }), "2.04");
				try {
					const of = { endpoint: device.endpoint, path, from: events.mark };
					hasCode(await remote.observe(path), "2.05", "Observe");
					await measure(bench, "27"); // less than a step, no threshold
					await measure(bench, "30"); // a step of 10
					await events.notified(of, 1, 5000);
					await measure(bench, "31"); // above 30
					const told = await events.notified(of, 2, 5000);
					await sleep(1000);
					deepEqual(
						events
							.notifications(of.endpoint, path, of.from)
							.map(({ node }) => Number([...roundedValues(path, node).values()][0])),
						[30, 31],
						`${told.length} told`,
					);
				} finally {
					await remote.cancelActively(path).catch(() => undefined);
					await remote.writeAttributes(path, { lt: "", gt: "", st: "" });
				}
			}),
	},
];

export const informationCases: readonly Case[] = [...composites, ...sending, ...singles];
