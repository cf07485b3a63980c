import { deepEqual, equal, ok } from "node:assert/strict";
import { type News, type Served, served } from "./served.ts";

const text = (value: string) => ({ contentFormat: 0, payload: new TextEncoder().encode(value) });

const gaps = (news: readonly News[]) =>
	news.slice(1).map(({ atMs }, index) => Math.round((atMs - news[index]!.atMs) / 100) / 10);

/** One Instance, which servers neither make nor delete. */
async function isSingle(it: Served, object: number, id = 1): Promise<void> {
	equal((await it.create(`/${object}`, { 0: 0 }, id)).code, "4.05");
	equal(await it.code("post", `/${object}`), "4.05");
	equal((await it.delete(`/${object}/0`)).code, "4.05");
	equal((await it.read(`/${object}/0`)).code, "2.05");
}

served("[CORE-OBJ-1] ETS 670 power sources as Resource Instances", { configuration: "C.6" }, async (it) => {
	const { values } = await it.read("/3/0", "TLV");
	deepEqual(
		["6/0", "6/1", "7/0", "7/1", "8/0", "8/1", "9", "20"].map((at) => values[`/3/0/${at}`]),
		[1, 5, 3800, 5000, 125, 900, 95, 0],
	);
	deepEqual(
		[10, 17, 18, 19, 21].map((id) => values[`/3/0/${id}`]),
		[15, "sensor", "1.2", "2.3.4", 256],
	);
	equal(values["/3/0/22/0"], "4:0");
	equal((await it.write("/3/0/7/2", 1, "TLV")).code, "4.05", "servers make none");
});

served("[CORE-OBJ-1] ETS 730 ETS 735 Connectivity Monitoring is single", { configuration: "C.5" }, (it) =>
	isSingle(it, 4),
);
served("[CORE-OBJ-1] ETS 820 ETS 830 ETS 835 Location is single", { configuration: "C.7" }, (it) => isSingle(it, 6));
served("[CORE-OBJ-1] ETS 920 ETS 930 ETS 935 Statistics are single", { configuration: "C.9" }, (it) => isSingle(it, 7));

served("[CORE-OBJ-1] ETS 720 addresses as Resource Instances", { configuration: "C.5" }, async (it) => {
	deepEqual((await it.read("/4/0/4")).values, { "/4/0/4/0": "192.168.0.1", "/4/0/4/1": "192.168.1.2" });
	deepEqual((await it.read("/4/0/4/1")).values, { "/4/0/4/1": "192.168.1.2" });
	equal(await it.code("put", "/4/0/4/2", text("192.168.2.2")), "4.05");
	equal((await it.discover("/4/0/4")).links[0], "</4/0/4>;dim=2");
});

for (const [id, path, configuration] of [
	["ETS 711", "/4/0/2", "C.5"],
	["ETS 811", "/6/0/0", "C.7"],
	["ETS 911", "/7/0/2", "C.9"],
] as const) {
	served(`[CORE-IR-1] ${id} limits and steps at ${path}`, { configuration }, async (it) => {
		equal((await it.attributes(path, { pmin: 1, pmax: 20, gt: 500, lt: -500, st: 10 })).code, "2.04");
		equal((await it.observe(path)).code, "2.05");
		const [link] = (await it.discover(path)).links;
		deepEqual(link!.split(";").slice(1).sort(), ["gt=500", "lt=-500", "pmax=20", "pmin=1", "st=10"]);
		await it.stage.pass(61);
		deepEqual(gaps(it.news), [20, 20], "nothing moves: pmax alone");
	});
}

served("[CORE-IR-1] Connectivity Statistics observed at rest", { configuration: "C.9" }, async (it) => {
	equal((await it.attributes("/7/0", { pmin: 2, pmax: 10 })).code, "2.04");
	equal((await it.observe("/7/0")).code, "2.05");
	await it.stage.pass(31);
	deepEqual(gaps(it.news), [10, 10]);
	deepEqual(
		Object.keys(it.news[0]!.values),
		[0, 1, 2, 3, 4, 5, 8].map((id) => `/7/0/${id}`),
	);
});

served("[CORE-OBJ-1] ETS 1202 power saving modes written", { configuration: "C.10" }, async (it) => {
	equal((await it.write("/10/0/13", 1, "TLV")).code, "2.04");
	equal((await it.write("/10/0/14", 2, "TLV")).code, "2.04");
	const { values } = await it.read("/10/0", "TLV");
	deepEqual([values["/10/0/13"], values["/10/0/14"], values["/10/0/4"]], [1, 2, 600]);
	equal((await it.write("/10/0/13", 256, "TLV")).code, "4.00", "out of its range");
});

served("[CORE-OBJ-1] an APN Connection Profile", { configuration: "C.10" }, async (it) => {
	const { code, values } = await it.read("/11/0", "TLV");
	equal(code, "2.05");
	deepEqual([values["/11/0/0"], values["/11/0/1"], values["/11/0/4"]], ["oma", "web.omaspecworks.org", 3]);
	const links = (await it.discover("/11")).links;
	ok(links[0]!.startsWith("</11>;ver=1.1"), links[0]);
});

served("[CORE-OBJ-1] ETS 1600 ETS 1605 the Portfolio read and written", { configuration: "C.12" }, async (it) => {
	const names = ["Host Device ID #1", "Host Device Manufacturer #1", "Host Device Model #1", "1.0"];
	deepEqual(
		(await it.read("/16/0/0", "TLV")).values,
		Object.fromEntries(names.map((name, id) => [`/16/0/0/${id}`, name])),
	);
	equal((await it.write("/16/0/0/0", "other", "TLV")).code, "2.04");
	deepEqual((await it.read("/16/0/0")).values["/16/0/0/0"], "other");
});

served("[CORE-IR-1] ETS 1610 ETS 1611 the Portfolio observed", { configuration: "C.12" }, async (it) => {
	for (const path of ["/16/0", "/16/0/0"]) equal((await it.observe(path)).code, "2.05");
	const fromMs = it.stage.nowMs;
	equal((await it.write("/16/0/0/3", "1.1", "TLV")).code, "2.04");
	await it.stage.pass(3);
	deepEqual(
		it
			.since(fromMs)
			.map(({ path, values }) => `${path} ${values["/16/0/0/3"]}`)
			.sort(),
		["/16/0 1.1", "/16/0/0 1.1"],
	);
});

served("[CORE-DM-1] L-23 payloads that can not be understood", {}, async (it) => {
	const before = (await it.read("/3442/0", "TLV")).values;
	const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));
	for (const [path, contentFormat, payload] of [
		["/3442/0/120", 0, new TextEncoder().encode("not a number")],
		["/3442/0/120", 60, hex("63616263")],
		["/3442/0/120", 112, hex("81a2006d2f")],
		["/3442/0/120", 110, new TextEncoder().encode('[{"n":"/3442/0/120","v":1')],
		["/3442/0", 11_542, hex("e3")],
		["/3442/0", 11_542, hex("c87800ff")],
		["/3442/0/140", 0, new TextEncoder().encode("true")],
		["/3442/0/170", 0, new TextEncoder().encode("3")],
	] as const) {
		equal(await it.code("put", path, { contentFormat, payload }), "4.00", `${path} in ${contentFormat}`);
	}
	deepEqual((await it.read("/3442/0", "TLV")).values, before);
});

served("[CORE-DM-1] A-17 a Create is told in an Update, at once", {}, async (it) => {
	const fromMs = it.stage.nowMs;
	equal((await it.create("/33100", { 0: 5 }, 4)).code, "2.01");
	await it.stage.pass(2);
	const updates = it.messages.filter((one) => one.incoming && one.atMs > fromMs && one.path.startsWith("/rd/"));
	equal(updates.length, 1);
	ok(new TextDecoder().decode(updates[0]!.payload).includes("</33100/4>"));
});

served("[CORE-OBJ-1] ETS 1620 authentication data of the Portfolio", { configuration: "C.12" }, async (it) => {
	equal((await it.read("/16/0/3")).values["/16/0/3"], 0);
	equal((await it.execute("/16/0/1")).code, "2.04");
	deepEqual((await it.read("/16/0/2")).values, { "/16/0/2/0": "h'cafe'" });
	equal((await it.read("/16/0/3")).values["/16/0/3"], 1);
});
