/** Coverage-guided fuzzing of DTLS for a bounded time; `npm run fuzz -- dtls-client --seconds 600` goes on longer. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { seed } from "../seed.ts";
import { checkGrowth, fuzz } from "./fuzz.ts";

for (const [target, seconds, edges, what] of [
	["dtls-client", 5, 900, "datagrams, records, messages and sealed nonsense to a client, beside a genuine server"],
	["dtls-server", 5, 900, "the same to a server"],
	["x509", 3, 300, "chains of certificates"],
] as const) {
	test(`${target}: ${seconds} s of fuzzing, ${what}, seed ${seed}`, { timeout: 90_000 }, async (t) => {
		const result = await fuzz({ target, seconds, inputs: Number.POSITIVE_INFINITY, seed, keeps: false });
		t.diagnostic(JSON.stringify(result));
		ok(result.edges > edges, `${result.edges} edges`);
		ok(result.inputs > 300, `${result.inputs} inputs`);
		checkGrowth(result);
	});
}
