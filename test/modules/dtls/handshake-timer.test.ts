import { AlertDescription, AlertLevel, readAlert, writeAlert } from "../../../modules/dtls/alert.ts";
import { CELLULAR_DTLS_TUNING, DEFAULT_DTLS_TUNING, HandshakeTimer } from "../../../modules/dtls/retransmission.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";

/** The moments of each resend, and of giving up, as poll() tells them. */
function schedule(timer: HandshakeTimer): number[] {
	const moments: number[] = [];
	for (;;) {
		const { deadlineMs } = timer;
		equal(timer.poll(deadlineMs - 1), "wait");
		const answer = timer.poll(deadlineMs);
		moments.push(deadlineMs);
		if (answer === "giveUp") return moments;
		equal(answer, "resend");
	}
}

test("a flight without an answer: 1 s, doubled each time (RFC 6347 §4.2.4.1)", () => {
	const timer = new HandshakeTimer();
	equal(timer.deadlineMs, Number.POSITIVE_INFINITY);
	equal(timer.poll(1e9), "wait");
	timer.start(500);
	deepEqual(schedule(timer), [1500, 3500, 7500, 15_500, 31_500, 63_500]);
	equal(timer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("on a cellular network: 9 s (RFC 7925 §11), and never more than 60 s", () => {
	const timer = new HandshakeTimer({ ...CELLULAR_DTLS_TUNING, maxRetransmit: 5 });
	timer.start(0);
	deepEqual(schedule(timer), [9000, 27_000, 63_000, 123_000, 183_000, 243_000]);
});

test("the whole handshake has a limit, whatever its flights do", () => {
	const timer = new HandshakeTimer({ handshakeTimeoutMs: 10_000 });
	timer.start(0);
	equal(timer.poll(1000), "resend");
	timer.restart(2000);
	deepEqual(schedule(timer), [4000, 8000, 10_000]);
	timer.start(20_000);
	timer.postpone(29_900);
	equal(timer.deadlineMs, 30_000);
	equal(timer.poll(30_000), "giveUp");
});

test("after loss the interval remains for the next flight, after none it is the first again", () => {
	const timer = new HandshakeTimer();
	timer.start(0);
	equal(timer.poll(1000), "resend");
	equal(timer.poll(3000), "resend");
	equal(timer.deadlineMs, 7000);
	timer.restart(3100);
	equal(timer.deadlineMs, 7100);
	timer.restart(3200);
	equal(timer.deadlineMs, 4200);
	timer.stop();
	equal(timer.poll(1e9), "wait");
});

test("a flight sent again because the other side asks for it is no resend of ours", () => {
	const timer = new HandshakeTimer({ maxRetransmit: 1 });
	timer.start(0);
	timer.postpone(600);
	equal(timer.poll(1000), "wait");
	equal(timer.resends, 0);
	equal(timer.poll(1600), "resend");
	equal(timer.poll(3600), "giveUp");
});

test("settings that a handshake can work with", () => {
	for (const tuning of [DEFAULT_DTLS_TUNING, CELLULAR_DTLS_TUNING]) {
		let flightMs = 0;
		for (let count = 0; count <= tuning.maxRetransmit; count++) {
			flightMs += Math.min(tuning.initialTimeoutMs * 2 ** count, tuning.maxTimeoutMs);
		}
		ok(flightMs < tuning.handshakeTimeoutMs, "one flight alone does not use up the handshake's time");
	}
});

test("alerts: two bytes of a level that exists (RFC 5246 §7.2)", () => {
	const { fatal, warning } = AlertLevel;
	deepEqual(writeAlert(fatal, AlertDescription.handshakeFailure), Uint8Array.of(2, 40));
	deepEqual(readAlert(Uint8Array.of(9, 1, 0, 9), 1, 3), { level: warning, description: AlertDescription.closeNotify });
	deepEqual(readAlert(Uint8Array.of(2, 255), 0, 2), { level: fatal, description: 255 });
	for (const bad of [[], [2], [2, 40, 0], [0, 40], [3, 40], [255, 40]]) {
		const alert = readAlert(Uint8Array.from(bad), 0, bad.length);
		equal("code" in alert && alert.code, "dtls.alertBroken", bad.join());
	}
});
