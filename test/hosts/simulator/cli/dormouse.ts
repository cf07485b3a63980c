import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { main } from "../../../../hosts/simulator/cli/main.ts";
import type { Output } from "../../../../hosts/simulator/cli/output.ts";

const program = fileURLToPath(new URL("../../../../../../bin/dormouse.mjs", import.meta.url));

export interface Ended {
	/** Exit status; null when a signal killed it. */
	readonly status: number | null;
	readonly stdout: string;
	readonly stderr: string;
}

/** A running `dormouse`, in a process of its own. */
export class Dormouse {
	readonly process: ChildProcess;
	readonly ended: Promise<Ended>;
	stdout = "";
	stderr = "";
	#watchers: (() => void)[] = [];

	/** @param timeoutMs after which it is killed, so that a test can not hang */
	constructor(args: readonly string[], timeoutMs = 120_000) {
		const env = { ...process.env, NO_COLOR: "1" };
		this.process = spawn(process.execPath, [program, ...args], { env, timeout: timeoutMs, killSignal: "SIGKILL" });
		const collect = (stream: "stdout" | "stderr") => (bytes: unknown) => {
			this[stream] += String(bytes);
			for (const watcher of this.#watchers) watcher();
		};
		this.process.stdout!.on("data", collect("stdout"));
		this.process.stderr!.on("data", collect("stderr"));
		this.ended = new Promise((resolve) => {
			this.process.on("close", (status) => {
				resolve({ status, stdout: this.stdout, stderr: this.stderr });
				for (const watcher of this.#watchers) watcher();
			});
		});
	}

	/** Waits until what it wrote so far matches. @throws when it ends before */
	async says(pattern: RegExp, stream: "stdout" | "stderr" = "stdout"): Promise<RegExpExecArray> {
		let hasEnded = false;
		this.ended.then(() => {
			hasEnded = true;
		});
		for (;;) {
			const match = pattern.exec(this[stream]);
			if (match !== null) return match;
			if (hasEnded) throw new Error(`ended without saying ${pattern}:\n${this.stdout}\n${this.stderr}`);
			await new Promise<void>((resolve) => {
				this.#watchers = [resolve];
			});
			await new Promise((resolve) => setImmediate(resolve));
		}
	}
}

/** Runs `dormouse` to its end. */
export function dormouse(...args: string[]): Promise<Ended> {
	return new Dormouse(args).ended;
}

/** An Output that keeps what is written. */
export function keptOutput(): Output & { stdout: string; stderr: string } {
	const plain = (text: string) => text;
	return {
		stdout: "",
		stderr: "",
		out(line) {
			this.stdout += `${line}\n`;
		},
		err(line) {
			this.stderr += `${line}\n`;
		},
		bold: plain,
		dim: plain,
		progress: () => {},
		drained: async () => {},
	};
}

/** Runs a command line in this process. */
export async function inProcess(...args: string[]): Promise<Ended> {
	const output = keptOutput();
	const status = await main(args, output);
	return { status, stdout: output.stdout, stderr: output.stderr };
}

/** The lines of --json. */
export function eventsOf(stdout: string): Record<string, unknown>[] {
	return stdout
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Record<string, unknown>);
}
