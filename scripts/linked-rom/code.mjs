// What the pass behind the linker has to know of XS's bytecode: where an instruction ends, which ones name something, and
// where a function ends.

/** Nothing runs on behind these. */
const ending = /^(END|END_ARROW|END_BASE|END_DERIVED|THROW|RETHROW|BRANCH_[124])$/;
const branch = /^(?:BRANCH\w*|CATCH)_([124])$/;
const body = /^CODE_(?:ARCHIVE_)?([124])$/;

/**
 * Each instruction, with those of the functions inside.
 * @param {Buffer} bytes padding may be behind the last instruction
 * @param {{ names: readonly string[], sizes: readonly number[] }} codes of that XS
 */
export function* instructionsOf(bytes, codes, from = 0) {
	for (let at = from; at < bytes.length; ) {
		const name = codes.names[bytes[at]];
		const fixed = codes.sizes[bytes[at]];
		if (name === undefined || name === "NO_CODE") throw new RangeError(`no instruction at ${at}`);
		let size = fixed;
		if (fixed === 0) size = 3;
		else if (fixed < 0) size = 1 - fixed + bytes.readUIntLE(at + 1, -fixed);
		if (at + size > bytes.length) throw new RangeError(`half an instruction at ${at}`);
		yield { at, size, name, isNaming: fixed === 0 };
		at += size;
	}
}

/**
 * Where a function's code ends: XS rounds sizes up, and the rest is whatever was there.
 * @returns {number} bytes
 */
export function endOf(bytes, codes) {
	let furthest = 0;
	for (let at = 0; at < bytes.length; ) {
		const { value } = instructionsOf(bytes, codes, at).next();
		const { name, size } = value;
		at += size;
		const width = Number(branch.exec(name)?.[1] ?? 0);
		if (width > 0) furthest = Math.max(furthest, at + bytes.readIntLE(at - width, width));
		const operand = Number(body.exec(name)?.[1] ?? 0);
		if (operand > 0) at += bytes.readUIntLE(at - operand, operand);
		// A branch that goes to `at` has its target behind this end.
		if (ending.test(name) && furthest < at) return at;
	}
	throw new RangeError("a function without an end");
}

/** The numbers of names in a code; 0 is none. */
export function* namesIn(bytes, codes) {
	for (const { at, isNaming } of instructionsOf(bytes, codes)) if (isNaming) yield bytes.readUInt16LE(at + 1);
}

/** The same code with other numbers for its names. */
export function renamed(bytes, codes, numberOf) {
	const changed = Buffer.from(bytes);
	for (const { at, isNaming } of instructionsOf(bytes, codes)) {
		if (isNaming) changed.writeUInt16LE(numberOf(bytes.readUInt16LE(at + 1)), at + 1);
	}
	return changed;
}
