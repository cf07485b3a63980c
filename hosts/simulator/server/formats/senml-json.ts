import { refuse } from "./codec-failure.ts";
import { isRecord, jsonNumber, parseJson } from "./json.ts";
import { type NamedValue, type RecordContext, type RecordFields, resolveRecords, type ValueRecord } from "./records.ts";
import { fromBase64Url, type RawValue } from "./typed.ts";

export function optional<T>(value: unknown, type: "string" | "number"): T | undefined {
	const plain = type === "number" && typeof value === "bigint" ? Number(value) : value;
	if (plain !== undefined && typeof plain !== type) refuse(`a SenML field is not a ${type}`);
	return plain as T | undefined;
}

/** RFC 8428 §4.4: a field whose name ends in "_" must be understood; a base value would change every value. */
export function checkFieldName(name: unknown): void {
	if (typeof name === "string" && name.endsWith("_")) refuse(`a SenML field that nobody knows: ${name}`);
	if (name === "bv" || name === -5) refuse("a SenML base value, which LwM2M does not have");
}

function readValue(record: Record<string, unknown>): RawValue | undefined {
	const { v, vs, vb, vd, vlo } = record;
	if ([v, vs, vb, vd, vlo].filter((field) => field !== undefined).length > 1) refuse("a SenML record with two values");
	if (typeof v === "number" || typeof v === "bigint") return v;
	if (typeof vs === "string") return vs;
	if (typeof vb === "boolean") return vb;
	if (typeof vd === "string") return fromBase64Url(vd) ?? refuse("a SenML vd that is not base64url");
	if (typeof vlo === "string") return { vlo };
	if (v !== undefined || vs !== undefined || vb !== undefined || vd !== undefined || vlo !== undefined) {
		refuse("a SenML value of the wrong JSON type");
	}
	return undefined;
}

/** Reads SenML JSON (RFC 8428 §5, content format 110). @throws CodecFailure */
export function readSenmlJson(bytes: Uint8Array, context: RecordContext): ValueRecord[] {
	const pack = parseJson(bytes);
	if (!Array.isArray(pack)) return refuse("SenML JSON is not an array");
	const fields = pack.map((record: unknown): RecordFields => {
		if (!isRecord(record)) return refuse("a SenML record is not an object");
		for (const name of Object.keys(record)) checkFieldName(name);
		return {
			bn: optional(record.bn, "string"),
			bt: optional(record.bt, "number"),
			n: optional(record.n, "string"),
			t: optional(record.t, "number"),
			value: readValue(record),
		};
	});
	return resolveRecords(fields, context);
}

function jsonValue(value: RawValue | null): string {
	if (value === null) return '"v":null';
	if (typeof value === "string") return `"vs":${JSON.stringify(value)}`;
	if (typeof value === "boolean") return `"vb":${value}`;
	if (value instanceof Uint8Array) return `"vd":"${Buffer.from(value).toString("base64url")}"`;
	return typeof value === "object" ? `"vlo":${JSON.stringify(value.vlo)}` : `"v":${jsonNumber(value)}`;
}

/** Writes SenML JSON, or SenML-ETCH JSON (content format 320) where there are removals. */
export function writeSenmlJson(values: readonly NamedValue[]): Uint8Array {
	const records = values.map(({ bn, n, value }) => {
		const names = [...(bn === undefined ? [] : [`"bn":"${bn}"`]), ...(n === "" ? [] : [`"n":"${n}"`])];
		return `{${[...names, ...(value === undefined ? [] : [jsonValue(value)])].join(",")}}`;
	});
	return new TextEncoder().encode(`[${records.join(",")}]`);
}
