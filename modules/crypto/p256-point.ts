/**
 * The group of P-256 (SEC 2 §2.4.2) over the engine's BigInt, which XS multiplies twenty times faster than any
 * arithmetic on small integers that its interpreter would run. One addition formula serves all pairs of points, so that
 * nothing branches on what is added.
 */
import { readInteger, writeInteger } from "./big-endian.ts";

/** The field's prime: 2^256 - 2^224 + 2^192 + 2^96 - 1. */
export const fieldPrime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
/** How many points there are, a prime too. */
export const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const coefficient = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const baseX = 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n;
const baseY = 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n;

/** x/z and y/z, in any representation modulo the prime; z is 0 at infinity. */
export class Point {
	readonly x: bigint;
	readonly y: bigint;
	readonly z: bigint;

	constructor(x: bigint, y: bigint, z: bigint) {
		this.x = x;
		this.y = y;
		this.z = z;
	}
}

export const infinity = (): Point => new Point(0n, 1n, 0n);
export const base = (): Point => new Point(baseX, baseY, 1n);

/** 0 <= it < modulus, of any integer. */
export function reduced(value: bigint, modulus: bigint): bigint {
	const rest = value % modulus;
	return rest < 0n ? rest + modulus : rest;
}

/** The inverse modulo a prime, by Fermat: value^(prime - 2). The inverse of 0 is 0. */
export function inverse(value: bigint, prime: bigint): bigint {
	const bits = new Uint8Array(32);
	writeInteger(prime - 2n, bits, 0, 32);
	let result = 1n;
	for (let bit = 0; bit < 256; bit++) {
		result = (result * result) % prime;
		if ((bits[bit >> 3]! << (bit & 7)) & 0x80) result = (result * value) % prime;
	}
	return reduced(result, prime);
}

/** a + b, whatever they are (Renes, Costello, Batina 2016, algorithm 4, with its sums drawn together). */
export function add(a: Point, b: Point): Point {
	const prime = fieldPrime;
	const xx = (a.x * b.x) % prime;
	const yy = (a.y * b.y) % prime;
	const zz = (a.z * b.z) % prime;
	const xy = (a.x + a.y) * (b.x + b.y) - xx - yy;
	const yz = (a.y + a.z) * (b.y + b.z) - yy - zz;
	const xz = (a.x + a.z) * (b.x + b.z) - xx - zz;
	const left = (3n * (xz - coefficient * zz)) % prime;
	const right = (3n * (coefficient * xz - 3n * zz - xx)) % prime;
	const low = yy - left;
	const high = yy + left;
	const rest = 3n * (xx - zz);
	const xyShort = xy % prime;
	const yzShort = yz % prime;
	return new Point(
		(high * xyShort - yzShort * right) % prime,
		(low * high + rest * right) % prime,
		(yzShort * low + xyShort * rest) % prime,
	);
}

/**
 * Sums table[digit] · weight, the weight being 2^`bits` times that of the next digit: the same additions whatever the
 * digits are.
 */
function sum(table: readonly Point[], digits: Uint8Array, bits: number): Point {
	let result = infinity();
	for (let index = 0; index < digits.length; index++) {
		for (let bit = 0; bit < bits; bit++) result = add(result, result);
		result = add(result, table[digits[index]!]!);
	}
	return result;
}

/** The digits of `scalar`, `bits` each, the most significant first. */
function digitsOf(scalar: bigint, bytes: number, bits: number): Uint8Array {
	const spelt = new Uint8Array(bytes);
	writeInteger(scalar, spelt, 0, bytes);
	const digits = new Uint8Array((bytes * 8) / bits);
	for (let index = 0; index < digits.length; index++) {
		const bit = index * bits;
		digits[index] = (spelt[bit >> 3]! >> (8 - bits - (bit & 7))) & ((1 << bits) - 1);
	}
	spelt.fill(0);
	return digits;
}

/**
 * scalar · point, for a scalar that is a secret.
 * @param blind 40 random bytes. 8 of them make a multiple of the order that is added to the scalar, 32 the
 * representation of the point: neither what is read nor how large the numbers are repeats with the scalar
 */
export function multiply(scalar: bigint, point: Point, blind: Uint8Array): Point {
	const z = readInteger(blind, 8, 32) | 1n;
	const hidden = new Point((point.x * z) % fieldPrime, (point.y * z) % fieldPrime, (point.z * z) % fieldPrime);
	const table = [infinity()];
	for (let index = 1; index < 16; index++) table.push(add(table[index - 1]!, hidden));
	const digits = digitsOf(scalar + order * readInteger(blind, 0, 8), 40, 4);
	const result = sum(table, digits, 4);
	digits.fill(0);
	return result;
}

/** scalar · base + other · point, for scalars that are known to all. */
export function multiplyTwo(scalar: bigint, other: bigint, point: Point): Point {
	const table: Point[] = [];
	let row = infinity();
	for (let high = 0; high < 4; high++) {
		let cell = row;
		for (let low = 0; low < 4; low++) {
			table.push(cell);
			cell = add(cell, base());
		}
		row = add(row, point);
	}
	const digits = digitsOf(scalar, 32, 2);
	const others = digitsOf(other, 32, 2);
	for (let index = 0; index < digits.length; index++) digits[index]! |= others[index]! << 2;
	return sum(table, digits, 2);
}

/** @returns the point with z = 1, 0 <= x, y < prime; undefined at infinity */
export function affine(point: Point): Point | undefined {
	const z = inverse(point.z, fieldPrime);
	if (z === 0n) return undefined;
	return new Point(reduced(point.x * z, fieldPrime), reduced(point.y * z, fieldPrime), 1n);
}

/**
 * Reads an uncompressed point (SEC 1 §2.3.4).
 * @returns undefined unless it is 65 bytes, both coordinates are below the prime and it lies on the curve
 */
export function readPoint(bytes: Uint8Array): Point | undefined {
	if (bytes.length !== 65 || bytes[0] !== 4) return undefined;
	const x = readInteger(bytes, 1, 32);
	const y = readInteger(bytes, 33, 32);
	if (x >= fieldPrime || y >= fieldPrime) return undefined;
	if ((y * y - (x * x - 3n) * x - coefficient) % fieldPrime !== 0n) return undefined;
	return new Point(x, y, 1n);
}

/** Writes a point that affine() made (SEC 1 §2.3.3). @returns 65 bytes */
export function writePoint(point: Point): Uint8Array {
	const bytes = new Uint8Array(65);
	bytes[0] = 4;
	writeInteger(point.x, bytes, 1, 32);
	writeInteger(point.y, bytes, 33, 32);
	return bytes;
}
