/**
 * The machine that registers and recovers, against the oracle: in every drawn scenario the real client and the
 * specification read once more decide the same at the same times. A failure prints seed, path and scenario, as small as
 * it gets; DORMOUSE_SEED=any draws others, DORMOUSE_RECOVERY_RUNS says how many.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../seed.ts";
import { drawnScenario, type Parts, wiredScenario } from "./drawn-scenario.ts";
import { foretell } from "./recovery-oracle.ts";
import { inOrder, type Scenario } from "./recovery-scenario.ts";
import { observe } from "./recovery-stage.ts";
import type { WireSession } from "./wired-bootstrap.ts";

const runs = Number(process.env.DORMOUSE_RECOVERY_RUNS ?? 2000);
/** What is shown of two lists before and behind the place where they differ. */
const around = 4;

type Drawn = fc.Arbitrary<{ readonly scenario: Scenario; readonly wire?: readonly WireSession[] }>;

/** Holds the client to the oracle in so many scenarios. @returns how many Registers and bootstraps that were */
function hold(drawn: Drawn): number {
	let decisions = 0;
	const check = fc.property(drawn, ({ scenario, wire }) => {
		const expected = foretell(scenario);
		fc.pre(expected !== undefined);
		const found = inOrder(observe(scenario, wire).decisions);
		const at = found.findIndex((line, index) => line !== expected[index]);
		const from = Math.max(0, (at < 0 ? found.length : at) - around);
		deepEqual(found.slice(from, from + 2 * around), expected.slice(from, from + 2 * around));
		decisions += found.filter((line) => /register$|lookUp$|bootstrap/.test(line)).length;
	});
	fc.assert(check, { numRuns: runs, maxSkipsPerRun: 1 });
	return decisions;
}

const scenarios = (parts: Parts): Drawn => drawnScenario(parts).map((scenario) => ({ scenario }));

test("[BSR-002] [BSR-003] [BSR-004] [A-8] retries, sequences and order as the specification has them", () => {
	ok(hold(scenarios({ hasBootstrap: false, hasWrites: false, serversMost: 3 })) > 5 * runs);
});

test("[BSR-001] [A-67] … and back into bootstrap where they say so", () => {
	ok(hold(scenarios({ hasBootstrap: true, hasWrites: false, serversMost: 3 })) > 5 * runs);
});

test("[BSR-001] [BSR-003] … with up to six servers at once", () => {
	ok(hold(scenarios({ hasBootstrap: true, hasWrites: false, serversMost: 6 })) > 10 * runs);
});

test("[BSR-002] … and with Resources that change while it waits", () => {
	ok(hold(scenarios({ hasBootstrap: true, hasWrites: true, serversMost: 3 })) > 5 * runs);
});

test("[BSR-001] [A-54] [A-56] … and with the bootstrap client as it is, and a Bootstrap-Server on the wire", () => {
	ok(hold(wiredScenario) > 5 * runs);
});
