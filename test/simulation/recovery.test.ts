/**
 * The machine that registers and recovers, against the oracle: in every drawn scenario the real client and the
 * specification read once more decide the same at the same times. A failure prints the scenario, as small as it gets.
 */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../seed.ts";
import { drawnScenario } from "./drawn-scenario.ts";
import { foretell } from "./recovery-oracle.ts";
import { inOrder, type Scenario } from "./recovery-scenario.ts";
import { observe } from "./recovery-stage.ts";

const runs = Number(process.env.DORMOUSE_RECOVERY_RUNS ?? 2500);

function same(scenario: Scenario): void {
	const expected = inOrder(foretell(scenario));
	deepEqual(inOrder(observe(scenario).decisions), expected);
}

test("[BSR-002] [BSR-003] [BSR-004] [A-8] retries, sequences and order as the specification has them, without bootstrap", () => {
	const scenarios = drawnScenario({ hasBootstrap: false, hasWrites: false, serversMost: 3 });
	fc.assert(fc.property(scenarios, same), { numRuns: runs });
});

test("[BSR-001] [A-67] … and back into bootstrap where they say so", () => {
	const scenarios = drawnScenario({ hasBootstrap: true, hasWrites: false, serversMost: 3 });
	fc.assert(fc.property(scenarios, same), { numRuns: runs });
});

test("[BSR-001] [BSR-003] … with up to six servers at once", () => {
	const scenarios = drawnScenario({ hasBootstrap: true, hasWrites: false, serversMost: 6 });
	fc.assert(fc.property(scenarios, same), { numRuns: runs });
});

test("[BSR-002] … and with Resources that change while it waits", () => {
	const scenarios = drawnScenario({ hasBootstrap: true, hasWrites: true, serversMost: 3 });
	fc.assert(fc.property(scenarios, same), { numRuns: runs });
});
