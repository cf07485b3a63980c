import type { ClientModels } from "../models/models.ts";
import { refuse } from "./codec-failure.ts";
import { isRecord, jsonNumber, parseJson } from "./json.ts";
import { type NamedValue, type RecordContext, type RecordFields, resolveRecords, type ValueRecord } from "./records.ts";
import { optional } from "./senml-json.ts";
import { fromBase64, type RawValue } from "./typed.ts";

// LwM2M JSON (LwM2M 1.0 §6.4.4, content formats 11543 and 1543): one base name and time, and a list of values.

function readValue({ v, sv, bv, ov }: Record<string, unknown>): RawValue | undefined {
	if ([v, sv, bv, ov].filter((field) => field !== undefined).length > 1) refuse("an entry with two values");
	if (typeof v === "number" || typeof v === "bigint") return v;
	if (typeof sv === "string") return sv;
	if (typeof bv === "boolean") return bv;
	if (typeof ov === "string") return { vlo: ov };
	return refuse("an entry of LwM2M JSON without a value, or with one of the wrong JSON type");
}

/** Reads LwM2M JSON; opaque values are Base64 there, which only the Object's facts tell. @throws CodecFailure */
export function readLwm2mJson(bytes: Uint8Array, context: RecordContext, models: ClientModels): ValueRecord[] {
	const document = parseJson(bytes);
	if (!isRecord(document) || !Array.isArray(document.e)) return refuse("LwM2M JSON is not an object with a list e");
	const bn = optional<string>(document.bn, "string");
	const bt = optional<number>(document.bt, "number");
	const fields = document.e.map((entry: unknown): RecordFields => {
		if (!isRecord(entry)) return refuse("an entry of LwM2M JSON is not an object");
		const n = optional<string>(entry.n, "string");
		return { bn, bt, n, t: optional(entry.t, "number"), value: readValue(entry) };
	});
	return resolveRecords(fields, context, context.path).map((record) => {
		const { path, value } = record;
		if (typeof value !== "string" || models.resource(path[0]!, path[2]!)?.type !== "opaque") return record;
		return { ...record, value: fromBase64(value) ?? refuse("an opaque value that is not Base64") };
	});
}

function jsonValue(value: RawValue): string {
	if (typeof value === "string") return `"sv":${JSON.stringify(value)}`;
	if (typeof value === "boolean") return `"bv":${value}`;
	if (value instanceof Uint8Array) return `"sv":"${Buffer.from(value).toString("base64")}"`;
	return typeof value === "object" ? `"ov":${JSON.stringify(value.vlo)}` : `"v":${jsonNumber(value)}`;
}

/** Writes LwM2M JSON. @param baseName for when there are no values */
export function writeLwm2mJson(values: readonly NamedValue[], baseName: string): Uint8Array {
	const entries = values.map(({ n, value }) => {
		const fields = n === "" ? [] : [`"n":"${n}"`];
		return `{${[...fields, jsonValue(value ?? refuse("an entry without value"))].join(",")}}`;
	});
	return new TextEncoder().encode(`{"bn":"${values[0]?.bn ?? baseName}","e":[${entries.join(",")}]}`);
}
