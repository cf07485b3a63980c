import type { StateReader, StateWriter } from "../sleep/state-codec.ts";
import type { Comparable, Mark, Marks } from "./judge.ts";
import type { ClientLimits } from "./limits.ts";

/** What marks are: those of one value, or of so many Resource Instances. */
const none = 0;
const one = 1;
const several = 2;

/** What is compared: its kind, then the number where it is one. */
const absent = 0;
const no = 1;
const yes = 2;
const double = 3;
const wide = 4;
/** As the value before it. */
const same = 5;

/** Writes what conditions of an observed path compare with. */
export function writeMarks(out: StateWriter, marks: Marks | undefined): void {
	if (marks === undefined) out.u8(none);
	else if (marks instanceof Map) {
		out.u8(several);
		out.number(marks.size);
		marks.forEach((mark, id) => {
			out.number(id);
			writeMark(out, mark);
		});
	} else {
		out.u8(one);
		writeMark(out, marks);
	}
}

/** Reads what writeMarks() wrote; whether all was well says `from`. */
export function readMarks(from: StateReader, limits: Pick<ClientLimits, "resourceInstances">): Marks | undefined {
	const what = from.u8();
	if (what === one) return readMark(from);
	if (what !== several) {
		if (what !== none) from.isGood = false;
		return undefined;
	}
	const marks = new Map<number, Mark>();
	const count = from.number(limits.resourceInstances);
	for (let at = 0; at < count && from.isGood; at++) marks.set(from.number(0xffff), readMark(from));
	return marks;
}

function writeMark(out: StateWriter, { told, seen }: Mark): void {
	writeValue(out, told);
	if (Object.is(told, seen)) out.u8(same);
	else writeValue(out, seen);
}

function readMark(from: StateReader): Mark {
	const told = readValue(from, undefined);
	return { told, seen: readValue(from, told) };
}

function writeValue(out: StateWriter, value: Comparable): void {
	if (value === undefined) out.u8(absent);
	else if (typeof value === "boolean") out.u8(value ? yes : no);
	else if (typeof value === "number") {
		out.u8(double);
		out.double(value);
	} else {
		const bits = BigInt.asUintN(64, value); // XS 13 shifts negative ones wrongly
		out.u8(wide);
		out.u32(Number(bits >> 32n) | 0);
		out.u32(Number(bits & 0xffffffffn) | 0);
	}
}

function readValue(from: StateReader, before: Comparable): Comparable {
	switch (from.u8()) {
		case absent:
			return undefined;
		case no:
			return false;
		case yes:
			return true;
		case double:
			return from.double();
		case wide: {
			const high = BigInt(from.u32());
			return BigInt.asIntN(64, (high << 32n) | BigInt(from.u32()));
		}
		case same:
			return before;
		default:
			from.isGood = false;
			return undefined;
	}
}
