import { fromHex, toHex } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";
import { MessageView } from "../../../modules/coap/message.ts";
import { Signal } from "../../../modules/coap/signalling.ts";
import { FrameReader, FrameWriter } from "../../../modules/coap/tcp-frame.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/rfc8323.json" with { type: "json" };

interface Vector {
	readonly name: string;
	readonly hex: string;
	readonly fill?: readonly [string, number];
	readonly fault?: string;
	readonly message?: {
		readonly code: string;
		readonly token: string;
		readonly options: readonly (readonly [number, string])[];
		readonly payload: string;
	};
}
const cases = vectors.cases as unknown as readonly Vector[];
const good = cases.filter(({ message }) => message !== undefined);
const small = good.filter(({ fill }) => fill === undefined);
const view = new MessageView();
const signal = new Signal();

function bytesOf(hex: string, fill: Vector["fill"]): Uint8Array {
	const start = fromHex(hex)!;
	const bytes = new Uint8Array(start.length + (fill?.[1] ?? 0));
	if (fill !== undefined) bytes.fill(Number.parseInt(fill[0], 16));
	bytes.set(start);
	return bytes;
}

/** Reads the message that the reader found. @returns why it is none */
function parse(reader: FrameReader): string | undefined {
	const { bytes, at, end, code, tokenNibble } = reader;
	view.type = 1;
	view.code = code;
	const kind = code >> 5;
	if (kind === 1 || kind === 3 || kind === 6) return "coap.codeReserved";
	const broken = view.readToken(bytes, at, end, tokenNibble) ?? view.readContent();
	return (broken ?? (kind === 7 ? signal.read(view) : undefined))?.code;
}

function parsed(code: number): Vector["message"] {
	const { bytes } = view;
	const options: [number, string][] = [];
	const { option } = view;
	option.start(bytes, view.optionsAt, view.optionsEnd);
	while (option.next()) options.push([option.number, toHex(bytes, option.at, option.end)]);
	const token = toHex(bytes, view.tokenAt, view.optionsAt);
	return { code: codeText(code), token, options, payload: "" };
}

test("frame vectors: the good are read in place and written back, the bad get their Fault", () => {
	for (const { name, hex, fill, fault, message } of cases) {
		const bytes = bytesOf(hex, fill);
		const reader = new FrameReader(vectors.maxBytes);
		const next = reader.next(bytes, 0, bytes.length);
		if (fault !== undefined) {
			equal(next < 0 ? reader.fault?.code : parse(reader), fault, name);
			continue;
		}
		deepEqual([next, reader.end, reader.held], [bytes.length, bytes.length, 0], name);
		ok(reader.bytes === bytes, `${name} is borrowed`);
		equal(parse(reader), undefined, name);
		const payload = bytesOf(message!.payload, fill);
		deepEqual(parsed(reader.code), { ...message!, payload: "" }, name);
		equal(view.end - view.payloadAt, payload.length, name);
		const writer = new FrameWriter(new Uint8Array(bytes.length + 16));
		writer.limitBytes = bytes.length;
		writer.start(1, reader.code, 7, bytes, view.tokenAt, view.optionsAt);
		for (const [number, value] of message!.options) writer.opaque(number, fromHex(value)!);
		const written = writer.payload(bytes, view.payloadAt, view.end).finish()!;
		equal(written.length, bytes.length, name);
		ok(
			written.every((byte, index) => byte === bytes[index]),
			name,
		);
	}
	ok(good.length >= 28 && cases.length - good.length >= 20, "both kinds");
});

test("[RFC 8974] tokens longer than 8 bytes are read on UDP and TCP, and written back", () => {
	for (const { name, hex, udp, token } of vectors.tokens) {
		const bytes = fromHex(hex)!;
		if (udp) equal(view.read(bytes, 0, bytes.length), undefined, name);
		else {
			const reader = new FrameReader(1152);
			equal(reader.next(bytes, 0, bytes.length), bytes.length, name);
			equal(parse(reader), undefined, name);
			const writer = new FrameWriter(new Uint8Array(1152)).start(
				1,
				reader.code,
				0,
				bytes,
				view.tokenAt,
				view.optionsAt,
			);
			if (view.find(11)) writer.opaque(11, bytes.slice(view.option.at, view.option.end));
			writer.payload(bytes, view.payloadAt, view.end);
			equal(toHex(writer.finish()!), hex, name);
		}
		equal(toHex(bytes, view.tokenAt, view.optionsAt), token, name);
	}
});

test("a message that they would not take is not written, nor one larger than the buffer", () => {
	for (let limit = 2; limit < 40; limit++) {
		const writer = new FrameWriter(new Uint8Array(64));
		writer.limitBytes = limit;
		const bytes = writer.start(1, 0x45, 0, new Uint8Array(2)).uint(12, 60).payload(new Uint8Array(20)).finish();
		equal(bytes === undefined, limit < 28, `${limit}`);
	}
	const writer = new FrameWriter(new Uint8Array(20));
	equal(writer.start(1, 0x45, 0, new Uint8Array(2)).payload(new Uint8Array(20)).finish(), undefined);
	equal(writer.start(1, 0x45, 0, new Uint8Array(17)).finish(), undefined);
	writer.limitBytes = 2;
	equal(writer.start(1, 0xa0, 0, new Uint8Array(8)).finish()?.length, 10); // no larger than the request was
});

test("the largest message is taken, and one a byte larger is not, in place or in pieces", () => {
	for (const size of [1152, 1153]) {
		const writer = new FrameWriter(new Uint8Array(1200));
		writer.limitBytes = 1200;
		const bytes = writer
			.start(1, 0x45, 0, new Uint8Array(3))
			.payload(new Uint8Array(size - 8))
			.finish()!;
		equal(bytes.length, size);
		const whole = new FrameReader(1152);
		equal(whole.next(bytes, 0, size), size === 1152 ? size : -1);
		const pieces = new FrameReader(1152);
		equal(pieces.next(bytes, 0, 100), -1);
		equal(pieces.next(bytes, 100, size), size === 1152 ? size : -1);
		equal(whole.fault?.code, size === 1152 ? undefined : "coap.frameTooLarge");
		equal(pieces.fault, whole.fault);
	}
});

test("every truncation of a good message waits for the rest, and goes on with it", () => {
	for (const { name, hex } of small) {
		const whole = fromHex(hex)!;
		for (let cut = 0; cut < whole.length; cut++) {
			const reader = new FrameReader(1152);
			equal(reader.next(whole.slice(0, cut), 0, cut), -1, `${name} cut at ${cut}`);
			equal(reader.fault, undefined, `${name} cut at ${cut}`);
			equal(reader.held, cut, `${name} cut at ${cut}`);
			const rest = whole.slice(cut);
			equal(reader.next(rest, 0, rest.length), rest.length, `${name} cut at ${cut}`);
			equal(toHex(reader.bytes, reader.end - whole.length, reader.end), hex, `${name} cut at ${cut}`);
			equal(reader.held, 0);
		}
	}
});

test("every bit flip of a good message is answered, and the reader keeps no more than it may", () => {
	let refused = 0;
	let taken = 0;
	let waits = 0;
	for (const { hex } of small) {
		const bytes = fromHex(hex)!;
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			bytes[bit >> 3]! ^= 1 << (bit & 7);
			const reader = new FrameReader(1152);
			const next = reader.next(bytes, 0, bytes.length);
			if (next >= 0) parse(reader) === undefined ? taken++ : refused++;
			else reader.fault === undefined ? waits++ : refused++;
			ok(reader.held <= bytes.length && reader.end <= bytes.length);
			bytes[bit >> 3]! ^= 1 << (bit & 7);
		}
	}
	ok(refused > 100 && taken > 1000 && waits > 50, `${refused} refused, ${taken} taken, ${waits} wait`);
});

test("a stream of all messages, in pieces of every size, gives all messages", () => {
	const stream = fromHex(small.map(({ hex }) => hex).join(""))!;
	const random = seeded(8323);
	for (let most = 1; most < 80; most++) {
		const reader = new FrameReader(1152);
		const found: string[] = [];
		for (let at = 0; at < stream.length; ) {
			const end = Math.min(stream.length, at + (most < 20 ? most : 1 + random(most)));
			const piece = stream.slice(at, end);
			for (let from = 0; ; ) {
				from = reader.next(piece, from, piece.length);
				if (from < 0) break;
				const size = reader.end - reader.at + 1;
				found.push(`${codeText(reader.code)} ${size > 0} ${toHex(reader.bytes, reader.at, reader.end)}`);
			}
			piece.fill(0xee);
			at = end;
		}
		equal(found.length, small.length, `pieces of ${most}`);
		for (const [index, { hex }] of small.entries()) ok(hex.endsWith(found[index]!.split(" ")[2]!), `${most} ${hex}`);
	}
});
