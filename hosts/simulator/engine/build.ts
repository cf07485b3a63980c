import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Answer, Job } from "./clang-worker.ts";
import type { Recipe, Step } from "./recipe.ts";
import { EngineFailure } from "./sources.ts";

/** How far a build is. `done` and `total` count C files, and the two links at the end. */
export interface BuildProgress {
	readonly done: number;
	readonly total: number;
	/** "xsRun.c" */
	readonly what: string;
}

export interface EngineBytes {
	readonly device: Uint8Array;
	readonly compiler: Uint8Array;
}

/** Where compiled objects are kept between builds. */
export interface Objects {
	find(hash: string): Uint8Array | undefined;
	keep(hash: string, object: Uint8Array): void;
}

/** A few threads, each with a clang of its own. */
class Workshop {
	readonly #workers: Worker[] = [];
	readonly #idle: Worker[] = [];
	readonly #waiting: { job: Job; resolve: (answer: Answer) => void; reject: (error: Error) => void }[] = [];
	readonly #current = new Map<Worker, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();

	constructor(size: number, files: Readonly<Record<string, string>>) {
		for (let index = 0; index < size; index++) {
			const worker = new Worker(new URL("./clang-worker.js", import.meta.url), {
				workerData: { files },
				stdout: true, // clang's loader reports its own progress there
				stderr: true,
			});
			worker.on("message", (answer: Answer) => {
				this.#current.get(worker)?.resolve(answer);
				this.#current.delete(worker);
				this.#idle.push(worker);
				this.#next();
			});
			worker.on("error", (error) => this.#current.get(worker)?.reject(error));
			this.#workers.push(worker);
			this.#idle.push(worker);
		}
	}

	run(job: Job): Promise<Answer> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({ job, resolve, reject });
			this.#next();
		});
	}

	async close(): Promise<void> {
		await Promise.all(this.#workers.map((worker) => worker.terminate()));
	}

	#next(): void {
		while (this.#idle.length > 0 && this.#waiting.length > 0) {
			const worker = this.#idle.pop()!;
			const { job, resolve, reject } = this.#waiting.shift()!;
			this.#current.set(worker, { resolve, reject });
			worker.postMessage(job);
		}
	}
}

/**
 * Compiles and links both engines: the device's, without a parser, and the compiler's.
 * @throws EngineFailure with clang's diagnostics
 */
export async function buildEngine(
	recipe: Recipe,
	kept: Objects,
	onProgress: (progress: BuildProgress) => void,
): Promise<EngineBytes> {
	const workshop = new Workshop(Math.min(4, Math.max(1, availableParallelism())), recipe.files);
	const total = recipe.steps.length + 2;
	let done = 0;
	const make = async (job: Job, what: string): Promise<Uint8Array> => {
		const { bytes, error } = await workshop.run(job);
		if (bytes === undefined) throw new EngineFailure(`building the engine failed at ${what}:\n${error}`);
		onProgress({ done: ++done, total, what });
		return bytes;
	};
	const compile = async (step: Step): Promise<Uint8Array> => {
		const found = kept.find(step.hash);
		if (found !== undefined) {
			onProgress({ done: ++done, total, what: step.source });
			return found;
		}
		const object = await make({ kind: "compile", step }, step.source);
		kept.keep(step.hash, object);
		return object;
	};
	try {
		// The largest files first, so that no worker ends with a long one while the others idle.
		const size = (name: string) => recipe.files[name]?.length ?? 0;
		const steps = [...recipe.steps].sort((a, b) => size(b.source) - size(a.source));
		const objects: Record<string, Uint8Array> = {};
		await Promise.all(
			steps.map(async (step) => {
				objects[step.object] = await compile(step);
			}),
		);
		const link = (name: string, names: readonly string[]) => {
			const chosen = Object.fromEntries(names.map((object) => [object, objects[object]!]));
			return make({ kind: "link", name, objects: chosen }, name);
		};
		const [device, compiler] = await Promise.all([
			link("device.wasm", recipe.products.device),
			link("compiler.wasm", recipe.products.compiler),
		]);
		return { device, compiler };
	} finally {
		await workshop.close();
	}
}
