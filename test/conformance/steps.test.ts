import { deepEqual, equal, ok } from "node:assert/strict";
import { type News, type Served, served, servedByTwo } from "./served.ts";

/** Cases of the ETS that take several steps, or several operations, in the order in which it has them. */

const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));
const gaps = (news: readonly News[]) =>
	news.slice(1).map(({ atMs }, index) => Math.round((atMs - news[index]!.atMs) / 100) / 10);
/** A link with its attributes in one order: theirs means nothing. */
const ordered = (links: readonly string[]) =>
	links.map((link) => {
		const [target, ...attributes] = link.split(";");
		return [target, ...attributes.sort()].join(";");
	});

served(
	"[CORE-DM-1] ETS 221 the Security Object: Read, Write, Write-Attributes",
	{ configuration: "C.1" },
	async (it) => {
		equal(await it.code("get", "/0"), "4.01");
		equal(await it.code("put", "/0/0/0", { contentFormat: 0, payload: new TextEncoder().encode("coap://x") }), "4.01");
		equal(await it.code("put", "/0", { query: ["pmin=30", "pmax=45"] }), "4.01");
	},
);

served("[CORE-DM-1] ETS 228 Write of a Resource Instance", { configuration: "C.12" }, async (it) => {
	for (const format of ["TEXT", "TLV", "SENML_CBOR", "SENML_JSON"] as const) {
		equal((await it.write("/16/0/0/1", `test ${format}`, format)).code, "2.04");
		deepEqual((await it.read("/16/0/0/1")).values, { "/16/0/0/1": `test ${format}` });
	}
	equal((await it.read("/16/0/0/0")).values["/16/0/0/0"], "Host Device ID #1");
});

served("[CORE-DM-1] ETS 236 Read-Composite passes over what is not there", { configuration: "C.1" }, async (it) => {
	const told = await it.readComposite(["/1/0", "/1/0/1", "/3/0/11/0", "/3339/0/5522", "/3353/0/6030"]);
	deepEqual([told.code, told.values["/1/0/1"], told.values["/3/0/11/0"]], ["2.05", 86_400, 0]);
	deepEqual(
		Object.keys(told.values).filter((path) => path.startsWith("/33")),
		[],
	);
});

served("[CORE-DM-1] ETS 237 Read of Objects without Accept", { configuration: "C.1" }, async (it) => {
	for (const path of ["/1", "/3"]) {
		const response = await it.request("get", path);
		ok([110, 112].includes(response.contentFormat!), `${response.contentFormat}`);
		equal((await it.read(path)).code, "2.05");
	}
});

served("[CORE-DM-1] ETS 256 the Short Server ID is not writable", { configuration: "C.1" }, async (it) => {
	for (const format of ["TEXT", "TLV", "SENML_CBOR"] as const)
		equal((await it.write("/1/0/0", 123, format)).code, "4.05");
	deepEqual((await it.read("/1/0/0")).values, { "/1/0/0": 1 });
});

served("[CORE-DM-2] ETS 261 attributes of a Resource Instance", { configuration: "C.1" }, async (it) => {
	deepEqual((await it.discover("/3/0/11")).links, ["</3/0/11>;dim=1", "</3/0/11/0>"]);
	equal((await it.attributes("/3", { pmin: 10, pmax: 200 })).code, "2.04");
	equal((await it.attributes("/3/0", { pmax: 320 })).code, "2.04");
	equal((await it.attributes("/3/0/11/0", { pmax: 100, epmin: 1, epmax: 20 })).code, "2.04");
	deepEqual(ordered((await it.discover("/3/0/11")).links), [
		"</3/0/11>;dim=1;pmax=320;pmin=10",
		"</3/0/11/0>;epmax=20;epmin=1;pmax=100",
	]);
});

served("[CORE-DM-2] ETS 266 Discover of depths 2 and 3", { configuration: "C.4", enabler: "1.2" }, async (it) => {
	const two = (await it.discover("/3", 2)).links;
	equal(two[0], "</3>;pmin=1;pmax=10");
	const expected = ["</3/0>", "</3/0/6>;dim=2", "</3/0/7>;dim=2", "</3/0/8>;dim=2", "</3/0/9>"];
	deepEqual(
		two.filter((link) => expected.includes(link)),
		expected,
	);
	ok(!two.some((link) => link.startsWith("</3/0/6/")));
	equal((await it.attributes("/3", { pmin: 10, pmax: 200 })).code, "2.04");
	equal((await it.attributes("/3/0/7", { lt: 1, gt: 6, st: 1 })).code, "2.04");
	equal((await it.attributes("/3/0/7/1", { gt: 8 })).code, "2.04");
	const three = ordered((await it.discover("/3", 3)).links);
	const all = ["</3>;pmax=200;pmin=10", "</3/0>", "</3/0/6>;dim=2", "</3/0/6/0>", "</3/0/6/1>"];
	const more = ["</3/0/7>;dim=2;gt=6;lt=1;st=1", "</3/0/7/0>", "</3/0/7/1>;gt=8", "</3/0/8>;dim=2", "</3/0/8/0>"];
	for (const link of [...all, ...more, "</3/0/8/1>", "</3/0/9>"]) ok(three.includes(link), `${link} in ${three}`);
});

served("[CORE-DM-1] ETS 281 Read-Composite passes over what can not be read", { configuration: "C.1" }, async (it) => {
	const told = await it.readComposite(["/1/0/1", "/1/0/7", "/1/0/8"]);
	deepEqual([told.code, told.values], ["2.05", { "/1/0/1": 86_400, "/1/0/7": "U" }]);
});

const first = { 0: "aa", 1: "bb", 2: "cc", 3: "dd" };
const second = { 0: "11", 1: "22", 2: "33", 3: "44" };

/** The Portfolio's Instances that news told of. */
const instances = ({ values }: News) => [...new Set(Object.keys(values).map((path) => path.split("/")[2]))].join(" ");

served(
	"[CORE-IR-2] ETS 308 ETS 309 Instances come and go under a composite observation",
	{ configuration: "C.12" },
	async (it) => {
		equal((await it.write("/1/0/3", 0, "TLV")).code, "2.04"); // C.1 has no default pmax
		equal((await it.delete("/16/0")).code, "2.02");
		equal((await it.create("/16", { 0: first }, 0)).code, "2.01");
		equal((await it.attributes("/16/0", { pmin: 30, pmax: 45 })).code, "2.04");
		const told = await it.observeComposite(["/16/0", "/16/1"]);
		equal(told.values["/16/0/0/0"], "aa");
		ok(!Object.keys(told.values).some((path) => path.startsWith("/16/1")));
		let fromMs = it.stage.nowMs;
		await it.stage.pass(46);
		deepEqual(it.since(fromMs).map(instances), ["0"]);
		equal((await it.create("/16", { 0: second }, 1)).code, "2.01");
		fromMs = it.stage.nowMs;
		await it.stage.pass(46);
		equal(it.since(fromMs).map(instances).at(-1), "0 1");
		equal(it.news.at(-1)!.values["/16/1/0/3"], "44");
		equal((await it.delete("/16/1")).code, "2.02");
		fromMs = it.stage.nowMs;
		await it.stage.pass(46);
		equal(it.since(fromMs).map(instances).at(-1), "0");
		deepEqual(it.failures, []);
	},
);

served(
	"[CORE-IR-1] [INFO-2] ETS 313 attributes of an Observe before those written",
	{ configuration: "C.4", enabler: "1.2" },
	async (it) => {
		equal((await it.attributes("/3/0/7", { pmin: 5, pmax: 60 })).code, "2.04");
		deepEqual((await it.observe("/3/0/7", undefined, { pmin: 5, pmax: 10 })).values, {
			"/3/0/7/0": 3800,
			"/3/0/7/1": 5000,
		});
		await it.stage.pass(41);
		deepEqual(gaps(it.news), [10, 10, 10]);
	},
);

served("[CORE-DM-1] ETS 685 the Device is not deleted", { configuration: "C.1" }, async (it) => {
	equal((await it.delete("/3/0")).code, "4.05");
	equal((await it.read("/3/0/0")).code, "2.05");
});

served("[CORE-OBJ-1] ETS 910 Connectivity Statistics while they count", { configuration: "C.9" }, async (it) => {
	equal((await it.attributes("/7/0", { pmin: 2, pmax: 10 })).code, "2.04");
	equal((await it.write("/7/0/8", 0, "TLV")).code, "2.04");
	equal((await it.observe("/7/0")).code, "2.05");
	equal((await it.execute("/7/0/6")).code, "2.04");
	await it.stage.pass(61);
	ok(it.news.length >= 6, `${it.news.length}`);
	ok(
		gaps(it.news).every((gap) => gap >= 1.9 && gap <= 10.1),
		gaps(it.news).join(),
	);
	equal((await it.execute("/7/0/7")).code, "2.04");
	equal((await it.cancel("/7/0")).code, "2.05");
	const { length } = it.news;
	await it.stage.pass(30);
	equal(it.news.length, length);
});

servedByTwo(
	"[CORE-DM-3] ETS 951 each server has attributes of its own",
	{ configuration: "C.14" },
	async (one, two) => {
		equal((await one.attributes("/3/0", { pmin: 2, pmax: 10 })).code, "2.04");
		equal((await two.attributes("/3/0", { pmin: 15, pmax: 50 })).code, "2.04");
		const [ofOne, ofTwo] = [(await one.discover("/3/0")).links, (await two.discover("/3/0")).links];
		deepEqual([ofOne[0], ofTwo[0]], ["</3/0>;pmin=2;pmax=10", "</3/0>;pmin=15;pmax=50"]);
		deepEqual(ofOne.slice(1), ofTwo.slice(1));
		for (const link of ["</3/0/0>", "</3/0/1>", "</3/0/2>", "</3/0/3>", "</3/0/16>"]) ok(ofOne.includes(link), link);
	},
);

served("[CORE-DM-1] ETS 1250 a second APN, announced and used", { configuration: "C.10" }, async (it) => {
	const created = await it.create("/11", { 0: "second", 1: "cl2.omaspecworks.org", 4: 3 }, 1);
	deepEqual([created.code, created.location], ["2.01", "11/1"]);
	equal((await it.execute("/1/0/8")).code, "2.04");
	await it.stage.pass(2);
	const { objectLinks } = {
		objectLinks: JSON.stringify(it.server.client(it.stage.endpoint), (_, value) =>
			value instanceof Map ? [...value] : typeof value === "bigint" ? Number(value) : value,
		),
	};
	ok(objectLinks.includes("/11/1"), "the server knows of it");
	equal((await it.write("/11/1/3", true, "TLV")).code, "2.04");
	const { values } = await it.read("/10/0/11", "TLV");
	ok(Object.values(values).includes("11:1"), JSON.stringify(values));
});

/** The Create of the ETS: Instance 1 with two names. It prints 80 for the 88 of a length in a byte of its own. */
const created1630 =
	"08012E" +
	"88002B" +
	"480011" +
	Buffer.from("Host Device ID #2").toString("hex") +
	"480114" +
	Buffer.from("Host Device Model #2").toString("hex");

const portfolio = async (it: Served, path = "/16") => (await it.discover(path)).links;

served("[CORE-DM-1] ETS 1630 ETS 270 Create of a Portfolio, byte by byte", { configuration: "C.12" }, async (it) => {
	ok((await portfolio(it, "/16/0")).includes("</16/0/0>;dim=4"));
	const response = await it.request("post", "/16", { contentFormat: 11_542, payload: hex(created1630) });
	deepEqual([response.code, response.locationPath], [0x41, ["16", "1"]]);
	ok((await portfolio(it, "/16/1")).includes("</16/1/0>;dim=2"));
	const { values } = await it.read("/16", "TLV");
	deepEqual(
		[values["/16/1/0/0"], values["/16/1/0/1"], values["/16/1/0/2"]],
		["Host Device ID #2", "Host Device Model #2", undefined],
	);
	deepEqual(
		[0, 1, 2, 3].map((id) => values[`/16/0/0/${id}`] !== undefined),
		[true, true, true, true],
	);
});

served("[CORE-DM-1] ETS 1635 ETS 290 all Portfolios deleted", { configuration: "C.12" }, async (it) => {
	equal(await it.code("post", "/16", { contentFormat: 11_542, payload: hex(created1630) }), "2.01");
	for (const id of [0, 1]) equal((await it.delete(`/16/${id}`)).code, "2.02");
	deepEqual(await portfolio(it), ["</16>"]);
	equal((await it.read("/16/1")).code, "4.04");
});
