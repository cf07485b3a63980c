import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { accelerator } from "../../../../hosts/simulator/board/accelerator.ts";
import { TrafficCauses, TrafficTap } from "../../../../hosts/simulator/energy/traffic.ts";

const peer = "192.0.2.1:5683";
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
/** CON POST /rd, token 01, message id 1. */
const register = hex("41 02 0001 01 b2 7264");
const created = hex("61 41 0001 01");
/** CON POST /rd/a, then its reply. */
const update = hex("41 02 0002 02 b2 7264 01 61");
const changed = hex("61 44 0002 02");
/** CON 2.05 with Observe, and its acknowledgement. */
const notification = hex("41 45 0003 0a 61 05 ff 32 31");
const acknowledged = hex("60 00 0003");
/** The server's GET /3, its acknowledgement, and the separate response. */
const read = hex("41 01 7001 0b b1 33");
const separate = hex("41 45 0004 0b ff 31");

test("requests, responses and acknowledgements have the cause of their exchange", () => {
	const causes = new TrafficCauses();
	const heard: [way: "sent" | "received", bytes: Uint8Array][] = [
		["sent", register],
		["received", created],
		["sent", update],
		["received", changed],
		["sent", notification],
		["received", acknowledged],
		["received", read],
		["sent", hex("60 00 7001")],
		["sent", separate],
		["received", hex("60 00 0004")],
		["sent", hex("41 04 0005 03 b2 7264 01 61")],
		["received", hex("61 42 0005 03")],
		["sent", hex("41 02 0006 04 b2 6470")],
		["received", hex("70 00 7777")],
		["sent", hex("41 01 0007 05 b2 6677")],
		["received", hex("61 45 0007 05 ff 31")],
	];
	deepEqual(
		heard.map(([way, bytes]) => causes.of(way, bytes, peer)),
		[
			...["register", "register", "update", "update", "notify", "notify", "serve", "serve", "serve", "serve"],
			...["deregister", "deregister", "send", "acknowledge", "firmware", "firmware"],
		],
	);
});

test("what the server does to Objects 5 and 9 is firmware", () => {
	const causes = new TrafficCauses();
	equal(causes.of("received", hex("41 03 7001 0b b1 35 01 30 01 30"), peer), "firmware");
	equal(causes.of("sent", hex("61 44 7001 0b"), peer), "firmware");
	equal(causes.of("received", hex("41 03 7002 0c b1 39"), peer), "firmware");
});

test("what a bootstrap server asks belongs to the bootstrap, until we register there", () => {
	const causes = new TrafficCauses();
	equal(causes.of("sent", hex("41 02 0001 01 b2 6273"), peer), "bootstrap");
	equal(causes.of("received", read, peer), "bootstrap");
	equal(causes.of("sent", hex("61 45 7001 0b"), peer), "bootstrap");
	equal(causes.of("received", read, "192.0.2.9:5683"), "serve");
	causes.of("sent", register, peer);
	equal(causes.of("received", hex("41 01 7002 0c b1 33"), peer), "serve");
});

test("bytes that are no CoAP message are nobody's, and nothing grows", () => {
	const causes = new TrafficCauses();
	for (const bytes of ["", "40", "ff".repeat(20), "48 01 0001", "40 01 0001 bf", "40 01 0001 f1", "40 01 0001 be 00"]) {
		equal(causes.of("received", hex(bytes), peer), "other", bytes);
	}
});

test("records are told apart by what the accelerator seals and opens", () => {
	const key = new Uint8Array(16);
	const nonce = new Uint8Array(12);
	const none = new Uint8Array(0);
	const told: string[] = [];
	const tap = new TrafficTap((way, bytes, _peer, cause) => told.push(`${way} ${bytes} ${cause}`));
	const unit = tap.listening(accelerator);
	const record = (sealed: Uint8Array) => new Uint8Array([...hex("17 fefd 0001 000000000001 0000"), ...sealed]);
	tap.sent(hex("16 fefd 0000 000000000000 0000"), peer);
	const sealed = unit.seal("ccm8", key, nonce, none, register);
	tap.sent(record(sealed), peer);
	const answer = accelerator.seal("ccm8", key, nonce, none, created);
	tap.received(record(answer), peer);
	unit.open("ccm8", key, nonce, none, answer);
	tap.received(record(answer), peer); // a replay: nobody opens it
	tap.sent(record(sealed), peer); // a record that nobody sealed: an alert with a connection ID
	tap.flush();
	tap.received(new Uint8Array([...hex("19 fefd 0001 000000000002 01 0000"), ...answer]), peer); // with a connection ID
	const hidden = accelerator.seal("ccm8", key, nonce, none, new Uint8Array([...created, 23, 0, 0]));
	unit.open("ccm8", key, nonce, none, hidden);
	const alert = unit.seal("ccm8", key, nonce, none, hex("01 00 15"));
	tap.sent(new Uint8Array([...hex("19 fefd 0001 000000000003 01 0000"), ...alert]), peer);
	const size = 13 + register.length + 8;
	deepEqual(told, [
		"sent 13 handshake",
		`sent ${size} register`,
		`received ${13 + created.length + 8} register`,
		`sent ${size} other`,
		`received ${13 + created.length + 8} other`,
		`received ${14 + created.length + 8} register`,
		"sent 25 handshake",
	]);
});
