/** Coverage-guided fuzzing for a bounded time; `npm run fuzz -- --seconds 600` goes on longer. */
import { ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { seed } from "../seed.ts";
import { checkGrowth, fuzz } from "./fuzz.ts";
import { Fuzzer } from "./fuzzer.ts";
import { Coverage } from "./instrument.ts";

for (const [target, seconds, edges] of [
	["message", 6, 100],
	["endpoint", 16, 900],
] as const) {
	test(`${target}: ${seconds} s of fuzzing, seed ${seed}`, { timeout: 90_000 }, async (t) => {
		const result = await fuzz({ target, seconds, inputs: Number.POSITIVE_INFINITY, seed, keeps: false });
		t.diagnostic(JSON.stringify(result));
		ok(result.edges > edges, `${result.edges} edges`);
		ok(result.inputs > 1_000, `${result.inputs} inputs`);
		checkGrowth(result);
	});
}

test("the fuzzer finds what coverage leads to", async () => {
	const coverage = new Coverage();
	const lock = Uint8Array.of(0x40, 0x44, 0x7f, 0x88);
	const target = (bytes: Uint8Array) => {
		coverage.hit(1);
		let at = 0;
		while (at < lock.length && bytes[at] === lock[at]) coverage.hit(1000 + 7 * ++at);
		if (at === lock.length) throw new Error("open");
	};
	const fuzzer = new Fuzzer(target, coverage, 1);
	const run = async () => {
		fuzzer.run(Uint8Array.of(0));
		for (let count = 0; count < 400_000; count++) fuzzer.step();
	};
	await rejects(run(), /open/);
});
