import type { FormatName } from "../formats/codec.ts";
import type { ObjectNode } from "../node.ts";
import type { PartName } from "./field-table.ts";
import type { Step } from "./step.ts";

/** What a field may hold; a Resource that is not to be written holds null. */
export type FieldValue =
	| string
	| number
	| boolean
	| Uint8Array
	| readonly number[]
	| readonly string[]
	| Readonly<Record<number, number>>
	| null;
export type Fields = Readonly<Record<string, FieldValue | undefined>>;

/**
 * How one client is to be configured: the JSON of leshan-bsserver-demo 2.0.0-M18, of which every field may be left out,
 * and what we have beyond it.
 */
export interface BootstrapSettings {
	/** Begins with a Discover, and gives the Security Instances identifiers that leave the Bootstrap-Server's alone. */
	readonly autoIdForSecurityObject?: boolean;
	/** Counts more than what the client prefers; TLV when neither says anything. */
	readonly contentFormat?: FormatName | number | null;
	/** Paths to delete before anything is written; "/" is everything. */
	readonly toDelete?: readonly string[];
	/** Object Instance identifier → fields. */
	readonly security?: Readonly<Record<number, Fields>>;
	readonly servers?: Readonly<Record<number, Fields>>;
	readonly acls?: Readonly<Record<number, Fields>>;
	readonly oscore?: Readonly<Record<number, Fields>>;
	/** Beyond Leshan's, from here on. Fields that are left out are not filled in. */
	readonly bare?: boolean;
	/** Object Instances of any Objects, written after the others: NODEs of kind obj. */
	readonly objects?: readonly unknown[];
	/** How much one Write carries. */
	readonly writeLevel?: WriteLevel;
	/** What a Bootstrap-Pack-Request is answered: the pack; 4.05; 5.01. */
	readonly pack?: PackPolicy;
	/** After an error to a request that is not the Finish: go on, as Leshan does, or end the session. */
	readonly onError?: "continue" | "stop";
	/** Begins with Discover / and Read /1 and /2, and tells which accounts are as they are configured. */
	readonly inspect?: boolean;
	/** Exactly these requests instead of those that follow from the rest. */
	readonly steps?: readonly unknown[];
}

export type WriteLevel = "object" | "instance" | "resource";
export type PackPolicy = "allowed" | "notAllowed" | "notImplemented";

/** Settings that have been read and checked. */
export interface BootstrapConfiguration {
	readonly autoIdForSecurityObject: boolean;
	readonly contentFormat: FormatName | undefined;
	readonly toDelete: readonly string[];
	readonly instances: Readonly<Record<PartName, ReadonlyMap<number, Fields>>>;
	readonly objects: readonly ObjectNode[];
	readonly writeLevel: WriteLevel;
	readonly pack: PackPolicy;
	readonly onError: "continue" | "stop";
	readonly inspect: boolean;
	readonly steps: readonly Step[] | undefined;
	/** What it was read from. */
	readonly settings: BootstrapSettings;
}

/** Formats of a Bootstrap-Write (Core 1.2 §6.1.7.5); the old TLV is Leshan's. */
export const bootstrapFormats: readonly FormatName[] = ["TLV", "SENML_JSON", "SENML_CBOR", "LWM2M_CBOR"];
