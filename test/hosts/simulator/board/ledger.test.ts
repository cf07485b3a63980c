import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { Ledger, totalBytes } from "../../../../hosts/simulator/board/ledger.ts";
import { fromHex } from "../../../../modules/bytes.ts";

const bytesOf = (hex: string) => fromHex(hex)!;
const none = { dtlsHandshake: 0, dtlsRecords: 0 };

test("DTLS is told from CoAP: handshakes and alerts in the clear, and records of data, with and without a CID", () => {
	const ledger = new Ledger();
	for (const hex of ["16feff 0000 000000000000 0001 01", "14fefd 0000 000000000001 0001 01"]) {
		ledger.enter("sent", bytesOf(hex), "10.0.0.1");
	}
	for (const hex of ["17fefd 0001 000000000001 0001 01", "19fefd 0001 000000000001 aabb 0001 01"]) {
		ledger.enter("sent", bytesOf(hex), "10.0.0.1");
	}
	ledger.enter("sent", bytesOf("17fefd 0001 00"), "10.0.0.1");
	deepEqual(ledger.sent.bytes, { coapHeader: 0, coapPayload: 6, dtlsHandshake: 28, dtlsRecords: 30, udpIp: 140 });
	equal(ledger.sent.messages.other, 5);
	equal(totalBytes(ledger.sent), 204);
});

test("a message's bytes are told apart: header with token and options, payload, UDP/IP", () => {
	const ledger = new Ledger();
	// RFC 7252 Figure 16: CON GET /temperature, ID 0x7d34; the answer 2.05 "22.3 C" piggybacked
	ledger.enter("sent", bytesOf("4001 7d34 bb 74656d7065726174757265"), "10.0.0.1");
	ledger.enter("received", bytesOf("6045 7d34 ff 32322e332043"), "10.0.0.1");
	deepEqual(ledger.sent.bytes, { coapHeader: 16, coapPayload: 0, ...none, udpIp: 28 });
	deepEqual(ledger.received.bytes, { coapHeader: 5, coapPayload: 6, ...none, udpIp: 28 });
	equal(totalBytes(ledger.received), 39);
	ledger.enter("received", bytesOf("6045 7d34 ff 32322e332043"), "2001:db8::1");
	equal(ledger.received.bytes.udpIp, 28 + 48);
	deepEqual(ledger.sent.messages, { confirmable: 1, nonConfirmable: 0, acknowledgement: 0, reset: 0, other: 0 });
	equal(ledger.received.messages.acknowledgement, 2);
	equal(ledger.received.datagrams, 2);
});

test("tokens and extended option deltas and lengths are header", () => {
	const ledger = new Ledger();
	const longValue = "61".repeat(300);
	// token of 2; option delta 13+7, length 14: 269+31; then delta 14, length 13: 13+1
	ledger.enter(
		"sent",
		bytesOf(`5202 0001 aabb de 07 001f ${longValue} ed 0000 01 ${"62".repeat(14)} ff 00`),
		"10.0.0.1",
	);
	deepEqual(ledger.sent.bytes, { coapHeader: 6 + 4 + 300 + 4 + 14 + 1, coapPayload: 1, ...none, udpIp: 28 });
	equal(ledger.sent.messages.nonConfirmable, 1);
	ledger.enter("sent", bytesOf("7000 0001"), "10.0.0.1");
	equal(ledger.sent.messages.reset, 1);
});

test("a long token is header, too (RFC 8974)", () => {
	const ledger = new Ledger();
	ledger.enter("received", bytesOf(`4d01000101${"aa".repeat(14)}ff0102`), "10.0.0.1");
	equal(ledger.received.messages.confirmable, 1);
	equal(ledger.received.bytes.coapHeader, 20);
	equal(ledger.received.bytes.coapPayload, 2);
});

test("what is no CoAP message counts as such, whatever it is", () => {
	const ledger = new Ledger();
	const wrong = [
		"",
		"40",
		"ffffffff",
		"80010001",
		"4f010001000000000000000000000000000000",
		"4901000100",
		"4d01000100",
		"40010001ff",
		"40010001f0",
		"40010001b5aa",
	];
	for (const hex of wrong) ledger.enter("received", bytesOf(hex), "10.0.0.1");
	equal(ledger.received.messages.other, wrong.length);
	equal(ledger.received.bytes.coapHeader, 0);
	equal(
		ledger.received.bytes.coapPayload,
		wrong.reduce((sum, hex) => sum + hex.length / 2, 0),
	);
});
