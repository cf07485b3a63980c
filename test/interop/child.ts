import { type ChildProcess, spawn } from "node:child_process";

export interface ChildOptions {
	readonly command: string;
	readonly arguments: readonly string[];
	readonly folder?: string;
	readonly environment?: Readonly<Record<string, string>>;
}

export interface Ending {
	readonly status: number | null;
	readonly signal: NodeJS.Signals | null;
}

/** How many lines of each output stream are kept for a failure's message. */
const keptLines = 400;
/** How long a process gets to end by itself before it is killed. */
const graceMs = 5_000;

const alive = new Set<ChildProcess>();
// A test run that dies must not leave servers behind; "exit" allows only what is synchronous.
process.once("exit", () => {
	for (const child of alive) child.kill("SIGKILL");
});

/** A program that a test runs: its lines, its end, and that it does end. */
export class Child {
	/** Settles when the process has ended and its output is read; never rejects once the process ran. */
	readonly ended: Promise<Ending>;
	readonly #process: ChildProcess;
	readonly #lines: string[] = [];
	readonly #watchers = new Set<(line: string) => void>();

	constructor(options: ChildOptions) {
		this.#process = spawn(options.command, options.arguments, {
			cwd: options.folder,
			env: { ...process.env, ...options.environment },
			stdio: ["pipe", "pipe", "pipe"],
		});
		alive.add(this.#process);
		this.#read("stdout");
		this.#read("stderr");
		this.#process.stdin?.on("error", () => undefined); // the other side may have gone first
		this.ended = new Promise((resolve, reject) => {
			this.#process.once("error", (error) => {
				alive.delete(this.#process);
				reject(new Error(`${options.command} does not start: ${error.message}`, { cause: error }));
			});
			this.#process.once("close", (status, signal) => {
				alive.delete(this.#process);
				resolve({ status, signal });
			});
		});
		this.ended.catch(() => undefined); // whoever awaits it still sees the rejection
	}

	/** Calls `see` for every line of standard output from now on. @returns a function that ends it */
	watch(see: (line: string) => void): () => void {
		this.#watchers.add(see);
		return () => this.#watchers.delete(see);
	}

	/** Gives the process a line on its standard input. */
	write(line: string): void {
		this.#process.stdin?.write(`${line}\n`);
	}

	signal(signal: NodeJS.Signals): void {
		this.#process.kill(signal);
	}

	/** The last lines of both streams, standard error marked with "! ". */
	log(): string {
		return this.#lines.join("\n");
	}

	/** Asks the process to end, kills it when it does not. */
	async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<Ending> {
		this.#process.stdin?.end();
		this.#process.kill(signal);
		const killer = setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
		try {
			return await this.ended;
		} finally {
			clearTimeout(killer);
		}
	}

	#read(stream: "stdout" | "stderr"): void {
		let rest = "";
		const readable = this.#process[stream]!;
		readable.setEncoding("utf8");
		readable.on("data", (text: string) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) this.#take(stream, line);
		});
		readable.on("end", () => {
			if (rest !== "") this.#take(stream, rest);
		});
	}

	#take(stream: "stdout" | "stderr", line: string): void {
		this.#lines.push(stream === "stderr" ? `! ${line}` : line);
		if (this.#lines.length > keptLines) this.#lines.shift();
		if (stream === "stdout") for (const see of this.#watchers) see(line);
	}
}
