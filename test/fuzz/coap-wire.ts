/** CoAP messages written and read without the code under test (RFC 7252 §3). */
export interface WireMessage {
	/** 0 Confirmable, 1 Non-confirmable, 2 Acknowledgement, 3 Reset. */
	readonly type: number;
	readonly code: number;
	readonly messageId: number;
	readonly token: Uint8Array;
	readonly options: readonly (readonly [number: number, value: Uint8Array])[];
	readonly payload: Uint8Array;
}

const utf8 = new TextEncoder();
export const none = new Uint8Array(0);

/** The options of a text for each segment. */
export function texts(number: number, list: readonly string[]): [number, Uint8Array][] {
	return list.map((text) => [number, utf8.encode(text)]);
}

/** The option of an unsigned integer in its shortest form; none where there is no value. */
export function uint(number: number, value: number | undefined): [number, Uint8Array][] {
	if (value === undefined) return [];
	const bytes: number[] = [];
	for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
	return [[number, Uint8Array.from(bytes)]];
}

export function uintOf({ options }: WireMessage, number: number): number | undefined {
	const found = options.find(([each]) => each === number)?.[1];
	return found?.reduce((value, byte) => value * 256 + byte, 0);
}

export function textsOf({ options }: WireMessage, number: number): string[] {
	return options.filter(([each]) => each === number).map(([, value]) => new TextDecoder().decode(value));
}

export function writeMessage({ type, code, messageId, token, options, payload }: WireMessage): Uint8Array {
	const bytes = [0x40 | (type << 4) | token.length, code, messageId >> 8, messageId & 255, ...token];
	let last = 0;
	for (const [number, value] of [...options].sort(([one], [other]) => one - other)) {
		const delta = extended(number - last);
		const length = extended(value.length);
		bytes.push((delta.nibble << 4) | length.nibble, ...delta.bytes, ...length.bytes, ...value);
		last = number;
	}
	if (payload.length > 0) bytes.push(0xff, ...payload);
	return Uint8Array.from(bytes);
}

function extended(value: number): { readonly nibble: number; readonly bytes: readonly number[] } {
	if (value < 13) return { nibble: value, bytes: [] };
	if (value < 269) return { nibble: 13, bytes: [value - 13] };
	return { nibble: 14, bytes: [(value - 269) >> 8, (value - 269) & 255] };
}

/** @throws Error for what is no message: the client may not send that */
export function readMessage(bytes: Uint8Array): WireMessage {
	const tokenLength = bytes[0]! & 15;
	if (bytes.length < 4 + tokenLength || bytes[0]! >> 6 !== 1 || tokenLength > 8) throw new Error("no CoAP message");
	const options: [number, Uint8Array][] = [];
	let at = 4 + tokenLength;
	let number = 0;
	const wide = (nibble: number): number => {
		if (nibble === 15) throw new Error("a reserved nibble in an option");
		if (nibble < 13) return nibble;
		if (nibble === 13) return 13 + bytes[at++]!;
		at += 2;
		return 269 + bytes[at - 2]! * 256 + bytes[at - 1]!;
	};
	while (at < bytes.length && bytes[at] !== 0xff) {
		const head = bytes[at++]!;
		number += wide(head >> 4);
		const size = wide(head & 15);
		if (at + size > bytes.length) throw new Error("an option beyond the message");
		options.push([number, bytes.slice(at, at + size)]);
		at += size;
	}
	if (at === bytes.length - 1) throw new Error("a payload marker without a payload");
	return {
		type: (bytes[0]! >> 4) & 3,
		code: bytes[1]!,
		messageId: bytes[2]! * 256 + bytes[3]!,
		token: bytes.slice(4, 4 + tokenLength),
		options,
		payload: bytes.slice(at + 1),
	};
}
