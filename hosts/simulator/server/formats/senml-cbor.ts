import { decodeCbor, encodeCbor, rawOfCbor } from "./cbor.ts";
import { refuse } from "./codec-failure.ts";
import { type NamedValue, type RecordContext, type RecordFields, resolveRecords, type ValueRecord } from "./records.ts";
import { checkFieldName, optional } from "./senml-json.ts";
import type { RawValue } from "./typed.ts";

/** CBOR labels (RFC 8428 §6, Table 4); `vlo` keeps its name (Core 1.1 §7.4.5). */
const labels = { bn: -2, bt: -3, n: 0, v: 2, vs: 3, vb: 4, t: 6, vd: 8 } as const;

function readValue(record: ReadonlyMap<unknown, unknown>): RawValue | undefined {
	const held = ([labels.v, labels.vs, labels.vb, labels.vd, "vlo"] as const).filter((label) => record.has(label));
	const label = held[0];
	if (label === undefined) return undefined;
	if (held.length > 1) refuse("a SenML record with two values");
	const value = record.get(label);
	if (label === "vlo") return typeof value === "string" ? { vlo: value } : refuse("a SenML vlo that is not text");
	const raw = rawOfCbor(value);
	const fits = {
		[labels.v]: ["number", "bigint"],
		[labels.vs]: ["string"],
		[labels.vb]: ["boolean"],
		[labels.vd]: ["object"],
	};
	return fits[label]!.includes(typeof raw) ? raw : refuse(`a SenML value of the wrong CBOR type under label ${label}`);
}

/** Reads SenML CBOR (RFC 8428 §6, content format 112). @throws CodecFailure */
export function readSenmlCbor(bytes: Uint8Array, context: RecordContext): ValueRecord[] {
	const pack = decodeCbor(bytes);
	if (!Array.isArray(pack)) return refuse("SenML CBOR is not an array");
	const fields = pack.map((record: unknown): RecordFields => {
		if (!(record instanceof Map)) return refuse("a SenML record is not a map");
		for (const label of record.keys()) checkFieldName(label);
		return {
			bn: optional(record.get(labels.bn), "string"),
			bt: optional(record.get(labels.bt), "number"),
			n: optional(record.get(labels.n), "string"),
			t: optional(record.get(labels.t), "number"),
			value: readValue(record),
		};
	});
	return resolveRecords(fields, context);
}

function labelled(value: RawValue | null): [number | string, unknown] {
	if (typeof value === "string") return [labels.vs, value];
	if (typeof value === "boolean") return [labels.vb, value];
	if (value instanceof Uint8Array) return [labels.vd, value];
	return value !== null && typeof value === "object" ? ["vlo", value.vlo] : [labels.v, value];
}

/** Writes SenML CBOR, or SenML-ETCH CBOR (content format 322) where there are removals. */
export function writeSenmlCbor(values: readonly NamedValue[]): Uint8Array {
	const records = values.map(({ bn, n, value }) => {
		const record = new Map<number | string, unknown>();
		if (bn !== undefined) record.set(labels.bn, bn);
		if (n !== "") record.set(labels.n, n);
		return value === undefined ? record : record.set(...labelled(value));
	});
	return encodeCbor(records);
}
