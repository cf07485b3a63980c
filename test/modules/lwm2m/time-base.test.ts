import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { History } from "../../../modules/lwm2m/history.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { TimeBase } from "../../../modules/lwm2m/time-base.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import { handClock } from "../objects/scene.ts";
import { bench } from "./bench.ts";
import { watch } from "./observing.ts";
import { SAMPLE } from "./sample-object.ts";

const bootS = 1_767_225_600;

/** A time base that looked at these times of nowMs, at a wall clock of whole seconds. */
function looking(phaseMs: number, ...looks: readonly number[]): TimeBase {
	const times = new TimeBase();
	for (const nowMs of looks) times.look(nowMs, bootS + Math.floor((nowMs + phaseMs) / 1000));
	return times;
}

test("times count from now until the clock is set, and then from 1970, also those from before", () => {
	const times = new TimeBase();
	times.look(12_500, undefined);
	deepEqual(
		[10_000, 12_500, 12_503].map((atMs) => times.timeS(atMs)),
		[-2.5, 0, 0],
	);
	times.look(13_000, bootS);
	deepEqual(
		[10_000, 12_500, 13_003].map((atMs) => times.timeS(atMs)),
		[bootS - 3, bootS - 0.5, bootS + 0.003],
	);
	times.look(14_000, undefined);
	equal(times.timeS(10_000), -4, "a clock that is lost");
});

test("what is told later of a later time is later, and a second's beginning makes it exact", () => {
	const draw = seeded(11);
	for (let round = 0; round < 200; round++) {
		const phaseMs = draw(1000);
		const times = new TimeBase();
		let [nowMs, lastS, gapMs] = [draw(100_000), -Infinity, 1000];
		for (let look = 0; look < 40; look++) {
			const stepMs = 1 + draw(300);
			const secondBegan = (nowMs + stepMs + phaseMs) % 1000;
			nowMs += stepMs;
			times.look(nowMs, bootS + Math.floor((nowMs + phaseMs) / 1000));
			gapMs = Math.min(gapMs, secondBegan);
			const atMs = nowMs - draw(stepMs);
			const [toldS, exactS] = [times.timeS(atMs), bootS + (atMs + phaseMs) / 1000];
			ok(toldS >= lastS, `${toldS} after ${lastS}`);
			ok(Math.abs(exactS - gapMs / 1000 - toldS) < 1e-6, `${toldS} for ${exactS}, ${gapMs} ms after a second began`);
			lastS = toldS;
		}
		ok(gapMs < 300, "the looks are that close");
	}
});

test("a clock that is set is believed; one that is slow is followed step by step", () => {
	const seen = looking(250, 1000, 1750, 2100);
	equal(seen.timeS(2100), bootS + 2.35);
	for (const byS of [3, -3, 86_400, -86_400]) {
		const times = looking(250, 1000, 1750, 2100);
		times.look(2200, bootS + 2 + byS);
		equal(times.timeS(2200), bootS + 2 + byS, `set by ${byS} s`);
		times.look(2750, bootS + 3 + byS);
		equal(times.timeS(2750), bootS + 3 + byS);
	}
	// Its seconds take 1001 ms of ours.
	const times = new TimeBase();
	let lastS = 0;
	for (let nowMs = 0; nowMs < 3_000_000; nowMs += 500) {
		const wallS = bootS + nowMs / 1001;
		times.look(nowMs, Math.floor(wallS));
		const toldS = times.timeS(nowMs);
		ok(toldS >= lastS && Math.abs(toldS - wallS) <= 1, `${toldS} at ${wallS}`);
		lastS = toldS;
	}
});

test("[CORE-IR-3] samples that are told at different times keep their order and their distance", () => {
	const clock = handClock();
	const instance = new ObjectInstance(SAMPLE, {
		id: 9,
		values: { whole: 1 },
		history: { whole: new History(8, clock) },
	});
	const wallTimeS = () => bootS + Math.floor(clock.atMs / 1000);
	const it = bench({ isQuiet: true, wallTimeS, furnish: (client) => client.add(instance) });
	const { world } = it;
	const pass = (ms: number) => {
		clock.atMs = world.nowMs + ms;
		world.run(ms);
	};
	pass(10_000 - (world.nowMs % 1000));
	const beganS = world.nowMs / 1000 + bootS;
	const path = "/33000/9/1";
	const seen = watch(it, path, [], ContentFormat.senmlCbor);
	instance.set("whole", 2);
	pass(0);
	pass(500);
	instance.set("whole", 3);
	it.attributes(path, "pmin=60");
	pass(490);
	it.attributes(path, "pmin=0");
	pass(0);
	const told = [1, 2].map((index) => Number(seen.entries(index)[0]!.split("@")[1]));
	deepEqual(told, [beganS, beganS + 0.5]);
});
