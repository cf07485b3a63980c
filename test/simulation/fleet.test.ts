/**
 * Fleets: boards of all kinds, a lossy network, a server that comes and goes. What must hold is checked by the fleet
 * itself (hosts/simulator/fleet); here it runs, and what checks it is shown to be able to fail. `DORMOUSE_FLEET=all`
 * takes a thousand boards for a week.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accelerator } from "../../hosts/simulator/board/accelerator.ts";
import { loadDevice } from "../../hosts/simulator/board/loader.ts";
import { Chance } from "../../hosts/simulator/chance.ts";
import { Fleet, type FleetReport } from "../../hosts/simulator/fleet/fleet.ts";
import { Herd } from "../../hosts/simulator/fleet/herd.ts";
import { NonceWatch } from "../../hosts/simulator/fleet/nonce-watch.ts";
import { planFleet } from "../../hosts/simulator/fleet/plan.ts";
import { BoardWatch, Disturbed, type Violation } from "../../hosts/simulator/fleet/watches.ts";
import { planYear } from "../../hosts/simulator/fleet/year.ts";
import type { VirtualNetwork } from "../../hosts/simulator/network/virtual-network.ts";
import { seed } from "../seed.ts";

const isWhole = process.env.DORMOUSE_FLEET === "all";
const hourMs = 3_600_000;
const device = await loadDevice();
const wish = { securePercent: 70, sleepingPercent: 85 };

async function run(count: number, forMs: number, from = seed): Promise<FleetReport> {
	const fleet = new Fleet({ ...wish, count, forMs, seed: from, device, hashesMemory: count < 50 });
	try {
		return await fleet.run();
	} finally {
		fleet.close();
	}
}

describe("a fleet", () => {
	const [count, forMs] = isWhole ? [1000, 168 * hourMs] : [12, 24 * hourMs];

	test(`of ${count} boards for ${forMs / hourMs} hours keeps what it must, whatever happens to it`, async () => {
		const report = await run(count, forMs);
		const replay = `dormouse fleet --count ${count} --for ${forMs}ms --dtls 70 --sleeping 85 --seed ${seed}`;
		assert.deepEqual(report.violations, [], replay);
		const { restart = 0, outage = 0, powerCut = 0, rebind = 0 } = report.disturbances;
		assert.ok(restart >= 2 && outage >= 1 && rebind + powerCut > 0, "it was disturbed in every way");
		assert.ok(report.noncesChecked > count && report.server.notifications > count * 10);
		assert.ok(report.latestNotificationMs <= 0, `${report.latestNotificationMs} ms behind pmax`);
		assert.equal(report.herds.length, restart + outage);
		// Whoever hears a good-bye comes within a minute: told in the report, and not bounded.
		const herds = report.herds.filter(({ after }) => !after.includes("good-bye"));
		assert.ok(herds.length > 0 && herds.length < report.herds.length);
		for (const { after, peakPer10S, bound } of herds) assert.ok(peakPer10S <= bound, `${after}: ${peakPer10S}`);
	});

	test("is the same from the same seed, and another one from another", async () => {
		const [one, same, other] = [await run(6, 8 * hourMs), await run(6, 8 * hourMs), await run(6, 8 * hourMs, seed + 1)];
		assert.deepEqual(same, one);
		assert.notEqual(other.hash, one.hash);
	});

	test("is drawn: presets, DTLS, sleep and rhythms in their shares", () => {
		const { boards, disturbances } = planFleet({ ...wish, count: 2000, forMs: 168 * hourMs }, new Chance(seed));
		const share = (of: (board: (typeof boards)[number]) => boolean) => boards.filter(of).length / boards.length;
		assert.ok(Math.abs(share(({ key }) => key !== undefined) - 0.7) < 0.05);
		assert.ok(Math.abs(share(({ sleep }) => sleep.queueMode === true) - 0.85) < 0.05);
		assert.ok(Math.abs(share(({ preset }) => preset === "esp32") - 0.3) < 0.05);
		assert.deepEqual(
			new Set(disturbances.map(({ kind }) => kind)),
			new Set(["restart", "outage", "rebind", "powerCut"]),
		);
		assert.deepEqual(
			disturbances.map(({ atMs }) => atMs),
			disturbances.map(({ atMs }) => atMs).sort((a, b) => a - b),
		);
	});

	test("whose network fails without anybody's knowledge is told of, with who and when", async () => {
		const plan = planYear("light", true, new Chance(seed));
		const fleet = new Fleet({ ...wish, count: 1, forMs: 96 * hourMs, seed, device, plan });
		fleet.world.time.at(hourMs * 2, () => {
			(fleet.world.network as VirtualNetwork).conditions.lossPermille = 1000;
		});
		const { violations } = await fleet.run();
		fleet.close();
		assert.ok(violations.length > 0);
		assert.ok(violations.some(({ invariant, endpoint }) => invariant === "registration" && endpoint === "year"));
	});
});

describe("what checks a fleet", () => {
	const [plan] = planYear("light", true, new Chance(1)).boards;
	const world = new Disturbed();
	const found: Violation[] = [];
	const watch = () => new BoardWatch(plan!, world, (violation) => found.push(violation));
	const only = (invariant: string) => {
		assert.deepEqual([...new Set(found.splice(0).map((violation) => violation.invariant))], [invariant]);
	};
	const pmaxMs = plan!.pmaxS * 1000;

	test("hears a nonce that comes twice with one key, from a session or the settings' seal", () => {
		const twice: string[] = [];
		const nonces = new NonceWatch((endpoint, what) => twice.push(`${endpoint}: ${what}`));
		const heard = nonces.listening(accelerator, "a");
		const key = new Uint8Array(16).fill(1);
		const other = new Uint8Array(16).fill(2);
		const nonce = (number: number) => Uint8Array.of(9, 9, 9, 9, 0, 1, 0, 0, 0, 0, 0, number);
		const aad = new Uint8Array(0);
		heard.seal("ccm8", key, nonce(1), aad, key);
		heard.seal("ccm8", key, nonce(5), aad, key);
		heard.seal("ccm8", other, nonce(5), aad, key);
		assert.deepEqual(twice, []);
		heard.seal("ccm8", key, nonce(5), aad, key);
		heard.seal("ccm8", key, nonce(4), aad, key);
		heard.seal("gcm", key, nonce(7), aad, key);
		nonces.listening(accelerator, "b").seal("gcm", key, nonce(7), aad, key);
		assert.equal(twice.length, 2);
		heard.seal("gcm", key, nonce(7), aad, key);
		assert.deepEqual([twice.length, nonces.count], [3, 8]);
	});

	test("misses a notification at pmax, but not one that an outage was in the way of", () => {
		const one = watch();
		one.observing(1000);
		one.notified(1000 + pmaxMs);
		one.look(1000 + 2 * pmaxMs + 1000, true);
		assert.deepEqual(found, []);
		one.look(1000 + 2 * pmaxMs + 2000, true);
		only("pmax");
		const hidden = watch();
		hidden.observing(1000);
		hidden.own.touch(2000);
		hidden.look(1000 + 2 * pmaxMs, true);
		assert.deepEqual(found, []);
	});

	test("sees a schedule that drifts by a little each time", () => {
		const one = watch();
		one.observing(0);
		for (let index = 1; index < 20; index++) one.notified(index * (pmaxMs + 100));
		only("drift");
	});

	test("counts how long a registration is lost, and whether its lifetime may pass", () => {
		const one = watch();
		one.look(0, true);
		for (let hours = 1; hours < 24; hours++) one.look(hours * hourMs, false);
		assert.deepEqual(found, []);
		for (let hours = 24; hours < 30; hours++) one.look(hours * hourMs, false);
		only("registration");
		one.expired(40 * hourMs);
		only("registration");
		one.own.touch(41 * hourMs);
		one.expired(42 * hourMs);
		assert.deepEqual(found, []);
	});

	test("knows how many notifications are to be kept", () => {
		const one = watch();
		one.observing(0);
		one.notified(hourMs);
		one.dropped(40 * hourMs, 3);
		assert.deepEqual([found.length, one.droppedCount], [0, 3]);
		one.notified(41 * hourMs);
		found.length = 0;
		one.dropped(44 * hourMs, 1);
		only("storing");
	});

	test("sees RAM that still grows in the second half", () => {
		const one = watch();
		one.halfway(40_000);
		one.end(1, 43_000);
		assert.deepEqual(found, []);
		one.end(1, 50_000);
		only("memory");
	});

	test("tells a herd from boards that come one by one", () => {
		const spread = new Herd(0, "nothing");
		const herd = new Herd(0, "nothing");
		const chance = new Chance(seed);
		for (let board = 0; board < 1000; board++) {
			spread.hear(`${board}`, chance.below(hourMs));
			herd.hear(`${board}`, board < 500 ? 60_000 + chance.below(5000) : chance.below(hourMs));
		}
		const even = spread.report();
		assert.ok(even.peakPer10S <= even.bound && even.boards === 1000 && even.windowS > 3000);
		const crowd = herd.report();
		assert.ok(crowd.peakPer10S > crowd.bound, `${crowd.peakPer10S} of ${crowd.bound}`);
	});
});
