/**
 * One CoAP message taken apart for people and for logs; the server's own reading of RFC 7252 §3, not the protocol
 * engine's.
 */
export interface WireMessage {
	readonly type: "CON" | "NON" | "ACK" | "RST";
	/** As a byte: 0x45 is 2.05. */
	readonly code: number;
	readonly messageId: number;
	readonly token: Uint8Array;
	readonly options: readonly WireOption[];
	readonly payload: Uint8Array;
}

export interface WireOption {
	readonly number: number;
	readonly value: Uint8Array;
}

const types = ["CON", "NON", "ACK", "RST"] as const;

/** @returns undefined for anything that is not a CoAP message. Never throws */
export function readWire(bytes: Uint8Array): WireMessage | undefined {
	const head = bytes[0];
	if (head === undefined || bytes.length < 4 || head >> 6 !== 1) return undefined;
	// RFC 8974 §2.1: a token's length is written as an option's is.
	const nibble = head & 0x0f;
	const tokenAt = 4 + (nibble === 13 ? 1 : nibble === 14 ? 2 : 0);
	if (nibble === 15 || tokenAt > bytes.length) return undefined;
	const length = nibble < 13 ? nibble : nibble === 13 ? 13 + bytes[4]! : 269 + bytes[4]! * 256 + bytes[5]!;
	const tokenEnd = tokenAt + length;
	if (tokenEnd > bytes.length) return undefined;
	const code = bytes[1]!;
	if (code === 0 && bytes.length > 4) return undefined;
	const body = readBody(bytes, tokenEnd);
	if (body === undefined) return undefined;
	return {
		type: types[(head >> 4) & 3]!,
		code,
		messageId: (bytes[2]! << 8) | bytes[3]!,
		token: bytes.subarray(tokenAt, tokenEnd),
		...body,
	};
}

function readBody(bytes: Uint8Array, from: number): { options: WireOption[]; payload: Uint8Array } | undefined {
	const options: WireOption[] = [];
	let at = from;
	let number = 0;
	/** RFC 7252 §3.1: 13 and 14 stand for one and two more bytes; 15 is reserved. */
	const extended = (nibble: number): number => {
		if (nibble < 13) return nibble;
		if (nibble === 13) return (bytes[at++] ?? Number.NaN) + 13;
		at += 2;
		return nibble === 14 ? (bytes[at - 2] ?? Number.NaN) * 256 + (bytes[at - 1] ?? Number.NaN) + 269 : Number.NaN;
	};
	while (at < bytes.length) {
		const head = bytes[at++]!;
		if (head === 0xff) return at < bytes.length ? { options, payload: bytes.subarray(at) } : undefined;
		number += extended(head >> 4);
		const size = extended(head & 0x0f);
		if (Number.isNaN(number + size) || number > 65535 || at + size > bytes.length) return undefined;
		options.push({ number, value: bytes.subarray(at, at + size) });
		at += size;
	}
	return { options, payload: new Uint8Array(0) };
}

const methods = ["", "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH"];

/** "GET", "2.05"; undefined for an empty message. */
export function codeName(code: number): string | undefined {
	if (code === 0) return undefined;
	return code < 0x20
		? (methods[code] ?? `0.${String(code).padStart(2, "0")}`)
		: `${code >> 5}.${String(code & 0x1f).padStart(2, "0")}`;
}

/** The segments of Uri-Path. */
export function pathOf(message: WireMessage): string[] {
	const uriPath = 11;
	return message.options.filter(({ number }) => number === uriPath).map(({ value }) => new TextDecoder().decode(value));
}
