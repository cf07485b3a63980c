import type { Host } from "../../../modules/host.ts";

/** Ends a check, once: without a word when it passed, else with what went wrong. */
export type Done = (wrong?: string) => void;

/** One property that a port must have. It ends by `done`, at once or later; what it throws counts as wrong. */
export interface Check {
	readonly name: string;
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
	return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
