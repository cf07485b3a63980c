import { equalBytes, utf8, utf8Size } from "../bytes.ts";
import { readLinks } from "../formats/core-link.ts";
import type { ObjectLink, Value } from "../formats/value.ts";
import type { ResourceFacts } from "./facts.ts";

/** The values of a multiple-instance Resource by Resource Instance ID. */
export type Instances = ReadonlyMap<number, Value>;

/** What a Resource holds. */
export type Held = Value | Instances;

export function isInstances(held: Held | readonly Value[]): held is Instances {
	return held instanceof Map;
}

/** Whether two values are the same to a server. */
export function sameValue(a: Value, b: Value): boolean {
	if (Object.is(a, b)) return true; // NaN is no news after NaN
	if (a instanceof Uint8Array) return b instanceof Uint8Array && equalBytes(a, b);
	if (isObjectLink(a)) return isObjectLink(b) && a.objectId === b.objectId && a.instanceId === b.instanceId;
	return false;
}

export function sameHeld(a: Held | undefined, b: Held | undefined): boolean {
	if (a === undefined || b === undefined) return a === b;
	if (!isInstances(a)) return !isInstances(b) && sameValue(a, b);
	if (!isInstances(b) || a.size !== b.size) return false;
	for (const [id, value] of a) {
		const other = b.get(id);
		if (other === undefined || !sameValue(value, other)) return false;
	}
	return true;
}

/** The Resource Instance IDs in ascending order. */
export function idsOf(instances: Instances): number[] {
	const ids: number[] = [];
	for (const id of instances.keys()) ids.push(id);
	return ids.sort((a, b) => a - b);
}

/**
 * Whether `value` is of the Resource's type and in its range (LwM2M Core 1.1 Appendix C, and the Object's own table).
 */
export function isAcceptable(facts: ResourceFacts, value: Value): boolean {
	const [least, most] = facts.range ?? [-Infinity, Infinity];
	if (facts.among !== undefined && !facts.among.includes(sizeOf(value))) return false;
	switch (facts.type) {
		case "string":
		case "coreLink":
			return typeof value === "string" && isWithin(utf8Size(value), least, most);
		case "opaque":
			return value instanceof Uint8Array && isWithin(value.length, least, most);
		case "boolean":
			return typeof value === "boolean";
		case "float":
			return typeof value === "number" && (Number.isNaN(value) || isWithin(value, least, most));
		case "objectLink":
			return isObjectLink(value);
		case "unsignedInteger":
			return isInteger(facts, value) && isWithin(value, Math.max(0, least), most);
		default:
			return facts.type !== undefined && isInteger(facts, value) && isWithin(value, least, most);
	}
}

/** What ranges are about: a number itself, the bytes of a string or an opaque value. */
function sizeOf(value: Value): number {
	if (typeof value === "string") return utf8Size(value);
	return value instanceof Uint8Array ? value.length : Number(value);
}

/** Whether what a Corelnk is to hold is CoRE links, as Appendix C has it. */
export function areLinks(held: Held): boolean {
	if (isInstances(held)) {
		for (const each of held.values()) if (!areLinks(each)) return false;
		return true;
	}
	const bytes = utf8(held as string);
	return !("code" in readLinks(bytes, 0, bytes.length));
}

export function isObjectLink(value: Value): value is ObjectLink {
	return typeof value === "object" && !(value instanceof Uint8Array);
}

function isInteger(facts: ResourceFacts, value: Value): value is number | bigint {
	if (typeof value === "bigint") return facts.wide === true;
	return typeof value === "number" && Number.isSafeInteger(value);
}

function isWithin(value: number | bigint, least: number, most: number): boolean {
	return value >= least && value <= most;
}
