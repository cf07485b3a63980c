import { Peer, type PeerListener } from "../../../modules/coap/peer.ts";
import { Probing, type ProbingOptions } from "../../../modules/coap/probing.ts";
import { equal, ok, patience, seeded, test } from "../../harness.ts";
import { bytesOf, textOf } from "./message-text.ts";
import { countingEntropy, lowDice } from "./scene.ts";

const nobody: PeerListener = { requested() {}, responded() {}, failed() {}, observerGone() {} };

function stageOf(options: ProbingOptions, outbox = 64) {
	const peer = new Peer({
		dice: lowDice,
		entropy: countingEntropy(),
		listener: nobody,
		limits: { outbox, requests: 500 },
	});
	const probing = new Probing(peer, options);
	const sent: string[] = [];
	let nowMs = 0;
	const collect = () => {
		for (let bytes = probing.takeDatagram(); bytes !== undefined; bytes = probing.takeDatagram())
			sent.push(`${nowMs} ${textOf(bytes)}`);
	};
	const at = (untilMs: number) => {
		for (let turns = 0; ; turns++) {
			ok(turns < 20_000, "polls for ever");
			collect();
			if (probing.deadlineMs > untilMs) break;
			nowMs = Math.max(nowMs, probing.deadlineMs);
			probing.poll(nowMs);
		}
		nowMs = untilMs;
	};
	const hears = (line: string) => {
		const bytes = bytesOf(line);
		probing.receive(bytes, 0, bytes.length, nowMs);
		collect();
	};
	const ask = (type: "confirmable" | "nonConfirmable") => peer.request({ code: 1, type, path: ["abcdefgh"] }, nowMs);
	return { peer, probing, sent, at, hears, ask };
}

test("what is not answered goes out at PROBING_RATE, Non-confirmable messages too (RFC 7252 §4.7)", () => {
	const { sent, at, ask } = stageOf({ bytesPerS: 1, burstBytes: 15 });
	for (let count = 0; count < 3; count++) ask("nonConfirmable"); // 15 bytes each
	at(0);
	equal(sent.join("; "), "0 NON 0.01 #0 0001 /abcdefgh");
	at(1);
	equal(sent.length, 2, "a moment pays for the next one, which then is owed");
	at(15_000);
	equal(sent.length, 2);
	at(15_010);
	equal(sent.length, 3);
});

test("whoever answers gets all that waits, at once", () => {
	const { sent, at, hears, ask, probing } = stageOf({ burstBytes: 15 });
	for (let count = 0; count < 5; count++) ask("nonConfirmable");
	at(5000);
	ok(sent.length <= 2);
	hears("NON 2.05 #77 0001");
	equal(sent.length, 3);
	hears("NON 2.05 #78 0002");
	hears("NON 2.05 #79 0003");
	equal(sent.length, 5);
	equal(probing.figures.waiting + probing.figures.lost, 0);
});

test("bytes that make no sense open nothing", () => {
	const { sent, at, ask, probing } = stageOf({ burstBytes: 15 });
	for (let count = 0; count < 3; count++) ask("nonConfirmable");
	at(10);
	equal(sent.length, 2);
	probing.receive(new Uint8Array([1, 2, 3]), 0, 3, 10);
	at(20);
	equal(sent.length, 2);
});

test("a retransmission takes the place of the copy that still waits; the oldest of too many is lost", () => {
	const { at, ask, probing, sent } = stageOf({ bytesPerS: 1, burstBytes: 1, waiting: 2 });
	ask("nonConfirmable");
	ask("confirmable");
	at(13_000); // the Confirmable one was to be sent again at 2 s and 6 s
	equal(probing.figures.waiting, 1);
	equal(probing.figures.lost, 0);
	for (let count = 0; count < 3; count++) ask("nonConfirmable");
	at(13_100);
	equal(probing.figures.waiting, 2);
	equal(probing.figures.lost, 2);
	equal(sent.length, 1);
});

test("over any ten minutes of silence: no more than the burst, one datagram and the rate", () => {
	for (let seed = 1; seed <= 3 * patience; seed++) {
		const random = seeded(seed);
		const bytesPerS = 1 + random(20);
		const burstBytes = 1 + random(200);
		const { at, ask, sent } = stageOf({ bytesPerS, burstBytes });
		for (let count = 1; count <= 60; count++) {
			if (random(2) === 0) ask(random(2) === 0 ? "confirmable" : "nonConfirmable");
			at(count * 10_000);
		}
		const bytes = sent.length * 15;
		ok(bytes <= burstBytes + 15 + 600 * bytesPerS, `seed ${seed}: ${bytes} bytes`);
		ok(bytes > 0, `seed ${seed}`);
	}
});

test("a peer whose other endpoint answers notices nothing", () => {
	const { sent, at, hears, ask } = stageOf({ burstBytes: 15 });
	for (let count = 0; count < 20; count++) {
		ask("confirmable");
		at(count * 10);
		equal(sent.length, count + 1);
		hears(`ACK 2.05 #${count} ${(count + 0x10001).toString(16).slice(1)}`);
	}
});
