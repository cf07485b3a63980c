import { type Instruction, type Routine, settled } from "./routine.ts";

/** All that names one place of the scope. RETRIEVE, RESERVE and UNWIND count places. */
export const naming = /_(LOCAL|CLOSURE|PRIVATE)$|^STORE$/;

/** After these, what follows is reached by a branch or not at all. */
export const ending = /^(END\w*|BRANCH|THROW|RETHROW)$/;

/** How many places an instruction adds to the scope. */
export function declares({ name, slot }: Instruction): number {
	if (name === "NEW_CLOSURE" || name === "NEW_LOCAL" || name === "NEW_TEMPORARY") return 1;
	if (name === "RETRIEVE") return slot!;
	return name === "UNWIND" ? -slot! : 0;
}

/** @returns how many places for closures, locals and temporaries a function takes at once */
export function scopeNeeded(routine: Routine): number {
	const seen = new Set<Instruction>();
	const indexes = new Map(routine.map((instruction, index) => [instruction, index]));
	const waiting = [{ from: 0, depth: 0 }];
	let most = 0;
	for (let way = waiting.pop(); way !== undefined; way = waiting.pop()) {
		let { from, depth } = way;
		for (; from < routine.length && !seen.has(routine[from]!); from++) {
			const instruction = routine[from]!;
			seen.add(instruction);
			depth += declares(instruction);
			most = Math.max(most, depth);
			// An exception finds the scope as it was where CATCH stood.
			const { target } = instruction;
			if (target !== undefined) waiting.push({ from: indexes.get(settled(target))!, depth });
			if (ending.test(instruction.name)) break;
		}
	}
	return most;
}

/** Takes out what is gone. */
export function sweep(routine: Routine): void {
	const kept = routine.filter(({ gone }) => gone === undefined);
	routine.splice(0, routine.length, ...kept);
}
