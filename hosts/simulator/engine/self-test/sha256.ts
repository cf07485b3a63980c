/**
 * SHA-256 (FIPS 180-4) in plain JavaScript: not for use, but because a wrong digest shows a wrong engine. @returns
 * hexadecimal digits
 */
export function sha256(message: Uint8Array): string {
	const state = Uint32Array.from(primes(8), (prime) => fraction(prime ** (1 / 2)));
	const constants = Uint32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
	const padded = pad(message);
	const words = new Uint32Array(64);
	for (let at = 0; at < padded.byteLength; at += 64) round(state, constants, words, padded, at);
	return [...state].map((word) => word.toString(16).padStart(8, "0")).join("");
}

function round(state: Uint32Array, constants: Uint32Array, words: Uint32Array, padded: DataView, at: number): void {
	for (let i = 0; i < 16; i++) words[i] = padded.getUint32(at + i * 4);
	for (let i = 16; i < 64; i++) {
		const early = words[i - 15]!;
		const late = words[i - 2]!;
		const s0 = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
		const s1 = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
		words[i] = words[i - 16]! + s0 + words[i - 7]! + s1;
	}
	let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
	for (let i = 0; i < 64; i++) {
		const choice = (e & f) ^ (~e & g);
		const first = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + constants[i]! + words[i]!) >>> 0;
		const majority = (a & b) ^ (a & c) ^ (b & c);
		const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority) >>> 0;
		h = g;
		g = f;
		f = e;
		e = (d + first) >>> 0;
		d = c;
		c = b;
		b = a;
		a = (first + second) >>> 0;
	}
	[a, b, c, d, e, f, g, h].forEach((value, index) => {
		state[index] = state[index]! + value;
	});
}

function pad(message: Uint8Array): DataView {
	const padded = new Uint8Array((message.length + 9 + 63) & ~63);
	padded.set(message);
	padded[message.length] = 0x80;
	const view = new DataView(padded.buffer);
	view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
	return view;
}

const turn = (word: number, by: number) => (word >>> by) | (word << (32 - by));

const fraction = (value: number) => (value - Math.floor(value)) * 0x100000000;

function primes(count: number): number[] {
	const found: number[] = [];
	for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
	return found;
}
