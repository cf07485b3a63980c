import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type Ending } from "../../interop/child.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));

const isExecutable = (path: string) => {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
};
const onPath = (name: string) =>
	(process.env.PATH ?? "").split(delimiter).some((each) => isExecutable(join(each, name)));

/** @returns why there is nothing to build or run with here; undefined: there is */
export function whatIsMissing(): string | undefined {
	const sdk = process.env.MODDABLE;
	if (sdk === undefined || sdk === "") return "$MODDABLE is not set: no Moddable SDK to build with";
	for (const tool of ["mcconfig", "mcsim"]) {
		if (!isExecutable(join(sdk, "build/bin/lin/release", tool))) return `$MODDABLE has no ${tool} for Linux`;
	}
	return onPath("Xvfb") ? undefined : "Xvfb is not installed: no screen for the SDK's simulator";
}

/** Of scripts/desktop-windows.mjs. */
export const windowsCompiler = "x86_64-w64-mingw32-gcc";

/** @returns why nothing for Windows can be compiled or run here; undefined: it can */
export function whatIsMissingForWindows(): string | undefined {
	if (!onPath(windowsCompiler)) return "mingw-w64 is not installed: no compiler for Windows";
	return onPath("wine") ? undefined : "wine is not installed: nothing to run programs for Windows with";
}

/** One line of the device's log. */
export interface DesktopEvent {
	readonly t: number;
	readonly event: string;
	readonly [field: string]: unknown;
}

/** `npm run desktop` in a process of its own, as a person runs it. */
export class DesktopDevice {
	readonly events: DesktopEvent[] = [];
	readonly #child: Child;
	#wake: () => void = () => {};
	#hasEnded = false;

	/** @param inside a program that starts this one, as `ip netns exec NAME` does */
	constructor(
		words: readonly string[],
		environment: Readonly<Record<string, string>> = {},
		inside: readonly string[] = [],
	) {
		const [command = "", ...rest] = [...inside, process.execPath, join(root, "scripts/desktop.mjs"), ...words];
		this.#child = new Child({ command, arguments: rest, environment });
		this.#child.watch((line) => {
			if (!line.startsWith("{")) return; // mcsim's own words
			this.events.push(JSON.parse(line) as DesktopEvent);
			this.#wake();
		});
		this.#child.ended.then(() => {
			this.#hasEnded = true;
			this.#wake();
		});
	}

	get ended(): Promise<Ending> {
		return this.#child.ended;
	}

	/** What it said so far, on both streams. */
	log(): string {
		return this.#child.log();
	}

	/**
	 * The first event at `from` or later that has these fields.
	 * @throws Error after `timeoutMs`, or when the device ends before, with what it said
	 */
	async wait(
		fields: Readonly<Record<string, unknown>>,
		{ from = 0, timeoutMs = 15_000 }: { readonly from?: number; readonly timeoutMs?: number } = {},
	): Promise<DesktopEvent> {
		const untilMs = performance.now() + timeoutMs;
		for (;;) {
			const entries = Object.entries(fields);
			const found = this.events.slice(from).find((event) => entries.every(([name, value]) => event[name] === value));
			if (found !== undefined) return found;
			const leftMs = untilMs - performance.now();
			if (leftMs <= 0 || this.#hasEnded) throw new Error(`no ${JSON.stringify(fields)}:\n${this.log()}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, leftMs);
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	/** The button of a device that sleeps deeply. */
	press(): void {
		this.#child.signal("SIGUSR1");
	}

	/** Ctrl-C. */
	interrupt(): Promise<Ending> {
		this.#child.signal("SIGINT");
		return this.#child.ended;
	}

	kill(): Promise<Ending> {
		return this.#child.stop("SIGKILL");
	}
}
