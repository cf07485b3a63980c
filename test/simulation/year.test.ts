/**
 * One queue-mode board for a year, in virtual time: nothing missed, nothing drifting, nothing growing, and the same
 * from the same seed. In `npm test` a month of light sleep and some days of deep sleep; `DORMOUSE_YEAR=all` takes the
 * whole year of both.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadDevice } from "../../hosts/simulator/board/loader.ts";
import { runYear, type YearDepth } from "../../hosts/simulator/fleet/year.ts";
import { seed } from "../seed.ts";

const isWhole = process.env.DORMOUSE_YEAR === "all";
const dayMs = 86_400_000;
const days: Readonly<Record<YearDepth, number>> = { light: isWhole ? 365 : 30, deep: isWhole ? 365 : 4 };
const device = await loadDevice();
const run = (depth: YearDepth, count: number, from = seed) =>
	runYear({ seed: from, device, depth, forMs: count * dayMs, isSecure: true });

function heapBytes(): number {
	setFlagsFromString("--expose-gc");
	(runInNewContext("gc") as () => void)();
	return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}

for (const depth of ["light", "deep"] as const) {
	describe(`${days[depth]} days of a board in ${depth} sleep`, () => {
		test("an hour is an hour: each notification, each day's Update, one registration, one handshake", async () => {
			const report = await run(depth, days[depth]);
			assert.deepEqual(report.violations, []);
			const { registered, notifications, expired } = report.server;
			assert.deepEqual({ registered, expired }, { registered: 1, expired: 0 });
			const hours = days[depth] * 24;
			assert.ok(
				notifications >= hours - 2 && notifications <= hours + 1,
				`${notifications} notifications in ${hours} h`,
			);
			assert.ok(report.latestNotificationMs <= 0, `${report.latestNotificationMs} ms behind pmax`);
			assert.equal(report.events.secured, 1);
			assert.equal(depth === "deep" ? report.boots > hours - 3 : report.boots === 1, true, `${report.boots} boots`);
			assert.ok(report.noncesChecked >= notifications);
		});

		test("the same seed is the same year, another one another", async () => {
			const [one, same, other] = [await run(depth, 2), await run(depth, 2), await run(depth, 2, seed + 1)];
			assert.equal(same.hash, one.hash);
			assert.deepEqual(same, one);
			assert.notEqual(other.hash, one.hash);
		});

		test("nothing grows: neither the board's RAM nor the simulator's memory", async () => {
			const short = await run(depth, 2);
			const before = heapBytes();
			const long = await run(depth, depth === "light" ? 20 : 5);
			const grown = heapBytes() - before;
			assert.ok(
				long.ramPeakBytes <= short.ramPeakBytes + 1024,
				`${short.ramPeakBytes} → ${long.ramPeakBytes} bytes of RAM`,
			);
			assert.ok(grown < 8 * 1024 * 1024, `${grown} bytes more on the heap`);
		});
	});
}
