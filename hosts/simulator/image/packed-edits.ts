/** In place of a part of a text. */
export interface Edit {
	readonly from: number;
	readonly to: number;
	readonly text: string;
}

/**
 * @param edits that do not overlap; those at one place come in their order
 * @param from, to the part of the text that is wanted
 * @returns it with the edits that are in it
 */
export function edited(text: string, edits: readonly Edit[], from = 0, to = text.length): string {
	const own = edits.filter((edit) => edit.from >= from && edit.to <= to);
	own.sort((one, other) => one.from - other.from || one.to - other.to);
	let result = "";
	let at = from;
	for (const edit of own) {
		if (edit.from < at)
			throw new Error(`packing for XS: two changes of the same place, before ${text.slice(at, at + 40)}`);
		result += text.slice(at, edit.from) + edit.text;
		at = edit.to;
	}
	return result + text.slice(at, to);
}
