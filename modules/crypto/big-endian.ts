/** The integer that `size` bytes from bytes[at] spell, the most significant first. */
export function readInteger(bytes: Uint8Array, at: number, size: number): bigint {
	let value = 0n;
	for (let from = at; from < at + size; from += 2)
		value = (value << 16n) | BigInt((bytes[from]! << 8) | bytes[from + 1]!);
	return value;
}

/** Writes 0 <= value < 2^(8 · size) to `size` bytes from into[at], the most significant first. `size` is even. */
export function writeInteger(value: bigint, into: Uint8Array, at: number, size: number): void {
	let rest = value;
	for (let to = at + size - 2; to >= at; to -= 2) {
		const low = Number(rest & 0xffffn);
		into[to] = low >> 8;
		into[to + 1] = low;
		rest >>= 16n;
	}
}
