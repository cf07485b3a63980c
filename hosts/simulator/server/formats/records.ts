import type { ClientModels } from "../models/models.ts";
import { leavesOf, type Node, type NodeValue, type Objlnk, type ResourceType } from "../node.ts";
import { type Path, parsePath, pathText } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { TreeBuilder } from "./tree.ts";
import { fromRaw, linkText, type RawValue } from "./typed.ts";

/** One SenML record with its base fields resolved (RFC 8428 §4.6). */
export interface SenmlRecord {
	readonly path: Path;
	/** Absent in the paths of a Read-Composite. */
	readonly value: RawValue | undefined;
	/** Seconds since 1970 where the client gave a time. */
	readonly timeS: number | undefined;
}

/** The fields of an unresolved record that matter here, by their JSON names. */
export interface SenmlFields {
	readonly bn: string | undefined;
	readonly bt: number | undefined;
	readonly n: string | undefined;
	readonly t: number | undefined;
	readonly value: RawValue | undefined;
}

/** How many records one payload may have. */
const recordsMax = 10_000;

/** Below this a time is relative to the receiver's now (RFC 8428 §4.5.3). */
const absoluteTimeS = 2 ** 28;

/**
 * Resolves base name and base time.
 * @param rootPath the client's alternate path, "/" for none: names may start with it (Core 1.1 §7.2.1)
 */
export function resolveRecords(fields: readonly SenmlFields[], rootPath: string): SenmlRecord[] {
	if (fields.length > recordsMax) refuse(`more than ${recordsMax} SenML records`);
	let baseName = "";
	let baseTimeS = 0;
	return fields.map((record) => {
		baseName = record.bn ?? baseName;
		baseTimeS = record.bt ?? baseTimeS;
		const name = baseName + (record.n ?? "");
		const local = rootPath !== "/" && name.startsWith(rootPath) ? name.slice(rootPath.length - 1) : name;
		const path = (local.startsWith("/") ? parsePath(local) : undefined) ?? refuse(`SenML name [${name}] is not a path`);
		const timeS = baseTimeS + (record.t ?? 0);
		return { path, value: record.value, timeS: timeS >= absoluteTimeS ? timeS : undefined };
	});
}

/**
 * The node of the request's path. Where a client sends a history (several times in one payload), the newest values
 * make the node.
 * Leshan's events carry the newest only, too.
 */
export function nodeOfRecords(records: readonly SenmlRecord[], base: Path, models: ClientModels): Node {
	const tree = new TreeBuilder(base);
	const newestS = Math.max(...records.map(({ timeS }) => timeS ?? Number.POSITIVE_INFINITY));
	for (const { path, value, timeS } of records) {
		if ((timeS ?? Number.POSITIVE_INFINITY) !== newestS) continue;
		if (value === undefined) refuse(`SenML record ${pathText(path)} has no value`);
		if (path.length < 3) refuse(`SenML record ${pathText(path)} is not a Resource`);
		const typed = fromRaw(value, models.resource(path[0]!, path[2]!)?.type);
		tree.value(path, typed.type, typed.value);
	}
	if (base.length === 2) tree.empty(base);
	if (base.length === 3 && records.length === 0) {
		const facts = models.resource(base[0]!, base[2]!);
		if (facts?.multiple) tree.empty(base, facts.type);
	}
	return tree.finish();
}

/** The value a record carries for a typed one; object links as the `vlo` of LwM2M (Core 1.1 §7.4.4). */
export function toRaw(value: NodeValue, type: ResourceType): RawValue {
	return type === "objlnk" ? { vlo: linkText(value as Objlnk) } : (value as RawValue);
}

export interface NamedValue {
	/** Absent in all but the first record. */
	readonly bn: string | undefined;
	/** "" where the base name says all. */
	readonly n: string;
	readonly value: RawValue;
}

/** The values of `node`, which stands at `base`, under one base name. */
export function namedValues(node: Node, base: Path, rootPath: string): NamedValue[] {
	const prefix = rootPath === "/" ? "" : rootPath.slice(0, -1);
	const isSingle = node.kind === "singleResource" || node.kind === "resourceInstance";
	const bn = isSingle || base.length === 0 ? pathText(base) : `${pathText(base)}/`;
	return leavesOf(node, base).map(({ path, type, value }, index) => {
		const n = path.slice(base.length).join("/");
		return { bn: index === 0 ? prefix + bn : undefined, n, value: toRaw(value, type) };
	});
}
