import { fromHex, toHex } from "../../../modules/bytes.ts";
import { ContentType, isContentType } from "../../../modules/dtls/content-type.ts";
import {
	RecordView,
	readRecord,
	readSequence,
	sequenceMax,
	writeRecordHeader,
	writeSequence,
} from "../../../modules/dtls/record.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { sessions } from "./record-vectors.ts";

const view = new RecordView();
const noCid = new Uint8Array(0);
const cid = Uint8Array.of(0xc1, 0xc2, 0xc3);

function codeOf(hex: string, cidSize = 0): string | undefined {
	const bytes = fromHex(hex)!;
	return readRecord(bytes, 0, bytes.length, cidSize, view)?.code;
}

test("finds the parts of a record", () => {
	const bytes = fromHex("00 17fefd 0001 123456789abc 0003 aabbcc 15fefd")!;
	equal(readRecord(bytes, 1, bytes.length, 0, view), undefined);
	const { type, version, epoch, sequence, headerAt, cidAt, cidEnd, at, end, next } = view;
	deepEqual([type, version, epoch, sequence], [23, 0xfefd, 1, 0x123456789abc]);
	deepEqual([headerAt, cidAt, cidEnd, at, end, next], [1, 12, 12, 14, 17, 17]);
});

test("finds the Connection ID of a tls12_cid record (RFC 9146 §4)", () => {
	const bytes = fromHex("19fefd 0001 000000000007 c1c2c3 0002 aabb")!;
	equal(readRecord(bytes, 0, bytes.length, 3, view), undefined);
	equal(toHex(bytes, view.cidAt, view.cidEnd), "c1c2c3");
	equal(toHex(bytes, view.at, view.end), "aabb");
});

test("other records of a peer that knows our Connection ID have none", () => {
	equal(codeOf("16fefd 0000 000000000000 0001 00", 3), undefined);
	equal(view.cidEnd - view.cidAt, 0);
});

test("every cut of a record ends the datagram", () => {
	const plain = "17fefd0001000000000001000411223344";
	for (let size = 0; size < plain.length / 2; size++) {
		equal(codeOf(plain.slice(0, 2 * size)), "dtls.record.truncated", `${size} bytes`);
	}
	const withCid = "19fefd0001000000000001c1c2c3000411223344";
	for (let size = 0; size < withCid.length / 2; size++) {
		equal(codeOf(withCid.slice(0, 2 * size), 3), "dtls.record.truncated", `${size} bytes with a Connection ID`);
	}
});

test("a length beyond the datagram, and beyond any record", () => {
	equal(codeOf("17fefd 0001 000000000001 0005 11223344"), "dtls.record.truncated");
	equal(codeOf("17fefd 0001 000000000001 ffff 11223344"), "dtls.record.tooLong");
	equal(codeOf("17fefd 0001 000000000001 4801 11223344"), "dtls.record.tooLong");
	equal(codeOf("17fefd 0001 000000000001 4800 11223344"), "dtls.record.truncated");
});

test("versions: 1.2, and 1.0 before there is an agreement", () => {
	equal(codeOf("16feff 0000 000000000000 0001 00"), undefined);
	equal(codeOf("17feff 0001 000000000000 0001 00"), "dtls.record.version");
	equal(codeOf("16fefc 0000 000000000000 0001 00"), "dtls.record.version");
	equal(codeOf("160303 0000 000000000000 0001 00"), "dtls.record.version");
	equal(codeOf("16fffd 0000 000000000000 0001 00"), "dtls.record.version");
});

test("type 25 without an agreement, and in epoch 0 (RFC 9146 §3)", () => {
	equal(codeOf("19fefd 0001 000000000001 0001 00"), "dtls.record.connectionId");
	equal(codeOf("19fefd 0000 000000000001 c1c2c3 0001 00", 3), "dtls.record.connectionId");
});

test("several records in one datagram, and what stands before a corrupt one is kept", () => {
	const bytes = fromHex(
		"14fefd 0000 000000000003 0001 01 16fefd 0001 000000000000 0002 aabb 17fefd 0001 000000000001 0009 00",
	)!;
	const types: number[] = [];
	let at = 0;
	let why: string | undefined;
	while (at < bytes.length && why === undefined) {
		why = readRecord(bytes, at, bytes.length, 0, view)?.code;
		if (why !== undefined) break;
		types.push(view.type);
		at = view.next;
	}
	deepEqual(types, [20, 22]);
	equal(why, "dtls.record.truncated");
});

test("unknown types, epochs and empty bodies are records, so that the ones behind survive", () => {
	for (const hex of [
		"63fefd 0000 000000000000 0001 00",
		"18fefd 0000 000000000000 0001 00",
		"1afefd 0000 000000000000 0001 00",
		"17fefd 0009 000000000000 0001 00",
		"17fefd ffff 000000000000 0001 00",
		"17fefd 0001 000000000000 0000",
	]) {
		equal(codeOf(hex), undefined, hex);
	}
	ok(!isContentType(24) && !isContentType(25) && !isContentType(26) && !isContentType(99) && !isContentType(0));
	ok(isContentType(20) && isContentType(21) && isContentType(22) && isContentType(23));
});

test("sequence numbers of 48 bits are written and read", () => {
	const bytes = new Uint8Array(8);
	for (const sequence of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abc, sequenceMax]) {
		writeSequence(sequence, bytes, 1);
		equal(readSequence(bytes, 1), sequence);
	}
	equal(toHex(bytes), "00ffffffffffff00");
});

test("headers are written as they are read", () => {
	const bytes = new Uint8Array(40);
	equal(writeRecordHeader(ContentType.handshake, 0, 5, noCid, 2, bytes, 1), 14);
	equal(toHex(bytes, 1, 14), "16fefd00000000000000050002");
	equal(writeRecordHeader(ContentType.handshake, 1, 0x123456789abc, cid, 0x123, bytes, 0), 16);
	equal(toHex(bytes, 0, 16), "19fefd0001123456789abcc1c2c30123");
});

test("every record of the foreign sessions is found", () => {
	let found = 0;
	for (const { records } of sessions) {
		for (const { hex, sequence, cid: cidHex = "" } of records) {
			const bytes = fromHex(hex)!;
			equal(readRecord(bytes, 0, bytes.length, cidHex.length / 2, view), undefined, hex);
			equal(view.sequence, sequence);
			equal(view.epoch, 1);
			equal(view.next, bytes.length);
			equal(toHex(bytes, view.cidAt, view.cidEnd), cidHex);
			found++;
		}
	}
	ok(found >= 60, `${found} records`);
});
