/**
 * The C of hosts/esp32 and hosts/sockets as functions of a test, and the SDK's modules as objects of one. Import it
 * before what it stands in for: `native()` is called when a function runs, `Native()` when a class is made.
 */
import { register } from "node:module";

export type Natives = Record<string, (...parameters: never[]) => unknown>;

/** What `native(name)` finds; a test sets its own. */
export const natives: { now: Natives } = { now: {} };

/** Timers of the SDK that a test rings by hand. */
export class FakeTimer {
	static readonly all: FakeTimer[] = [];
	delayMs: number | undefined;
	readonly callback: () => void;

	constructor(callback: () => void) {
		this.callback = callback;
		FakeTimer.all.push(this);
	}

	static repeat(callback: () => void): FakeTimer {
		return new FakeTimer(callback);
	}

	static schedule(timer: FakeTimer, delayMs?: number): void {
		timer.delayMs = delayMs;
	}

	/** Rings the timers that are due within so long, in their order. */
	static pass(delayMs: number): void {
		for (;;) {
			const due = FakeTimer.all.filter((timer) => (timer.delayMs ?? Number.POSITIVE_INFINITY) <= delayMs);
			const next = due.sort((a, b) => a.delayMs! - b.delayMs!)[0];
			if (next === undefined) return;
			next.callback();
		}
	}
}

/** `mc/config`. */
export const config: Record<string, unknown> = {};

Object.assign(globalThis, {
	native: (name: string) => ({
		call: (_: unknown, ...parameters: never[]) => {
			const found = natives.now[name];
			if (found === undefined) throw new Error(`no native ${name}`);
			return found(...parameters);
		},
	}),
	Native: () => class {},
	trace: () => {},
	dormouseTest: { timer: FakeTimer, config },
});

register(
	`data:text/javascript,${encodeURIComponent(`
const start = "data:text/javascript,export default globalThis.dormouseTest.";
const of = (name) => ({ url: start + name, shortCircuit: true });
export async function resolve(specifier, context, next) {
	if (specifier === "timer") return of("timer");
	if (specifier === "mc/config") return of("config");
	return next(specifier, context);
}`)}`,
);
