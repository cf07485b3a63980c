import type { Writable } from "node:stream";

/** Where a command writes: `out` is for what was asked for, `err` for everything else. */
export interface Output {
	out(line: string): void;
	err(line: string): void;
	/** Makes text stand out, or leaves it as it is where colours are not wanted (https://no-color.org, no terminal). */
	bold(text: string): string;
	dim(text: string): string;
	/**
	 * A line about work under way. On a terminal the next line takes its place, unless it is "lasting"; elsewhere a
	 * "passing" one is left out.
	 */
	progress(text: string, kind: "passing" | "milestone" | "lasting"): void;
	/** Resolves when the reader of `out` has caught up. */
	drained(): Promise<void>;
}

/** @param env the environment: NO_COLOR and TERM are honoured */
export function terminalOutput(
	stdout: Writable & { isTTY?: boolean },
	stderr: Writable & { isTTY?: boolean },
	env: Readonly<Record<string, string | undefined>>,
): Output {
	const hasColour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
	const styled = (code: number) => (text: string) => (hasColour ? `\u001b[${code}m${text}\u001b[0m` : text);
	let shown = "";
	const clear = () => {
		if (shown !== "") stderr.write("\r\u001b[K");
		shown = "";
	};
	return {
		out(line) {
			clear();
			stdout.write(`${line}\n`);
		},
		err(line) {
			clear();
			stderr.write(`${line}\n`);
		},
		bold: styled(1),
		dim: styled(2),
		progress(text, kind) {
			clear();
			if (kind !== "lasting" && stderr.isTTY === true) stderr.write((shown = text));
			else if (kind !== "passing") stderr.write(`${text}\n`);
		},
		drained: () => {
			if (!stdout.writableNeedDrain) return Promise.resolve();
			return new Promise((resolve) => stdout.once("drain", () => resolve()));
		},
	};
}
