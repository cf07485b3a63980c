import { Worker } from "node:worker_threads";

export interface FuzzOrder {
	readonly target: string;
	/** The run ends with whichever comes first. */
	readonly seconds: number;
	readonly inputs: number;
	readonly seed: number;
	/** Writes the smallest corpus that reaches all that was reached to test/fuzz/corpus. */
	readonly keeps: boolean;
}

export interface FuzzResult {
	readonly inputs: number;
	readonly seconds: number;
	readonly edges: number;
	readonly corpus: number;
	/** Of the second half of the run: the heap, and the corpus in it. */
	readonly grewBytes: number;
	readonly corpusGrew: number;
}

/** How long one input may take: a thousand times what the slowest takes. */
const hangMs = 5_000;
const inputRoom = 1024;

/** Runs one target. @throws Error with the input, in hex, that crashed, hung or broke what must hold */
export function fuzz(order: FuzzOrder): Promise<FuzzResult> {
	const shared = new SharedArrayBuffer(8 + inputRoom);
	const pulse = new Int32Array(shared, 0, 2);
	const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: { ...order, shared } });
	return new Promise((resolve, reject) => {
		let last = -1;
		const watch = setInterval(() => {
			const now = Atomics.load(pulse, 0);
			if (now !== last || now === 0) {
				last = now;
				return;
			}
			const input = Buffer.from(new Uint8Array(shared, 8, pulse[1]).slice()).toString("hex");
			end(() => reject(new Error(`${order.target} hangs with ${input} (seed ${order.seed})`)));
		}, hangMs);
		const end = (settle: () => void) => {
			clearInterval(watch);
			worker.terminate().then(settle, settle);
		};
		worker.once("error", (error) => end(() => reject(error)));
		worker.on("message", (told: FuzzResult | { found: string; cause: string } | "played") => {
			if (told === "played") return clearInterval(watch);
			if (!("found" in told)) return end(() => resolve(told));
			const words = `${order.target} fails with ${told.found} (seed ${order.seed})\n${told.cause}`;
			end(() => reject(new Error(words)));
		});
	});
}

/** Bytes that one entry of the corpus may weigh in memory, with its list of edges. */
const entryBytes = 40_000;

/** @throws Error when the heap grew more than its corpus explains */
export function checkGrowth({ grewBytes, corpusGrew }: FuzzResult): void {
	const allowed = 4_000_000 + corpusGrew * entryBytes;
	if (grewBytes > allowed) throw new Error(`the heap grew by ${grewBytes} bytes, ${corpusGrew} inputs kept`);
}
