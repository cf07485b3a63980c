/*
 * Left out, because XS differs from the standard there by itself, not by its compiler: Math.fround of integers
 * beyond 2^24, toPrecision with trailing zeros, and right shifts of negative bigints.
 */

/** Corners of every conversion: around 2^31, 2^32 and 2^53, fractions, the infinite and the not-a-number. */
const values: readonly number[] = [
	0,
	1,
	-1,
	5,
	0x7fffffff,
	-0x80000000,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x123456789ab,
	-0x123456789ab,
	1e20,
	-1e20,
	1.5,
	-1.5,
	4294967295.7,
	2147483648.5,
	Number.NaN,
	Number.POSITIVE_INFINITY,
	Number.NEGATIVE_INFINITY,
	1e300,
	0x1fffffffffffff,
];

/**
 * Arithmetic that a miscompiled engine gets wrong, one result to a line. Node evaluates the same lines; clang once
 * turned 0x80000000 into
 * 2147483647 without a word.
 */
export function arithmetic(): string[] {
	return [...unary(), ...binary(), ...typed(), ...viewed(), ...big(), ...printed()];
}

function unary(): string[] {
	return values.map((a) => {
		const bits = [a | 0, a >>> 0, ~a, a << 5, a >> 3, a >>> 3, a << 31, a >>> 31, a & 0xff, Math.imul(a, 0x9e3779b1)];
		const rounded = [Math.trunc(a), Math.round(a), Math.floor(a), Math.ceil(a), Math.clz32(a), a % 7];
		return `unary ${a}: ${bits.join(" ")} ${rounded.join(" ")}`;
	});
}

function binary(): string[] {
	return values.flatMap((a) =>
		values.map((b) => {
			const numbers = [a + b, a - b, a * b, a / b, a % b, a ** 2, Math.max(a, b), Math.atan2(a, b) > 0];
			const bits = [a & b, a | b, a ^ b, a << b, a >> b, a >>> b];
			return `binary ${a} ${b}: ${numbers.join(" ")} ${bits.join(" ")} ${a < b} ${a === b}`;
		}),
	);
}

function typed(): string[] {
	const kinds = [
		Int8Array,
		Uint8Array,
		Uint8ClampedArray,
		Int16Array,
		Uint16Array,
		Int32Array,
		Uint32Array,
		Float32Array,
		Float64Array,
	];
	return kinds.map((Kind) => {
		const array = new Kind(values.length);
		values.forEach((value, index) => {
			array[index] = value;
		});
		return `${Kind.name}: ${array.join(" ")}`;
	});
}

function viewed(): string[] {
	const view = new DataView(new ArrayBuffer(16));
	return values.map((value) => {
		view.setUint32(0, value);
		view.setInt32(4, value, true);
		view.setUint16(8, value);
		view.setFloat64(8, value, true);
		const read = [view.getInt32(0), view.getUint32(0), view.getUint32(0, true), view.getInt32(4), view.getUint32(4)];
		return `view ${value}: ${read.join(" ")} ${view.getInt16(8)} ${view.getUint32(12)} ${view.getBigUint64(8)}`;
	});
}

function big(): string[] {
	return values.filter(Number.isInteger).map((value) => {
		const b = BigInt(value);
		const results = [b * b, b + 1n, -b, b - 0x80000000n, b << 70n, b & 0xffn, b | 1n, b ^ 0xffffn, b / 7n, b % 7n];
		const cut = [BigInt.asIntN(32, b), BigInt.asUintN(64, b), Number(b), b < 5n];
		return `bigint ${value}: ${results.join(" ")} ${cut.join(" ")}`;
	});
}

function printed(): string[] {
	return values.map((value) => {
		const texts = [value.toString(16), value.toFixed(2), value.toExponential(3), JSON.stringify(value)];
		const read = [Number.parseInt(String(value), 10), Number.parseFloat(String(value))];
		return `print ${value}: ${texts.join(" ")} ${read.join(" ")}`;
	});
}
