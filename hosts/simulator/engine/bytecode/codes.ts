/**
 * XS's operations. Their numbers differ between versions of XS, their names and what follows them do not: whoever reads
 * bytecode goes by these tables.
 */
export class Codes {
	/** By number: "GET_LOCAL_1". */
	readonly names: readonly string[];
	/**
	 * By number, as XS has them: bytes of an operation with its operand; 0: a symbol's number is behind it; -1, -2 and
	 * -4: a length of so many bytes, and what it counts.
	 */
	readonly sizes: readonly number[];
	private readonly numbers: ReadonlyMap<string, number>;

	constructor(names: readonly string[], sizes: readonly number[]) {
		const written = names.map((name) => name.toUpperCase().replace(/\W/g, "_"));
		const sizeOf = new Map(written.map((name, number) => [name, sizes[number]]));
		const isNarrow = (name: string) =>
			(sizeOf.get(name) === 2 && sizeOf.get(`${name}_2`) === 3) ||
			(sizeOf.get(name) === -1 && sizeOf.get(`${name}_2`) === -2);
		// XS prints GET_LOCAL_1 as "get_local".
		this.names = written.map((name) => (isNarrow(name) ? `${name}_1` : name));
		this.sizes = sizes;
		this.numbers = new Map(this.names.map((name, number) => [name, number]));
	}

	/** @throws RangeError where XS has no such operation */
	number(name: string): number {
		const number = this.numbers.get(name);
		if (number === undefined) throw new RangeError(`XS has no operation ${name}`);
		return number;
	}
}

/**
 * The tables of an XS's sources.
 * @param header xsCommon.h, which has the names
 * @param source xsCommon.c, which has the sizes
 * @throws RangeError when they do not belong together
 */
export function readCodes(header: string, source: string): Codes {
	const numbers = between(header, "XS_NO_CODE = 0,", "XS_CODE_COUNT");
	const names = ["NO_CODE", ...[...numbers.matchAll(/\bXS_CODE_(\w+),/g)].map(([, name]) => name!)];
	// Numbers of symbols are of 16 bits here.
	const rows = between(source, "gxCodeSizes[XS_CODE_COUNT]", "};").replace(/#ifdef mx32bitID[^#]*#else/, "");
	const sizes = [...rows.matchAll(/^\s*(-?\d+)\s*,?\s*\/\*/gm)].map(([, size]) => Number(size));
	if (sizes.length !== names.length) throw new RangeError(`${names.length} operations of XS, ${sizes.length} sizes`);
	return new Codes(names, sizes);
}

function between(text: string, start: string, end: string): string {
	const from = text.indexOf(start);
	const to = text.indexOf(end, from);
	if (from < 0 || to < 0) throw new RangeError(`XS's sources have no ${start} … ${end}`);
	return text.slice(from + start.length, to);
}
