import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, workerData } from "node:worker_threads";
import type { FuzzOrder, FuzzResult } from "./fuzz.ts";
import { Found, Fuzzer } from "./fuzzer.ts";
import { Coverage, instrumentedTargets } from "./instrument.ts";

/*
 * Runs one target in a thread of its own, so that whoever started it sees when an input hangs: the input under way
 * stands in shared memory, and a counter beside it.
 */
const root = fileURLToPath(new URL("../../../..", import.meta.url));
const { target, seconds, inputs, seed, keeps, shared } = workerData as FuzzOrder & { shared: SharedArrayBuffer };
const pulse = new Int32Array(shared, 0, 2);
const underWay = new Uint8Array(shared, 8);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const usedBytes = () => {
	collect();
	collect();
	return process.memoryUsage().heapUsed;
};

const coverage = new Coverage();
const run = (await instrumentedTargets(coverage))[target]!;
const fuzzer = new Fuzzer(
	(bytes) => {
		underWay.set(bytes.subarray(0, underWay.length));
		pulse[1] = Math.min(bytes.length, underWay.length);
		Atomics.add(pulse, 0, 1);
		run(bytes);
	},
	coverage,
	seed,
);
const corpus = join(root, `test/fuzz/corpus/${target}.txt`);

function play(): FuzzResult {
	const startMs = performance.now();
	const passedS = () => (performance.now() - startMs) / 1000;
	fuzzer.run(Uint8Array.of(0x40, 1, 0, 1));
	for (const hex of readFileSync(corpus, "utf8").split("\n")) fuzzer.run(Uint8Array.from(Buffer.from(hex, "hex")));
	// what the corpus itself weighs is no growth: half of the run fills it
	let middle: { readonly bytes: number; readonly corpus: number } | undefined;
	while (fuzzer.inputs < inputs && passedS() < seconds) {
		fuzzer.step();
		const isHalf = passedS() > seconds / 2 || fuzzer.inputs > inputs / 2;
		if (isHalf && middle === undefined) middle = { bytes: usedBytes(), corpus: fuzzer.corpusSize };
	}
	const grewBytes = middle === undefined ? 0 : usedBytes() - middle.bytes;
	const found = { grewBytes, corpusGrew: fuzzer.corpusSize - (middle?.corpus ?? 0) };
	return { inputs: fuzzer.inputs, seconds: passedS(), edges: fuzzer.edges, corpus: fuzzer.corpusSize, ...found };
}

/** One input a line, in hex. */
function keep(): void {
	const lines = fuzzer.smallest().map((bytes) => Buffer.from(bytes).toString("hex"));
	writeFileSync(corpus, `${lines.sort((one, other) => one.length - other.length).join("\n")}\n`);
}

try {
	const result = play();
	parentPort!.postMessage("played"); // what follows may take its time
	if (keeps) keep();
	parentPort!.postMessage(result);
} catch (error) {
	if (!(error instanceof Found)) throw error;
	const cause = error.cause instanceof Error ? error.cause.stack : String(error.cause);
	parentPort!.postMessage({ found: Buffer.from(error.input).toString("hex"), cause });
}
