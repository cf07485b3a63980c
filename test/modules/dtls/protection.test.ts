import { AssertionFailed, fromHex, toHex } from "../../../modules/bytes.ts";
import { ContentType } from "../../../modules/dtls/content-type.ts";
import { keyBlockBytes } from "../../../modules/dtls/key-block.ts";
import { defaultRecordLimits, NullProtection, type Protection } from "../../../modules/dtls/protection.ts";
import { RecordView, readRecord, sequenceMax, writeRecordHeader } from "../../../modules/dtls/record.ts";
import { suiteById, suites } from "../../../modules/dtls/suite.ts";
import { equal, ok, patience, seeded, test, throws } from "../../harness.ts";
import { entropy, kinds, portable, protectionFor, type SessionVector, sessions } from "./record-vectors.ts";

const crypto = portable();
const view = new RecordView();
const noCid = new Uint8Array(0);
const cid = Uint8Array.of(0xc1, 0xc2, 0xc3);
const { applicationData, alert, handshake, tls12Cid } = ContentType;

/** Opens a copy. @returns the plaintext, undefined when it was refused */
function opened(protection: Protection, record: Uint8Array, cidSize: number): Uint8Array | undefined {
	const bytes = record.slice();
	if (readRecord(bytes, 0, bytes.length, cidSize, view) !== undefined) return undefined;
	return protection.open(bytes, view) ? bytes.slice(view.at, view.end) : undefined;
}

function sealed(
	protection: Protection,
	plain: Uint8Array,
	sequence: number,
	id: Uint8Array,
	type: number = applicationData,
) {
	const size = plain.length + protection.overhead(plain.length, id.length);
	const into = new Uint8Array(size);
	equal(protection.seal(type, plain, 0, plain.length, sequence, id, into, 0), size, "overhead() is exact");
	return into;
}

/** Runs `body` with the sealing and the opening half of one direction. */
function withBoth(
	session: SessionVector,
	body: (writer: Protection, reader: Protection) => void,
	limits = defaultRecordLimits,
) {
	const writer = protectionFor(crypto, session, "client", limits);
	const reader = protectionFor(crypto, session, "client", limits);
	try {
		body(writer, reader);
	} finally {
		writer.release();
		reader.release();
	}
}

for (const session of sessions) {
	test(`opens what others sealed: ${session.name}`, () => {
		for (const writer of ["client", "server"] as const) {
			const protection = protectionFor(crypto, session, writer);
			for (const { from, type, cid: cidHex = "", hex, plain, sequence } of session.records) {
				if (from !== writer) continue;
				const found = opened(protection, fromHex(hex)!, cidHex.length / 2);
				ok(found !== undefined, `${writer} ${sequence} opens`);
				equal(toHex(found), plain);
				equal(view.type, type);
			}
			protection.release();
		}
	});

	test(`seals as others do: ${session.name}`, () => {
		for (const writer of ["client", "server"] as const) {
			const protection = protectionFor(crypto, session, writer);
			for (const { from, type, cid: cidHex = "", hex, iv, plain, sequence, padding } of session.records) {
				const isOurNonce = iv.length === 32 || hex.slice(6, 22) === iv; // GCM's may be random elsewhere
				if (from !== writer || padding !== undefined || !isOurNonce) continue;
				entropy.next = fromHex(iv)!;
				equal(toHex(sealed(protection, fromHex(plain)!, sequence, fromHex(cidHex)!, type)), hex);
			}
			protection.release();
		}
	});
}

for (const session of kinds) {
	test(`any changed bit is refused: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			for (const id of [noCid, cid]) {
				const record = sealed(writer, Uint8Array.of(1, 2, 3, 4, 5), 0x10203040506, id);
				ok(opened(reader, record, id.length));
				const below = seeded(record.length);
				for (let bit = 0; bit < record.length * 8; bit += 1 + below(patience === 1 ? 16 : 2)) {
					const bent = record.slice();
					bent[bit >> 3]! ^= 1 << (bit & 7);
					equal(opened(reader, bent, id.length), undefined, `bit ${bit} of a record with ${id.length} bytes of CID`);
				}
			}
		});
	});

	test(`any cut body is refused, below the tag's size too: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			for (const id of [noCid, cid]) {
				const record = sealed(writer, new Uint8Array(40), 3, id);
				const headerEnd = 13 + id.length;
				for (let size = 0; size < record.length - headerEnd; size++) {
					const cut = record.slice(0, headerEnd + size);
					cut[headerEnd - 2] = size >> 8;
					cut[headerEnd - 1] = size;
					equal(opened(reader, cut, id.length), undefined, `${size} bytes of body`);
				}
			}
		});
	});

	test(`short protected records of every type are refused: ${session.name}`, () => {
		withBoth(session, (_writer, reader) => {
			for (const type of [20, 21, 22, 23, 25]) {
				for (let size = 0; size < 50; size++) {
					const record = new Uint8Array(13 + (type === 25 ? 3 : 0) + size);
					writeRecordHeader(type, 1, 1, type === 25 ? cid : noCid, size, record, 0);
					equal(opened(reader, record, 3), undefined, `type ${type}, ${size} bytes`);
				}
			}
		});
	});

	test(`all sizes and types come back, several to a datagram: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			const bytes = new Uint8Array(2000);
			for (const id of [noCid, cid]) {
				let end = 0;
				const sizes = [0, 1, 14, 15, 16, 17, 31, 32, 33, 47, 48, 64, 255, 256];
				for (const size of sizes) {
					const plain = new Uint8Array(size + 2).fill(size);
					const type = size === 0 ? applicationData : 20 + (size & 3);
					const last = end;
					end = writer.seal(type, plain, 1, 1 + size, size, id, bytes, end);
					equal(end - last, size + writer.overhead(size, id.length));
				}
				let at = 0;
				for (const size of sizes) {
					equal(readRecord(bytes, at, end, id.length, view), undefined);
					equal(view.type, id.length > 0 ? tls12Cid : size === 0 ? applicationData : 20 + (size & 3));
					ok(reader.open(bytes, view), `${size}`);
					equal(view.end - view.at, size);
					equal(view.type, size === 0 ? applicationData : 20 + (size & 3));
					for (let index = view.at; index < view.end; index++) equal(bytes[index], size & 0xff);
					at = view.next;
				}
				equal(at, end);
			}
		});
	});

	test(`another direction, epoch or Connection ID does not open: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			const other = protectionFor(crypto, session, "server");
			const record = sealed(writer, Uint8Array.of(1, 2, 3), 1, cid);
			equal(opened(other, record, 3), undefined);
			other.release();
			const elsewhere = record.slice();
			elsewhere[4] = 2;
			equal(opened(reader, elsewhere, 3), undefined);
			const bare = sealed(writer, Uint8Array.of(1, 2, 3), 2, noCid);
			const dressed = new Uint8Array(bare.length + 3);
			dressed.set(bare);
			dressed[0] = tls12Cid;
			dressed.set(cid, 11);
			dressed.set(bare.subarray(11), 14);
			equal(opened(reader, dressed, 3), undefined);
		});
	});

	test(`records larger than agreed are refused, and not made: ${session.name}`, () => {
		const small = protectionFor(crypto, session, "client", { plaintextBytes: 64, paddingBytes: 0 });
		const large = protectionFor(crypto, session, "client");
		for (const id of [noCid, cid]) {
			equal(opened(small, sealed(large, new Uint8Array(64), 1, id), id.length)?.length, 64);
			equal(opened(small, sealed(large, new Uint8Array(65), 2, id), id.length), undefined);
			equal(opened(small, sealed(large, new Uint8Array(600), 2, id), id.length), undefined);
		}
		throws(
			() => sealed(small, new Uint8Array(65), 3, noCid),
			(error) => error instanceof AssertionFailed,
		);
		small.release();
		large.release();
	});

	test(`nothing is sealed past the last sequence number, nor as a type that does not exist: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			ok(opened(reader, sealed(writer, Uint8Array.of(1), sequenceMax, noCid), 0));
			for (const [sequence, type] of [
				[sequenceMax + 1, applicationData],
				[-1, applicationData],
				[1, tls12Cid],
				[1, 26],
			] as const) {
				throws(
					() => sealed(writer, Uint8Array.of(1), sequence, noCid, type),
					(error) => error instanceof AssertionFailed,
				);
			}
		});
	});

	test(`handshake and alert records are never empty: ${session.name}`, () => {
		withBoth(session, (writer, reader) => {
			for (const id of [noCid, cid]) {
				ok(opened(reader, sealed(writer, noCid, 1, id), id.length));
				equal(opened(reader, sealed(writer, noCid, 1, id, alert), id.length), undefined);
				equal(opened(reader, sealed(writer, noCid, 1, id, handshake), id.length), undefined);
			}
		});
	});
}

test("epoch 0 is not protected, and carries no application data", () => {
	const none = new NullProtection();
	const record = sealed(none, Uint8Array.of(1, 2), 7, noCid, handshake);
	equal(toHex(record), "16fefd000000000000000700020102");
	equal(toHex(opened(none, record, 0)!), "0102");
	record[0] = applicationData;
	equal(opened(none, record, 0), undefined);
	throws(() => sealed(none, Uint8Array.of(1), 1, noCid, applicationData));
	record[0] = 99;
	equal(opened(none, record, 0), undefined);
	record[0] = handshake;
	record[4] = 1;
	equal(opened(none, record, 0), undefined);
	equal(opened(none, sealed(none, noCid, 1, noCid, handshake), 0), undefined);
});

test("overhead is as the RFCs have it: 29 bytes for CCM_8, 29 + n + 1 with a Connection ID", () => {
	const [ccm8, gcm, cbcEtm, cbc] = kinds.map((session) => protectionFor(crypto, session, "client"));
	equal(ccm8!.overhead(10, 0), 29);
	equal(ccm8!.overhead(10, 6), 36);
	equal(gcm!.overhead(10, 0), 37);
	equal(cbc!.overhead(10, 0), 13 + 16 + 48 - 10);
	equal(cbcEtm!.overhead(10, 0), 13 + 16 + 16 + 32 - 10);
	for (const protection of [ccm8, gcm, cbcEtm, cbc]) protection!.release();
});

test("the suites are found by their numbers, and their key blocks have the right sizes", () => {
	for (const suite of suites) equal(suiteById(suite.id), suite);
	equal(suiteById(0x1301), undefined);
	equal(keyBlockBytes(suiteById(0xc0a8)!), 40);
	equal(keyBlockBytes(suiteById(0x00ae)!), 96);
});
