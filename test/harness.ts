/**
 * The test words that run on both engines. A portable test file (test/modules, test/src) registers its cases at
 * import; the runner of each
 * engine takes them from `cases`. No dependency, because these lines run on XS too.
 */
export interface Case {
	readonly name: string;
	readonly run: () => void;
}

/** Every case registered by the files imported so far, in order. */
export const cases: Case[] = [];

/** Registers a case. `name` starts with the requirement's ID where there is one: "[CORE-REG-1] …". */
export function test(name: string, run: () => void): void {
	cases.push({ name, run });
}

export class Unequal extends Error {
	override get name() {
		return "Unequal";
	}
}

/** Fails unless `condition` holds. */
export function ok(condition: unknown, what = "condition does not hold"): asserts condition {
	if (!condition) throw new Unequal(what);
}

/** Fails unless both are the same primitive or the same object. */
export function equal<T>(actual: T, expected: T, what = ""): void {
	if (!Object.is(actual, expected)) throw new Unequal(`${what} expected ${show(expected)}, got ${show(actual)}`.trim());
}

/** Fails unless both have the same shape and the same values; bytes are compared as bytes. */
export function deepEqual(actual: unknown, expected: unknown, what = ""): void {
	const difference = firstDifference(actual, expected, "");
	if (difference !== undefined) throw new Unequal(`${what} ${difference}`.trim());
}

/** Fails unless `run` throws, and `check` accepts what it throws. @returns what was thrown */
export function throws(run: () => void, check: (error: unknown) => boolean = () => true): unknown {
	try {
		run();
	} catch (error) {
		if (!check(error)) throw new Unequal(`threw something else: ${String(error)}`);
		return error;
	}
	throw new Unequal("did not throw");
}

/** How many random seeds a sweep should try here: XS under wasm is some hundred times slower than Node's compiler. */
export const patience = typeof (globalThis as { process?: unknown }).process === "object" ? 10 : 1;

/** A small seeded generator (xorshift32) for sweeps; failures name the seed. @returns n => an integer, 0 <= it < n */
export function seeded(seed: number): (bound: number) => number {
	let state = seed >>> 0 || 1;
	return (bound) => {
		state ^= state << 13;
		state >>>= 0;
		state ^= state >>> 17;
		state ^= state << 5;
		state >>>= 0;
		return state % bound;
	};
}

/** Values as one line, for messages. */
export function show(value: unknown): string {
	if (typeof value === "string") return JSON.stringify(value);
	if (typeof value === "bigint") return `${value}n`;
	if (value instanceof Uint8Array) {
		let hex = "";
		for (const byte of value) hex += (byte + 0x100).toString(16).slice(1);
		return `bytes<${hex}>`;
	}
	if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
	if (value instanceof Map) return `Map${show([...value])}`;
	if (typeof value === "object" && value !== null) {
		if (value instanceof Error) return `${value.name}: ${value.message}`;
		const fields = Object.entries(value).map(([key, field]) => `${key}: ${show(field)}`);
		return `{ ${fields.join(", ")} }`;
	}
	return Object.is(value, -0) ? "-0" : String(value);
}

function firstDifference(actual: unknown, expected: unknown, path: string): string | undefined {
	if (Object.is(actual, expected)) return undefined;
	const differ = `${path === "" ? "" : `at ${path}: `}expected ${show(expected)}, got ${show(actual)}`;
	if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) return differ;
	if (actual instanceof Map && expected instanceof Map) return firstDifference([...actual], [...expected], path);
	if (Array.isArray(actual) !== Array.isArray(expected)) return differ;
	if (ArrayBuffer.isView(actual) !== ArrayBuffer.isView(expected)) return differ;
	const left = actual as Record<string, unknown>;
	const right = expected as Record<string, unknown>;
	const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
	for (const key of keys) {
		if (!(key in left) || !(key in right)) return differ;
		const difference = firstDifference(left[key], right[key], path === "" ? key : `${path}.${key}`);
		if (difference !== undefined) return difference;
	}
	return undefined;
}
