import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { History } from "../../../modules/lwm2m/history.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code } from "./bench.ts";
import { watch } from "./observing.ts";
import { SAMPLE } from "./sample-object.ts";

const { senmlJson, senmlCbor, text } = ContentFormat;
const since12 = { enabler: "1.2", isQuiet: true } as const;

/** The server can not be reached for a while: each step is `everyMs` after the one before. */
function away(it: Bench, steps: readonly (() => void)[], everyMs = 10_000): void {
	const { reporting } = it.world.client.sessions[0]!;
	for (const step of steps) {
		it.world.nowMs += everyMs;
		step();
		reporting.poll(it.world.nowMs, { isReporting: false, isUpToDate: false, isAway: true });
	}
}

const setting = (it: Bench, ...values: readonly number[]) =>
	values.map((value) => () => it.instance.set("whole", value));

test("[CORE-IR-1] what can not be sent is told later in one, with times (A-74, Server Object 6)", () => {
	for (const format of [senmlJson, senmlCbor]) {
		const it = bench({ isQuiet: true });
		const seen = watch(it, "/33000/0/1", [], format);
		away(it, setting(it, 1, 2, 3));
		it.world.run(5000);
		equal(seen.count(), 1);
		deepEqual(seen.entries(1), ["/33000/0/1 1 @-20", "/33000/0/1 2 @-10", "/33000/0/1 3"]);
		it.instance.set("whole", 4);
		it.world.run(5000);
		deepEqual(seen.entries(2), ["/33000/0/1 4"], "then as ever");
	}
});

test("[CORE-IR-1] times are those of the clock where it is set", () => {
	let nowMs = () => 0;
	const it = bench({ isQuiet: true, wallTimeS: () => 1_700_000_000 + Math.floor(nowMs() / 1000) });
	nowMs = () => it.world.nowMs;
	const seen = watch(it, "/33000/0", [], senmlCbor);
	away(it, setting(it, 1, 2), 2500);
	const backS = 1_700_000_000 + it.world.nowMs / 1000;
	it.world.settle();
	const told = seen.entries(1).filter((entry) => entry.startsWith("/33000/0/1 "));
	deepEqual(told, [`/33000/0/1 1 @${backS - 2.5}`, `/33000/0/1 2 @${backS}`]);
});

test("[CORE-IR-1] formats without times tell one notification each, in order", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, "/33000/0/1", [], text);
	away(it, setting(it, 1, 2, 3));
	it.world.settle();
	deepEqual(seen.values(), ["7", "1", "2", "3"]);
	deepEqual(seen.sent(), ["30 NON", "30 NON", "30 NON"]);
});

test("[CORE-IR-1] pmin and pmax count while notifications are kept, as if they were sent", () => {
	const it = bench({ isQuiet: true });
	it.attributes("/33000/0/1", "pmin=15", "pmax=40");
	const seen = watch(it, "/33000/0/1", [], senmlJson);
	const nothing = () => {};
	away(it, [...setting(it, 1, 2), nothing, nothing, nothing, nothing]); // 20: 2; 60: pmax
	it.world.settle();
	deepEqual(seen.entries(1), ["/33000/0/1 2 @-40", "/33000/0/1 2"]);
});

test("[CORE-IR-1] without storing there is one fresh value afterwards (A-74)", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, "/33000/0/1", [], senmlJson);
	equal(code(it.put("/1/0/6", text, new Uint8Array([0x30]))), "2.04");
	away(it, setting(it, 1, 2, 3));
	it.world.settle();
	equal(seen.count(), 1);
	deepEqual(seen.entries(1), ["/33000/0/1 3"]);
});

test("[CORE-IR-1] hqmax says how many are kept, within the limit; the oldest go, and are counted (A-75)", () => {
	for (const [hqmax, expected, dropped] of [
		["hqmax=0", ["/33000/0/1 6"], 0],
		["hqmax=2", ["/33000/0/1 5 @-10", "/33000/0/1 6"], 4],
		["hqmax=9", ["/33000/0/1 4 @-20", "/33000/0/1 5 @-10", "/33000/0/1 6"], 3],
	] as const) {
		const it = bench({ ...since12, limits: { keptNotifications: 3 } });
		equal(code(it.attributes("/33000/0/1", hqmax)), "2.04");
		const seen = watch(it, "/33000/0/1", [], senmlJson);
		away(it, setting(it, 1, 2, 3, 4, 5, 6));
		it.world.settle();
		deepEqual(seen.entries(1), [...expected], hqmax);
		equal(it.world.logged("notificationsDropped")[0]?.count ?? 0, dropped);
	}
});

test("[CORE-IR-1] the bytes of all that is kept for a server are bounded", () => {
	const it = bench({ isQuiet: true, limits: { keptBytes: 100 } });
	const one = watch(it, "/33000/0/1", [], senmlJson); // 29 bytes each
	const two = watch(it, "/33000/0/0", [], senmlJson);
	away(it, [...setting(it, 1, 2), () => it.instance.set("text", "x"), () => it.instance.set("text", "y")]);
	it.world.settle();
	equal(one.entries(1).length, 1, "the oldest of all is gone");
	equal(two.entries(1).length, 2);
});

test("[CORE-IR-1] where hqmax is on some paths of an Observe-Composite, those alone are kept", () => {
	const it = bench(since12);
	it.attributes("/33000/0/1", "hqmax=5");
	const seen = watch(it, ["/33000/0/1", "/33000/0/3"], [], senmlJson);
	away(it, setting(it, 1, 2));
	it.world.settle();
	deepEqual(seen.entries(1), ["/33000/0/1 1 @-10", "/33000/0/1 2"]);
});

test("[CORE-IR-1] Disable ends observations; what came meanwhile is told to the Observe that follows", () => {
	const it = bench({ isQuiet: true, account: { disableTimeoutS: 600 } });
	watch(it, "/33000/0/1", [], senmlJson);
	watch(it, "/33000/0/3", [], senmlJson);
	equal(code(it.execute("/1/0/4")), "2.04");
	const { world } = it;
	world.settle();
	equal(world.client.sessions[0]!.observationCount, 0);
	world.run(100_000);
	it.instance.set("whole", 1);
	world.run(100_000);
	it.instance.set("whole", 2);
	const before = world.wire.length;
	world.run(300_000);
	equal(world.wire.length, before, "not a word while it is disabled");
	world.run(101_000);
	equal(world.client.sessions[0]!.state, "registered");
	const again = watch(it, "/33000/0/1", [], senmlJson);
	world.settle();
	deepEqual(again.entries(0), ["/33000/0/1 2"]);
	equal(again.count(), 1);
	equal(again.entries(1).length, 2);
	ok(again.entries(1)[0]!.startsWith("/33000/0/1 1 @-50"));
	const other = watch(it, "/33000/0/3", [], senmlJson);
	world.settle();
	equal(other.count(), 0, "nothing came there");
});

test("[CORE-IR-1] what nobody observes again is let go at the next registration, and makes room before that", () => {
	const it = bench({ isQuiet: true, account: { disableTimeoutS: 60 }, limits: { observations: 1 } });
	const { world } = it;
	const session = world.client.sessions[0]!;
	const disable = () => {
		equal(code(it.execute("/1/0/4")), "2.04");
		world.run(30_000);
		it.instance.set("whole", (it.instance.get("whole") as number) + 1);
		world.run(31_000);
		equal(session.state, "registered");
	};
	const kept = () => session.reporting.export(world.nowMs).observations.length;
	watch(it, "/33000/0/1");
	disable();
	equal(kept(), 1);
	disable();
	equal(kept(), 0);
	watch(it, "/33000/0/1");
	disable();
	equal(kept(), 1);
	watch(it, "/33000/0/3");
	equal(kept(), 1);
	equal(session.observationCount, 1);
});

test("[CORE-IR-1] a target that went while nobody could be told ends its observation afterwards", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, "/33000/0/0");
	away(it, [() => it.instance.set("text", "x"), () => it.instance.clear("text")]);
	it.world.settle();
	deepEqual(seen.values().slice(0, 2), ["abc", "x"]);
	equal(code(it.world.responses.get(seen.id)!.at(-1)!), "4.04");
	equal(it.world.client.sessions[0]!.observationCount, 0);
});

test("[CORE-IR-1] a history is told since the last notification, with times; else the newest", () => {
	const clock = { atMs: 0, nowMs: () => clock.atMs, wallTimeS: () => undefined, setWallTimeS() {}, setAlarm() {} };
	const past = new History(8, clock);
	const instance = new ObjectInstance(SAMPLE, { id: 9, values: { whole: 1 }, history: { whole: past } });
	const it = bench({ isQuiet: true, furnish: (client) => client.add(instance) });
	const { world } = it;
	const set = (value: number) => {
		world.run(1000);
		clock.atMs = world.nowMs;
		instance.set("whole", value);
	};
	set(2);
	it.attributes("/33000/9/1", "pmin=4");
	const seen = watch(it, "/33000/9/1", [], senmlJson);
	const plain = watch(it, "/33000/9/1", [], text);
	deepEqual(seen.entries(0), ["/33000/9/1 2"], "the first answer is of now");
	for (const value of [3, 4, 5]) set(value);
	clock.atMs = world.nowMs + 1000;
	world.run(1000);
	deepEqual(seen.entries(1), ["/33000/9/1 3 @-3", "/33000/9/1 4 @-2", "/33000/9/1 5 @-1"]);
	deepEqual(plain.values(), ["2", "5"]);
	set(6);
	clock.atMs = world.nowMs + 3000;
	world.run(3000);
	deepEqual(seen.entries(2), ["/33000/9/1 6 @-3"]);
});

test("[CORE-IR-1] a history goes on over a Disable: the Observe that follows hears what came meanwhile", () => {
	const clock = { atMs: 0, nowMs: () => clock.atMs, wallTimeS: () => undefined, setWallTimeS() {}, setAlarm() {} };
	const past = new History(8, clock);
	const instance = new ObjectInstance(SAMPLE, { id: 9, values: { whole: 1 }, history: { whole: past } });
	const furnish = { furnish: (client: Bench["world"]["client"]) => client.add(instance) };
	const it = bench({ isQuiet: true, account: { disableTimeoutS: 60 }, ...furnish });
	const { world } = it;
	watch(it, "/33000/9/1", [], senmlJson);
	it.attributes("/33000/9/1", "pmin=20");
	it.execute("/1/0/4");
	for (const value of [2, 3, 4]) {
		world.run(15_000);
		clock.atMs = world.nowMs;
		instance.set("whole", value);
	}
	world.run(20_000);
	clock.atMs = world.nowMs;
	const again = watch(it, "/33000/9/1", [], senmlJson);
	world.settle();
	const values = again.entries(1).map((entry) => entry.split(" ")[1]);
	deepEqual(values, ["2", "3", "4"]);
});

test("[CORE-IR-1] a Read after a while away still tells the value of now", () => {
	const it = bench({ isQuiet: true });
	watch(it, "/33000/0/1", [], senmlJson);
	away(it, setting(it, 1, 2));
	equal(code(it.ask(Code.get, "/33000/0/1")), "2.05");
});

test("a Confirmable notification that the server never acknowledged is kept with the others", () => {
	const it = bench({ enabler: "1.2", isQuiet: true });
	it.attributes("/33000/0/1", "con=1");
	watch(it, "/33000/0/1", [], ContentFormat.senmlCbor);
	it.world.run(1000);
	it.world.isCut = true;
	it.instance.set("whole", 41);
	it.world.run(30_000);
	it.instance.set("whole", 42);
	it.world.run(100_000);
	it.world.isCut = false;
	it.world.run(400_000);
	const again = watch(it, "/33000/0/1", [], ContentFormat.senmlCbor);
	it.world.settle();
	const told = again.entries(1).map((entry) => entry.split(" ")[1]);
	deepEqual(told, ["41", "42"]);
	equal(again.count(), 1, "once");
	it.world.run(200_000);
	it.instance.set("whole", 43);
	it.world.run(1000);
	deepEqual(again.entries(-1), ["/33000/0/1 43"], "what was acknowledged is not told again");
});
