import { type Instruction, type Routine, settled } from "./routine.ts";
import { sweep } from "./scope.ts";

/** Less, and the branch to it is not worth its time. */
const worthBytes = 4;

/** Has the ways out of a function that end in the same instructions share them. */
export function shareTails(routine: Routine): void {
	const ways: Instruction[][] = [];
	for (let end = 0; end < routine.length; end++) {
		if (!/^(END\w*|THROW)$/.test(routine[end]!.name)) continue;
		const way = wayTo(routine, end);
		const { count, other } = longest(way, ways);
		const shared = way.slice(0, count);
		if (shared.reduce((sum, { bytes }) => sum + (bytes?.length ?? 2), 0) < worthBytes) {
			ways.push(way);
			continue;
		}
		const branch: Instruction = { name: "BRANCH", target: other[count - 1]! };
		end -= count - 1;
		routine.splice(end, count, branch);
		shared.forEach((instruction, index) => {
			instruction.gone = other[index]!;
		});
	}
	sweep(routine);
}

/** The instructions up to `end`, the last one first, back to where another way ends. */
function wayTo(routine: Routine, end: number): Instruction[] {
	let from = end;
	while (from > 0 && !/^(END\w*|BRANCH|THROW|RETHROW)$/.test(routine[from - 1]!.name)) from--;
	return routine.slice(from, end + 1).reverse();
}

function longest(way: readonly Instruction[], ways: readonly Instruction[][]) {
	let count = 0;
	let other = way;
	for (const each of ways) {
		const inCommon = countInCommon(way, each);
		if (inCommon > count) [count, other] = [inCommon, each];
	}
	return { count, other };
}

function countInCommon(one: readonly Instruction[], other: readonly Instruction[]): number {
	let count = 0;
	while (count < one.length && count < other.length && isSame(one[count]!, other[count]!)) count++;
	// What stands behind NEW_PROPERTY are the property's flags, and XS reads them together.
	while (count > 0 && one[count - 1]!.name.startsWith("INTEGER")) count--;
	return count;
}

function isSame(one: Instruction, other: Instruction): boolean {
	if (one.name !== other.name || one.slot !== other.slot || one.body !== undefined) return false;
	if (one.target !== undefined) return settled(one.target) === settled(other.target!);
	return one.bytes === undefined || Buffer.compare(one.bytes, other.bytes!) === 0;
}
