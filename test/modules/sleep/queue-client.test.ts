import { Code } from "../../../modules/coap/code.ts";
import type { LogRecord } from "../../../modules/host.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { WakePlan, type WakePlanOptions } from "../../../modules/sleep/wake-plan.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { type Bench, bench, code } from "../lwm2m/bench.ts";
import type { FurnishedOptions } from "../lwm2m/furniture.ts";
import { type Watched, watch } from "../lwm2m/observing.ts";
import type { World } from "../lwm2m/world.ts";

/** MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2. */
const windowMs = 93_000;

/** A registered device in queue mode. */
function queued(options: FurnishedOptions = {}, plan: WakePlanOptions = {}) {
	const account = { muteSend: false, ...options.account };
	return bench({ isQuiet: true, queueMode: true, waking: new WakePlan(plan), ...options, account });
}

/** Observes with attributes of its own. */
function observe(it: Bench, name: string, ...attributes: readonly string[]): Watched {
	equal(code(it.attributes(name, ...attributes)), "2.04");
	return watch(it, name);
}

const radioInMs = ({ client, nowMs }: World) => client.radioUntilMs - nowMs;
const updates = ({ requests }: World) => requests.filter((request) => request.path.length === 2).length;

test("[CORE-Q-1] A-98 the radio hears for MAX_TRANSMIT_WAIT after Register, and then no more", () => {
	const { world } = queued();
	equal(radioInMs(world), windowMs);
	world.run(windowMs);
	equal(radioInMs(world), 0);
});

test("[CORE-Q-1] A-98 a notification, a Send and a server's request each open the window, and keep it open", () => {
	const it = queued({ account: { lifetimeS: 100_000 } });
	const { world } = it;
	observe(it, "/33000/0/1", "pmax=600");
	const fromMs = world.nowMs;
	world.run(500_000);
	ok(radioInMs(world) <= 0, "asleep");
	world.run(100_000 - 1);
	equal(world.wire.at(-1)!.atMs, fromMs + 599_500, "pmax, less the lead");
	equal(radioInMs(world), windowMs - 499);
	world.run(400_000);
	ok(radioInMs(world) <= 0);
	world.client.send(1, [path(33000, 0, 1)]);
	world.settle();
	equal(radioInMs(world), windowMs);
	world.run(60_000);
	world.ask({ code: Code.get, path: ["3", "0", "0"] });
	equal(radioInMs(world), windowMs);
});

test("[CORE-Q-1] A-98 a Send that nobody answers holds the radio, and the window after its last copy", () => {
	const { world } = queued({ account: { lifetimeS: 100_000 } });
	world.run(200_000);
	world.isCut = true;
	world.client.send(1, [path(33000, 0, 1)]);
	world.settle();
	const wireAt = world.wire.length - 1;
	equal(radioInMs(world), Infinity);
	world.run(50_000);
	equal(radioInMs(world), Infinity);
	world.run(50_000);
	const lastMs = world.wire.at(-1)!.atMs;
	equal(world.wire.length - wireAt, 5, "five copies");
	equal(world.client.radioUntilMs, lastMs + windowMs);
});

test("[CORE-Q-1] without queue mode the radio always hears; a server of 1.0 may switch it on", () => {
	const { world } = bench({ isQuiet: true, waking: new WakePlan() });
	world.run(1000_000);
	equal(radioInMs(world), Infinity);
});

test("[CORE-Q-1] a server that does not know us is not heard: neither while it is retried, nor offline", () => {
	const { world } = queued({ answering: () => ({ code: Code.forbidden }) });
	equal(world.client.radioUntilMs, -Infinity);
	const other = queued().world;
	other.client.offline(other.nowMs);
	other.settle();
	equal(other.client.radioUntilMs, -Infinity);
	other.client.online(other.nowMs);
	other.settle();
	equal(radioInMs(other), windowMs, "what was open is open still");
});

test("[CORE-Q-1] the radio hears while an Update waits for its answer, and an object list to be told", () => {
	const { world } = queued({ account: { lifetimeS: 300 } });
	world.isCut = true;
	world.run(207_000);
	equal(radioInMs(world), Infinity);
	const other = queued().world;
	other.run(windowMs + 1);
	other.client.update(1);
	equal(radioInMs(other), Infinity);
});

test("[CORE-Q-1] an Update that is due soon rides along with a notification", () => {
	const it = queued({ account: { lifetimeS: 3600 } });
	const { world } = it;
	observe(it, "/33000/0/1", "pmax=1100");
	world.run(3_200_000);
	equal(updates(world), 0);
	world.run(99_999);
	equal(updates(world), 1, "with the third notification, 207 s before it would be due");
});

test("[CORE-Q-1] notifications of one rhythm find together, and stay so", () => {
	const it = queued({ account: { lifetimeS: 100_000 } });
	const { world } = it;
	const first = observe(it, "/33000/0/1", "pmax=1000");
	world.run(40_000);
	const second = observe(it, "/3/0/16", "pmax=1000");
	world.run(4_000_000);
	// Of both, counted from the first Observe and from the second one.
	const wakes = (sent: readonly string[]) => sent.filter((line, index) => line !== sent[index - 1]);
	deepEqual(wakes(first.sent()), ["999.5 NON", "1999 NON", "2998.5 NON", "3998 NON"]);
	equal(second.sent().length, 8, "each in each of them");
});

test("[CORE-Q-1] a Send that may wait goes out in the next wake that talks, or at its latest", () => {
	const it = queued({ account: { lifetimeS: 100_000 } });
	const { world } = it;
	const sends = () => world.requests.filter((request) => request.path[0] === "dp").length;
	observe(it, "/33000/0/1", "pmax=1000");
	world.run(100_000);
	world.client.send(1, [path(3, 0, 16)], { withinMs: 3_600_000 });
	world.settle();
	world.run(800_000);
	equal(sends(), 0);
	world.run(100_000);
	equal(sends(), 1, "with the notification");
	world.run(200_000);
	world.client.send(1, [path(3, 0, 16)], { withinMs: 60_000 });
	world.settle();
	world.run(59_999);
	equal(sends(), 1);
	world.run(1);
	equal(sends(), 2, "after a minute alone");
});

test("[CORE-Q-1] without a plan a Send that may wait does not", () => {
	const { world } = bench({ isQuiet: true });
	world.client.send(1, [path(3, 0, 16)], { withinMs: 3_600_000 });
	world.settle();
	equal(world.requests.filter((request) => request.path[0] === "dp").length, 1);
});

test("[CORE-Q-1] what is to be done by a function holds RAM; samplings do not", () => {
	const { world } = bench({ queueMode: true, waking: new WakePlan() });
	equal(world.client.deepest, "off");
	const cancel = world.client.after(5000, () => {});
	equal(world.client.deepest, "light");
	cancel();
	equal(world.client.deepest, "off");
});

/**
 * A device that hears nothing while it sleeps, boots late, and loses datagrams. Invariants: it stays registered without
 * ever registering anew; no notification is later than pmax, none sooner than pmin.
 */
test("[CORE-Q-1] drawn: asleep but for its windows, no lifetime runs out, no pmax is missed, no pmin broken", () => {
	for (let seed = 1; seed <= 2 * patience; seed++) {
		const chance = seeded(seed);
		const lifetimeS = 600 + chance(20_000);
		const plan = chance(2) === 0 ? { awake: "measured" as const } : { awake: 5000 + chance(60_000) };
		const notified: { readonly what: unknown; readonly atMs: number }[] = [];
		const records: LogRecord[] = [];
		let nowMs = 0;
		const log = (record: LogRecord) => {
			records.push(record);
			if (record.event === "notified") notified.push({ what: record.path, atMs: nowMs });
		};
		const it = queued({ account: { lifetimeS }, seed, log }, plan);
		const { world } = it;
		const startMs = world.nowMs;
		const watched = ["/33000/0/1", "/3/0/16", "/3/0/0"].map((name) => {
			const pminS = chance(100);
			const pmaxS = pminS + 30 + chance(7200);
			observe(it, name, `pmin=${pminS}`, `pmax=${pmaxS}`);
			return { name, pminS, pmaxS };
		});
		for (let turns = 0; turns < 400; turns++) {
			const { client } = world;
			const isAsleep = client.radioUntilMs <= world.nowMs;
			const nextMs = Math.min(client.deadlineMs, world.server.deadlineMs, isAsleep ? Infinity : client.radioUntilMs);
			world.nowMs = Math.max(world.nowMs, nextMs) + (isAsleep ? chance(400) : 0);
			nowMs = world.nowMs;
			world.isCut = chance(8) === 0;
			world.settle();
		}
		const registers = world.requests.filter((request) => request.path.length === 1 && request.path[0] === "rd");
		equal(registers.length, 1, `seed ${seed}: registered once`);
		ok(!records.some(({ event }) => event === "registrationFailed"), `seed ${seed}`);
		ok(updates(world) > 0, `seed ${seed}: updated`);
		for (const { name, pminS, pmaxS } of watched) {
			let lastMs = startMs;
			for (const { what, atMs } of notified) {
				if (what !== name) continue;
				const gapS = (atMs - lastMs) / 1000;
				ok(gapS <= pmaxS && gapS >= pminS, `seed ${seed} ${name}: ${gapS} s, pmin ${pminS}, pmax ${pmaxS}`);
				lastMs = atMs;
			}
			ok(world.nowMs - lastMs <= pmaxS * 1000 && lastMs > startMs, `seed ${seed} ${name}: to the end`);
		}
	}
});

test("[CORE-Q-1] what a wake was for: the Object measured or told first, and what was told", () => {
	const plan = new WakePlan();
	const it = queued({ account: { lifetimeS: 100_000 }, waking: plan, isQuiet: false });
	const { world } = it;
	watch(it, "/3303/0/5700");
	plan.settle(0);
	world.run(5000);
	deepEqual(plan.settle(1), { object: 3303, bytes: 0, awakeMs: 1 }, "measured, and no news");
	it.furniture.celsius = 25;
	world.run(5000);
	deepEqual(plan.settle(2), { object: 3303, bytes: 2, awakeMs: 2 });
	world.client.update(1);
	world.settle();
	deepEqual(plan.settle(3), { object: 1, bytes: 0, awakeMs: 3 });
	world.client.send(1, [path(33000, 0, 1)]);
	world.settle();
	const cost = plan.settle(4);
	equal(cost.object, 33000);
	ok(cost.bytes > 10);
});
