// npm run fuzz [-- TARGET…] [-- --seconds 60] [--inputs 1000000] [--seed 1] [--keep]
// Coverage-guided fuzzing of the CoAP decoder ("message") and of a whole endpoint ("endpoint"), of DTLS associations
// ("dtls-client", "dtls-server"), of certificates ("x509"), of payloads at the device and at the embedded server ("payload",
// "server-payload") and of requests to a client ("request"). --keep writes the corpus.
import { parseArgs } from "node:util";
import { build } from "./build.mjs";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		seconds: { type: "string", default: "60" },
		inputs: { type: "string", default: "Infinity" },
		seed: { type: "string", default: "1" },
		keep: { type: "boolean", default: false },
	},
});
await build();
const { checkGrowth, fuzz } = await import("../build/js/test/fuzz/fuzz.js");
const everything = [
	"message",
	"endpoint",
	"dtls-client",
	"dtls-server",
	"x509",
	"payload",
	"server-payload",
	"request",
	"bootstrap",
];
for (const target of positionals.length > 0 ? positionals : everything) {
	const { seconds, inputs, seed } = values;
	const order = { target, seconds: Number(seconds), inputs: Number(inputs), seed: Number(seed), keeps: values.keep };
	try {
		const result = await fuzz(order);
		process.stdout.write(`${target}: ${JSON.stringify(result)}\n`);
		checkGrowth(result);
	} catch (error) {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	}
}
