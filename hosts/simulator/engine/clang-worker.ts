/** A worker thread that compiles C files, one per message, until it is told null. */
import { parentPort, workerData } from "node:worker_threads";
import { runClang } from "./clang.ts";
import type { Step } from "./recipe.ts";
import { compileArguments, linkArguments } from "./recipe.ts";

/** What a worker is asked: compile a file, or link objects. */
export type Job =
	| { readonly kind: "compile"; readonly step: Step }
	| { readonly kind: "link"; readonly name: string; readonly objects: Readonly<Record<string, Uint8Array>> };

export interface Answer {
	readonly name: string;
	readonly bytes?: Uint8Array;
	readonly error?: string;
}

async function work(job: Job): Promise<Answer> {
	const name = job.kind === "compile" ? job.step.object : job.name;
	try {
		if (job.kind === "compile") {
			const files = { src: workerData.files };
			return { name, bytes: await runClang(compileArguments(job.step), files, job.step.object) };
		}
		return { name, bytes: await runClang(linkArguments(Object.keys(job.objects)), job.objects, "out.wasm") };
	} catch (error) {
		return { name, error: error instanceof Error ? error.message : String(error) };
	}
}

parentPort?.on("message", (job: Job | null) => {
	if (job === null) process.exit(0);
	work(job).then((answer) => parentPort?.postMessage(answer));
});
