import { frozen } from "../frozen.ts";
import { ContentFormat } from "./content-format.ts";
import type { Format } from "./format.ts";
import type { Output } from "./output.ts";
import { readSingle, SingleWriter } from "./single-value.ts";
import { type ResourceType, scalarOf, type Value } from "./value.ts";

/** One value of type Opaque as it is (Core 1.2 §7.5.2). */
export const opaqueFormat: Format = frozen({
	numbers: [ContentFormat.opaque, ContentFormat.oldOpaque],
	scope: "opaque",
	read: (bytes, at, end, entries) => readSingle(readOpaque, bytes, at, end, entries),
	writer: () => new SingleWriter(writeOpaque),
});

/**
 * Appends an Opaque value as it is (Core 1.2 §7.5.2).
 * @throws AssertionFailed for a value of another type: ask canCarry first
 */
export function writeOpaque(out: Output, _type: ResourceType, value: Value): void {
	out.append(scalarOf(value, "opaque") as Uint8Array);
}

/** @returns bytes of its own, or undefined when the Resource is known and not of type Opaque */
export function readOpaque(
	type: ResourceType | undefined,
	bytes: Uint8Array,
	at: number,
	end: number,
): Value | undefined {
	return type === undefined || type === "opaque" ? bytes.slice(at, end) : undefined;
}
