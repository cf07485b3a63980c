import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code, linksOf } from "./bench.ts";
import { named, watch } from "./observing.ts";
import { SAMPLE } from "./sample-object.ts";

const since12 = { enabler: "1.2", isQuiet: true } as const;

test("[INFO-1] attributes in an Observe stand for those attached, for it alone (ETS 312, A-76)", () => {
	const it = bench(since12);
	it.attributes("/33000/0/1", "pmin=9999", "pmax=20000");
	const own = watch(it, "/33000/0/1", ["pmax=15"]);
	const plain = watch(it, "/33000/0/1");
	it.instance.set("whole", 8);
	it.world.run(40_000);
	deepEqual(own.sent(), ["0 NON", "15 NON", "30 NON"], "no pmin any more");
	equal(plain.count(), 0, "the other one keeps what is attached");
	ok(linksOf(it, "/33000/0").includes("</33000/0/1>;pmin=9999;pmax=20000"), "Discover does not tell of them");
});

test("[INFO-1] the Server Object's defaults stand behind the attributes of an Observe; Write-Attributes do not", () => {
	const it = bench({ ...since12, account: { defaultMinimumPeriodS: 5 } });
	const seen = watch(it, "/33000/0/1", ["pmax=30"]);
	it.instance.set("whole", 8);
	it.attributes("/33000/0/1", "pmin=1", "pmax=2");
	it.world.run(36_000);
	deepEqual(seen.sent(), ["5 NON", "35 NON"]);
});

test("[INFO-1] gt, lt and st in an Observe", () => {
	const it = bench(since12);
	const seen = watch(it, "/33000/0/1", ["gt=20", "st=50"]);
	for (const [value, count] of [
		[20, 0],
		[21, 1],
		[22, 1],
		[-29, 2],
	] as const) {
		it.instance.set("whole", value);
		it.world.settle();
		equal(seen.count(), count, `${value}`);
	}
});

test("[INFO-1] [INFO-2] attributes that an Observe can not have are refused, and nothing begins", () => {
	const it = bench(since12);
	for (const [path, query, expected] of [
		["/33000/0/1", ["pmin"], "4.00"],
		["/33000/0/1", ["gt=1", "lt=1"], "4.00"],
		["/33000/0/1", ["foo=1"], "4.00"],
		["/33000/0/1", ["pmin=x"], "4.02"],
		["/33000/0/1", ["edge=1"], "4.00"],
		["/33000/0", ["gt=1"], "4.00"],
		["/33000/0/4", ["st=1"], "4.00"],
	] as const) {
		const answer = it.ask(Code.get, path, { query, observe: 0 });
		equal(code(answer), expected, `${path}?${query.join("&")}`);
	}
	const { world } = it;
	const payload = named(["/33000/0/1"]);
	const composite = {
		code: Code.fetch,
		path: [],
		contentFormat: ContentFormat.senmlJson,
		payload,
		observe: 0,
	} as const;
	equal(code(world.ask({ ...composite, query: ["gt=1"] })), "4.00");
	equal(world.client.sessions[0]!.observationCount, 0);
});

test("[INFO-1] a client of 1.1 refuses them", () => {
	const it = bench();
	equal(code(it.ask(Code.get, "/33000/0/1", { query: ["pmin=1"], observe: 0 })), "4.00");
	equal(code(it.attributes("/33000/0/4", "edge=1")), "4.00");
	equal(it.world.client.sessions[0]!.observationCount, 0);
});

test("[INFO-3] edge tells the rising or the falling edge of a Boolean, and not the other (A-75)", () => {
	for (const [query, expected] of [
		["edge=1", ["true", "false,1"]],
		["edge=0", ["true", "true,0"]],
	] as const) {
		const it = bench(since12);
		equal(code(it.attributes("/33000/0/4", query)), "2.04");
		const seen = watch(it, "/33000/0/4");
		it.instance.set("flag", false);
		it.world.settle();
		it.instance.set("flag", true);
		it.world.settle();
		it.instance.set("flag", true);
		it.world.settle();
		equal(seen.count(), 1, query);
		equal(seen.values()[1], expected[1].split(",")[1]);
	}
});

test("[INFO-3] edge is for Booleans", () => {
	const it = bench(since12);
	for (const path of ["/33000/0/1", "/33000/0", "/33000/0/0"]) equal(code(it.attributes(path, "edge=1")), "4.00", path);
});

test("[CORE-IR-1] con=1 makes notifications Confirmable, con=0 overrides the Server Object's mode (A-75)", () => {
	const it = bench(since12);
	it.attributes("/33000/0/1", "con=1");
	const one = watch(it, "/33000/0/1");
	it.instance.set("whole", 1);
	it.world.settle();
	deepEqual(one.sent(), ["0 CON"]);
	it.attributes("/33000/0/1", "con=0");
	it.instance.set("whole", 2);
	it.world.settle();
	deepEqual(one.sent(), ["0 CON", "0 NON"]);
	it.attributes("/33000/0/1", "con");
	it.attributes("/33000/0/9/2", "con=1");
	const all = watch(it, "/33000/0");
	it.instance.set("level", 2);
	it.world.settle();
	deepEqual(all.sent(), ["0 CON"], "Confirmable when one part of it is to be");
});

test("[CORE-IR-1] the Server Object's Default Notification Mode, unless con says otherwise", () => {
	const it = bench({ ...since12, serverFacts: SERVER, account: { notificationMode: "confirmable" } });
	const plain = watch(it, "/33000/0/1");
	it.instance.set("whole", 1);
	it.world.settle();
	deepEqual(plain.sent(), ["0 CON"]);
	const own = watch(it, "/33000/0/3", ["con=0"]);
	it.instance.set("level", 2);
	it.world.settle();
	deepEqual(own.sent(), ["0 NON"]);
	it.put("/1/0/26", ContentFormat.text, new Uint8Array([0x30]));
	it.instance.set("whole", 2);
	it.world.settle();
	deepEqual(plain.sent(), ["0 CON", "0 NON", "0 NON"]);
});

test("[CORE-DM-2] each Resource Instance of an observed Resource is judged by itself", () => {
	const it = bench(since12);
	it.instance.set("counters", [10, 100]);
	equal(code(it.attributes("/33000/0/15", "gt=50", "lt=20")), "2.04");
	const seen = watch(it, "/33000/0/15", [], ContentFormat.senmlJson);
	const one = watch(it, "/33000/0/15/0", [], ContentFormat.text);
	for (const [values, whole, first] of [
		[[10, 90], 0, 0],
		[[49, 90], 0, 0],
		[[51, 90], 1, 1], // instance 0 goes above
		[[51, 30], 1, 1],
		[[51, 19], 2, 1], // instance 1 goes below
		[[51, 19, 5], 3, 1], // one comes
		[[51, 19], 4, 1], // and goes
	] as const) {
		it.instance.set("counters", values);
		it.world.settle();
		equal(seen.count(), whole, `${values}`);
		equal(one.count(), first, `${values}`);
	}
});

test("[CORE-DM-2] conditions that contradict one another over two levels are not valid", () => {
	const it = bench(since12);
	it.instance.set("counters", [10]);
	it.attributes("/33000/0/15", "lt=50");
	it.attributes("/33000/0/15/0", "gt=20");
	const seen = watch(it, "/33000/0/15/0");
	it.instance.set("counters", [11]);
	it.world.settle();
	equal(seen.count(), 1, "every change is told");
});

test("[CORE-DM-2] epmin: changes are looked at no sooner, and then as they are", () => {
	const it = bench(since12);
	it.attributes("/33000/0/1", "epmin=10", "gt=50");
	const seen = watch(it, "/33000/0/1");
	it.instance.set("whole", 60);
	it.world.run(5000);
	it.instance.set("whole", 40); // down again before it is looked at
	it.world.run(20_000);
	equal(seen.count(), 0);
	it.instance.set("whole", 60);
	it.world.run(1000);
	deepEqual(seen.sent(), ["25 NON"]);
});

test("[CORE-DM-2] epmax: what is worked out by reading is looked at that often, unasked", () => {
	let reading = 1;
	const instance = new ObjectInstance(SAMPLE, { id: 9, values: { whole: 1 }, read: { level: () => reading } });
	const it = bench({ ...since12, furnish: (client) => client.add(instance) });
	const silent = watch(it, "/33000/9/3");
	it.world.run(30_000);
	reading = 2;
	it.world.run(30_000);
	equal(silent.count(), 0);
	it.attributes("/33000/9/3", "epmax=10");
	const seen = watch(it, "/33000/9/3");
	it.world.run(12_000);
	equal(seen.count(), 0, "no news");
	reading = 3;
	it.world.run(20_000);
	deepEqual(seen.values(), ["2", "3"]);
	deepEqual(seen.sent(), ["20 NON", "20 NON"], "the other one, too: it is news");
});
