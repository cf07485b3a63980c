import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader, frameMaxBytes, lineBytesOf, writeFrame } from "../../../hosts/nrf52/frames.ts";
import { Outbox } from "../../../hosts/nrf52/outbox.ts";
import { toHex, utf8 } from "../../../modules/bytes.ts";

function lineOf(frame: Uint8Array): Uint8Array {
	const line = new Uint8Array(lineBytesOf(frame.length));
	return line.subarray(0, writeFrame(frame, frame.length, line));
}

function reading(): { reader: FrameReader; frames: Uint8Array[] } {
	const frames: Uint8Array[] = [];
	return { reader: new FrameReader((frame, size) => frames.push(frame.slice(0, size))), frames };
}

test("a frame on the line: ENDs, escapes, CRC-32", () => {
	// CRC-32 of "123456789" is cbf43926 (ISO/IEC 13239's check value)
	assert.equal(Buffer.from(lineOf(utf8("123456789"))).toString("hex"), "c0313233343536373839cbf43926c0");
	const special = Uint8Array.of(0xc0, 0xdb, 0x01);
	assert.match(Buffer.from(lineOf(special)).toString("hex"), /^c0dbdcdbdd01.*c0$/);
});

test("whatever is written is read, however the line cuts it", () => {
	fc.assert(
		fc.property(
			fc.array(fc.uint8Array({ minLength: 1, maxLength: 200 }), { maxLength: 6 }),
			fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
			(sent, cuts) => {
				const { reader, frames } = reading();
				const line = Uint8Array.from(sent.flatMap((frame) => [...lineOf(frame)]));
				for (let at = 0, cut = 0; at < line.length; cut++) {
					const size = cuts[cut % cuts.length]!;
					reader.push(line.subarray(at, at + size));
					at += size;
				}
				assert.deepEqual(frames, sent);
				assert.equal(reader.broken, 0);
			},
		),
	);
});

test("every flipped bit costs its frame and no other", () => {
	const [first, second, third] = [utf8("first"), Uint8Array.of(4, 0xc0, 0xdb, 9), utf8("third")];
	const line = lineOf(second);
	let dropped = 0;
	for (let bit = 0; bit < line.length * 8; bit++) {
		const noisy = line.slice();
		noisy[bit >> 3]! ^= 1 << (bit & 7);
		const { reader, frames } = reading();
		for (const part of [lineOf(first), noisy, lineOf(third)]) reader.push(part);
		const texts = frames.map((frame) => Buffer.from(frame).toString("hex"));
		assert.equal(texts[0], toHex(first), `bit ${bit}`);
		assert.equal(texts.at(-1), toHex(third), `bit ${bit}`);
		const isFirstOrLastByte = bit >> 3 === 0 || bit >> 3 === line.length - 1;
		if (texts.length === 2) dropped++;
		else assert.ok(isFirstOrLastByte && texts[1] === Buffer.from(second).toString("hex"), `bit ${bit}: ${texts}`);
	}
	assert.ok(dropped > line.length * 6);
});

test("what never ends takes no memory, and the next frame is heard", () => {
	const { reader, frames } = reading();
	for (let round = 0; round < 10; round++) reader.push(new Uint8Array(frameMaxBytes).fill(7));
	reader.push(lineOf(Uint8Array.of(1)));
	assert.deepEqual(frames, [Uint8Array.of(1)]); // its first END ended the endless one
	assert.equal(reader.broken, 1);
});

test("the outbox gives what it took in any pieces, round its end, and says when it has no room", () => {
	const outbox = new Outbox();
	const { reader, frames } = reading();
	const frame = new Uint8Array(1000).fill(0xc0);
	let sent = 0;
	for (let round = 0; round < 30; round++) {
		if (outbox.add(frame, frame.length)) sent++;
		reader.push(outbox.take(777));
	}
	while (!outbox.isEmpty) reader.push(outbox.take(100));
	assert.equal(frames.length, sent);
	assert.equal(outbox.dropped, 30 - sent);
	assert.ok(outbox.dropped > 0 && sent > 5);
	for (const heard of frames) assert.deepEqual(heard, frame);
});
