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
 * A Resource's value. Integers and times are numbers while they fit in 53 bits and bigints beyond; opaque is bytes; time counts seconds
 * since 1970.
 */
export type Value = string | number | bigint | boolean | Uint8Array | ObjectLink;

/** Where a value stands. A level that is absent, and all below it, is -1: the root path is all -1. */
export interface Path {
	readonly objectId: number;
	readonly instanceId: number;
	readonly resourceId: number;
	readonly resourceInstanceId: number;
}

/** The shape of a path while it is being filled by its owner. */
export type PathSlot = { -readonly [Level in keyof Path]: Path[Level] };
