import { fromHex } from "../../../modules/bytes.ts";
import { DEVICE_LIMITS } from "../../../modules/coap/tuning.ts";
import { equal, ok, patience, seeded, test } from "../../harness.ts";
import vectors from "../../vectors/rfc7252.json" with { type: "json" };
import { bytesOf } from "./message-text.ts";
import { Scene } from "./scene.ts";

const limits = { bodyBytes: 2048, outbox: 4 };

/**
 * A peer in the middle of everything: a request under way, an observation each way, a body coming in, a request
 * unanswered.
 */
function busy(): Scene {
	const scene = new Scene({ limits, tuning: { nstart: 2 } });
	scene.answer = (request, nowMs) => {
		if (request.path[0] !== "slow") {
			scene.peer.respond(request, { code: 0x45, payload: new Uint8Array(1500), observe: 1 }, nowMs);
		}
	};
	scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.hears("ACK 2.05 #0 0001 obs=3", "x");
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.hears("CON 0.01 #100 a1 /t obs=0").hears("CON 0.01 #101 a2 /slow");
	scene.hears("CON 0.03 #102 a3 /f b1=0/m/16", new Uint8Array(16));
	scene.peer.notify(new Uint8Array([0xa1]), { code: 0x45, observe: 2 }, "confirmable", 0);
	return scene.skip();
}

function isBounded(scene: Scene, what: string): void {
	const figures = scene.peer.figures;
	ok(figures.requests <= DEVICE_LIMITS.requests && figures.incoming <= DEVICE_LIMITS.incoming, what);
	ok(figures.observers <= DEVICE_LIMITS.observers && figures.remembered <= DEVICE_LIMITS.remembered, what);
	ok(figures.bodies <= DEVICE_LIMITS.bodies * 2 && figures.replyBytes <= DEVICE_LIMITS.replyBytes, what);
	ok(figures.transmissions <= figures.requests + figures.observers + DEVICE_LIMITS.incoming, what);
}

/** After some minutes of silence nothing is left but what was asked to stay. */
function settles(scene: Scene, what: string): void {
	scene.at(scene.nowMs + 600_000).skip();
	scene.peer.poll(scene.nowMs);
	const { transmissions, incoming, bodies, remembered, replyBytes, outbox, requests } = scene.peer.figures;
	equal(transmissions + incoming + bodies + remembered + replyBytes + outbox, 0, what);
	ok(requests <= 1, what);
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY, what);
}

const messages = [
	...(vectors.cases as readonly { hex: string }[]).map(({ hex }) => fromHex(hex)!),
	bytesOf("ACK 2.05 #1 0002 b2=0/m/16", new Uint8Array(16)),
	bytesOf("NON 2.05 #700 0001 obs=4 b2=0/m/16", new Uint8Array(16)),
	bytesOf("CON 0.03 #103 a3 /f b1=1/m/16", new Uint8Array(16)),
	bytesOf("CON 0.01 #104 a4 /t b2=1/-/64"),
	bytesOf("ACK 0.00 #2"),
	bytesOf("RST 0.00 #2"),
].filter((bytes) => bytes.length < 300);

test("every truncation and every bit flip, into a peer in the middle of it all: no throw, no growth", () => {
	let scene = busy();
	let count = 0;
	const stride = patience > 1 ? 1 : 7; // the slower engine sees every seventh, another one of each message
	for (const [number, bytes] of messages.entries()) {
		for (let variant = number % stride; variant < bytes.length * 9; variant += stride) {
			const broken = bytes.slice(0, Math.min(variant, bytes.length));
			const bit = variant - bytes.length;
			if (bit >= 0) broken[bit >> 3]! ^= 1 << (bit & 7);
			scene.hearsBytes(broken).skip();
			isBounded(scene, `message ${number} variant ${variant}`);
			if (++count % 97 === 0) {
				settles(scene, `message ${number} variant ${variant}`);
				scene = busy();
			}
		}
	}
	settles(scene, "at the end");
	ok(count > 1000, `${count} datagrams`);
});

test("random datagrams, random times: bounded, and settled in the end", () => {
	for (let seed = 1; seed <= 6 * patience; seed++) {
		const random = seeded(seed * 104729);
		const scene = busy();
		for (let step = 0; step < 150; step++) {
			const bytes = messages[random(messages.length)]!.slice();
			for (let flips = random(3); flips > 0 && bytes.length > 0; flips--) bytes[random(bytes.length)] = random(256);
			if (bytes.length > 3) bytes[3] = random(8);
			if (random(4) === 0) scene.at(scene.nowMs + random(5000));
			scene.hearsBytes(bytes).skip();
			isBounded(scene, `seed=${seed} step=${step}`);
		}
		settles(scene, `seed=${seed}`);
	}
});

test("a flood of pings and of garbage is answered with at most as many bytes", () => {
	const scene = new Scene({ limits: { outbox: 4 } });
	for (let id = 0; id < 1000; id++) {
		scene.peer.receive(bytesOf(`CON 0.00 #${id}`), 0, 4, 0);
		ok(scene.peer.figures.outbox <= 4);
	}
	equal(scene.peer.figures.remembered, 0);
});
