import { Abilities } from "../../../modules/coap/ability.ts";
import { EchoChallenge, EchoReply } from "../../../modules/coap/echo.ts";
import { HoldBack } from "../../../modules/coap/hold-back.ts";
import { MulticastClient } from "../../../modules/coap/multicast-client.ts";
import { MulticastServer } from "../../../modules/coap/multicast-server.ts";
import { NoResponse, noResponse } from "../../../modules/coap/no-response.ts";
import { Peer } from "../../../modules/coap/peer.ts";
import { CONDITIONS, evaluate } from "../../../modules/coap/preconditions.ts";
import { Probing } from "../../../modules/coap/probing.ts";
import { RequestTag } from "../../../modules/coap/request-tag.ts";
import { CocoaRto } from "../../../modules/coap/rto-cocoa.ts";
import { DEVICE_LIMITS } from "../../../modules/coap/tuning.ts";
import { ok, patience, seeded, test } from "../../harness.ts";
import { bytesOf } from "./message-text.ts";

const payload = new Uint8Array(40).fill(0x61);
const lines = [
	"CON 0.02 #1 aa /t 258=26",
	"CON 0.03 #2 ab /lock 252=hex:0102030405060708 1=hex:aa 5=hex:",
	"NON 0.03 #3 ac /big b1=0/m/16 292=hex:01 258=8",
	"NON 0.01 #4 ad /t 4=hex:aa 35=hex:61",
	"ACK 4.01 #0 0001 252=hex:0102030405060708",
	"ACK 4.29 #0 0001 age=4294967295",
	"ACK 5.03 #1 0002 age=3",
	"ACK 2.31 #2 0003 b1=0/m/16",
	"NON 2.05 #9 00000001 b2=0/m/16 4=hex:aa",
	"CON 2.05 #10 00000001",
];

/** Everything there is, one around the other, in the middle of its work. */
function everything(random: (bound: number) => number) {
	const dice = { below: random };
	let draws = 0;
	const entropy = {
		fill: (bytes: Uint8Array) => {
			bytes.fill(0);
			bytes[bytes.length - 1] = ++draws;
		},
	};
	const echo = new EchoChallenge(entropy);
	const holdBack = new HoldBack({ longestMs: 5000 });
	const peer: Peer = new Peer({
		dice,
		entropy,
		listener: {
			requested: (request, nowMs) => {
				const verdict = evaluate(request, { exists: true, eTag: new Uint8Array([0xaa]) });
				const isFresh = echo.isFresh(request, nowMs);
				const answer = { code: verdict === "failed" ? 0x8c : 0x45, payload };
				if (random(3) > 0) peer.respond(request, isFresh ? answer : echo.challenge(nowMs), nowMs);
			},
			responded() {},
			failed() {},
			observerGone() {},
		},
		limits: { blockSizeBytes: 16 },
		tuning: { nstart: 3 },
		understood: CONDITIONS,
		abilities: new Abilities([holdBack, new EchoReply(), new RequestTag(), new NoResponse()]),
		rto: new CocoaRto(),
	});
	const probing = new Probing(new MulticastServer(peer, { dice }), { bytesPerS: 100 });
	const server = new MulticastServer(peer, { dice });
	const group = new MulticastClient({ dice, entropy, listener: { responded() {}, ended() {} } });
	group.request({ code: 1, path: ["t"] }, 0);
	for (let count = 0; count < 3; count++) {
		peer.request({ code: 3, path: ["big"], payload, options: [noResponse(count)] }, 0);
	}
	return { peer, probing, server, group, holdBack };
}

test("every truncation and bit flip of what abilities look at, into all at once: no throw, no growth, an end", () => {
	const random = seeded(77);
	let { peer, probing, server, group, holdBack } = everything(random);
	let nowMs = 0;
	let count = 0;
	const feed = (bytes: Uint8Array, end: number) => {
		nowMs += random(300);
		count += 1;
		if (count % 500 === 0) ({ peer, probing, server, group, holdBack } = everything(random));
		const way = random(3);
		if (way === 0) probing.receive(bytes, 0, end, nowMs);
		else if (way === 1) server.receiveForGroup(bytes, 0, end, nowMs);
		else group.receive("x", bytes, 0, end, nowMs);
		probing.poll(nowMs);
		server.poll(nowMs);
		group.poll(nowMs);
		if (random(2) === 0) while (probing.takeDatagram() !== undefined);
		while (group.takeDatagram() !== undefined);
		const { requests, incoming, bodies, remembered, replyBytes, outbox } = peer.figures;
		ok(requests <= 3 && incoming <= DEVICE_LIMITS.incoming && bodies <= 2 * DEVICE_LIMITS.bodies, `${count}`);
		ok(remembered <= DEVICE_LIMITS.remembered && replyBytes <= DEVICE_LIMITS.replyBytes, `${count}`);
		ok(outbox <= DEVICE_LIMITS.outbox && probing.figures.waiting <= 8 && server.size <= 4, `${count}`);
		ok(holdBack.untilMs <= nowMs + 5000, `${count}`);
	};
	for (const line of lines) {
		const bytes = bytesOf(line, line.includes("/m/") ? payload.subarray(0, 16) : "");
		for (let end = 0; end <= bytes.length; end++) feed(bytes.slice(), end);
		for (let bit = 0; bit < bytes.length * 8; bit += patience > 1 ? 1 : 3) {
			const flipped = bytes.slice();
			flipped[bit >> 3]! ^= 1 << (bit & 7);
			feed(flipped, flipped.length);
		}
	}
	ok(count > 600, `${count} datagrams`);
	for (let turns = 0; peer.figures.requests + group.size + server.size > 0; turns++) {
		ok(turns < 5000, "never ends");
		nowMs += 1000;
		peer.poll(nowMs);
		server.poll(nowMs);
		group.poll(nowMs);
		server.receiveForGroup(new Uint8Array(3), 0, 3, nowMs);
		while (server.takeDatagram() !== undefined);
		if (turns > 300) break;
	}
	ok(peer.figures.requests === 0 && group.size === 0, "all requests have ended");
});
