/** Things in a row, of which parts are not settled yet: within a cell any order will do. */
type Row<T> = T[][];

/**
 * Arranges things so that each of the sets is a run somewhere, and few things are there more than once: a set lies
 * within others where it can, or shares an end with one. Greedy, the largest sets first.
 * @param sets none of them empty
 * @returns each set, in the order in which it lies there
 */
export function arranged<T>(sets: readonly ReadonlySet<T>[]): T[][] {
	const rows: Row<T>[] = [];
	for (const set of [...sets].sort((one, other) => other.size - one.size)) {
		if (rows.some((row) => liesIn(row, set))) continue;
		let most = 0;
		let longest: Row<T> | undefined;
		let isReversed = false;
		for (const row of rows) {
			for (const [way, isOtherWay] of [[row, false] as const, [[...row].reverse(), true] as const]) {
				const count = atEnd(way, set).size;
				if (count > most) [most, longest, isReversed] = [count, row, isOtherWay];
			}
		}
		if (longest === undefined) {
			rows.push([[...set]]);
			continue;
		}
		if (isReversed) longest.reverse(); // what is a run stays one
		append(longest, set);
	}
	const settled = rows.map((row) => row.flat());
	return sets.map((set) => runOf(settled, set));
}

/** Whether a set can be a run of a row: settles what has to be settled for it. */
function liesIn<T>(row: Row<T>, set: ReadonlySet<T>): boolean {
	for (let first = 0; first < row.length; first++) {
		const found = new Set<T>();
		for (let at = first; at < row.length; at++) {
			const cell = row[at]!;
			const members = cell.filter((each) => set.has(each) && !found.has(each));
			for (const member of members) found.add(member);
			if (found.size === set.size) {
				// The last one first: places before it stay what they are.
				settle(row, at, members, at === first);
				if (at > first)
					settle(
						row,
						first,
						row[first]!.filter((each) => set.has(each)),
						true,
					);
				return true;
			}
			if (members.length === 0 || (at > first && members.length < cell.length)) break;
		}
	}
	return false;
}

/** What of a set can be the end of a row. */
function atEnd<T>(row: Row<T>, set: ReadonlySet<T>): Set<T> {
	const found = new Set<T>();
	for (let at = row.length - 1; at >= 0; at--) {
		const members = row[at]!.filter((each) => set.has(each) && !found.has(each));
		for (const member of members) found.add(member);
		if (members.length < row[at]!.length) break;
	}
	return found;
}

/** Makes a set the end of a row, whose end is a part of it already. */
function append<T>(row: Row<T>, set: ReadonlySet<T>): void {
	const found = atEnd(row, set);
	let left = found.size;
	for (let at = row.length - 1; left > 0; at--) {
		const members = row[at]!.filter((each) => found.has(each));
		left -= members.length;
		settle(row, at, members, true);
	}
	row.push([...set].filter((each) => !found.has(each)));
}

/** Splits a cell: what is among the members goes to one side of it. */
function settle<T>(row: Row<T>, at: number, members: readonly T[], isLast: boolean): void {
	const others = row[at]!.filter((each) => !members.includes(each));
	if (others.length === 0) return;
	row.splice(at, 1, ...(isLast ? [others, [...members]] : [[...members], others]));
}

function runOf<T>(rows: readonly (readonly T[])[], set: ReadonlySet<T>): T[] {
	for (const row of rows) {
		for (let at = row.findIndex((each) => set.has(each)); at >= 0 && at + set.size <= row.length; at++) {
			const run = row.slice(at, at + set.size);
			if (run.every((each) => set.has(each)) && new Set(run).size === set.size) return run;
		}
	}
	throw new Error("a set was not arranged");
}
