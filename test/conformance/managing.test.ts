import { deepEqual, equal, ok } from "node:assert/strict";
import { type Served, served, servedByTwo } from "./served.ts";

const hex = (digits: string) => new Uint8Array(Buffer.from(digits, "hex"));
const text = (value: string) => new TextEncoder().encode(value);

served("[CORE-DM-1] ETS 680 L-27 a single-instance Object takes no Create", { configuration: "C.1" }, async (it) => {
	equal((await it.create("/3", { 13: 0 })).code, "4.05");
	equal(await it.code("post", "/3"), "4.05");
	equal((await it.create("/9", { 0: "none" })).code, "4.04", "an Object that is not there");
	equal((await it.create("/0", { 0: "coap://x" })).code, "4.01");
});

served("[CORE-DM-1] an Object Instance, made and deleted", { configuration: "C.12" }, async (it) => {
	const before = await it.discover("/16");
	ok(
		before.links.some((link) => link.startsWith("</16/0/0>;dim=4")),
		before.links.join(),
	);
	const names = ["Host Device ID #2", "Host Device Manufacturer #2", "Host Device Model #2", "1.1"];
	const created = await it.create("/16", { 0: Object.fromEntries(names.entries()) }, 1);
	deepEqual([created.code, created.location], ["2.01", "16/1"]);
	const after = await it.discover("/16");
	ok(
		after.links.some((link) => link.startsWith("</16/1/0>;dim=4")),
		after.links.join(),
	);
	const { values } = await it.read("/16", "TLV");
	deepEqual(
		names.map((_, id) => values[`/16/1/0/${id}`]),
		names,
	);
	equal(values["/16/0/0/0"], "Host Device ID #1");
	equal((await it.delete("/16/1")).code, "2.02");
	equal((await it.read("/16/1")).code, "4.04");
	equal((await it.delete("/16/1")).code, "4.04");
});

served("[CORE-DM-1] ETS 202 ETS 210 opaque both ways", {}, async (it) => {
	const bytes = hex("00ff10");
	equal(await it.code("put", "/3442/0/150", { contentFormat: 42, payload: bytes }), "2.04");
	const response = await it.request("get", "/3442/0/150", { accept: 42 });
	deepEqual([response.contentFormat, [...response.payload]], [42, [...bytes]]);
});

served("[CORE-DM-1] ETS 271 Resource Instances made and deleted", { enabler: "1.2" }, async (it) => {
	equal((await it.update("/3442/0", { 1110: { 1: "one", 2: "two" } })).code, "2.04");
	deepEqual((await it.read("/3442/0/1110")).values, {
		"/3442/0/1110/0": "initial value",
		"/3442/0/1110/1": "one",
		"/3442/0/1110/2": "two",
	});
	equal((await it.delete("/3442/0/1110/1")).code, "2.02");
	equal((await it.read("/3442/0/1110/1")).code, "4.04");
	equal((await it.delete("/3442/0/1110/1")).code, "4.04");
	equal((await it.delete("/3/0/7/0")).code, "4.05", "not of a Resource that servers do not write");
});

served("[CORE-DM-1] a 1.1 client deletes no Resource Instances", { enabler: "1.1" }, async (it) => {
	equal((await it.delete("/3442/0/1110/0")).code, "4.05");
});

served("[CORE-DM-1] A-91 what a Create may not be", {}, async (it) => {
	equal((await it.create("/33100", { 1: "without Kept" }, 4)).code, "4.00", "a mandatory Resource is missing");
	equal((await it.read("/33100/4")).code, "4.04");
	equal((await it.create("/33100", { 0: 5 }, 0)).code, "4.00", "the ID is taken");
	deepEqual((await it.read("/33100/0/0")).values, { "/33100/0/0": 7 });
	const drawn = await it.create("/33100", { 0: 5 });
	deepEqual([drawn.code, drawn.location], ["2.01", "33100/2"]);
	deepEqual((await it.read("/33100/2/0")).values, { "/33100/2/0": 5 });
	equal(await it.code("post", "/", { contentFormat: 11_542, payload: hex("0300C10005") }), "4.00");
	equal((await it.create("/33100", { 0: 500 }, 4)).code, "4.00", "a value out of its range");
	equal((await it.read("/33100/4")).code, "4.04");
});

served("[CORE-DM-1] L-28 what Delete answers", {}, async (it) => {
	equal((await it.delete("/33100/1")).code, "2.02");
	equal((await it.delete("/33100/1")).code, "4.04");
	equal((await it.delete("/33100/77")).code, "4.04");
	equal((await it.delete("/3/0")).code, "4.05");
	for (const path of ["/", "/33100", "/33100/0/0", "/1"]) {
		ok(["4.00", "4.05"].includes(await it.code("delete", path)), path);
	}
	equal((await it.read("/33100/0/0")).code, "2.05");
});

served("[CORE-DM-1] L-29 what Execute answers", {}, async (it) => {
	for (const path of ["/33100/0/2", "/33100/0/0", "/3/0/0", "/1/0/1"]) equal(await it.code("post", path), "4.05", path);
	equal(await it.code("post", "/3/0/99"), "4.04");
	equal(await it.code("post", "/33100/7/9"), "4.04");
	equal((await it.execute("/33100/0/9", "0='4',1='21.5'")).code, "2.04");
	deepEqual((await it.read("/33100/0/4")).values, { "/33100/0/4": 21.5 });
});

served("[CORE-DM-1] A-96 arguments of Execute; a Reboot answers first", { configuration: "C.1" }, async (it) => {
	const all = "0='a',1,2='b!',3,4,5,6,7,8='',9='~'";
	equal((await it.execute("/3442/0/3", all)).code, "2.04");
	const { values } = await it.read("/3442/0/4");
	equal(Object.values(values).join(), all);
	for (const wrong of ["10", "0=a", "0='a", "0,0", ",", "a", "0 ", "0='a''"]) {
		equal(await it.code("post", "/3442/0/3", { contentFormat: 0, payload: text(wrong) }), "4.00", wrong);
	}
	equal(Object.values((await it.read("/3442/0/4")).values).join(), all, "a refused one changes nothing");
	equal((await it.execute("/3/0/4")).code, "2.04");
	equal(it.stage.heard("booted").length, 1);
	await it.stage.until("restart", () => it.stage.heard("booted").length === 2);
});

served(
	"[CORE-DM-1] ETS 241 ETS 655 Reboot, and a new registration in place of the old one",
	{ configuration: "C.1" },
	async (it) => {
		const replaced: string[] = [];
		it.server.on("deregistered", ({ reason }) => replaced.push(reason));
		equal((await it.execute("/3/0/4")).code, "2.04");
		await it.stage.until("second registration", () => it.stage.heard("registered").length === 2);
		deepEqual(replaced, ["replaced"]);
		equal((await it.read("/3/0/0")).code, "2.05");
	},
);

served("[CORE-OBJ-1] ETS 656 a factory reset", { configuration: "C.6" }, async (it) => {
	equal((await it.execute("/3/0/5")).code, "2.04");
	await it.stage.until("second registration", () => it.stage.heard("registered").length === 2);
	equal(it.stage.heard("factoryReset").length, 1);
});

served("[CORE-OBJ-1] ETS 657 the list of errors, and its reset", { configuration: "C.6" }, async (it) => {
	deepEqual((await it.read("/3/0/11")).values, { "/3/0/11/0": 0 });
	equal((await it.execute("/3/0/12")).code, "2.04");
	deepEqual((await it.read("/3/0/11")).values, { "/3/0/11/0": 0 });
});

served(
	"[CORE-OBJ-1] ETS 555 Disable: silence for its time, then a new registration",
	{ configuration: "C.3" },
	async (it) => {
		equal((await it.write("/1/0/5", 40, "TLV")).code, "2.04");
		equal((await it.execute("/1/0/4")).code, "2.04");
		await it.stage.until("end of the registration", () => !it.isRegistered);
		const atMs = it.stage.nowMs;
		await it.stage.until("registration", () => it.isRegistered);
		const silentMs = it.stage.nowMs - atMs;
		ok(silentMs > 39_000 && silentMs < 42_000, `${silentMs} ms`);
	},
);

served("[CORE-OBJ-1] ETS 556 the Registration Update Trigger", { configuration: "C.1" }, async (it) => {
	const before = it.stage.heard("updated").length;
	equal((await it.execute("/1/0/8")).code, "2.04");
	await it.stage.until("Update", () => it.stage.heard("updated").length === before + 1);
});

served("[CORE-OBJ-1] ETS 901 Connectivity Statistics, started and stopped", { configuration: "C.9" }, async (it) => {
	equal((await it.execute("/7/0/6")).code, "2.04");
	await it.read("/3/0");
	await it.stage.pass(10);
	equal((await it.execute("/7/0/7")).code, "2.04");
	const { code, values } = await it.read("/7/0", "TLV");
	equal(code, "2.05");
	for (const id of [0, 1, 2, 3, 4, 5]) ok(Number(values[`/7/0/${id}`]) >= 0, `/7/0/${id}`);
	const again = (await it.read("/7/0", "TLV")).values;
	deepEqual(again, values, "nothing is counted when it is stopped");
});

served("[CORE-OBJ-1] ETS 2001 the Event Log: read", { configuration: "C.16" }, async (it) => {
	const { values } = await it.read("/20/0", "TLV");
	deepEqual([values["/20/0/4010"], values["/20/0/4013"], values["/20/0/4014"]], [0, 2, "h'0a0b'"]);
});

served("[CORE-OBJ-1] ETS 2000 the Event Log: stopped and started", { configuration: "C.16" }, async (it) => {
	equal((await it.execute("/20/0/4012")).code, "2.04");
	deepEqual((await it.read("/20/0/4013")).values, { "/20/0/4013": 3 });
	equal((await it.execute("/20/0/4011")).code, "2.04");
	deepEqual((await it.read("/20/0/4013")).values, { "/20/0/4013": 0 });
});

served("[CORE-DM-2] ETS 260 attributes and Discover, level by level", { configuration: "C.4" }, async (it) => {
	const first = await it.discover("/3");
	equal(first.code, "2.05");
	for (const link of ["</3/0/6>;dim=2", "</3/0/7>;dim=2", "</3/0/8>;dim=2", "</3/0/9>"]) {
		ok(first.links.includes(link), `${link} in ${first.links}`);
	}
	equal((await it.attributes("/3", { pmin: 10, pmax: 200 })).code, "2.04");
	const instance = await it.discover("/3/0");
	ok(instance.links.includes("</3/0/7>;dim=2"), "what is inherited is not repeated below");
	equal((await it.attributes("/3/0/7", { lt: 1, gt: 6, st: 1 })).code, "2.04");
	const sorted = (link: string) => link.split(";").sort().join(";");
	const second = await it.discover("/3/0");
	ok(second.links.map(sorted).includes(sorted("</3/0/7>;dim=2;gt=6;lt=1;st=1")), second.links.join());
	const resource = await it.discover("/3/0/7");
	equal(sorted(resource.links[0]!), sorted("</3/0/7>;pmin=10;pmax=200;dim=2;lt=1;gt=6;st=1"));
});

served("[CORE-DM-2] ETS 264 Discover of depth 1", { configuration: "C.4", enabler: "1.2" }, async (it) => {
	deepEqual((await it.discover("/3", 1)).links, ["</3>;pmin=1;pmax=10", "</3/0>"]);
	equal((await it.attributes("/3/0", { pmax: 200 })).code, "2.04");
	deepEqual((await it.discover("/3", 1)).links, ["</3>;pmin=1;pmax=10", "</3/0>;pmax=200"]);
});

served("[CORE-DM-2] A-97 Discover of every depth", { configuration: "C.4", enabler: "1.2" }, async (it) => {
	const targets = async (path: string, depth?: number) =>
		(await it.discover(path, depth)).links.map((link) => link.split(";")[0]!);
	deepEqual(await targets("/33100", 0), ["</33100>"]);
	deepEqual(await targets("/33100", 1), ["</33100>", "</33100/0>", "</33100/1>"]);
	const two = await targets("/33100", 2);
	ok(two.includes("</33100/1/0>") && !two.some((target) => target.split("/").length > 4), two.join());
	const three = await targets("/33100", 3);
	ok(three.includes("</33100/0/5/1>"), three.join());
	deepEqual(await targets("/33100/0/5", 0), ["</33100/0/5>"]);
	deepEqual(await targets("/33100/0/5", 1), ["</33100/0/5>", "</33100/0/5/0>", "</33100/0/5/1>"]);
	deepEqual(await targets("/33100/0/5", 3), await targets("/33100/0/5", 1), "deeper than there is");
	deepEqual(
		await targets("/33100/0", 3),
		three.filter((target) => target.startsWith("</33100/0")),
	);
	equal(await it.code("get", "/3", { accept: 40, query: ["depth=4"] }), "4.00");
});

served("[CORE-DM-2] L-30 Discover of what is there and of what is not", { configuration: "C.4" }, async (it) => {
	const object = await it.discover("/3");
	deepEqual(object.links.slice(0, 2), ["</3>", "</3/0>"]);
	equal((await it.discover("/3/0")).links[0], "</3/0>");
	deepEqual((await it.discover("/3/0/9")).links, ["</3/0/9>"]);
	deepEqual((await it.discover("/3/0/7")).links, ["</3/0/7>;dim=2", "</3/0/7/0>", "</3/0/7/1>"]);
	for (const path of ["/9", "/3/1", "/3/0/99"]) equal((await it.discover(path)).code, "4.04", path);
});

served(
	"[CORE-DM-2] L-32 attributes at four levels: added, overwritten, removed",
	{ configuration: "C.4" },
	async (it) => {
		const own = async (path: string, under = path) =>
			(await it.discover(under)).links.find((link) => link.startsWith(`<${path}>`))!;
		for (const [path, under] of [
			["/33100", "/33100"],
			["/33100/0", "/33100"],
			["/33100/0/4", "/33100/0"],
			["/33100/0/5/0", "/33100/0/5"],
		] as const) {
			equal((await it.attributes(path, { pmin: 1 })).code, "2.04", path);
			ok((await own(path, under)).includes("pmin=1"), path);
			equal((await it.attributes(path, { pmin: 2, pmax: 20 })).code, "2.04", path);
			const both = await own(path, under);
			ok(both.includes("pmin=2") && both.includes("pmax=20"), both);
			equal((await it.attributes(path, { pmax: null })).code, "2.04");
			const one = await own(path, under);
			ok(one.includes("pmin=2") && !one.includes("pmax"), one);
			equal((await it.attributes(path, { pmin: null })).code, "2.04");
			ok(!(await own(path, under)).includes("pm"), path);
		}
		equal((await it.attributes("/9", { pmin: 1 })).code, "4.04");
	},
);

servedByTwo(
	"[CORE-DM-3] ETS 950 two servers, each with its own account",
	{ configuration: "C.14" },
	async (one, two) => {
		deepEqual(
			[one, two].map(({ isRegistered }) => isRegistered),
			[true, true],
		);
		equal((await one.read("/1/0/0")).values["/1/0/0"], 1);
		equal((await two.read("/1/1/0")).values["/1/1/0"], 2);
		equal((await one.read("/1/1")).code, "4.01");
		equal((await two.read("/1/0")).code, "4.01");
	},
);

servedByTwo("[CORE-DM-3] what both may read, and what one may not", { configuration: "C.14" }, async (one, two) => {
	for (const it of [one, two]) equal((await it.read("/3/0/0")).values["/3/0/0"], "Open Mobile Alliance");
	const ofOne = await one.read("/1", "TLV");
	equal(
		Object.keys(ofOne.values).every((path) => path.startsWith("/1/0/")),
		true,
		"an Object shows what may be read",
	);
	equal((await two.write("/1/0/1", 60, "TLV")).code, "4.01");
	equal((await two.execute("/1/0/8")).code, "4.01");
});

const entries = async (it: Served) =>
	Object.entries((await it.read("/2", "TLV")).values).map(([path, value]) => `${path}=${value}`);

servedByTwo("[CORE-DM-3] A-84 who creates owns; the rest are kept out", { configuration: "C.14" }, async (one, two) => {
	equal((await two.create("/33100", { 0: 1 }, 6)).code, "4.01", "no right to create");
	equal((await one.create("/33100", { 0: 1 }, 6)).code, "2.01");
	const all = await entries(one);
	const made = all.find((line) => line.endsWith("/1=6"))!.split("/")[2];
	ok(all.includes(`/2/${made}/3=1`), "the creator is the owner");
	equal((await two.read("/33100/6")).code, "4.01");
	for (const ask of [
		() => one.read("/33100/6/0"),
		() => one.write("/33100/6/0", 5, "TLV"),
		() => one.delete("/33100/6"),
	]) {
		ok((await ask()).code.startsWith("2."), "an owner without entry has all rights");
	}
	equal((await one.read("/33100/1/0")).code, "2.05", "Resource Instance 0 is everybody's");
	equal((await one.write("/33100/1/0", 5, "TLV")).code, "4.01");
	const acl = "/2/5/2";
	equal(await two.code("put", acl, { contentFormat: 110, payload: text(`[{"n":"${acl}/65535","v":1}]`) }), "4.00");
	equal((await two.write(acl, { 1: 3 }, "TLV")).code, "2.04", "the owner may change it");
	equal((await one.write("/33100/1/0", 5, "TLV")).code, "2.04");
	equal((await one.write(acl, { 1: 15 }, "TLV")).code, "4.01", "the others not");
});

servedByTwo(
	"[CORE-DM-3] A-86 an Instance goes with its rights, rights alone do not go",
	{ configuration: "C.14" },
	async (one) => {
		equal((await one.create("/33100", { 0: 1 }, 6)).code, "2.01");
		const made = (await entries(one)).find((line) => line.endsWith("/1=6"))!.split("/")[2];
		equal((await one.delete(`/2/${made}`)).code, "4.01");
		equal((await one.delete("/33100/6")).code, "2.02");
		equal(
			(await entries(one)).some((line) => line.startsWith(`/2/${made}/`)),
			false,
		);
	},
);

servedByTwo(
	"[CORE-DM-3] A-87 Write-Attributes wants the right to read",
	{ configuration: "C.14" },
	async (one, two) => {
		equal((await two.attributes("/33100/0/4", { pmin: 1 })).code, "4.01");
		equal((await one.attributes("/33100/0/4", { pmin: 1 })).code, "2.04");
		equal((await one.attributes("/33100/1/4", { pmin: 1 })).code, "2.04");
	},
);

servedByTwo(
	"[CORE-DM-3] A-86 what a removed server leaves goes to another, or goes",
	{ configuration: "C.14" },
	async (one, two) => {
		equal((await one.execute("/33100/0/14", "0='2'")).code, "2.04");
		equal((await one.read("/33100/1/0")).code, "2.05", "everybody may read it, so that it stays");
		const left = await entries(one);
		ok(
			left.every((line) => !line.endsWith("/3=2")),
			`nothing is owned by who is gone: ${left}`,
		);
		await one.stage.pass(2);
		equal(two.stage.board.state, "running");
		equal((await one.write("/33100/1/0", 5, "TLV")).code, "2.04", "one server alone may do everything");
	},
);
