/* Paths, entries and whole requests, put together from decisions. */
import type { ObjectFacts, ResourceFacts } from "../../modules/lwm2m/facts.ts";
import type { Choices } from "./choices.ts";
import { catalogue, factsAt } from "./drawn-objects.ts";
import { bent, type DrawnEntry, drawnValue, written } from "./drawn-payload.ts";

/** One request, as it goes on the wire. */
export interface DrawnRequest {
	readonly code: number;
	/** Uri-Path, which may be none of ours. */
	readonly path: readonly string[];
	readonly query: readonly string[];
	readonly contentFormat: number | undefined;
	readonly accept: number | undefined;
	readonly observe: number | undefined;
	readonly payload: Uint8Array;
	/** Options that are no business of LwM2M: critical and elective ones, Blocks. */
	readonly others: readonly (readonly [number: number, value: Uint8Array])[];
}

export const method = { get: 1, post: 2, put: 3, delete: 4, fetch: 5, patch: 6, ipatch: 7 } as const;

const methods = [1, 3, 2, 3, 2, 7, 5, 4, 1, 2, 3, 7, 5, 3, 2, 7, 1, 5, 6, 30] as const;
/** Formats that structured payloads are written in: those that suit the request mostly, any of all sometimes. */
const anyFormat = [112, 11542, 110, 0, 60, 42, 11544, 320, 322, 11543, 40, 9999, undefined] as const;
const formatsOfMany = [112, 11542, 110, 11544, 112, 11543] as const;
const formatsOfOne = [0, 112, 60, 11542, 110, 0, 11544, 42, 11543] as const;
const formatsOfPatches = [112, 110, 322, 320, 11544] as const;
const formatsOfPaths = [112, 110, 322, 320] as const;
const accepts = [undefined, undefined, 112, 110, 11542, 11544, 0, 42, 60, 40, 11543, 9999] as const;
const periods = ["0", "1", "5", "60", "300", "-1", "x", ""];
const numbers = ["0", "10", "-3.5", "20.25", "1e3", "", "999999999999999999999999"];
const attributeNames = ["pmin", "pmax", "epmin", "epmax", "gt", "lt", "st", "edge", "con", "hqmax", "dim", "depth"];
const anyInstance = [0, 1, 2, 5, 7, 65535];
const resourceInstanceIds = [2, 5, 0, 1, 3, 4, 31, 65534];
/** Objects with what is there of them from the beginning, and what a server may write of that. */
const there = [
	{
		objectId: 33000,
		instances: [0, 5, 1],
		writable: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 16, 300],
		readable: [10, 15, 17],
	},
	{ objectId: 33000, instances: [0, 5], writable: [1, 9, 16, 300, 11, 3], readable: [1, 3, 9] },
	{ objectId: 33001, instances: [0], writable: [0, 1, 3, 5], readable: [2] },
	{ objectId: 33002, instances: [0, 1, 2], writable: [0, 1, 3], readable: [2] },
	{ objectId: 1, instances: [0, 1], writable: [1, 2, 3, 5, 6], readable: [0, 7] },
	{ objectId: 2, instances: [2, 3, 0], writable: [2, 3], readable: [0, 1] },
] as const;

const usualPaths: readonly (readonly number[])[] = [
	[33000, 0, 3],
	[33001, 0, 1],
	[33000, 0],
	[33000, 0, 9, 2],
];

/** How deep paths go, by method. */
const depths: Readonly<Record<number, readonly number[]>> = { 2: [1, 2, 1, 3], 3: [3, 2, 3, 4], 4: [2, 2, 4, 3] };

/** Identifiers of one to four levels: of something that is there, or once in ten of anything. */
export function drawnPath(choices: Choices, levels = 1 + choices.below(4)): number[] {
	if (choices.isRare(10)) return wildPath(choices, levels);
	const { objectId, instances, writable, readable } = choices.of(there);
	const resourceId = choices.of(choices.isRare(4) ? readable : writable);
	return [objectId, choices.of(instances), resourceId, choices.of(resourceInstanceIds)].slice(0, levels);
}

function wildPath(choices: Choices, levels: number): number[] {
	const object: ObjectFacts = choices.of(catalogue);
	const objectId = choices.isRare(3) ? choices.of([0, 3, 21, 77, 65535, 33003, 23]) : object.id;
	const facts: ResourceFacts = choices.of(Object.values(object.resources));
	const resourceId = choices.isRare(6) ? choices.wide() : facts.id;
	return [objectId, choices.of(anyInstance), resourceId, choices.of(resourceInstanceIds)].slice(0, levels);
}

/** Entries below `base`: Resources of the Object, one or many, and once in four lists one that does not fit. */
export function drawnEntries(base: readonly number[], choices: Choices): DrawnEntry[] {
	const entries: DrawnEntry[] = [];
	const usual = choices.of(anyInstance);
	const isMany = choices.isRare(30);
	const count = isMany ? choices.of([7, 24, 25, 70, 257]) : 1 + choices.below(base.length < 3 ? 7 : 3);
	const poisoned = choices.isRare(4) ? choices.below(count) : -1;
	for (let index = 0; index < count; index++) {
		const path = index === poisoned ? wildPath(choices, 3) : base.slice(0, 3);
		const row = choices.of(there);
		if (path.length === 0) path.push(row.objectId, choices.of(row.instances));
		if (path.length === 1) path.push(choices.isRare(6) ? choices.of(anyInstance) : usual);
		const list = there.find(({ objectId }) => objectId === path[0])?.writable ?? [0];
		if (path.length === 2) path.push(isMany ? list[index % list.length]! : choices.of(list));
		const facts = factsAt(path[0]!, path[2]!);
		if (facts?.multiple === true) path.push(base[3] ?? (isMany ? index : choices.of(resourceInstanceIds)));
		else if (base.length === 4) path.push(base[3]!);
		const last = index === poisoned ? choices.below(4) : choices.below(60);
		if (last === 1) entries.push({ path: path.slice(0, choices.below(4) + 1) });
		else if (last === 2) entries.push({ path, value: null });
		else if (last === 3) entries.push({ path, value: drawnValue(facts, choices), timeS: choices.below(200) - 100 });
		else entries.push({ path, value: drawnValue(facts, choices) });
	}
	return entries;
}

/** Paths alone, as Read- and Observe-Composite send them. */
export function drawnPaths(choices: Choices): DrawnEntry[] {
	return Array.from({ length: 1 + choices.below(5) }, () => ({
		path: drawnPath(choices, choices.of([3, 2, 4, 1, 0])),
	}));
}

/** A payload for the path in one of the formats, or bytes without sense. */
export function drawnPayload(base: readonly number[], contentFormat: number | undefined, choices: Choices): Uint8Array {
	if (choices.isRare(16)) return choices.bytes(60);
	return bent(written(contentFormat, base, drawnEntries(base, choices), choices), choices);
}

function drawnFormat(code: number, path: readonly number[], choices: Choices): number | undefined {
	if (choices.isRare(12)) return choices.of(anyFormat);
	if (code === method.fetch) return choices.of(formatsOfPaths);
	if (code === method.ipatch) return choices.of(formatsOfPatches);
	const isOne = path.length === 4 || (path.length === 3 && factsAt(path[0]!, path[2]!)?.multiple !== true);
	return choices.of(isOne ? formatsOfOne : formatsOfMany);
}

function drawnQuery(choices: Choices): string[] {
	if (!choices.isRare(3))
		return [
			choices.of(["pmin=1", "pmax=60", "pmin=5", "epmin=1", "pmin", "pmax", "gt=10", "lt=20", "epmax=1", "con=1"]),
		];
	return Array.from({ length: 1 + choices.below(3) }, () => {
		const name = choices.of(attributeNames);
		const isNumber = name === "gt" || name === "lt" || name === "st";
		return choices.isRare(4) ? name : `${name}=${choices.of(isNumber ? numbers : periods)}`;
	});
}

function drawnOthers(choices: Choices): DrawnRequest["others"] {
	if (!choices.isRare(20)) return [];
	const number = choices.of([1, 4, 5, 9, 3, 23, 27, 60, 258, 2049, 252, 292, 11]);
	const isBlock = number === 23 || number === 27;
	return [[number, isBlock ? Uint8Array.of(choices.below(32)) : choices.bytes(4)]];
}

const spelling = (path: readonly number[], choices: Choices): string[] => {
	const words = path.map(String);
	if (choices.isRare(40)) words.push(choices.of(["x", "", "007", "1", "-1", "70000"]));
	return words;
};

/** A request that means something, mostly. */
export function drawnRequest(choices: Choices): DrawnRequest {
	const code = choices.of(methods);
	const isComposite = code === method.fetch || code === method.ipatch;
	const depth = choices.of(depths[code] ?? [1, 2, 3, 4]);
	const path = isComposite && !choices.isRare(24) ? [] : drawnPath(choices, depth);
	const asksAttributes = code === method.put && choices.isRare(2);
	// Attributes are held to those that are there already: the same few paths again and again.
	if (asksAttributes && !choices.isRare(3)) path.splice(0, 4, ...choices.of(usualPaths));
	const isAsking = code === method.get || code === method.delete;
	const carriesNothing = (isAsking || asksAttributes) && !choices.isRare(20);
	const contentFormat = carriesNothing ? undefined : drawnFormat(code, path, choices);
	if (code === method.post && path.length === 3 && choices.isRare(4)) path[2] = path[0] === 33000 ? 12 : 4;
	const isExecute = code === method.post && factsAt(path[0] ?? -1, path[2] ?? -1)?.operations === "E";
	const isDiscovery = code === method.get && choices.isRare(6);
	return {
		code,
		path: spelling(path, choices),
		query: asksAttributes || choices.isRare(10) ? drawnQuery(choices) : [],
		contentFormat: isExecute && !choices.isRare(4) ? choices.of([undefined, 0]) : contentFormat,
		accept: isDiscovery ? 40 : choices.of(accepts),
		observe: (code === method.get || code === method.fetch) && choices.isRare(3) ? choices.of([0, 0, 1, 2]) : undefined,
		payload: carriesNothing ? new Uint8Array(0) : payloadFor(code, path, isExecute, contentFormat, choices),
		others: drawnOthers(choices),
	};
}

function payloadFor(
	code: number,
	path: readonly number[],
	isExecute: boolean,
	contentFormat: number | undefined,
	choices: Choices,
): Uint8Array {
	if (isExecute) return new TextEncoder().encode(choices.of(["", "1='a'", "0,2", "refuse", "9='", "3='x',3"]));
	if (code === method.fetch) return bent(written(contentFormat, [], drawnPaths(choices), choices), choices);
	return drawnPayload(path, contentFormat, choices);
}
