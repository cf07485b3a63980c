/** Fuzzing of payloads and requests, bounded; `npm run fuzz -- request --seconds 600` goes on longer. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { seed } from "../seed.ts";
import { checkGrowth, fuzz } from "./fuzz.ts";

for (const [target, seconds, edges, what] of [
	["payload", 5, 500, "every format at the device, as a Write, as a patch, as a list of paths"],
	["server-payload", 4, 300, "every format at the embedded server"],
	["request", 9, 900, "[CORE-DM-1] [DMSE-001] sequences of requests of two servers"],
	["bootstrap", 5, 700, "[ETS-0] [ETS-9] what a Bootstrap-Server says: nothing changes before Finish"],
] as const) {
	test(`${target}: ${seconds} s of fuzzing, ${what}, seed ${seed}`, { timeout: 90_000 }, async (t) => {
		const result = await fuzz({ target, seconds, inputs: Number.POSITIVE_INFINITY, seed, keeps: false });
		t.diagnostic(JSON.stringify(result));
		ok(result.edges > edges, `${result.edges} edges`);
		ok(result.inputs > 100, `${result.inputs} inputs`);
		checkGrowth(result);
	});
}
