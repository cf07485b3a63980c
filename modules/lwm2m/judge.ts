import { type AttributeSet, comparesValues, isInOrder } from "./attributes.ts";
import { type Held, isInstances } from "./value.ts";

/** What conditions compare: numbers for gt, lt and st, Booleans for edge. */
export type Comparable = number | bigint | boolean | undefined;

/** The value told last, for st, and the one seen last, for the others; undefined where there was none. */
export interface Mark {
	told: Comparable;
	seen: Comparable;
}

/** What is remembered of a value that conditions hold for; of a multiple-instance Resource, of each Instance. */
export type Marks = Mark | Map<number, Mark>;

/**
 * Whether the attributes say which changes are told; if not, every change is. Conditions that contradict one another,
 * as they may over two levels, are not valid (LwM2M Core 1.2 §7.3.2) and count as none.
 */
export function hasConditions(set: AttributeSet): boolean {
	return comparesValues(set) && isInOrder(set);
}

/** Remembers the value as told and seen now. */
export function marksOf(held: Held | undefined): Marks {
	if (held === undefined || !isInstances(held)) return markOf(comparable(held));
	const marks = new Map<number, Mark>();
	held.forEach((value, id) => {
		marks.set(id, markOf(comparable(value)));
	});
	return marks;
}

/**
 * Looks at a value that may have changed, and remembers it as seen.
 * @returns whether it is to be told: a condition is met (LwM2M Core 1.2 §7.3.2), here or for one of the Resource
 *   Instances, each of which is judged by itself; or a value came or went
 */
export function isNews(marks: Marks, held: Held | undefined, set: AttributeSet): boolean {
	if (!(marks instanceof Map)) {
		return meets(marks, held === undefined || isInstances(held) ? undefined : comparable(held), set);
	}
	if (held === undefined || !isInstances(held)) return true;
	let isTold = false;
	held.forEach((value, id) => {
		let mark = marks.get(id);
		if (mark === undefined) {
			mark = markOf(undefined);
			marks.set(id, mark);
		}
		if (meets(mark, comparable(value), set)) isTold = true;
	});
	marks.forEach((mark, id) => {
		if (!held.has(id) && meets(mark, undefined, set)) isTold = true;
	});
	return isTold;
}

function meets(mark: Mark, now: Comparable, { gt, lt, st, edge }: AttributeSet): boolean {
	const { seen, told } = mark;
	mark.seen = now;
	if (now === undefined || seen === undefined || told === undefined) return now !== seen || now !== told;
	if (typeof now === "boolean" || typeof seen === "boolean") {
		return edge !== undefined && seen === (edge === 0) && now === (edge === 1);
	}
	// The examples of Transport 1.1 §6.4.4 count a crossing upwards for gt and downwards for lt, none on the way back.
	if (gt !== undefined && seen <= gt && now > gt) return true;
	if (lt !== undefined && seen >= lt && now < lt) return true;
	return st !== undefined && Math.abs(Number(now) - Number(told)) >= st;
}

function markOf(value: Comparable): Mark {
	return { told: value, seen: value };
}

function comparable(value: Held | undefined): Comparable {
	return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? value : undefined;
}
