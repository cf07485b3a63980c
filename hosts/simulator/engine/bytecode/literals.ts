import type { Codes } from "./codes.ts";
import type { Instruction, Routine } from "./routine.ts";
import { declares, naming, sweep } from "./scope.ts";

/**
 * While an object or an array is filled, and while one is taken apart by a pattern, XS keeps it in a temporary,
 * although it lies on top of the stack whenever that is asked. Where it is never asked otherwise, the temporary goes.
 */
export function dropTemporaries(routine: Routine, codes: Codes): void {
	const dub = Uint8Array.of(codes.number("DUB"));
	// What lies within another begins behind it, and goes first.
	for (let index = routine.length - 1; index >= 0; index--) {
		dropTemporary(routine, index, ["NEW_TEMPORARY", "OBJECT", "SET_LOCAL"], [0, 2], dub);
		dropTemporary(routine, index, ["NEW_TEMPORARY", "ARRAY", "SET_LOCAL"], [0, 2], dub);
		const pattern = ["NEW_TEMPORARY", "NEW_TEMPORARY", "DUB", "TO_INSTANCE", "PULL_LOCAL"];
		dropTemporary(routine, index, pattern, [0, 1, 2, 3, 4], dub);
	}
	sweep(routine);
}

/**
 * @param opening the operations that it begins with, the last of which sets the temporary
 * @param spared which of them are not needed without
 */
function dropTemporary(
	routine: Routine,
	from: number,
	opening: readonly string[],
	spared: readonly number[],
	dub: Uint8Array,
): void {
	if (!opening.every((name, ahead) => routine[from + ahead]?.name === name)) return;
	const count = opening.filter((name) => name === "NEW_TEMPORARY").length;
	const place = routine[from + opening.length - 1]!.slot!;
	const inside = from + opening.length;
	const end = endOf(routine, inside, count);
	if (end === undefined) return;
	const region = routine.slice(inside, end);
	const uses = region.filter(({ gone, name, slot }) => {
		return gone === undefined && slot !== undefined && naming.test(name) && slot >= place && slot < place + count;
	});
	if (!uses.every((use) => isOnTop(routine, routine.indexOf(use, inside), place))) return;
	for (const use of uses) Object.assign(use, { name: "DUB", slot: undefined, bytes: dub });
	for (const instruction of region) {
		const { name, slot } = instruction;
		if (slot !== undefined && naming.test(name) && slot > place) instruction.slot = slot - count;
	}
	for (const ahead of [...spared].reverse()) routine[from + ahead]!.gone = routine[from + ahead + 1]!;
	routine[end]!.gone = routine[end + 1]!;
}

/** @returns where the scope is again what it was before; undefined when that is not at once */
function endOf(routine: Routine, inside: number, count: number): number | undefined {
	let depth = count;
	for (let index = inside; index < routine.length; index++) {
		if (routine[index]!.gone !== undefined) continue;
		depth += declares(routine[index]!);
		if (depth < count) return depth === 0 ? index : undefined;
	}
	return undefined;
}

/** Whether a read of the temporary stands between two parts of the literal or the pattern. */
function isOnTop(routine: Routine, index: number, place: number): boolean {
	const { name, slot } = routine[index]!;
	if (name !== "GET_LOCAL" || slot !== place) return false;
	let before = index - 1;
	const isGone = (instruction: Instruction) => instruction.gone !== undefined;
	while (isGone(routine[before]!)) before--;
	const last = routine[before]!;
	if ((last.name === "SET_LOCAL" || last.name === "PULL_LOCAL") && last.slot === place) return true;
	if (last.name === "POP" || last.name === "OBJECT" || last.name === "ARRAY") return true;
	return last.name === "INTEGER_1" && /^NEW_PROPERTY/.test(routine[before - 1]!.name);
}
