import type { Output } from "./output.ts";
import { type ResourceType, scalarOf, type Value } from "./value.ts";

/**
 * Appends an Opaque value as it is (Core 1.2 §7.5.2).
 * @throws AssertionFailed for a value of another type: ask canCarry first
 */
export function writeOpaque(out: Output, _type: ResourceType, value: Value): void {
	out.append(scalarOf(value, "opaque") as Uint8Array);
}

/** @returns bytes of its own, or undefined when the Resource is not of type Opaque */
export function readOpaque(type: ResourceType, bytes: Uint8Array, at: number, end: number): Value | undefined {
	return type === "opaque" ? bytes.slice(at, end) : undefined;
}
