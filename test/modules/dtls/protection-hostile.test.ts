/** What a peer with the right keys, or somebody without any, may put into protected records. */
import { fromHex } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { ContentType } from "../../../modules/dtls/content-type.ts";
import { protectionOf } from "../../../modules/dtls/key-block.ts";
import type { Protection } from "../../../modules/dtls/protection.ts";
import { RecordView, readRecord } from "../../../modules/dtls/record.ts";
import { ReplayWindow } from "../../../modules/dtls/replay.ts";
import { suiteById } from "../../../modules/dtls/suite.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { entropy, kinds, portable, protectionFor, type SessionVector } from "./record-vectors.ts";

const crypto = portable();
const view = new RecordView();
const cid = Uint8Array.of(0xc1, 0xc2, 0xc3);
const { applicationData, tls12Cid } = ContentType;

function openedSize(protection: Protection, record: Uint8Array, cidSize: number): number {
	const bytes = record.slice();
	if (readRecord(bytes, 0, bytes.length, cidSize, view) !== undefined) return -1;
	return protection.open(bytes, view) ? view.end - view.at : -1;
}

/**
 * A record whose DTLSInnerPlaintext (RFC 9146 §4) is `inner`, byte for byte: our own seal() only writes good ones, so
 * the content type that it puts last is made to be the last byte of `inner` on the way to the cipher.
 */
function sealedInner(session: SessionVector, inner: Uint8Array, sequence = 1): Uint8Array {
	const last = inner[inner.length - 1]!;
	const bending = new BendingCrypto(last);
	const protection = protectionFor(bending, session, "client");
	const size = inner.length - 1;
	const record = new Uint8Array(size + protection.overhead(size, cid.length));
	protection.seal(applicationData, inner, 0, size, sequence, cid, record, 0);
	protection.release();
	return record;
}

/** Puts another last byte into what is sealed, before MAC and cipher see it. */
class BendingCrypto extends PortableCrypto {
	private readonly last: number;

	constructor(last: number) {
		super({ entropy });
		this.last = last;
	}

	override seal(...words: Parameters<PortableCrypto["seal"]>): number {
		const [, , , , bytes, , end] = words;
		bytes[end - 1] = this.last;
		return super.seal(...words);
	}
}

for (const session of kinds.slice(0, 2)) {
	const reader = () => protectionFor(crypto, session, "client");

	test(`type 25 and unknown types inside, and no type at all: ${session.name}`, () => {
		const protection = reader();
		equal(openedSize(protection, sealedInner(session, Uint8Array.of(1, 2, 23)), 3), 2);
		equal(view.type, applicationData);
		for (const type of [25, 24, 26, 1, 19, 99, 255]) {
			equal(openedSize(protection, sealedInner(session, Uint8Array.of(1, 2, type)), 3), -1, `${type}`);
		}
		for (const size of [1, 2, 17, 300])
			equal(openedSize(protection, sealedInner(session, new Uint8Array(size)), 3), -1);
		protection.release();
	});

	test(`padding up to 256 bytes is taken off, 1 KiB is refused: ${session.name}`, () => {
		const protection = reader();
		for (const [padding, size] of [
			[1, 2],
			[255, 2],
			[256, 2],
			[257, -1],
			[1024, -1],
		] as const) {
			const inner = new Uint8Array(3 + padding);
			inner.set([1, 2, 22]);
			equal(openedSize(protection, sealedInner(session, inner), 3), size, `${padding}`);
			if (size === 2) equal(view.type, 22);
		}
		const onlyPadded = new Uint8Array(10);
		onlyPadded[0] = applicationData;
		equal(openedSize(protection, sealedInner(session, onlyPadded), 3), 0);
		onlyPadded[0] = 21;
		equal(openedSize(protection, sealedInner(session, onlyPadded), 3), -1);
		protection.release();
	});
}

for (const session of kinds) {
	test(`10,000 forgeries, and the next genuine record opens: ${session.name}`, () => {
		const protection = protectionFor(crypto, session, "client");
		const window = new ReplayWindow();
		const below = seeded(5);
		const count = patience === 1 ? 100 : 10_000;
		for (let forged = 0; forged < count; forged++) {
			const record = new Uint8Array(13 + below(60)).map(() => below(256));
			record.set(
				Uint8Array.of(applicationData, 0xfe, 0xfd, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, record.length - 13),
			);
			if (openedSize(protection, record, 0) >= 0) window.accept(view.sequence);
		}
		const { hex, sequence } = session.records.find(({ from }) => from === "client")!;
		ok(window.isFresh(sequence), "a forged number did not move the window");
		ok(openedSize(protection, fromHex(hex)!, 0) > 0);
		protection.release();
	});

	test(`a record that came is not fresh any more, forward or back: ${session.name}`, () => {
		const protection = protectionFor(crypto, session, "client");
		const window = new ReplayWindow();
		const taken: number[] = [];
		const sent = session.records.filter(({ from }) => from === "client");
		for (const { hex } of [...sent, ...[...sent].reverse(), ...sent]) {
			const bytes = fromHex(hex)!;
			readRecord(bytes, 0, bytes.length, 0, view);
			if (!window.isFresh(view.sequence) || !protection.open(bytes, view)) continue;
			window.accept(view.sequence);
			taken.push(view.sequence);
		}
		deepEqual(taken, [0, 1, 2]);
		protection.release();
	});
}

/** Counts what HMAC has to do. */
class CountingCrypto extends PortableCrypto {
	calls = 0;
	blocks = 0;

	override hmac(secret: number, bytes: Uint8Array, at: number, end: number): Uint8Array {
		this.calls++;
		this.blocks += Math.floor((end - at + 8) / 64) + 1;
		return super.hmac(secret, bytes, at, end);
	}
}

test("MAC-then-encrypt: every padding, right or wrong, takes the same two HMACs over the same number of blocks", () => {
	const session = kinds[3]!;
	const counting = new CountingCrypto({ entropy });
	const keyBlock = fromHex(session.keyBlock)!;
	const suite = suiteById(session.suite)!;
	const keys = { crypto: counting, entropy, suite, encryptThenMac: false, keyBlock, epoch: 1 };
	const protection = protectionOf("client", keys);
	const key = crypto.importAesKey(keyBlock.subarray(64, 80));
	for (const size of [64, 128, 304, 320]) {
		const work = new Set<string>();
		for (let padding = 0; padding < 256; padding += patience === 1 ? 5 : 1) {
			for (const isGood of [true, false]) {
				const record = new Uint8Array(13 + 16 + size);
				const inner = record.subarray(29);
				inner.fill(padding, Math.max(0, size - padding - 1));
				if (!isGood) inner[size - 2]! ^= 1;
				crypto.cbc("encrypt", key, new Uint8Array(16), record, 29, record.length);
				record.set(Uint8Array.of(23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, (size + 16) >> 8, (size + 16) & 255));
				counting.calls = 0;
				counting.blocks = 0;
				equal(openedSize(protection, record, 0), -1);
				work.add(`${counting.calls} calls, ${counting.blocks} blocks`);
			}
		}
		equal(work.size, 1, `${size} bytes: ${[...work].join("; ")}`);
		ok([...work][0]!.startsWith("2 calls"));
	}
	crypto.release(key);
	protection.release();
});

test("encrypt-then-MAC: nothing is deciphered before it verified", () => {
	class Watching extends PortableCrypto {
		deciphered = 0;

		override cbc(...words: Parameters<PortableCrypto["cbc"]>): void {
			if (words[0] === "decrypt") this.deciphered++;
			super.cbc(...words);
		}
	}
	const watching = new Watching({ entropy });
	const session = kinds[2]!;
	const protection = protectionFor(watching, session, "client");
	const record = fromHex(session.records[0]!.hex)!;
	record[record.length - 1]! ^= 1;
	equal(openedSize(protection, record, 0), -1);
	equal(watching.deciphered, 0);
	record[record.length - 1]! ^= 1;
	ok(openedSize(protection, record, 0) > 0);
	equal(watching.deciphered, 1);
	protection.release();
});

/** Seals `inner`, with whatever padding it ends in, under CBC: as a peer would that has the keys and no manners. */
function sealedCbc(session: SessionVector, plain: Uint8Array, tail: readonly number[], iv = 0): Uint8Array {
	const keyBlock = fromHex(session.keyBlock)!;
	const key = crypto.importAesKey(keyBlock.subarray(64, 80));
	const macKey = crypto.importSecret(keyBlock.subarray(0, 32));
	const { encryptThenMac } = session;
	const cipherSize = plain.length + tail.length + (encryptThenMac ? 0 : 32);
	const bodySize = 16 + cipherSize + (encryptThenMac ? 32 : 0);
	const record = new Uint8Array(13 + bodySize);
	record.set(Uint8Array.of(23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, bodySize >> 8, bodySize & 255));
	record.set(plain, 29);
	record.set(tail, 13 + 16 + cipherSize - tail.length);
	const covered = (size: number) => [0, 1, 0, 0, 0, 0, 0, 1, 23, 0xfe, 0xfd, size >> 8, size & 255];
	if (!encryptThenMac) {
		const input = Uint8Array.of(...covered(plain.length), ...plain);
		record.set(crypto.hmac(macKey, input, 0, input.length), 29 + plain.length);
	}
	record.fill(iv, 13, 29);
	if (cipherSize % 16 === 0) crypto.cbc("encrypt", key, record.slice(13, 29), record, 29, 29 + cipherSize);
	if (encryptThenMac) {
		const input = Uint8Array.of(...covered(16 + cipherSize), ...record.subarray(13, 29 + cipherSize));
		record.set(crypto.hmac(macKey, input, 0, input.length), 29 + cipherSize);
	}
	crypto.release(key);
	crypto.release(macKey);
	return record;
}

for (const session of kinds.slice(2)) {
	test(`padding has to be what it says, even where the MAC is right: ${session.name}`, () => {
		const protection = protectionFor(crypto, session, "client");
		const plain = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
		const size = (tail: readonly number[], content = plain) =>
			openedSize(protection, sealedCbc(session, content, tail), 0);
		equal(size([4, 4, 4, 4, 4]), 11);
		equal(size(new Array(21).fill(20)), 11);
		equal(size([3, 4, 4, 4, 4]), -1);
		equal(size([4, 4, 0, 4, 4]), -1);
		equal(size([4, 4, 4, 4, 5]), -1);
		equal(size([4, 4, 4, 4, 0]), session.encryptThenMac ? 15 : -1);
		equal(size([4, 4, 4, 4, 200]), -1);
		equal(size([9], new Uint8Array(15)), -1);
		equal(size([15], new Uint8Array(15)), -1);
		equal(size([16], new Uint8Array(15).fill(16)), -1);
		const intoIv = sealedCbc(session, new Uint8Array(15).fill(16), [16], 16);
		equal(openedSize(protection, intoIv, 0), -1, "padding that reaches into the IV");
		equal(size([0], new Uint8Array(15)), 15);
		equal(size([15], new Uint8Array(15).fill(15)), session.encryptThenMac ? 0 : -1);
		protection.release();
	});

	test(`a body that is not whole blocks, even where the MAC is right: ${session.name}`, () => {
		const protection = protectionFor(crypto, session, "client");
		for (let size = 0; size < 40; size++) {
			const record = sealedCbc(session, new Uint8Array(size), [0]);
			equal(openedSize(protection, record, 0), size % 16 === 15 ? size : -1, `${size}`);
		}
		protection.release();
	});
}

test("the same body with a Connection ID and without are different records", () => {
	const session = kinds[0]!;
	const protection = protectionFor(crypto, session, "client");
	const plain = Uint8Array.of(1, 2, 3);
	const record = new Uint8Array(3 + protection.overhead(3, 3));
	protection.seal(applicationData, plain, 0, 3, 9, cid, record, 0);
	equal(record[0], tls12Cid);
	const bare = new Uint8Array(record.length - 3);
	bare.set(record.subarray(0, 11));
	bare.set(record.subarray(14), 11);
	bare[0] = applicationData;
	equal(openedSize(protection, bare, 0), -1);
	const other = record.slice();
	other[12] = 0;
	equal(openedSize(protection, other, 3), -1);
	equal(openedSize(protection, record, 3), 3);
	protection.release();
});
