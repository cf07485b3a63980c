import { readUtf8 } from "../../../modules/bytes.ts";
import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { HostFailure } from "../../../modules/host.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code } from "./bench.ts";
import { furnished } from "./furniture.ts";
import { SAMPLE } from "./sample-object.ts";

/** Observes, and tells what came since, as "time value" from then on. */
function observe(it: Bench, path: string, accept?: number) {
	const { world } = it;
	const segments = path.split("/").slice(1);
	const startMs = world.nowMs;
	const id = world.send({ code: Code.get, path: segments, observe: 0, ...(accept === undefined ? {} : { accept }) });
	const first = world.responses.get(id)?.[0];
	equal(first && code(first), "2.05", `observe ${path}`);
	const wireAt = world.wire.length;
	return {
		id,
		first: first!,
		values: () => world.responses.get(id)!.map(({ payload }) => readUtf8(payload)),
		count: () => world.responses.get(id)!.length - 1,
		/** Types and times of the notifications on the wire: "12.5 NON". */
		sent: () =>
			world.wire
				.slice(wireAt)
				.filter(({ from, bytes }) => from === "client" && bytes[1] === Code.content && (bytes[0]! & 0x30) !== 0x20)
				.map(({ atMs, bytes }) => `${(atMs - startMs) / 1000} ${(bytes[0]! & 0x30) === 0 ? "CON" : "NON"}`),
	};
}

test("[CORE-IR-1] Observe a resource: the value now, and again when it is another one", () => {
	const it = bench();
	const seen = observe(it, "/33000/0/1");
	equal(seen.first.observe !== undefined, true);
	it.instance.set("whole", 8);
	it.world.settle();
	it.instance.set("whole", 8);
	it.world.run(1000);
	it.instance.set("whole", 9);
	it.world.settle();
	deepEqual(seen.values(), ["7", "8", "9"]);
	deepEqual(it.world.logged("observing"), [{ event: "observing", server: 1, path: "/33000/0/1" }]);
	deepEqual(it.world.logged("notified")[0], { event: "notified", server: 1, path: "/33000/0/1", confirmable: false });
});

test("[CORE-IR-1] Observe all four levels; a notification shows what a Read at that moment would", () => {
	const it = bench();
	const { senmlJson } = ContentFormat;
	const paths = ["/33000", "/33000/0", "/33000/0/9", "/33000/0/9/2"];
	const all = paths.map((path) => observe(it, path, senmlJson));
	const other = observe(it, "/33000/0/9/5", senmlJson);
	equal(code(it.put("/33000/0/9/2", ContentFormat.text, new Uint8Array([0x32]))), "2.04");
	for (const [index, seen] of all.entries()) {
		equal(seen.count(), 1, paths[index]);
		equal(seen.values()[1], readUtf8(it.get(paths[index]!, senmlJson).payload), paths[index]);
	}
	equal(other.count(), 0, "the other Resource Instance has no news");
});

test("[CORE-IR-1] a server hears of its own Write", () => {
	const it = bench();
	const seen = observe(it, "/33000/0/0");
	it.put("/33000/0/0", ContentFormat.text, new Uint8Array([0x78]));
	deepEqual(seen.values(), ["abc", "x"]);
});

test("[CORE-IR-1] pmin holds notifications back and tells the last value when it ends; then counts anew", () => {
	const it = bench();
	it.attributes("/33000/0/1", "pmin=10");
	const seen = observe(it, "/33000/0/1");
	it.world.run(1000);
	it.instance.set("whole", 1);
	it.world.run(1000);
	it.instance.set("whole", 2);
	it.world.run(30_000);
	it.instance.set("whole", 3);
	it.world.settle();
	it.instance.set("whole", 4);
	it.world.run(60_000);
	deepEqual(seen.values(), ["7", "2", "3", "4"]);
	deepEqual(seen.sent(), ["10 NON", "32 NON", "42 NON"]);
});

test("[CORE-IR-1] pmax tells an unchanged value, counted from the last notification", () => {
	const it = bench();
	it.attributes("/33000/0/1", "pmax=20");
	const seen = observe(it, "/33000/0/1");
	it.world.run(25_000);
	it.instance.set("whole", 1);
	it.world.run(40_000);
	deepEqual(seen.sent(), ["20 NON", "25 NON", "45 NON", "65 NON"]);
});

test("[CORE-IR-1] pmin equal to pmax is a rhythm; pmax below pmin is ignored; pmax 0 is none", () => {
	for (const [query, expected] of [
		[
			["pmin=10", "pmax=10"],
			["10 NON", "20 NON", "30 NON"],
		],
		[["pmin=10", "pmax=5"], ["10 NON"]],
		[["pmax=0"], ["0 NON"]],
	] as const) {
		const it = bench();
		it.attributes("/33000/0/1", ...query);
		const seen = observe(it, "/33000/0/1");
		it.instance.set("whole", 1);
		it.world.run(30_000);
		deepEqual(seen.sent(), [...expected], query.join("&"));
	}
});

test("[CORE-IR-1] [CORE-DM-2] the Server Object's defaults hold where no attribute does, and their change too", () => {
	const it = bench({ account: { defaultMinimumPeriodS: 5, defaultMaximumPeriodS: 30 } });
	const seen = observe(it, "/33000/0/1");
	it.instance.set("whole", 1);
	it.world.run(40_000);
	deepEqual(seen.sent(), ["5 NON", "35 NON"]);
	it.put("/1/0/3", ContentFormat.text, new Uint8Array([0x31, 0x30])); // 10
	it.world.run(20_000);
	deepEqual(seen.sent(), ["5 NON", "35 NON", "45 NON", "55 NON"]);
});

test("[CORE-IR-1] attributes that change hold for running observations (ETS 310)", () => {
	const it = bench();
	const seen = observe(it, "/33000");
	it.world.run(10_000);
	it.attributes("/33000", "pmax=15");
	it.world.run(36_000);
	it.attributes("/33000", "pmax");
	it.world.run(100_000);
	deepEqual(seen.sent(), ["15 NON", "30 NON", "45 NON"]);
});

test("[CORE-IR-1] [CORE-DM-2] gt tells the way up, lt the way down, st a step since the last told", () => {
	const it = bench();
	it.attributes("/33000/0/1", "gt=45", "lt=20", "st=10");
	it.instance.set("whole", 30);
	const seen = observe(it, "/33000/0/1");
	const changes = [
		[39, false],
		[40, true], // a step of 10 since 30
		[45, false], // not above 45
		[46, true], // above
		[42, false], // no condition of Transport 1.1 §6.4.4, example 4
		[48, true], // above again
		[49, false],
		[20, true], // a step, not below 20
		[19, true], // below
		[24, false], // example 5: nothing on the way back
		[18, true], // below again
		[17, false],
	] as const;
	let expected = 0;
	for (const [value, isTold] of changes) {
		it.instance.set("whole", value);
		it.world.run(1000);
		if (isTold) expected++;
		equal(seen.count(), expected, `at ${value}`);
	}
});

test("[CORE-DM-2] attributes hold for what is below their level, and for nothing above", () => {
	const it = bench();
	it.attributes("/33000/0/9/2", "pmin=60");
	const whole = observe(it, "/33000/0/9");
	const one = observe(it, "/33000/0/9/2");
	it.instance.set("names", new Map([[2, "deux"]]));
	it.world.run(1000);
	equal(whole.count(), 1);
	equal(one.count(), 0);
	it.world.run(60_000);
	equal(one.count(), 1);
});

test("[CORE-IR-1] Cancel by GET with Observe 1: the value once more, then silence", () => {
	const it = bench();
	const seen = observe(it, "/33000/0/1");
	const id = it.world.send({ code: Code.get, path: ["33000", "0", "1"], observe: 1, observation: seen.id });
	equal(code(it.world.responses.get(id)?.at(-1) ?? it.world.responses.get(seen.id)!.at(-1)!), "2.05");
	const before = it.world.wire.length;
	it.instance.set("whole", 8);
	it.world.run(1000);
	equal(it.world.wire.length, before);
	deepEqual(it.world.logged("observationCancelled"), [
		{ event: "observationCancelled", server: 1, path: "/33000/0/1", by: "server" },
	]);
});

test("[CORE-IR-1] Cancel by Reset stops the observation it answers, and no other", () => {
	const it = bench();
	const first = observe(it, "/33000/0/1");
	const second = observe(it, "/33000/0/1");
	it.world.server.cancel(first.id);
	it.instance.set("whole", 8);
	it.world.settle();
	equal(it.world.logged("observationCancelled")[0]!.by, "reset");
	it.instance.set("whole", 9);
	it.world.settle();
	deepEqual(second.values(), ["7", "8", "9"]);
	equal(it.world.client.sessions[0]!.observationCount, 1);
});

test("[CORE-IR-1] Observe is refused like a Read, and begins nothing", () => {
	const it = bench();
	for (const [path, query, expected] of [
		["/33000/0/12", [], "4.05"],
		["/33000/0/99", [], "4.04"],
		["/0/0", [], "4.01"],
		["/33000/0/1", ["pmin=5"], "4.00"], // attributes in an Observe are of 1.2
	] as const) {
		const id = it.world.send({ code: Code.get, path: path.split("/").slice(1), query, observe: 0 });
		equal(code(it.world.responses.get(id)![0]!), expected, path);
	}
	equal(it.world.client.sessions[0]!.observationCount, 0);
});

test("[CORE-IR-1] at the limit, an Observe is answered as a plain Read", () => {
	const it = bench({ limits: { observations: 2 } });
	observe(it, "/33000/0/1");
	observe(it, "/33000/0/0");
	const third = observe(it, "/33000/0/3");
	equal(third.first.observe, undefined);
	it.instance.set("level", 9);
	it.world.settle();
	equal(third.count(), 0);
	equal(it.world.client.sessions[0]!.observationCount, 2);
});

test("[CORE-IR-1] an observation whose target goes ends with its error code", () => {
	const it = bench();
	const seen = observe(it, "/33000/0/0");
	it.instance.clear("text");
	it.world.settle();
	const last = it.world.responses.get(seen.id)!.at(-1)!;
	equal(code(last), "4.04");
	equal(last.observe, undefined);
	equal(it.world.logged("observationCancelled")[0]!.by, "gone");
	equal(it.world.client.sessions[0]!.observationCount, 0);
});

test("[CORE-IR-1] at least one notification in 24 hours is Confirmable", () => {
	for (const pmaxS of [3600, 7 * 3600, 20 * 3600, 30 * 3600]) {
		const it = bench({ account: { lifetimeS: 0 }, isQuiet: true });
		it.attributes("/33000/0/1", `pmax=${pmaxS}`);
		const seen = observe(it, "/33000/0/1");
		it.world.run(5 * 86_400_000);
		let confirmedAtS = 0;
		for (const line of seen.sent()) {
			const [atS, type] = [Number(line.split(" ")[0]), line.split(" ")[1]];
			ok(type === "CON" || pmaxS > 86_400 || atS - confirmedAtS < 86_400, `pmax ${pmaxS}: ${line}`);
			if (type !== "CON") continue;
			ok(pmaxS > 86_400 || atS - confirmedAtS <= 86_400, `pmax ${pmaxS}: ${line} after ${confirmedAtS}`);
			confirmedAtS = atS;
		}
		ok(confirmedAtS > 0);
		ok(seen.sent().length >= Math.floor((5 * 86_400) / pmaxS), `pmax ${pmaxS}`);
	}
});

test("[CORE-IR-1] a Confirmable notification without an answer ends the observation, and makes a Register", () => {
	const it = bench({ account: { lifetimeS: 0 }, isQuiet: true });
	it.attributes("/33000/0/1", "pmax=86400");
	observe(it, "/33000/0/1");
	it.world.run(86_399_000);
	it.world.isCut = true;
	it.world.run(94_001);
	equal(it.world.logged("observationCancelled")[0]!.by, "timedOut");
	equal(it.world.client.sessions[0]!.state, "registering");
	it.world.isCut = false;
	it.world.run(30_000);
	equal(it.world.client.sessions[0]!.state, "registered");
	equal(it.world.requests.at(-1)!.path[0], "rd");
});

test("[CORE-IR-1] a new registration voids all observations", () => {
	const it = bench();
	const seen = observe(it, "/33000/0/1");
	it.world.answering = (request) =>
		request.path.length === 2 ? { code: Code.notFound } : { code: Code.created, locationPath: ["rd", "6"] };
	it.world.client.update(1);
	it.world.settle();
	equal(it.world.client.sessions[0]!.observationCount, 0);
	it.instance.set("whole", 1);
	it.world.run(1000);
	equal(seen.count(), 0);
});

test("[CORE-IR-1] bytes of a notification: one number as text, token of two, Non-confirmable", () => {
	const { world, furniture } = furnished();
	world.start();
	world.send({ code: Code.get, path: ["3303", "0", "5700"], observe: 0 });
	furniture.celsius = 21.5;
	world.run(5000);
	const { bytes } = world.wire.at(-1)!;
	equal(bytes.length, 4 + 2 + 2 + 1 + 1 + 4); // header, token, Observe, Content-Format, marker, "21.5"
});

test("[CORE-IR-1] two hundred changes keep the number of observations and of deadlines where they are", () => {
	const it = bench();
	it.attributes("/33000/0/1", "pmin=1");
	observe(it, "/33000/0/1");
	for (let turn = 0; turn < 200; turn++) {
		it.instance.set("whole", (turn % 150) - 70);
		it.world.run(500);
	}
	equal(it.world.client.sessions[0]!.observationCount, 1);
});

test("[CORE-IR-1] a sensor that fails at notification time is logged, and the observation lives on", () => {
	let fails = false;
	const instance = new ObjectInstance(SAMPLE, {
		id: 9,
		values: { whole: 1 },
		read: {
			fixed: () => {
				if (fails) throw new HostFailure("sensor");
				return "fine";
			},
		},
	});
	const it = bench({ furnish: (client) => client.add(instance) });
	const seen = observe(it, "/33000/9/10");
	fails = true;
	instance.changed("fixed");
	it.world.settle();
	ok(it.world.client.deadlineMs > it.world.nowMs, "no turn after turn");
	equal(it.world.logged("hostFailure").length, 1);
	fails = false;
	instance.changed("fixed");
	it.world.settle();
	equal(seen.count(), 1);
});

test("[CORE-IR-1] all observations due at once are told, and the answer that made them due is not lost", () => {
	const it = bench();
	const all = Array.from({ length: 16 }, () => observe(it, "/33000/0/0"));
	equal(code(it.put("/33000/0/0", ContentFormat.text, new Uint8Array([0x78]))), "2.04");
	for (const seen of all) deepEqual(seen.values(), ["abc", "x"]);
});

test("[CORE-IR-1] an Observe with a token in use replaces that observation (RFC 7641 §4.1)", () => {
	const it = bench();
	const { client, serverAddress, nowMs } = it.world;
	for (const [messageId, resource] of [
		[1, 0x31],
		[2, 0x30],
	] as const) {
		const path = [0x55, 0x33, 0x33, 0x30, 0x30, 0x30, 0x01, 0x30, 0x01, resource]; // 33000, 0, and the Resource
		const request = new Uint8Array([0x41, Code.get, 0x70, messageId, 0xaa, 0x60, ...path]);
		client.receive(serverAddress, request, 0, request.length, nowMs);
		it.world.settle();
	}
	equal(client.sessions[0]!.observationCount, 1);
	const before = it.world.wire.length;
	it.instance.set("whole", 8); // observed no more
	it.world.settle();
	equal(it.world.wire.length, before);
});
