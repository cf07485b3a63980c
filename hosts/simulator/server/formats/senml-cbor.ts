import type { ClientModels } from "../models/models.ts";
import type { Node } from "../node.ts";
import type { Path } from "../path.ts";
import { decodeCbor, encodeCbor, rawOfCbor } from "./cbor.ts";
import { refuse } from "./codec-failure.ts";
import { namedValues, nodeOfRecords, resolveRecords, type SenmlFields } from "./records.ts";
import type { RawValue } from "./typed.ts";

/** CBOR labels (RFC 8428 §6, Table 4); `vlo` keeps its name (Core 1.1 §7.4.5). */
const labels = { bn: -2, bt: -3, n: 0, v: 2, vs: 3, vb: 4, t: 6, vd: 8 } as const;

function optional<T>(value: unknown, type: "string" | "number"): T | undefined {
	const plain = typeof value === "bigint" ? Number(value) : value;
	if (plain !== undefined && typeof plain !== type) refuse(`a SenML field is not a ${type}`);
	return plain as T | undefined;
}

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

/** Reads SenML CBOR (RFC 8428 §6, content format 112) for the node at `base`. @throws CodecFailure */
export function readSenmlCbor(bytes: Uint8Array, base: Path, models: ClientModels, rootPath: string): Node {
	const pack = decodeCbor(bytes);
	if (!Array.isArray(pack)) return refuse("SenML CBOR is not an array");
	const fields = pack.map((record: unknown): SenmlFields => {
		if (!(record instanceof Map)) return refuse("a SenML record is not a map");
		return {
			bn: optional(record.get(labels.bn), "string"),
			bt: optional(record.get(labels.bt), "number"),
			n: optional(record.get(labels.n), "string"),
			t: optional(record.get(labels.t), "number"),
			value: readValue(record),
		};
	});
	return nodeOfRecords(resolveRecords(fields, rootPath), base, models);
}

function labelled(value: RawValue): [number | string, unknown] {
	if (typeof value === "string") return [labels.vs, value];
	if (typeof value === "boolean") return [labels.vb, value];
	if (value instanceof Uint8Array) return [labels.vd, value];
	return typeof value === "object" ? ["vlo", value.vlo] : [labels.v, value];
}

/** Writes `node`, which stands at `base`, as SenML CBOR. */
export function writeSenmlCbor(node: Node, base: Path, rootPath: string): Uint8Array {
	const records = namedValues(node, base, rootPath).map(({ bn, n, value }) => {
		const record = new Map<number | string, unknown>();
		if (bn !== undefined) record.set(labels.bn, bn);
		if (n !== "") record.set(labels.n, n);
		return record.set(...labelled(value));
	});
	return encodeCbor(records);
}
