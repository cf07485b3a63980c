/**
 * Datagrams that somebody without keys sends with the other's address, one of them in each handshake: before its third
 * datagram (the second ClientHello has gone out), before its fourth (ServerHello is coming), and after its end.
 */
import { utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { Pair } from "./association-pair.ts";

function record(type: number, epoch: number, body: readonly number[], size = body.length): Uint8Array {
	return Uint8Array.of(type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 77, size >> 8, size, ...body);
}

const uint24 = (value: number) => [value >> 16, value >> 8, value];

/** A fragment with message_seq 1, where the ServerHello stands. */
function message(type: number, body: readonly number[], total = body.length, offset = 0): Uint8Array {
	return record(22, 0, [type, ...uint24(total), 0, 1, ...uint24(offset), ...uint24(body.length), ...body]);
}

const noise = (size: number) => Array.from({ length: size }, (_, index) => (index * 167 + 29) & 255);
const rest = [...noise(32), 0, 0xc0, 0xa8, 0];

/** What is passed over, as if it had never come. */
const forgeries: readonly (readonly [string, Uint8Array])[] = [
	["fatal alert, epoch 0", record(21, 0, [2, 40])],
	["close_notify, epoch 0", record(21, 0, [1, 0])],
	["10-byte record, epoch 1", record(23, 1, noise(10))],
	["15-byte record, epoch 1", record(23, 1, noise(15))],
	["random bytes, epoch 9", record(23, 9, noise(40))],
	["32-byte record that does not verify, epoch 1", record(23, 1, noise(32))],
	["empty record, epoch 1", record(23, 1, [])],
	["record header cut to 5 bytes", Uint8Array.of(22, 0xfe, 0xfd, 0, 0)],
	["record of 65535 bytes", record(22, 0, noise(40), 65_535)],
	["ServerHello of 0xffffff bytes", message(2, noise(4), 0xffffff)],
	["fragment behind the end of its message", message(2, noise(20), 30, 20)],
	["ServerHello of DTLS 1.0", message(2, [0xfe, 0xff, ...rest])],
	["Finished in the clear", message(20, noise(12))],
	["early ChangeCipherSpec", record(20, 0, [1])],
	["HelloRequest", message(0, [])],
	["unknown content type 99", record(99, 0, noise(20))],
	["Connection ID that nobody agreed on", record(25, 1, noise(40))],
	["ACK of DTLS 1.3", record(26, 1, noise(16))],
];
/** What costs a timeout at most. */
const spoilers: readonly (readonly [string, Uint8Array])[] = [
	["second HelloVerifyRequest", message(3, [0xfe, 0xff, 16, ...noise(16)])],
	["plausible ServerHello", message(2, [0xfe, 0xfd, ...rest])],
];

function pairOf(seed: number): Pair {
	const next = seeded(seed);
	const entropy = { fill: (bytes: Uint8Array) => void bytes.forEach((_, at) => void (bytes[at] = next(256))) };
	const crypto = new PortableCrypto({ entropy });
	const key = crypto.importSecret(utf8("secretPSK"));
	const base = { crypto, entropy, suites: [0xc0a8] };
	const cookies = new CookieJar(crypto, entropy);
	return new Pair({ ...base, psk: { identity: utf8("dev1"), key } }, { ...base, pskOf: () => key, cookies });
}

function exchange(pair: Pair): void {
	const ping = utf8("ping");
	const before = [pair.clientEar.heard.length, pair.serverEar.heard.length] as const;
	ok(pair.client.send(ping, 0, ping.length, pair.nowMs));
	ok(pair.server.send(ping, 0, ping.length, pair.nowMs));
	pair.settle();
	deepEqual([pair.clientEar.heard.length, pair.serverEar.heard.length], [before[0] + 1, before[1] + 1]);
}

/** @param gap how many datagrams have gone; 6: all of the handshake */
function strike(pair: Pair, gap: number, forged: Uint8Array): Pair {
	const hear = () => {
		for (const side of [pair.client, pair.server]) {
			const copy = forged.slice();
			side.receive(copy, 0, copy.length, pair.nowMs);
		}
	};
	pair.meddle = ({ bytes }) => {
		if (pair.flown.length === gap + 1) hear();
		return [bytes];
	};
	pair.connect();
	pair.meddle = ({ bytes }) => [bytes];
	if (gap === 6) hear();
	return pair.settle();
}

const calm = pairOf(1).connect().flown;
/** One after the other where the engine is slow. */
const gaps = patience > 1 ? [0, 1, 2, 3, 4, 5, 6] : [2, 3, 6];

for (let index = 0; index < forgeries.length; index++) {
	const [name, forged] = forgeries[index]!;
	test(`forged: ${name}: both go on as if it had never come`, () => {
		for (const gap of patience > 1 ? gaps : [gaps[index % gaps.length]!]) {
			const pair = strike(pairOf(1), gap, forged);
			ok(pair.isEstablished, `after ${gap}`);
			deepEqual(pair.flown, calm, `after ${gap}`);
			exchange(pair);
			equal(pair.flown.length, calm.length + 2);
		}
	});
}

for (const [name, forged] of spoilers) {
	test(`forged: ${name}: after a timeout at most, the handshake completes`, () => {
		for (const gap of [2, 3]) {
			const pair = strike(pairOf(1), gap, forged);
			for (let turn = 0; turn < 20 && !pair.isEstablished && pair.wait(); turn++);
			ok(pair.isEstablished, `after ${gap}: ${pair.clientEar.reason?.code}, ${pair.serverEar.reason?.code}`);
			exchange(pair);
		}
	});
}
