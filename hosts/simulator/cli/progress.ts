import type { Output } from "./output.ts";

export interface Progress {
	readonly done: number;
	readonly total: number;
	/** What was just finished: "xsRun.c". */
	readonly what: string;
}

/**
 * Shows how the engine's build goes: in place on a terminal, in four lines elsewhere. Silent while there is nothing
 * to build.
 */
export function buildProgress(output: Output): (progress: Progress) => void {
	let quarters = -1;
	let startMs = 0;
	return ({ done, total, what }) => {
		if (quarters < 0) {
			output.err(
				"Building the engine: XS, the JavaScript engine of the Moddable SDK, as WebAssembly. Once; it is kept.",
			);
			startMs = performance.now();
			quarters = 0;
		}
		if (done >= total) {
			output.progress(`  built in ${Math.round((performance.now() - startMs) / 1000)} s`, "lasting");
			return;
		}
		const filled = Math.floor((done / total) * 30);
		const line = `  ${"#".repeat(filled)}${".".repeat(30 - filled)} ${done} of ${total}, ${what}`;
		const isNewQuarter = Math.floor((done / total) * 4) > quarters;
		if (isNewQuarter) quarters++;
		output.progress(line, isNewQuarter ? "milestone" : "passing");
	};
}
