import type { ObjectLink, ResourceType } from "../formats/value.ts";
import { frozen } from "../frozen.ts";

/** What the registry says of one Resource. Frozen tables of these stay in ROM. */
export interface ResourceFacts {
	readonly id: number;
	/** What a LwM2M Server may do; "" is for the Bootstrap-Server alone. */
	readonly operations: "" | "R" | "W" | "RW" | "E";
	/** Absent for executable Resources, which have no value. */
	readonly type?: ResourceType;
	readonly multiple?: true;
	readonly mandatory?: true;
	/** Least and most: of the value for numbers, of the size in bytes for strings and opaque. */
	readonly range?: readonly [least: number, most: number];
	/** The only ones there may be: values for numbers, sizes in bytes for strings and opaque. */
	readonly among?: readonly number[];
	/** In the registry's spelling, mostly SenML's: "Cel", "/100". What a value means, not something to check. */
	readonly units?: string;
	/**
	 * An integer or time that may leave the 53 bits of a number: values are numbers or bigints. Others refuse what does
	 * not fit.
	 */
	readonly wide?: true;
}

/** What the registry says of one Object. Resources stand in ascending order of ID, under their names in camel case. */
export interface ObjectFacts {
	readonly id: number;
	/** "1.1" */
	readonly version: string;
	/** The first LwM2M version that can have the Object; 1.0 when left out. */
	readonly lwm2mVersion?: string;
	readonly multiple?: true;
	readonly mandatory?: true;
	readonly resources: { readonly [name: string]: ResourceFacts };
}

type Resources<F extends ObjectFacts> = F["resources"];

/** Names of the Resources that have a value. */
export type ValueName<F extends ObjectFacts> = {
	[N in keyof Resources<F>]: Resources<F>[N] extends { readonly type: ResourceType } ? N : never;
}[keyof Resources<F>] &
	string;

/** Names of the single-instance Resources that have a value. */
export type SingleName<F extends ObjectFacts> = {
	[N in ValueName<F>]: Resources<F>[N] extends { readonly multiple: true } ? never : N;
}[ValueName<F>];

/** Names of the Resources a server may write. */
export type WritableName<F extends ObjectFacts> = {
	[N in keyof Resources<F>]: Resources<F>[N]["operations"] extends "W" | "RW" ? N : never;
}[keyof Resources<F>] &
	string;

/** Names of the Resources a server may execute. */
export type ExecutableName<F extends ObjectFacts> = {
	[N in keyof Resources<F>]: Resources<F>[N]["operations"] extends "E" ? N : never;
}[keyof Resources<F>] &
	string;

type PlainOf<T> = T extends "string" | "coreLink"
	? string
	: T extends "boolean"
		? boolean
		: T extends "opaque"
			? Uint8Array
			: T extends "objectLink"
				? ObjectLink
				: number;

type SingleOf<R extends ResourceFacts> = R extends { readonly wide: true } ? number | bigint : PlainOf<R["type"]>;

/** The value of the Resource `N`: of a multiple-instance one, a map from Resource Instance ID to value. */
export type ValueOf<F extends ObjectFacts, N extends ValueName<F>> = Resources<F>[N] extends { readonly multiple: true }
	? ReadonlyMap<number, SingleOf<Resources<F>[N]>>
	: SingleOf<Resources<F>[N]>;

/**
 * What may be given as that value: for a multiple-instance Resource also a list, its positions being the Resource
 * Instance IDs.
 */
export type GivenOf<F extends ObjectFacts, N extends ValueName<F>> = Resources<F>[N] extends { readonly multiple: true }
	? ReadonlyMap<number, SingleOf<Resources<F>[N]>> | readonly SingleOf<Resources<F>[N]>[]
	: SingleOf<Resources<F>[N]>;

/** The enabler versions we register as. */
export type EnablerVersion = "1.0" | "1.1" | "1.2";

/**
 * Versions that an enabler version implies for its own Objects (LwM2M Core 1.1 and 1.2 §7.2.3, Table 7.2.3-1); all
 * others count as 1.0.
 */
const impliedVersions: { readonly [enabler in EnablerVersion]: { readonly [objectId: number]: string } } = frozen({
	"1.0": {},
	"1.1": { 0: "1.1", 1: "1.1", 3: "1.1", 4: "1.2" },
	"1.2": { 0: "1.2", 1: "1.2", 2: "1.1", 3: "1.2", 4: "1.3", 5: "1.1", 21: "2.0" },
});

/**
 * The `ver` a link to this Object carries, or undefined where the enabler version implies it (LwM2M Core 1.1 §7.2.3).
 */
export function versionToTell(facts: ObjectFacts, enabler: EnablerVersion): string | undefined {
	const implied = impliedVersions[enabler][facts.id] ?? "1.0";
	return facts.version === implied ? undefined : facts.version;
}

export function isReadable(facts: ResourceFacts): boolean {
	return facts.operations === "R" || facts.operations === "RW";
}

export function isWritable(facts: ResourceFacts): boolean {
	return facts.operations === "W" || facts.operations === "RW";
}
