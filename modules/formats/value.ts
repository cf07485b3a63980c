import { assert } from "../bytes.ts";

/** The data types of a Resource (LwM2M Core 1.1 Appendix C). */
export type ResourceType =
	| "string"
	| "integer"
	| "unsignedInteger"
	| "float"
	| "boolean"
	| "opaque"
	| "time"
	| "objectLink"
	| "coreLink";

/** A reference to an Object Instance; 65535:65535 points nowhere (Core Appendix C). */
export interface ObjectLink {
	readonly objectId: number;
	readonly instanceId: number;
}

/**
 * A Resource's value. Integers and times are numbers while they fit in 53 bits and bigints beyond; opaque is bytes;
 * time counts seconds since 1970.
 */
export type Value = string | number | bigint | boolean | Uint8Array | ObjectLink;

/**
 * A value as self-describing formats (CBOR, JSON) spell it: an Object Link is text there, and the Resource's type is
 * not said.
 */
export type Scalar = string | number | bigint | boolean | Uint8Array;

/** Where a value stands. A level that is absent, and all below it, is -1: the root path is all -1. */
export interface Path {
	readonly objectId: number;
	readonly instanceId: number;
	readonly resourceId: number;
	readonly resourceInstanceId: number;
}

/** The shape of a path while it is being filled by its owner. */
export type PathSlot = { -readonly [Level in keyof Path]: Path[Level] };

/**
 * The highest identifier, which no instance may have: in a payload "no instance named, the Client chooses" (Core 1.2
 * §7.5.4).
 */
export const unnamedInstance = 65535;

/** The bounds of the Integer and Unsigned Integer types (Core Table C-1). */
const minInteger = -0x8000_0000_0000_0000n;
const maxInteger = 0x7fff_ffff_ffff_ffffn;
const maxUnsignedInteger = 0xffff_ffff_ffff_ffffn;

/**
 * @returns `value` as the Integer types hold it: a number while it is safe, else a bigint; undefined when fractional or
 * out of range
 */
export function toInteger(value: number | bigint, type: ResourceType): number | bigint | undefined {
	const unsigned = type === "unsignedInteger";
	if (typeof value === "number") {
		if (Number.isSafeInteger(value)) return unsigned && value < 0 ? undefined : value + 0; // -0 becomes 0
		if (!Number.isInteger(value)) return undefined;
	}
	const wide = BigInt(value);
	if (wide < (unsigned ? 0n : minInteger) || wide > (unsigned ? maxUnsignedInteger : maxInteger)) return undefined;
	const narrow = Number(wide);
	return Number.isSafeInteger(narrow) ? narrow : wide;
}

/** @returns the identifier that `digits` spells in canonical decimal, 0 to 65535, or -1 */
export function readId(digits: string): number {
	const count = digits.length;
	if (count === 0 || count > 5 || (count > 1 && digits.charCodeAt(0) === 0x30)) return -1;
	let id = 0;
	for (let index = 0; index < count; index++) {
		const digit = digits.charCodeAt(index) - 0x30;
		if (digit < 0 || digit > 9) return -1;
		id = id * 10 + digit;
	}
	return id <= 65535 ? id : -1;
}

/** Reads "objectId:instanceId" (Core Table C-2). */
export function readObjectLink(text: string): ObjectLink | undefined {
	// So spelt in the example of Core 1.2 Table 7.5.6-4.
	if (text === "FFFF:FFFF") return { objectId: 65535, instanceId: 65535 };
	const colon = text.indexOf(":");
	if (colon < 0) return undefined;
	const objectId = readId(text.slice(0, colon));
	const instanceId = readId(text.slice(colon + 1));
	return objectId < 0 || instanceId < 0 ? undefined : { objectId, instanceId };
}

/** Spells an Object Link as "objectId:instanceId" (Core Table C-2). */
export function objectLinkText(link: ObjectLink): string {
	return `${link.objectId}:${link.instanceId}`;
}

/**
 * Holds a self-described value to the type of its Resource (Core §7.1: the Client rejects a wrongly typed value). A
 * Float may arrive as an integer and an Integer as a whole float; nothing else is converted.
 * @returns the value as `type` holds it, or undefined when it is none
 */
export function conform(scalar: Scalar, type: ResourceType): Value | undefined {
	switch (type) {
		case "string":
		case "coreLink":
			return typeof scalar === "string" ? scalar : undefined;
		case "integer":
		case "unsignedInteger":
		case "time":
			return typeof scalar === "number" || typeof scalar === "bigint" ? toInteger(scalar, type) : undefined;
		case "float":
			return typeof scalar === "number" || typeof scalar === "bigint" ? Number(scalar) : undefined;
		case "boolean":
			return typeof scalar === "boolean" ? scalar : undefined;
		case "opaque":
			return scalar instanceof Uint8Array ? scalar : undefined;
		case "objectLink":
			return typeof scalar === "string" ? readObjectLink(scalar) : undefined;
	}
}

/**
 * Takes a value to be written, and is strict with our own callers.
 * @returns the scalar that spells `value` where types are not said, in the form that `conform` gives
 * @throws AssertionFailed when `value` is not of `type`
 */
export function scalarOf(value: Value, type: ResourceType): Scalar {
	const scalar = type === "objectLink" ? objectLinkText(value as ObjectLink) : (value as Scalar);
	const conforming = conform(scalar, type);
	assert(conforming !== undefined, "formats: a value that is not of its type");
	return type === "objectLink" ? scalar : (conforming as Scalar);
}

/** @returns how many levels `path` has: 0 for the root, 4 for a Resource Instance */
export function levelsOf(path: Path): number {
	if (path.objectId < 0) return 0;
	if (path.instanceId < 0) return 1;
	if (path.resourceId < 0) return 2;
	return path.resourceInstanceId < 0 ? 3 : 4;
}

/** @returns whether both paths have the same identifiers in their first `levels` levels */
export function sharesLevels(path: Path, other: Path, levels: number): boolean {
	return (
		(levels < 1 || path.objectId === other.objectId) &&
		(levels < 2 || path.instanceId === other.instanceId) &&
		(levels < 3 || path.resourceId === other.resourceId) &&
		(levels < 4 || path.resourceInstanceId === other.resourceInstanceId)
	);
}

/** Spells the levels from .. to - 1 of a path, counted from 0, with slashes between them. */
export function pathText(path: Path, from: number, to: number): string {
	return [path.objectId, path.instanceId, path.resourceId, path.resourceInstanceId].slice(from, to).join("/");
}

/** @returns whether `path` is `base` or stands below it */
export function isWithin(path: Path, base: Path): boolean {
	return sharesLevels(path, base, levelsOf(base));
}
