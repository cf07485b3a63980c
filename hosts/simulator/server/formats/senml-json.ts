import type { ClientModels } from "../models/models.ts";
import type { Node } from "../node.ts";
import type { Path } from "../path.ts";
import { refuse } from "./codec-failure.ts";
import { namedValues, nodeOfRecords, resolveRecords, type SenmlFields } from "./records.ts";
import { fromBase64Url, type RawValue } from "./typed.ts";

/** Strings, or whole numbers that a double may not hold exactly. */
const stringOrLongInteger = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/** JSON with its long integers kept: each becomes { "$integer": "digits" } before JSON.parse sees it. */
function parseJson(bytes: Uint8Array): unknown {
	try {
		const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		const kept = text.replace(stringOrLongInteger, (found) => (found[0] === '"' ? found : `{"$integer":"${found}"}`));
		return JSON.parse(kept);
	} catch {
		return refuse("payload is not JSON");
	}
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function optional<T>(value: unknown, type: "string" | "number"): T | undefined {
	if (value !== undefined && typeof value !== type) refuse(`a SenML field is not a ${type}`);
	return value as T | undefined;
}

function readValue(record: Record<string, unknown>): RawValue | undefined {
	const { v, vs, vb, vd, vlo } = record;
	if ([v, vs, vb, vd, vlo].filter((field) => field !== undefined).length > 1) refuse("a SenML record with two values");
	if (isRecord(v) && typeof v.$integer === "string") return BigInt(v.$integer);
	if (typeof v === "number") return v;
	if (typeof vs === "string") return vs;
	if (typeof vb === "boolean") return vb;
	if (typeof vd === "string") return fromBase64Url(vd) ?? refuse("a SenML vd that is not base64url");
	if (typeof vlo === "string") return { vlo };
	if (v !== undefined || vs !== undefined || vb !== undefined || vd !== undefined || vlo !== undefined) {
		refuse("a SenML value of the wrong JSON type");
	}
	return undefined;
}

/** Reads SenML JSON (RFC 8428 §5, content format 110) for the node at `base`. @throws CodecFailure */
export function readSenmlJson(bytes: Uint8Array, base: Path, models: ClientModels, rootPath: string): Node {
	const pack = parseJson(bytes);
	if (!Array.isArray(pack)) return refuse("SenML JSON is not an array");
	const fields = pack.map((record): SenmlFields => {
		if (!isRecord(record)) return refuse("a SenML record is not an object");
		return {
			bn: optional(record.bn, "string"),
			bt: optional(record.bt, "number"),
			n: optional(record.n, "string"),
			t: optional(record.t, "number"),
			value: readValue(record),
		};
	});
	return nodeOfRecords(resolveRecords(fields, rootPath), base, models);
}

function jsonValue(value: RawValue): string {
	if (typeof value === "string") return `"vs":${JSON.stringify(value)}`;
	if (typeof value === "boolean") return `"vb":${value}`;
	if (value instanceof Uint8Array) return `"vd":"${Buffer.from(value).toString("base64url")}"`;
	return typeof value === "object" ? `"vlo":${JSON.stringify(value.vlo)}` : `"v":${value}`;
}

/** Writes `node`, which stands at `base`, as SenML JSON. */
export function writeSenmlJson(node: Node, base: Path, rootPath: string): Uint8Array {
	const records = namedValues(node, base, rootPath).map(({ bn, n, value }) => {
		const names = [...(bn === undefined ? [] : [`"bn":"${bn}"`]), ...(n === "" ? [] : [`"n":"${n}"`])];
		return `{${[...names, jsonValue(value)].join(",")}}`;
	});
	return new TextEncoder().encode(`[${records.join(",")}]`);
}
