import { Retransmission } from "../../../modules/coap/retransmission.ts";
import {
	DEFAULT_TUNING,
	exchangeLifetimeMs,
	maxTransmitSpanMs,
	maxTransmitWaitMs,
	nonLifetimeMs,
} from "../../../modules/coap/tuning.ts";
import { equal, ok, seeded, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

test("times derived from the defaults are those of RFC 7252 §4.8.2", () => {
	equal(maxTransmitSpanMs(DEFAULT_TUNING), 45_000);
	equal(maxTransmitWaitMs(DEFAULT_TUNING), 93_000);
	equal(exchangeLifetimeMs(DEFAULT_TUNING), 247_000);
	equal(nonLifetimeMs(DEFAULT_TUNING), 145_000);
});

test("2000 seeds: four resends, doubling, the last within 45 s, surrender within 93 s (RFC 7252 §4.8.2)", () => {
	let shortestMs = Number.POSITIVE_INFINITY;
	let longestMs = 0;
	for (let seed = 1; seed <= 2000; seed++) {
		const startMs = seed * 7;
		const retransmission = new Retransmission(startMs, { below: seeded(seed * 2654435761) });
		let beforeMs = startMs;
		let intervalMs = 0;
		for (let attempt = 0; attempt < 5; attempt++) {
			const { deadlineMs } = retransmission;
			equal(retransmission.poll(deadlineMs - 1), "wait", `seed=${seed}`);
			if (attempt > 0) equal(deadlineMs - beforeMs, intervalMs * 2, `seed=${seed}`);
			intervalMs = deadlineMs - beforeMs;
			beforeMs = deadlineMs;
			if (attempt === 0) {
				ok(intervalMs >= 2000 && intervalMs <= 3000, `seed=${seed} first after ${intervalMs} ms`);
				shortestMs = Math.min(shortestMs, intervalMs);
				longestMs = Math.max(longestMs, intervalMs);
			}
			if (attempt === 3) ok(deadlineMs - startMs <= 45_000, `seed=${seed} last resend`);
			if (attempt === 4) ok(deadlineMs - startMs <= 93_000, `seed=${seed} surrender`);
			equal(retransmission.poll(deadlineMs), attempt < 4 ? "resend" : "giveUp", `seed=${seed}`);
		}
	}
	ok(shortestMs < 2010 && longestMs > 2990, `the draws span ${shortestMs} to ${longestMs} ms`);
});

test("a silent server: five times the same bytes, then the request fails and nothing is left", () => {
	const scene = new Scene();
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.sends("CON 0.01 #0 0001 /a").silent();
	for (const ms of [2000, 6000, 14_000, 30_000]) {
		scene.at(ms - 1).silent();
		scene.at(ms).sends("CON 0.01 #0 0001 /a").silent();
	}
	scene.at(61_999).tells();
	scene.at(62_000).silent().tells("failed 1 timedOut");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	const { requests, transmissions, outbox } = scene.peer.figures;
	equal(requests + transmissions + outbox, 0);
});

test("an answer to the third transmission ends the resending", () => {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.at(6000).skip();
	scene.hears("ACK 2.05 #0 0001", "x").tells("responded 1 2.05 [1]");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.at(100_000).silent().tells();
});

test("NSTART 1: the second request waits for the first, the third for the second", () => {
	const scene = new Scene();
	for (const path of ["a", "b", "c"]) scene.peer.request({ code: 1, path: [path] }, 0);
	scene.sends("CON 0.01 #0 0001 /a").silent();
	// what is acknowledged is no longer outstanding (§4.7)
	scene.at(100).hears("ACK 0.00 #0").sends("CON 0.01 #1 0002 /b").silent();
	scene.at(200).hears("RST 0.00 #1").tells("failed 2 reset").sends("CON 0.01 #2 0003 /c").silent();
	scene.at(300).hears("ACK 2.05 #2 0003").tells("responded 3 2.05");
	scene.at(400).hears("CON 2.05 #900 0001").sends("ACK 0.00 #900 -").tells("responded 1 2.05");
	equal(scene.peer.figures.requests, 0);
});

test("NSTART 2 sends two at once; a cancelled one makes room at the next poll", () => {
	const scene = new Scene({ tuning: { nstart: 2 } });
	for (const path of ["a", "b", "c"]) scene.peer.request({ code: 1, path: [path] }, 0);
	scene.sends("CON 0.01 #0 0001 /a").sends("CON 0.01 #1 0002 /b").silent();
	scene.peer.cancel(1);
	equal(scene.peer.deadlineMs, 0, "something is due at once");
	scene.at(0).sends("CON 0.01 #2 0003 /c").silent();
	scene.hears("ACK 2.05 #0 0001").tells();
	equal(scene.fault?.code, "coap.unexpected");
});

test("no room for a request: it fails at the next poll, the others go on", () => {
	const scene = new Scene({ limits: { requests: 2 } });
	for (let count = 0; count < 4; count++) scene.peer.request({ code: 1 }, 50);
	scene.tells();
	scene.at(50).tells("failed 3 full", "failed 4 full");
	equal(scene.peer.figures.requests, 2);
	ok(scene.peer.deadlineMs > 50, "the deadline moved");
});

test("a request that does not fit one message fails, however many blocks there are", () => {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["x".repeat(255), "y".repeat(255), "z".repeat(1000)] }, 0);
	scene.silent().at(0).tells("failed 1 tooLarge");
	equal(scene.peer.figures.requests, 0);
});
