// What the SDK's tools write: XS_B, a compiled module, and XS_I, the names that a C source asks for. Both are atoms: a size, a type, bytes.

/**
 * @param {Buffer} file
 * @returns {{ type: string, bytes: Buffer }[]} the atoms in it, in their order
 * @throws RangeError when it is no such file
 */
export function atomsOf(file) {
	const atoms = [];
	for (let at = 8; at + 8 <= file.length; ) {
		const size = file.readUInt32BE(at);
		if (size < 8 || at + size > file.length) throw new RangeError("no file of XS's atoms");
		atoms.push({ type: file.toString("latin1", at + 4, at + 8), bytes: file.subarray(at + 8, at + size) });
		at += size;
	}
	return atoms;
}

/** The bytes of the first atom of a type; undefined when there is none. */
export const atomOf = (file, type) => atomsOf(file).find((each) => each.type === type)?.bytes;

/**
 * @param {Buffer | undefined} bytes of the atom SYMB: how many there are, one more than there are names, and the names
 * @returns {string[]}
 */
export const symbolsOf = (bytes) => bytes?.toString("utf8", 2).split("\0").slice(0, -1) ?? [];
