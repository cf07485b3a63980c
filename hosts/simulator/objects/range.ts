import type { ResourceFacts } from "../../../modules/lwm2m/facts.ts";

/** What a RangeEnumeration says, for a table of facts. */
export type RangeFacts = Pick<ResourceFacts, "range" | "among">;

const number = String.raw`(-?\d+(?:\.\d+)?)`;
const ofSize = "(?: ?bytes?)?";
const span = new RegExp(`^\\[?${number} ?(?:\\.{2,3}|-|:|to) ?${number}\\]?${ofSize}$`, "i");
const single = new RegExp(`^${number}${ofSize}$`, "i");
const list = new RegExp(`^${number}(?:(?: ?, ?| or |-)${number})+${ofSize}$`, "i");
const width = /^(\d+)[ -]?(bits?|bytes?)$/i;

/**
 * Reads a RangeEnumeration: of numbers their values, of strings and opaque their sizes in bytes. OMA's authors have
 * many spellings: "0..255", "1...63", "0-100 bytes", "[1:4]", "16,32,48", "0 or 26 Bytes", "8-Bits". One number alone
 * is the most there may be.
 * @returns undefined for what is a sentence, or does not fit the type
 */
export function readRange(text: string, type: NonNullable<ResourceFacts["type"]>): RangeFacts | undefined {
	if (text === "") return {};
	if (type === "boolean" || type === "objectLink" || type === "coreLink") return undefined;
	const isSized = type === "string" || type === "opaque";
	const ends = span.exec(text);
	if (ends !== null) return ordered(Number(ends[1]), Number(ends[2]), isSized);
	if (list.test(text)) return { among: (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number) };
	const [, count, unit] = width.exec(text) ?? [];
	if (count !== undefined) {
		const isBits = /^bit/i.test(unit!);
		if (isSized) return { range: [0, isBits ? Math.ceil(Number(count) / 8) : Number(count)] };
		const bits = isBits ? Number(count) : Number(count) * 8;
		return bits <= 32 ? { range: [0, 2 ** bits - 1] } : undefined;
	}
	const most = single.exec(text);
	return most === null ? undefined : ordered(0, Number(most[1]), isSized);
}

function ordered(least: number, most: number, isSized: boolean): RangeFacts | undefined {
	return least > most || (isSized && least < 0) ? undefined : { range: [least, most] };
}
