import type { Host } from "../../modules/host.ts";

/** A board need not have this, or it was not given what the check takes. Thrown by a check, or given to Done. */
export class Skipped extends Error {
	override get name() {
		return "Skipped";
	}
}

/** Ends a check, once: without a word when it passed, else with what went wrong, or why it was left out. */
export type Done = (outcome?: string | Skipped) => void;

/** One property that a port must have. It ends by `done`, at once or later; what it throws counts as wrong. */
export interface Check {
	readonly name: string;
	/** It has the clock's only alarm for itself, so nobody ends it when it hangs. */
	readonly takesAlarm?: boolean;
	run(host: Host, done: Done): void;
}

/** A check that ends before it returns: by itself when it passed, by throwing when it did not. */
export function check(name: string, run: (host: Host) => void): Check {
	return {
		name,
		run(host, done) {
			run(host);
			done();
		},
	};
}

/** @throws Error with `what` unless `holds` */
export function expect(holds: boolean, what: string): asserts holds {
	if (!holds) throw new Error(what);
}

/** @throws Error unless `act` throws an error whose `name` is the given one */
export function expectThrows(name: string, act: () => void, what: string): void {
	try {
		act();
	} catch (error) {
		expect(error instanceof Error && error.name === name, `${what}: threw ${String(error)}`);
		return;
	}
	throw new Error(`${what}: did not throw`);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
	if (a.length !== b.length) return false;
	for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
	return true;
}
