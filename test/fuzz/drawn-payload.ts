/*
 * Payloads put together from decisions: right ones, ones that are nearly right, and ones that are not. Written with
 * cbor-x and JSON.stringify, so that nothing under test says what is right.
 */
import { Encoder } from "cbor-x";
import type { ResourceFacts } from "../../modules/lwm2m/facts.ts";
import type { Choices } from "./choices.ts";

/** A value as a payload spells it; null is a removal in SenML-ETCH. */
export type Drawn = string | number | bigint | boolean | Uint8Array | { readonly link: string } | null;

/** One entry: a path of one to four levels, and what stands there. Without a value it is a path alone. */
export interface DrawnEntry {
	readonly path: readonly number[];
	readonly value?: Drawn;
	readonly timeS?: number;
}

const encoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false, variableMapSize: true });
const utf8 = new TextEncoder();
const encoded = (value: unknown) => Uint8Array.from(encoder.encode(value));
const integers = [
	0,
	1,
	7,
	-1,
	127,
	128,
	255,
	256,
	-129,
	65535,
	65536,
	2 ** 31,
	2 ** 53 - 1,
	-(2n ** 63n),
	2n ** 64n - 1n,
];
// Few whole ones: TLV here writes those as integers.
const floats = [1.5, -2.25, 0.1, 20.48, 3.5e-40, 1e-300, Number.NaN, 0, Number.POSITIVE_INFINITY, 1e300];
const strings = ["", "a", "U", "abcdefgh", "far too long for it", "\u{1f42d}", "0", "66:0", "</3>;x=1", "refuse"];
const links = ["3:0", "65535:65535", "33000:65535", "9:9", "FFFF:FFFF", "70000:1", ":"];
const opaques = [[], [0], [1, 2, 3], [0xff, 0xfe], Array.from({ length: 40 }, (_, at) => at)];
const typeNames = [
	"string",
	"integer",
	"unsignedInteger",
	"float",
	"boolean",
	"opaque",
	"time",
	"objectLink",
	"coreLink",
];

/** A value for the Resource: mostly of its type and inside of its range, else any. */
export function drawnValue(facts: ResourceFacts | undefined, choices: Choices): Drawn {
	const isWild = choices.isRare(24);
	const type = facts?.type === undefined || isWild ? choices.of(typeNames) : facts.type;
	const [least, most] = (isWild ? undefined : facts?.range) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
	const fits = <T>(list: readonly T[], measure: (one: T) => number): T => {
		const good = list.filter((one) => measure(one) >= least && measure(one) <= most);
		return choices.of(good.length === 0 ? list : good);
	};
	switch (type) {
		case "string":
			return fits(strings, (text) => utf8.encode(text).length);
		case "coreLink":
			return choices.of(["</3>", '</1/0>;a="b"', "", "<"]);
		case "float":
			return fits(floats, (number) => (Number.isNaN(number) ? 0 : number));
		case "boolean":
			return choices.below(2) === 1;
		case "opaque":
			return Uint8Array.from(fits(opaques, ({ length }) => length));
		case "objectLink":
			return { link: choices.of(links) };
		default: {
			const isSigned = type === "integer" || type === "time";
			const top = facts?.wide === true || isWild ? 2n ** 64n : 2n ** 53n;
			return fits(
				integers.filter((one) => (isSigned || one >= 0) && one < top && one > -top),
				Number,
			);
		}
	}
}

/** Writes entries in a format. @param base the request's path, which TLV and relative names begin below */
export function written(
	contentFormat: number | undefined,
	base: readonly number[],
	entries: readonly DrawnEntry[],
	choices: Choices,
): Uint8Array {
	switch (contentFormat) {
		case 42:
		case 60:
		case 0:
		case undefined:
			return single(contentFormat, entries[0]?.value ?? "");
		case 11542:
		case 1542:
			return tlv(base, entries);
		case 11543:
		case 1543:
			return lwm2mJson(base, entries);
		case 11544:
			return lwm2mCbor(entries, choices);
		default:
			return senml(contentFormat === 110 || contentFormat === 320, base, entries, choices);
	}
}

/** Leaves bytes mostly as they are; else cuts, turns, puts in or repeats some. */
export function bent(bytes: Uint8Array, choices: Choices): Uint8Array {
	if (!choices.isRare(12)) return bytes;
	const list = [...bytes];
	const at = Math.floor((list.length * choices.below(256)) / 256);
	const how = choices.below(6);
	if (how === 0) list.length = at;
	else if (how === 1) list.splice(at, 1 + choices.below(4));
	else if (how === 2) list.splice(at, 0, ...choices.bytes(8));
	else if (how === 3) list.push(...choices.bytes(8));
	else if (how === 4) list.push(...bytes);
	else if (list.length > 0) list[at] = (list[at] ?? 0) ^ (1 << choices.below(8));
	return Uint8Array.from(list);
}

function single(contentFormat: number | undefined, value: Drawn): Uint8Array {
	if (contentFormat === 60) return encoded(typeof value === "object" ? cborValue(value) : shortest(value));
	if (value instanceof Uint8Array && contentFormat === 42) return value;
	if (value instanceof Uint8Array) return utf8.encode(Buffer.from(value).toString("base64"));
	if (typeof value === "boolean") return utf8.encode(value ? "1" : "0");
	return utf8.encode(typeof value === "object" ? (value?.link ?? "") : String(value));
}

function cborValue(value: Uint8Array | { readonly link: string } | null): unknown {
	return value === null || value instanceof Uint8Array ? value : value.link;
}

function shortest(value: string | number | bigint | boolean): unknown {
	return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** SenML and SenML-ETCH. */
function senml(isJson: boolean, base: readonly number[], entries: readonly DrawnEntry[], choices: Choices): Uint8Array {
	const style = choices.below(4); // whole names, names below the base, a base name each, a base name of the instance
	const prefix = style === 1 ? base.length : style === 3 ? Math.min(2, ...entries.map(({ path }) => path.length)) : 0;
	const keys = { bn: -2, n: 0, v: 2, vs: 3, vb: 4, vd: 8, t: 6, vlo: "vlo" } as const;
	let last = "";
	const records = entries.map(({ path, value, timeS }) => {
		const record = new Map<string | number, unknown>();
		const put = (name: keyof typeof keys, held: unknown) => record.set(isJson ? name : keys[name], held);
		const whole = `/${path.join("/")}`;
		const head = prefix === 0 ? "" : `/${path.slice(0, prefix).join("/")}${path.length > prefix ? "/" : ""}`;
		if (style === 2) put("bn", whole);
		else {
			if (head !== last) put("bn", head);
			last = head;
			if (whole !== head) put("n", whole.slice(head.length));
		}
		if (timeS !== undefined) put("t", timeS);
		if (value === null) put("v", null);
		else if (value instanceof Uint8Array) put("vd", isJson ? Buffer.from(value).toString("base64url") : value);
		else if (typeof value === "object") put("vlo", value.link);
		else if (typeof value === "string") put("vs", value);
		else if (typeof value === "boolean") put("vb", value);
		else if (value !== undefined) put("v", isJson ? value : shortest(value));
		return record;
	});
	return isJson ? utf8.encode(`[${records.map(jsonOf).join(",")}]`) : encoded(records);
}

function jsonOf(record: ReadonlyMap<string | number, unknown>): string {
	const spelt = (held: unknown) => (typeof held === "bigint" ? `${held}` : JSON.stringify(held));
	return `{${[...record].map(([name, held]) => `"${name}":${spelt(held)}`).join(",")}}`;
}

function lwm2mJson(base: readonly number[], entries: readonly DrawnEntry[]): Uint8Array {
	const head = `/${base.join("/")}${base.length === 0 ? "" : "/"}`;
	const rows = entries.map(({ path, value, timeS }) => {
		const record = new Map<string, unknown>([["n", path.slice(base.length).join("/")]]);
		if (timeS !== undefined) record.set("t", timeS);
		if (value instanceof Uint8Array) record.set("sv", Buffer.from(value).toString("base64"));
		else if (typeof value === "object") record.set("ov", value?.link ?? "");
		else if (typeof value === "string") record.set("sv", value);
		else if (typeof value === "boolean") record.set("bv", value);
		else if (value !== undefined) record.set("v", value);
		return record;
	});
	return utf8.encode(`{"bn":"${head}","e":[${rows.map(jsonOf).join(",")}]}`);
}

type Tree = Map<number, Tree | Drawn | undefined>;

function treeOf(entries: readonly DrawnEntry[], from: number): Tree {
	const root: Tree = new Map();
	for (const { path, value } of entries) {
		let at = root;
		for (let level = from; level < path.length - 1; level++) {
			const below = at.get(path[level]!);
			const next: Tree = below instanceof Map ? below : new Map();
			at.set(path[level]!, next);
			at = next;
		}
		const last = path.at(-1);
		if (path.length > from && last !== undefined) at.set(last, value === undefined ? new Map() : value);
	}
	return root;
}

function lwm2mCbor(entries: readonly DrawnEntry[], choices: Choices): Uint8Array {
	const plain = (tree: Tree): Map<unknown, unknown> =>
		new Map([...tree].map(([id, held]) => [id, held instanceof Map ? plain(held) : plainValue(held)]));
	const whole = plain(treeOf(entries, 0));
	const [only] = [...whole];
	const joins = whole.size === 1 && only?.[1] instanceof Map && choices.below(2) === 0;
	if (!joins) return encoded(whole);
	return encoded(new Map([...(only[1] as Map<unknown, unknown>)].map(([id, held]) => [[only[0], id], held])));
}

function plainValue(value: Drawn | undefined): unknown {
	if (value === undefined) return null;
	return typeof value === "object" ? cborValue(value) : shortest(value);
}

/** OMA TLV: the levels below the base, and that of the base itself where it is a Resource or below. */
function tlv(base: readonly number[], entries: readonly DrawnEntry[]): Uint8Array {
	const from = Math.max(1, Math.min(base.length, 2));
	const items = (tree: Tree, level: number): number[] =>
		[...tree].flatMap(([id, held]) => {
			if (level === 1 && id === 65535 && held instanceof Map) return items(held, 2);
			const kind = level === 1 ? 0 : level === 3 ? 1 : held instanceof Map ? 2 : 3;
			return item(kind, id, held instanceof Map ? items(held, level + 1) : tlvValue(held));
		});
	const tree = treeOf(entries, from);
	const resource = tree.get(base[2] ?? -1);
	if (base.length === 4 && resource instanceof Map) return Uint8Array.from(items(resource, 3));
	return Uint8Array.from(items(tree, from));
}

function item(kind: number, id: number, value: readonly number[]): number[] {
	const { length } = value;
	const size = length < 8 ? 0 : length < 256 ? 1 : 2;
	const head = (kind << 6) | (id > 255 ? 0x20 : 0) | (size << 3) | (size === 0 ? length : 0);
	const wide = id > 255 ? [id >> 8, id & 255] : [id];
	return [head, ...wide, ...(size === 2 ? [length >> 8] : []), ...(size > 0 ? [length & 255] : []), ...value];
}

function tlvValue(value: Drawn | undefined): number[] {
	if (value === undefined || value === null) return [];
	if (typeof value === "string") return [...utf8.encode(value)];
	if (typeof value === "boolean") return [value ? 1 : 0];
	if (value instanceof Uint8Array) return [...value];
	const view = new DataView(new ArrayBuffer(8));
	if (typeof value === "object") {
		const [objectId, instanceId] = value.link.split(":").map(Number);
		view.setUint16(0, objectId ?? 0);
		view.setUint16(2, instanceId ?? 0);
		return [...new Uint8Array(view.buffer, 0, 4)];
	}
	if (typeof value === "number" && !Number.isInteger(value)) view.setFloat64(0, value);
	else view.setBigInt64(0, BigInt.asIntN(64, BigInt(value)));
	const bytes = [...new Uint8Array(view.buffer)];
	if (typeof value === "number" && Number.isInteger(value) && value >= -128 && value < 128) return bytes.slice(7);
	return typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? bytes.slice(4) : bytes;
}
