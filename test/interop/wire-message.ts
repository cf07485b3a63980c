/**
 * A CoAP message as a test writes and reads it (RFC 7252 §3). The tests' own: neither the device's codec nor the
 * embedded server's, so that a fault of theirs can not hide itself.
 */
export interface Message {
	readonly type: "CON" | "NON" | "ACK" | "RST";
	/** As in "0.01" or "2.05". */
	readonly code: string;
	readonly id: number;
	readonly token: Uint8Array;
	readonly options: readonly WireOption[];
	readonly payload: Uint8Array;
}

export type WireOption = readonly [number: number, value: Uint8Array];

const types = ["CON", "NON", "ACK", "RST"] as const;

export const optionNumber = {
	observe: 6,
	locationPath: 8,
	uriPath: 11,
	contentFormat: 12,
	uriQuery: 15,
	accept: 17,
} as const;

export const text = (value: string) => new TextEncoder().encode(value);

/** An unsigned integer in as few bytes as it needs (RFC 7252 §3.2). */
export function uint(value: number): Uint8Array {
	const bytes: number[] = [];
	for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
	return Uint8Array.from(bytes);
}

/** The options of a path: "/3/0/1". */
export const pathOptions = (path: string): WireOption[] =>
	path
		.split("/")
		.filter((part) => part !== "")
		.map((part) => [optionNumber.uriPath, text(part)]);

export function encode({ type, code, id, token, options, payload }: Message): Uint8Array {
	const [major, minor] = code.split(".").map(Number);
	const bytes = [0x40 | (types.indexOf(type) << 4) | token.length, (major! << 5) | minor!, id >> 8, id & 255, ...token];
	let previous = 0;
	for (const [number, value] of [...options].sort(([one], [other]) => one - other)) {
		const delta = nibble(number - previous);
		const length = nibble(value.length);
		bytes.push((delta.nibble << 4) | length.nibble, ...delta.more, ...length.more, ...value);
		previous = number;
	}
	if (payload.length > 0) bytes.push(0xff, ...payload);
	return Uint8Array.from(bytes);
}

function nibble(value: number): { readonly nibble: number; readonly more: readonly number[] } {
	if (value < 13) return { nibble: value, more: [] };
	if (value < 269) return { nibble: 13, more: [value - 13] };
	return { nibble: 14, more: [(value - 269) >> 8, (value - 269) & 255] };
}

/** @throws Error when the bytes are no CoAP message: the device may never send such */
export function decode(bytes: Uint8Array): Message {
	const options: WireOption[] = [];
	let at = 4;
	let number = 0;
	const extended = (value: number): number => {
		if (value < 13) return value;
		if (value === 13) return bytes[at++]! + 13;
		if (value === 15) throw new Error(`reserved nibble: ${hex(bytes)}`);
		at += 2;
		return ((bytes[at - 2]! << 8) | bytes[at - 1]!) + 269;
	};
	if (bytes.length < 4 || bytes[0]! >> 6 !== 1) throw new Error(`no CoAP: ${hex(bytes)}`);
	const tokenLength = extended(bytes[0]! & 15); // RFC 8974 §2.1: of tokens as of options
	const tokenAt = at;
	at += tokenLength;
	if (at > bytes.length) throw new Error(`token runs over the end: ${hex(bytes)}`);
	while (at < bytes.length && bytes[at] !== 0xff) {
		const head = bytes[at++]!;
		number += extended(head >> 4);
		const length = extended(head & 15);
		if (at + length > bytes.length) throw new Error(`option runs over the end: ${hex(bytes)}`);
		options.push([number, bytes.slice(at, at + length)]);
		at += length;
	}
	if (at === bytes.length - 1) throw new Error(`payload marker without payload: ${hex(bytes)}`);
	return {
		type: types[(bytes[0]! >> 4) & 3]!,
		code: `${bytes[1]! >> 5}.${String(bytes[1]! & 31).padStart(2, "0")}`,
		id: (bytes[2]! << 8) | bytes[3]!,
		token: bytes.slice(tokenAt, tokenAt + tokenLength),
		options,
		payload: bytes.slice(at + 1),
	};
}

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The values of a repeatable option, as text. */
export const textsOf = ({ options }: Message, wanted: number): string[] =>
	options.filter(([number]) => number === wanted).map(([, value]) => new TextDecoder().decode(value));
