import type { ClientModels } from "../models/models.ts";
import { type Leaf, leavesOf, type Node, type NodeValue, type Objlnk, type ResourceType } from "../node.ts";
import { type Path, parsePath, pathText, startsWith } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { TreeBuilder } from "./tree.ts";
import { fromRaw, linkText, type RawValue } from "./typed.ts";

/** One value of a payload: a SenML record with its base fields resolved (RFC 8428 §4.6), or a leaf of LwM2M CBOR. */
export interface ValueRecord {
	readonly path: Path;
	/** Absent for an Object Instance or multiple Resource without content, and in the paths of a Read-Composite. */
	readonly value: RawValue | undefined;
	/** Seconds since 1970 where the client gave a time; undefined is now. */
	readonly timeS: number | undefined;
}

/** A value that came with its time: histories have several of one path. */
export interface Sample extends Leaf {
	/** Since 1970; not always whole. */
	readonly timeS: number;
}

/** Where a payload belongs, for names and times that are relative. */
export interface RecordContext {
	/** The path of the request: the names of LwM2M JSON may be relative to it. */
	readonly path: Path;
	/** The client's alternate path, "/" for none: names may start with it (Core 1.1 §7.2.1). */
	readonly rootPath: string;
	/** Seconds since 1970, from which relative times count; 0 when absent. */
	readonly nowS?: number;
}

/** The fields of an unresolved record that matter here, by their JSON names. */
export interface RecordFields {
	readonly bn: string | undefined;
	readonly bt: number | undefined;
	readonly n: string | undefined;
	readonly t: number | undefined;
	readonly value: RawValue | undefined;
}

/** How many records one payload may have. */
export const recordsMax = 10_000;

/** Below this a time is relative to the receiver's now (RFC 8428 §4.5.3). */
const absoluteTimeS = 2 ** 28;

/**
 * Resolves base name and base time.
 * @param relativeTo what a name without base name and slash in front is relative to; undefined: SenML has no such names
 * @throws CodecFailure
 */
export function resolveRecords(
	fields: readonly RecordFields[],
	{ rootPath, nowS = 0 }: RecordContext,
	relativeTo?: Path,
): ValueRecord[] {
	checkCount(fields.length);
	let baseName = "";
	let baseTimeS = 0;
	return fields.map((record) => {
		baseName = record.bn ?? baseName;
		baseTimeS = record.bt ?? baseTimeS;
		const name = baseName + (record.n ?? "");
		const full = relativeTo === undefined ? name : absoluteName(name, record.bn === undefined ? relativeTo : []);
		const local = rootPath !== "/" && full.startsWith(rootPath) ? full.slice(rootPath.length - 1) : full;
		const path = (local.startsWith("/") ? parsePath(local) : undefined) ?? refuse(`name [${name}] is not a path`);
		const timeS = baseTimeS + (record.t ?? 0);
		const absoluteS = timeS >= absoluteTimeS ? timeS : nowS + timeS;
		return { path, value: record.value, timeS: timeS === 0 ? undefined : absoluteS };
	});
}

function absoluteName(name: string, base: Path): string {
	if (name.startsWith("/")) return name;
	return base.length === 0 ? `/${name}` : `${pathText(base)}/${name}`;
}

export function checkCount(count: number): void {
	if (count > recordsMax) refuse(`more than ${recordsMax} values`);
}

const orderOf = ({ timeS }: ValueRecord) => timeS ?? Number.POSITIVE_INFINITY;

/** Of several values of one path the newest. @throws CodecFailure for two at the same time */
function newestOf(records: readonly ValueRecord[]): ValueRecord[] {
	const newest = new Map<string, ValueRecord>();
	for (const record of records) {
		const key = pathText(record.path);
		const held = newest.get(key);
		if (held !== undefined && orderOf(held) === orderOf(record)) refuse(`${key} is there twice`);
		if (held === undefined || orderOf(record) > orderOf(held)) newest.set(key, record);
	}
	return [...newest.values()];
}

/**
 * The node of the request's path. Where a client sends a history (several times in one payload), the newest value of
 * each path makes the node, as Leshan's events carry the newest only; samplesOf has all.
 * @throws CodecFailure
 */
export function nodeOfRecords(records: readonly ValueRecord[], base: Path, models: ClientModels): Node {
	const tree = new TreeBuilder(base);
	for (const { path, value } of newestOf(records)) {
		const facts = models.resource(path[0]!, path[2]!);
		if (value !== undefined) {
			if (path.length < 3) refuse(`${pathText(path)} is not a Resource`);
			const typed = fromRaw(value, facts?.type);
			tree.value(path, typed.type, typed.value);
		} else if (path.length === 2 || path.length === 3) tree.empty(path, facts?.type);
		else if (path.length === 4) refuse(`${pathText(path)} has no value`);
	}
	if (base.length === 2) tree.empty(base);
	if (base.length === 3 && records.length === 0) {
		const facts = models.resource(base[0]!, base[2]!);
		if (facts?.multiple) tree.empty(base, facts.type);
	}
	return tree.finish();
}

/**
 * What a Read-Composite or Observe-Composite asked for, path by path; undefined where nothing came.
 * @throws CodecFailure for a value that nobody asked for
 */
export function nodesOfRecords(
	records: readonly ValueRecord[],
	paths: readonly Path[],
	models: ClientModels,
): Map<string, Node | undefined> {
	for (const { path } of records) {
		if (!paths.some((asked) => startsWith(path, asked))) refuse(`${pathText(path)} was not asked for`);
	}
	return new Map(
		paths.map((asked) => {
			const found = records.filter(({ path }) => startsWith(path, asked));
			const node = found.length === 0 ? undefined : nodeOfRecords(found, asked, models);
			return [pathText(asked), node];
		}),
	);
}

/** What a Send brings: one node for each path that has a value. @throws CodecFailure */
export function nodesByPath(records: readonly ValueRecord[], models: ClientModels): Map<string, Node> {
	return new Map(
		newestOf(records).map((record) => {
			if (record.value === undefined) refuse(`${pathText(record.path)} has no value`);
			return [pathText(record.path), nodeOfRecords([record], record.path, models)];
		}),
	);
}

/** All values that came with a time, in the order of the payload. @throws CodecFailure */
export function samplesOf(records: readonly ValueRecord[], models: ClientModels): Sample[] {
	return records.flatMap(({ path, value, timeS }) => {
		if (timeS === undefined || value === undefined) return [];
		return [{ path, timeS, ...fromRaw(value, models.resource(path[0]!, path[2]!)?.type) }];
	});
}

/** The value a record carries for a typed one; object links as the `vlo` of LwM2M (Core 1.1 §7.4.4). */
export function toRaw(value: NodeValue, type: ResourceType): RawValue {
	return type === "objlnk" ? { vlo: linkText(value as Objlnk) } : (value as RawValue);
}

/** A record to be written. */
export interface NamedValue {
	/** Absent in all but the first record. */
	readonly bn: string | undefined;
	/** "" where the base name says all. */
	readonly n: string;
	/** undefined: a path without value, as in a Fetch Pack; null: a removal (RFC 8790 §3.2). */
	readonly value: RawValue | null | undefined;
}

/** The values of `node`, which stands at `base`, under one base name. */
export function namedValues(node: Node, base: Path, rootPath: string): NamedValue[] {
	const isSingle = node.kind === "singleResource" || node.kind === "resourceInstance";
	const bn = isSingle || base.length === 0 ? pathText(base) : `${pathText(base)}/`;
	return leavesOf(node, base).map(({ path, type, value }, index) => {
		const n = path.slice(base.length).join("/");
		return { bn: index === 0 ? prefixOf(rootPath) + bn : undefined, n, value: toRaw(value, type) };
	});
}

/** One record of a composite operation, under its whole path. */
export function namedPath(path: Path, rootPath: string, value?: RawValue | null): NamedValue {
	return { bn: undefined, n: prefixOf(rootPath) + pathText(path), value };
}

function prefixOf(rootPath: string): string {
	return rootPath === "/" ? "" : rootPath.slice(0, -1);
}
