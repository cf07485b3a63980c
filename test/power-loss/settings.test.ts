/** Settings and power loss: see sweep.ts. `DORMOUSE_POWER_LOSS=all` cuts everything everywhere, for minutes. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { seeded } from "../harness.ts";
import { geometries } from "./geometries.ts";
import { noCuts, sweepPower } from "./sweep.ts";
import { drawnSteps, lifeOfADevice } from "./workload.ts";

const isExhaustive = process.env.DORMOUSE_POWER_LOSS === "all";
const seeds = isExhaustive ? 40 : 6;

for (const [name, geometry] of Object.entries(geometries)) {
	test(`[MaU-003] power cut at every operation, ${name}: old or new, and again in the recovery`, (context) => {
		const cuts = noCuts();
		const small = geometry.sectorBytes < 2048;
		const valueMaxBytes = small ? 24 : 90;
		const stride = isExhaustive ? 1 : geometry.sectorBytes > 8192 ? 7 : 1;
		const recoveryStride = isExhaustive ? 1 : 3;
		const options = { steps: 40, keys: small ? 5 : 9, valueMaxBytes, snapshots: true };
		sweepPower({ geometry, seed: 1, steps: lifeOfADevice(seeded(1), valueMaxBytes), stride, recoveryStride }, cuts);
		for (let seed = 2; seed < 2 + seeds; seed++) {
			sweepPower({ geometry, seed, steps: drawnSteps(seeded(seed), options), stride, recoveryStride }, cuts);
		}
		context.diagnostic(
			`${cuts.first} cuts of ${cuts.operations} operations (${cuts.old} old, ${cuts.new} new), ` +
				`${cuts.recovery} cuts in the recovery`,
		);
		ok(cuts.old > 0 && cuts.new > 0 && cuts.recovery > 0, "the sweep proved nothing");
	});
}
