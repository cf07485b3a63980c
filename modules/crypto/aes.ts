/**
 * The AES-128 block cipher (FIPS 197), over a table of 256 bytes for each direction: small, and in ROM. Which cell is
 * read depends on the key: see README "Limits".
 */

/** Bytes to bytes: SubBytes (FIPS 197 §5.1.1). Read-only. */
const substitution = substitutions();
/** InvSubBytes (FIPS 197 §5.3.2). Read-only. */
const inverseSubstitution = inverted(substitution);

/** Goes through all bytes but 0 as powers of 3, beside each its inverse as a power of 1/3. */
function substitutions(): Uint8Array {
	const table = new Uint8Array(256);
	let power = 1;
	let inverse = 1;
	do {
		power ^= (power << 1) ^ ((power >> 7) * 0x11b);
		inverse ^= inverse << 1;
		inverse ^= inverse << 2;
		inverse ^= inverse << 4;
		inverse = (inverse & 0xff) ^ (((inverse >> 7) & 1) * 0x09);
		const twice = inverse * 0x101; // so that a shift turns it
		table[power] = 0x63 ^ inverse ^ (twice >> 7) ^ (twice >> 6) ^ (twice >> 5) ^ (twice >> 4);
	} while (power !== 1);
	table[0] = 0x63;
	return table;
}

function inverted(table: Uint8Array): Uint8Array {
	const inverse = new Uint8Array(256);
	for (let byte = 0; byte < 256; byte++) inverse[table[byte]!] = byte;
	return inverse;
}

/** Doubles each of four bytes in GF(2^8) (FIPS 197 §4.2.1). */
function doubled(word: number): number {
	return ((word & 0x7f7f7f7f) << 1) ^ (((word >> 7) & 0x01010101) * 0x1b);
}

function rotated(word: number): number {
	return (word << 8) | ((word >> 24) & 0xff);
}

/** SubBytes over four bytes of a word each, joined to a word. */
function substituted(a: number, b: number, c: number, d: number, table: Uint8Array): number {
	return (
		(table[(a >> 24) & 0xff]! << 24) |
		(table[(b >> 16) & 0xff]! << 16) |
		(table[(c >> 8) & 0xff]! << 8) |
		table[d & 0xff]!
	);
}

/**
 * One column of SubBytes, ShiftRows and MixColumns (FIPS 197 §5.1): 2·w0 + 3·w1 + w2 + w3 for all four bytes at once.
 * Written out, because this is where the time goes.
 */
function column(a: number, b: number, c: number, d: number): number {
	const word =
		(substitution[(a >> 24) & 0xff]! << 24) |
		(substitution[(b >> 16) & 0xff]! << 16) |
		(substitution[(c >> 8) & 0xff]! << 8) |
		substitution[d & 0xff]!;
	const twice = ((word & 0x7f7f7f7f) << 1) ^ (((word >> 7) & 0x01010101) * 0x1b);
	const thrice = word ^ twice;
	return (
		twice ^
		((thrice << 8) | ((thrice >> 24) & 0xff)) ^
		((word << 16) | ((word >> 16) & 0xffff)) ^
		((word << 24) | ((word >> 8) & 0xffffff))
	);
}

/** InvMixColumns of a column (FIPS 197 §5.3.3): MixColumns of (4·w0 + 4·w2 + w0), which is 5·w0 + 4·w2. */
function unmixed(word: number): number {
	const four = doubled(doubled(word));
	const across = word ^ four ^ ((four << 16) | ((four >> 16) & 0xffff));
	const twice = doubled(across);
	return twice ^ rotated(across ^ twice ^ rotated(across ^ rotated(across)));
}

/** A 16-byte block as four big-endian words, and an expanded key. One of these serves one port; keys come and go. */
export class Aes {
	/** The block: input before encrypt() and decrypt(), output after. */
	readonly block = new Int32Array(4);
	readonly #schedule = new Int32Array(44);

	/** Expands a key of 16 bytes (FIPS 197 §5.2). Nothing keeps a reference to it. */
	setKey(key: Uint8Array): void {
		const schedule = this.#schedule;
		for (let index = 0; index < 4; index++) {
			const at = index * 4;
			schedule[index] = (key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!;
		}
		let constant = 1;
		let last = schedule[3]!;
		for (let index = 4; index < 44; index++) {
			if ((index & 3) === 0) {
				const turned = rotated(last);
				last = substituted(turned, turned, turned, turned, substitution) ^ (constant << 24);
				constant = doubled(constant);
			}
			last ^= schedule[index - 4]!;
			schedule[index] = last;
		}
	}

	/** Overwrites the expanded key and the block. */
	wipe(): void {
		this.#schedule.fill(0);
		this.block.fill(0);
	}

	encrypt(): void {
		const block = this.block;
		const schedule = this.#schedule;
		let a = block[0]! ^ schedule[0]!;
		let b = block[1]! ^ schedule[1]!;
		let c = block[2]! ^ schedule[2]!;
		let d = block[3]! ^ schedule[3]!;
		let at = 4;
		while (at < 40) {
			const nextA = column(a, b, c, d) ^ schedule[at++]!;
			const nextB = column(b, c, d, a) ^ schedule[at++]!;
			const nextC = column(c, d, a, b) ^ schedule[at++]!;
			d = column(d, a, b, c) ^ schedule[at++]!;
			a = nextA;
			b = nextB;
			c = nextC;
		}
		block[0] = substituted(a, b, c, d, substitution) ^ schedule[40]!;
		block[1] = substituted(b, c, d, a, substitution) ^ schedule[41]!;
		block[2] = substituted(c, d, a, b, substitution) ^ schedule[42]!;
		block[3] = substituted(d, a, b, c, substitution) ^ schedule[43]!;
	}

	decrypt(): void {
		const block = this.block;
		const schedule = this.#schedule;
		const table = inverseSubstitution;
		let a = block[0]! ^ schedule[40]!;
		let b = block[1]! ^ schedule[41]!;
		let c = block[2]! ^ schedule[42]!;
		let d = block[3]! ^ schedule[43]!;
		for (let at = 36; at > 0; at -= 4) {
			const nextA = unmixed(substituted(a, d, c, b, table) ^ schedule[at]!);
			const nextB = unmixed(substituted(b, a, d, c, table) ^ schedule[at + 1]!);
			const nextC = unmixed(substituted(c, b, a, d, table) ^ schedule[at + 2]!);
			d = unmixed(substituted(d, c, b, a, table) ^ schedule[at + 3]!);
			a = nextA;
			b = nextB;
			c = nextC;
		}
		block[0] = substituted(a, d, c, b, table) ^ schedule[0]!;
		block[1] = substituted(b, a, d, c, table) ^ schedule[1]!;
		block[2] = substituted(c, b, a, d, table) ^ schedule[2]!;
		block[3] = substituted(d, c, b, a, table) ^ schedule[3]!;
	}
}
