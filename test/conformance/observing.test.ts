import { deepEqual, equal, ok } from "node:assert/strict";
import { type News, type Served, served } from "./served.ts";

/** The device measures: Resource "4" or "5/1" of its bench has this value now. */
const measure = async (it: Served, resource: string, value: number | string) =>
	equal((await it.execute("/33100/0/9", `0='${resource}',1='${value}'`)).code, "2.04");

/** Seconds between news, rounded to tenths. */
const gaps = (news: readonly News[]) =>
	news.slice(1).map(({ atMs }, index) => Math.round((atMs - news[index]!.atMs) / 100) / 10);

const valuesAt = (news: readonly News[], path: string) => news.map(({ values }) => values[path]);

served(
	"[CORE-IR-1] ETS 301 ETS 660 observations with pmin and pmax of their own",
	{ configuration: "C.4" },
	async (it) => {
		deepEqual((await it.read("/3/0/6")).values, { "/3/0/6/0": 1, "/3/0/6/1": 5 });
		equal((await it.attributes("/3/0/7", { pmin: 5, pmax: 15 })).code, "2.04");
		equal((await it.attributes("/3/0/8", { pmin: 10, pmax: 20 })).code, "2.04");
		deepEqual((await it.observe("/3/0/7")).values, { "/3/0/7/0": 3800, "/3/0/7/1": 5000 });
		deepEqual((await it.observe("/3/0/8")).values, { "/3/0/8/0": 125, "/3/0/8/1": 900 });
		await it.stage.pass(61);
		const volts = it.news.filter(({ path }) => path === "/3/0/7");
		const amperes = it.news.filter(({ path }) => path === "/3/0/8");
		deepEqual(gaps(volts), [15, 15, 15]);
		deepEqual(gaps(amperes), [20, 20]);
		for (const { values } of volts) deepEqual(values, { "/3/0/7/0": 3800, "/3/0/7/1": 5000 });
		for (const { values } of amperes) deepEqual(values, { "/3/0/8/0": 125, "/3/0/8/1": 900 });
	},
);

served("[CORE-IR-1] ETS 302 a Reset ends one observation, the other goes on", { configuration: "C.4" }, async (it) => {
	for (const path of ["/3/0/7", "/3/0/8"]) {
		equal((await it.attributes(path, { pmin: 1, pmax: 10 })).code, "2.04");
		equal((await it.observe(path)).code, "2.05");
	}
	await it.stage.pass(25);
	await it.cancel("/3/0/7", "passive");
	await it.stage.pass(11); // the notification that is answered with a Reset
	const atMs = it.stage.nowMs;
	await it.stage.pass(30);
	deepEqual([...new Set(it.sent("2.05", atMs).map(({ path }) => path))].length, 1);
	deepEqual([...new Set(it.since(atMs).map(({ path }) => path))], ["/3/0/8"]);
	await it.cancel("/3/0/8", "passive");
	await it.stage.pass(11);
	const endMs = it.stage.nowMs;
	await it.stage.pass(60);
	equal(it.sent("2.05", endMs).length, 0);
});

served("[CORE-IR-1] ETS 303 Cancel by GET with Observe 1", { configuration: "C.4" }, async (it) => {
	equal((await it.attributes("/3/0/7", { pmin: 1, pmax: 5 })).code, "2.04");
	equal((await it.observe("/3/0/7")).code, "2.05");
	await it.stage.pass(6);
	deepEqual((await it.cancel("/3/0/7")).values, { "/3/0/7/0": 3800, "/3/0/7/1": 5000 });
	const atMs = it.stage.nowMs;
	await it.stage.pass(60);
	equal(it.sent("2.05", atMs).length, 0);
});

const threePaths = ["/1/0/1", "/3/0/11/0", "/3/0/16"];
const threeValues = { "/1/0/1": 86_400, "/3/0/11/0": 0, "/3/0/16": "U" };

served("[CORE-IR-2] ETS 304 ETS 305 Observe-Composite, and its end", { configuration: "C.1" }, async (it) => {
	equal((await it.attributes("/1/0/1", { pmin: 30, pmax: 45 })).code, "2.04");
	deepEqual((await it.observeComposite(threePaths)).values, threeValues);
	const atMs = it.stage.nowMs;
	await it.stage.pass(46);
	const [first] = it.since(atMs);
	deepEqual(first?.values, threeValues);
	ok(first!.atMs - atMs > 30_000 && first!.atMs - atMs < 45_500, `after ${first!.atMs - atMs} ms`);
	deepEqual((await it.cancelComposite(threePaths)).values, threeValues);
	const endMs = it.stage.nowMs;
	await it.stage.pass(120);
	equal(it.sent("2.05", endMs).length, 0);
});

served(
	"[CORE-IR-2] ETS 310 attributes that change under a composite observation",
	{ configuration: "C.1" },
	async (it) => {
		equal((await it.observeComposite(["/1/0/1", "/3/0"])).code, "2.05");
		await it.stage.pass(30);
		equal(it.news.length, 0, "no pmax, no change: silence");
		equal((await it.attributes("/3", { pmax: 5 })).code, "2.04");
		const atMs = it.stage.nowMs;
		await it.stage.pass(21);
		const news = it.since(atMs);
		ok(news.length >= 4, `${news.length} notifications`);
		ok(
			gaps(news).every((gap) => gap === 5),
			gaps(news).join(),
		);
		equal(news[0]!.values["/1/0/1"], 86_400);
	},
);

served("[CORE-IR-1] [INFO-1] ETS 312 Observe with attributes", { configuration: "C.4", enabler: "1.2" }, async (it) => {
	const told = await it.observe("/3/0/7", undefined, { pmin: 5, pmax: 15 });
	deepEqual([told.code, told.values], ["2.05", { "/3/0/7/0": 3800, "/3/0/7/1": 5000 }]);
	await it.stage.pass(61);
	ok(it.news.length >= 3);
	deepEqual(gaps(it.news), [15, 15, 15]);
	deepEqual(it.news[0]!.values, { "/3/0/7/0": 3800, "/3/0/7/1": 5000 });
});

for (const [ids, path, configuration, pmax] of [
	["ETS 710", "/4/0", "C.5", 10],
	["ETS 810", "/6/0", "C.7", 10],
] as const) {
	served(`[CORE-IR-1] ${ids} an Object Instance observed: ${path}`, { configuration }, async (it) => {
		equal((await it.attributes(path, { pmin: 2, pmax })).code, "2.04");
		const first = await it.observe(path);
		equal(first.code, "2.05");
		await it.stage.pass(31);
		deepEqual(gaps(it.news), [10, 10]);
		for (const { values } of it.news) deepEqual(values, first.values);
	});
}

for (const [id, paths] of [
	["ETS 1203", ["/10/0/13", "/10/0/14"]],
	["ETS 1204", ["/10/0/4", "/10/0/5", "/10/0/8", "/10/0/9"]],
] as const) {
	served(`[CORE-IR-1] ${id} several observations side by side`, { configuration: "C.10" }, async (it) => {
		for (const path of paths) {
			equal((await it.attributes(path, { pmin: 5, pmax: 15 })).code, "2.04");
			equal((await it.observe(path)).code, "2.05");
		}
		await it.stage.pass(46);
		for (const path of paths) deepEqual(gaps(it.news.filter((one) => one.path === path)), [15, 15], path);
	});
}

served("[CORE-IR-1] ETS 1900 a container observed", { configuration: "C.15" }, async (it) => {
	equal((await it.attributes("/19/0/0", { pmin: 300, pmax: 3600 })).code, "2.04");
	const first = await it.observe("/19/0/0");
	deepEqual(first.values, { "/19/0/0/0": "h'01020304'", "/19/0/0/1": "h'ff'" });
	await it.stage.pass(3601);
	deepEqual(
		it.news.map(({ values }) => values),
		[first.values],
	);
});

served("[CORE-DM-2] A-72 attributes that contradict each other, or are none", {}, async (it) => {
	const put = (...query: string[]) => it.code("put", "/33100/0/4", { query });
	for (const query of [
		["st=-1"],
		["gt=5", "lt=5"],
		["gt=4", "lt=5"],
		["lt=1", "gt=3", "st=1"],
		["lt=1", "gt=2", "st=1"],
	]) {
		equal(await put(...query), "4.00", query.join("&"));
	}
	for (const query of ["pmin=x", "gt=x", "lt=", "st=1.2.3"]) equal(await put(query), "4.02", query);
	equal(await put("nonsense=1"), "4.00");
	deepEqual(
		(await it.discover("/33100/0/4")).links.map((link) => link.split(";").filter((part) => !/pm/.test(part))),
		[["</33100/0/4>"]],
	);
	equal(await put("lt=1", "gt=4", "st=1"), "2.04");
});

served(
	"[CORE-IR-1] A-73 gt is passed, not reached; that of a Resource is for its Instances",
	{ configuration: "C.1" },
	async (it) => {
		equal((await it.attributes("/33100/0/5", { gt: 2000 })).code, "2.04");
		equal((await it.observe("/33100/0/5/1")).code, "2.05");
		await measure(it, "5/1", 2000);
		await it.stage.pass(2);
		equal(it.news.length, 0);
		await measure(it, "5/1", 2001);
		await it.stage.pass(2);
		deepEqual(valuesAt(it.news, "/33100/0/5/1"), [2001]);
		await measure(it, "5/0", 5000);
		await it.stage.pass(2);
		equal(it.news.length, 1, "the other Resource Instance is not observed");
	},
);

served("[CORE-IR-1] L-33 pmin, pmax, both, and both alike", { configuration: "C.1" }, async (it) => {
	const path = "/33100/0/4";
	const nearly = (seconds: number, expected: number) =>
		ok(Math.abs(seconds - expected) <= 0.2, `${seconds} for ${expected}`);
	equal((await it.attributes(path, { pmin: 10 })).code, "2.04");
	equal((await it.observe(path)).code, "2.05");
	let fromMs = it.stage.nowMs;
	await measure(it, "4", 21);
	await measure(it, "4", 22);
	await it.stage.pass(30);
	deepEqual(valuesAt(it.since(fromMs), path), [22]);
	nearly((it.since(fromMs)[0]!.atMs - fromMs) / 1000, 10);
	equal((await it.attributes(path, { pmin: null, pmax: 12 })).code, "2.04");
	fromMs = it.stage.nowMs;
	await it.stage.pass(40);
	for (const gap of gaps(it.since(fromMs))) nearly(gap, 12);
	await measure(it, "4", 23); // pmax counts from the last notification
	await it.stage.pass(25);
	const told = it.since(fromMs);
	const at = told.findIndex(({ values }) => values[path] === 23);
	nearly((told[at + 1]!.atMs - told[at]!.atMs) / 1000, 12);
	equal((await it.attributes(path, { pmin: 15, pmax: 15 })).code, "2.04");
	await it.stage.pass(15);
	fromMs = it.stage.nowMs;
	await measure(it, "4", 24);
	await it.stage.pass(50);
	for (const gap of gaps(it.since(fromMs))) nearly(gap, 15);
});

served("[CORE-IR-1] L-35 lt with pmax; lt, gt and st together", { configuration: "C.1" }, async (it) => {
	const path = "/33100/0/4";
	const heard = async (value: number) => {
		const fromMs = it.stage.nowMs;
		await measure(it, "4", value);
		await it.stage.pass(1);
		return it.since(fromMs).length;
	};
	equal((await it.attributes(path, { lt: 10, pmax: 60 })).code, "2.04");
	equal((await it.observe(path)).code, "2.05");
	deepEqual([await heard(15), await heard(9), await heard(8), await heard(11)], [0, 1, 0, 0]);
	await it.stage.pass(60);
	equal(it.news.at(-1)!.values[path], 11, "pmax");
	equal((await it.attributes(path, { pmax: null, lt: 10, gt: 100, st: 20 })).code, "2.04");
	equal(await heard(12), 0);
	equal(await heard(32), 1, "a step of 20 from what was told");
	equal(await heard(50), 0);
	equal(await heard(101), 1, "over gt");
	equal(await heard(110), 0);
	equal(await heard(9), 1, "under lt");
});

served("[CORE-IR-1] L-39 notifications at four levels are what a Read tells", { configuration: "C.1" }, async (it) => {
	for (const path of ["/33100", "/33100/0", "/33100/0/5", "/33100/0/5/0"]) equal((await it.observe(path)).code, "2.05");
	const fromMs = it.stage.nowMs;
	await measure(it, "5/0", 42);
	await it.stage.pass(2);
	for (const path of ["/33100", "/33100/0", "/33100/0/5", "/33100/0/5/0"]) {
		const news = it.since(fromMs).filter((one) => one.path === path);
		equal(news.length, 1, path);
		deepEqual(news[0]!.values, (await it.read(path)).values, path);
	}
});

served("[CORE-IR-1] L-41 both ways to cancel, at every level", { configuration: "C.1" }, async (it) => {
	for (const path of ["/33100", "/33100/0", "/33100/0/4", "/33100/0/5/0"]) {
		const resource = path.endsWith("/5/0") ? "5/0" : "4";
		for (const how of ["active", "passive"] as const) {
			equal((await it.observe(path)).code, "2.05", path);
			await measure(it, resource, Math.round(it.stage.nowMs / 7));
			await it.stage.pass(2);
			const told = await it.cancel(path, how);
			if (how === "active") deepEqual([told.code, told.values], ["2.05", (await it.read(path)).values]);
			await measure(it, resource, 1);
			await it.stage.pass(2);
			const fromMs = it.stage.nowMs;
			await measure(it, resource, 2);
			await it.stage.pass(5);
			equal(it.sent("2.05", fromMs).length, 0, `${path} ${how}`);
		}
	}
	equal((await it.cancel("/33100")).code, "notObserved");
});

for (const paths of [["/33100/0/4"], ["/33100/0/4", "/33100/0/5/0"], ["/33100/0"], ["/33100"], ["/"]]) {
	served(`[CORE-IR-2] L-42 a composite observation of ${paths.join(" ")}`, { configuration: "C.1" }, async (it) => {
		const read = await it.observeComposite(paths);
		equal(read.code, "2.05");
		await measure(it, "4", 33);
		await it.stage.pass(2);
		equal(it.news.length >= 1, true);
		equal(it.news[0]!.values["/33100/0/4"], 33);
		deepEqual(Object.keys(it.news[0]!.values).sort(), Object.keys(read.values).sort());
		if (paths[0] !== "/") {
			const fromMs = it.stage.nowMs;
			equal((await it.update("/3442/0", { 120: 5 })).code, "2.04");
			await it.stage.pass(5);
			equal(it.since(fromMs).length, 0, "what is not observed");
		}
		equal((await it.cancelComposite(paths, "active")).code, "2.05");
		await measure(it, "4", 34);
		const endMs = it.stage.nowMs;
		await it.stage.pass(10);
		equal(it.sent("2.05", endMs).length, 0);
	});
}

served("[CORE-IR-1] A-80 a server hears of what it wrote itself", { configuration: "C.1" }, async (it) => {
	equal((await it.observe("/33100/0/0")).code, "2.05");
	equal((await it.write("/33100/0/0", 55, "TLV")).code, "2.04");
	await it.stage.pass(2);
	deepEqual(valuesAt(it.news, "/33100/0/0"), [55]);
});

served(
	"[CORE-IR-1] A-78 one notification in 24 hours is Confirmable",
	{ configuration: "C.1", lifetimeS: 0 },
	async (it) => {
		equal((await it.attributes("/33100/0/4", { pmin: 600, pmax: 3600 })).code, "2.04");
		equal((await it.observe("/33100/0/4")).code, "2.05");
		await it.stage.pass(3 * 86_400 + 10);
		const notifications = it.messages.filter((one) => one.incoming && one.isObserve);
		ok(notifications.length > 60);
		const confirmable = notifications.filter(({ type }) => type === "CON");
		ok(confirmable.length >= 3 && confirmable.length <= 4, `${confirmable.length}`);
		let lastMs = 0;
		for (const { atMs } of confirmable) {
			ok(atMs - lastMs <= 86_400_000 + 3_600_000, `${atMs - lastMs} ms`);
			lastMs = atMs;
		}
	},
);

served(
	"[CORE-IR-1] [INFO-3] A-75 edge: one way alone, of a Resource and of a Resource Instance",
	{ configuration: "C.1", enabler: "1.2" },
	async (it) => {
		for (const [resource, attach, observe] of [
			["6", "/33100/0/6", "/33100/0/6"],
			["7/0", "/33100/0/7/0", "/33100/0/7/0"],
			["7/1", "/33100/0/7", "/33100/0/7/1"],
		] as const) {
			await measure(it, resource, 0);
			for (const edge of [0, 1]) {
				equal((await it.attributes(attach, { edge })).code, "2.04");
				equal((await it.observe(observe)).code, "2.05");
				await it.stage.pass(2);
				const fromMs = it.stage.nowMs;
				for (const value of [1, 0, 1, 0]) {
					await measure(it, resource, value);
					await it.stage.pass(2);
				}
				deepEqual(valuesAt(it.since(fromMs), observe), [edge === 1, edge === 1], `${observe} edge=${edge}`);
				await it.cancel(observe);
				await it.stage.pass(250); // Executes are remembered for EXCHANGE_LIFETIME, and not any number of them
			}
		}
	},
);

served(
	"[CORE-IR-1] A-75 con says whether notifications are Confirmable",
	{ configuration: "C.1", enabler: "1.2" },
	async (it) => {
		equal((await it.observe("/33100/0/4")).code, "2.05");
		for (const [con, type] of [
			[1, "CON"],
			[0, "NON"],
		] as const) {
			equal((await it.attributes("/33100/0/4", { con })).code, "2.04");
			const fromMs = it.stage.nowMs;
			await measure(it, "4", 60 + con);
			await it.stage.pass(2);
			const told = it.messages.filter((one) => one.incoming && one.isObserve && one.atMs > fromMs);
			deepEqual(
				told.map((one) => one.type),
				[type],
				`con=${con}`,
			);
		}
	},
);

served(
	"[CORE-IR-1] [INFO-2] A-76 attributes of an Observe stand alone, and show nowhere",
	{ configuration: "C.1", enabler: "1.2" },
	async (it) => {
		const path = "/33100/0/4";
		equal((await it.attributes(path, { pmin: 9999 })).code, "2.04");
		equal((await it.observe(path, undefined, { pmax: 5 })).code, "2.05");
		await measure(it, "4", 77);
		await it.stage.pass(4);
		equal(it.news[0]?.values[path], 77, "the written pmin does not count");
		await it.stage.pass(11);
		deepEqual(gaps(it.news).slice(-2), [5, 5]);
		deepEqual((await it.discover(path)).links, [`<${path}>;pmin=9999`]);
	},
);

served("a 1.1 client refuses attributes in an Observe", { enabler: "1.1" }, async (it) => {
	equal((await it.observe("/3/0/7", undefined, { pmin: 5 })).code, "4.00");
});

served("[CORE-IR-1] ETS 661 attributes with steps and limits on the Device", { configuration: "C.6" }, async (it) => {
	equal((await it.attributes("/3/0/7", { pmin: 1, pmax: 300, lt: 3500, gt: 6000, st: 100 })).code, "2.04");
	equal((await it.observe("/3/0/7/0")).code, "2.05");
	await it.execute("/33100/0/12", "0='3750',1='5000'");
	await it.stage.pass(3);
	equal(it.news.length, 0, "a step too small");
	await it.execute("/33100/0/12", "0='3650',1='5000'");
	await it.stage.pass(3);
	deepEqual(valuesAt(it.news, "/3/0/7/0"), [3650]);
	await it.execute("/33100/0/12", "0='3490',1='5000'");
	await it.stage.pass(3);
	equal(it.news.length, 2, "under lt");
});

/** Lets the device measure, and says when that was. */
async function sampled(it: Served, value: number): Promise<number> {
	await measure(it, "13", value);
	return it.stage.world.time.wallTimeMs() / 1000 - 0.02; // the answer takes that long to come here
}

/** Holds "path=value@time" to what was measured when; the board's clock has whole seconds. */
function areSamples(samples: readonly string[], path: string, measured: readonly (readonly [number, number])[]): void {
	const told = samples
		.filter((sample) => sample.startsWith(`${path}=`))
		.map((sample) => sample.split(/[=@]/).map(Number));
	deepEqual(
		told.map(([, value]) => value),
		measured.map(([value]) => value),
	);
	for (const [index, [, , timeS]] of told.entries()) {
		const atS = measured[index]![1];
		ok(Math.abs(timeS! - atS) <= 1, `${timeS} for ${atS}`);
	}
}

for (const [format, enabler] of [
	["SENML_JSON", "1.1"],
	["SENML_CBOR", "1.1"],
	["JSON", "1.0"],
] as const) {
	const title = `[CORE-IR-3] L-9 L-43 A-83 past values with their times in ${format}`;
	served(title, { configuration: "C.1", enabler }, async (it) => {
		const path = "/33100/0/13";
		await sampled(it, 1);
		equal((await it.attributes(path, { pmin: 10 })).code, "2.04");
		const first = await it.observe(path, format);
		deepEqual([first.code, first.values], ["2.05", { [path]: 1 }]);
		const measured: [number, number][] = [];
		for (const value of [2, 3, 4]) {
			measured.push([value, await sampled(it, value)]);
			await it.stage.pass(2);
		}
		await it.stage.pass(15);
		equal(it.news.length, 1, "one notification has all of them");
		areSamples(it.news[0]!.samples, path, measured);
		equal(it.news[0]!.values[path], 4);
		equal((await it.observe("/33100/0/99")).code, "4.04", "a path that is none");
		equal((await it.cancel(path)).code, "2.05");
	});
}

served("[CORE-IR-3] L-43 past values in a composite notification", { configuration: "C.1" }, async (it) => {
	const path = "/33100/0/13";
	await sampled(it, 1);
	equal((await it.attributes(path, { pmin: 10 })).code, "2.04");
	equal((await it.observeComposite([path, "/3/0/16", "/33100/0/1"], "SENML_CBOR")).code, "2.05");
	const measured: [number, number][] = [];
	for (const value of [2, 3]) {
		measured.push([value, await sampled(it, value)]);
		await it.stage.pass(2);
	}
	await it.stage.pass(15);
	const { samples, values } = it.news.at(-1)!;
	areSamples(samples, path, measured);
	equal(values["/3/0/16"], "U");
});
