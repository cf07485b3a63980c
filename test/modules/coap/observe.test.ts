import { utf8 } from "../../../modules/bytes.ts";
import { freshAnywayMs, isFresher } from "../../../modules/coap/observe.ts";
import { equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

test("freshness: serial numbers of 24 bits that wrap, or 128 s (RFC 7641 §3.4)", () => {
	const half = 0x800000;
	const rows: readonly (readonly [fresh: boolean, sequence: number, seen: number])[] = [
		[true, 1, 0],
		[false, 0, 1],
		[false, 5, 5],
		[true, half - 1, 0],
		[false, half, 0],
		[false, half + 1, 0],
		[true, 0, 0xffffff],
		[true, 3, 0xfffffe],
		[false, 0xffffff, 0],
		[true, half, 1],
		[false, half + 1, 1],
	];
	for (const [fresh, sequence, seen] of rows)
		equal(isFresher(sequence, 10, seen, 0), fresh, `${sequence} after ${seen}`);
	ok(!isFresher(4, freshAnywayMs, 5, 0));
	ok(isFresher(4, freshAnywayMs + 1, 5, 0));
});

function observing(): Scene {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.sends("CON 0.01 #0 0001 /t obs=0").hears("ACK 2.05 #0 0001 obs=10", "a");
	return scene.tells("responded 1 2.05 obs=10 [1]");
}

test("a client's observation: fresh ones are told, stale and double ones only acknowledged", () => {
	const scene = observing();
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.at(1000).hears("NON 2.05 #50 0001 obs=12", "c").silent().tells("responded 1 2.05 obs=12 [1]");
	scene.at(1100).hears("NON 2.05 #49 0001 obs=11", "b").silent().tells();
	scene.at(1200).hears("CON 2.05 #51 0001 obs=13", "d").sends("ACK 0.00 #51 -").tells("responded 1 2.05 obs=13 [1]");
	scene.at(1300).hears("CON 2.05 #51 0001 obs=13", "d").sends("ACK 0.00 #51 -").tells();
	scene.at(1400).hears("CON 2.05 #48 0001 obs=9", "d").sends("ACK 0.00 #48 -").tells();
	scene.at(200_000).hears("NON 2.05 #20 0001 obs=1", "e").tells("responded 1 2.05 obs=1 [1]");
	equal(scene.peer.figures.requests, 1);
});

test("an error, or a notification without Observe, is the last", () => {
	for (const last of ["NON 4.04 #50 0001 obs=11", "NON 4.04 #50 0001", "NON 2.05 #50 0001"]) {
		const scene = observing();
		scene
			.hears(last)
			.silent()
			.tells(`responded 1 ${last.slice(4, 8)}`);
		equal(scene.peer.figures.requests, 0, last);
		scene.hears("CON 2.05 #51 0001 obs=12").sends("RST 0.00 #51 -").tells();
	}
});

test("a server that does not observe: one response, and it is over", () => {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.skip().hears("ACK 2.05 #0 0001", "a").tells("responded 1 2.05 [1]");
	equal(scene.peer.figures.requests, 0);
});

test("a cancelled observation: later notifications get a Reset, Confirmable or not (RFC 7641 §3.6)", () => {
	const scene = observing();
	scene.peer.cancel(1);
	scene.hears("NON 2.05 #50 0001 obs=12").sends("RST 0.00 #50 -").tells();
	scene.hears("CON 2.05 #51 0001 obs=13").sends("RST 0.00 #51 -").tells();
	scene.hears("CON 2.05 #51 0001 obs=13").sends("RST 0.00 #51 -").tells();
	equal(scene.peer.figures.requests, 0);
});

test("ending an observation by GET with Observe 1 takes its token, by path or by id", () => {
	for (const by of [{}, { observation: 1 }]) {
		const scene = observing();
		const id = scene.peer.request({ code: 1, path: ["t"], observe: 1, ...by }, 0);
		scene.sends("CON 0.01 #1 0001 /t obs=1");
		scene.hears("NON 2.05 #50 0001 obs=12").silent().tells(); // was on its way
		scene.hears("ACK 2.05 #1 0001", "z").tells(`responded ${id} 2.05 [1]`);
		equal(scene.peer.figures.requests, 0);
	}
	const other = observing();
	other.peer.request({ code: 1, path: ["u"], observe: 1 }, 0);
	other.sends("CON 0.01 #1 0002 /u obs=1");
	equal(other.peer.figures.requests, 2);
});

test("the first notification may overtake the answer to the registration", () => {
	const scene = new Scene();
	scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.skip().hears("NON 2.05 #50 0001 obs=11", "b").tells("responded 1 2.05 obs=11 [1]");
	scene.hears("ACK 2.05 #0 0001 obs=10", "a").silent().tells();
});

/** A server with one observer, token a1. */
function observed(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, observe: 1 }, nowMs);
	scene.hears("CON 0.01 #7 a1 /t obs=0").sends("ACK 2.05 #7 a1 obs=1").tells("requested 0.01 /t obs=0");
	return scene;
}
const token = new Uint8Array([0xa1]);
const state = (text: string, observe: number) => ({ code: 0x45, observe, payload: utf8(text) });

test("a server's notifications: sequence numbers keep to 24 bits", () => {
	const scene = observed();
	scene.peer.notify(token, state("a", 0xffffff), "nonConfirmable", 0);
	scene.peer.notify(token, state("b", 0x1000000), "nonConfirmable", 0);
	scene.sends('NON 2.05 #0 a1 obs=16777215 "a"').sends('NON 2.05 #1 a1 obs=0 "b"');
});

test("a Reset ends the observation, for a Non-confirmable notification too (RFC 7641 §4.5)", () => {
	const scene = observed();
	scene.peer.notify(token, state("a", 2), "confirmable", 0);
	scene.sends('CON 2.05 #0 a1 obs=2 "a"').hears("ACK 0.00 #0").tells();
	scene.peer.notify(token, state("b", 3), "nonConfirmable", 0);
	scene.skip().hears("RST 0.00 #1").tells("observerGone a1 reset").hears("RST 0.00 #1").tells();
	equal(scene.peer.figures.observers, 0);
	const other = observed();
	other.peer.notify(token, state("a", 2), "confirmable", 0);
	other.skip().hears("RST 0.00 #0").tells("observerGone a1 reset");
	equal(other.peer.figures.observers + other.peer.figures.transmissions, 0);
});

test("a notification nobody acknowledges ends the observation", () => {
	const scene = observed();
	scene.peer.notify(token, state("a", 2), "confirmable", 0);
	scene.at(100_000).skip().tells("observerGone a1 timedOut");
	equal(scene.peer.figures.observers, 0);
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("a newer state replaces the one that is resent, and keeps its place in the back-off (RFC 7641 §4.5.2)", () => {
	const scene = observed();
	scene.peer.notify(token, state("a", 2), "confirmable", 0);
	scene.sends('CON 2.05 #0 a1 obs=2 "a"');
	scene.at(1000);
	scene.peer.notify(token, state("b", 3), "confirmable", 1000);
	scene.peer.notify(token, state("c", 4), "confirmable", 1000);
	scene.silent().at(2000).sends('CON 2.05 #2 a1 obs=4 "c"').at(6000).sends('CON 2.05 #2 a1 obs=4 "c"');
	scene.hears("ACK 0.00 #0").silent(); // of the one that nobody resends any more
	scene.hears("ACK 0.00 #2").at(90_000).silent().tells();
	equal(scene.peer.figures.transmissions, 0);
});

test("a newer state waits for the Acknowledgement of the one under way", () => {
	const scene = observed();
	scene.peer.notify(token, state("a", 2), "confirmable", 0);
	scene.peer.notify(token, state("b", 3), "confirmable", 0);
	scene.sends('CON 2.05 #0 a1 obs=2 "a"').silent();
	scene.at(100).hears("ACK 0.00 #0").sends('CON 2.05 #1 a1 obs=3 "b"').hears("ACK 0.00 #1").silent();
	scene.peer.notify(token, state("c", 4), "confirmable", 100);
	scene.sends('CON 2.05 #2 a1 obs=4 "c"');
});

test("GET with Observe 1, an error, and forgetObserver() end it too", () => {
	const scene = observed();
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45 }, nowMs);
	scene.hears("CON 0.01 #8 a1 /t obs=1").sends("ACK 2.05 #8 a1").tells("requested 0.01 /t obs=1");
	equal(scene.peer.figures.observers, 0);
	const failed = observed();
	failed.peer.notify(token, { code: 0x84 }, "confirmable", 0);
	failed.sends("CON 4.04 #0 a1");
	equal(failed.peer.figures.observers, 0);
	failed.at(2000).sends("CON 4.04 #0 a1").at(200_000).skip().tells();
	const dropped = observed();
	dropped.peer.notify(token, state("a", 2), "confirmable", 0);
	dropped.peer.forgetObserver(token);
	dropped.skip().at(200_000).silent().tells();
	equal(dropped.peer.figures.observers + dropped.peer.figures.transmissions, 0);
});

test("no room for an observer: the answer goes without Observe, and respond() says so", () => {
	const scene = observed({ limits: { observers: 1 } });
	let kept: boolean | undefined;
	scene.answer = (request, nowMs) => {
		kept = scene.peer.respond(request, { code: 0x45, observe: 1 }, nowMs);
	};
	scene.hears("CON 0.01 #8 a2 /t obs=0").sends("ACK 2.05 #8 a2");
	equal(kept, false);
	equal(scene.peer.notify(new Uint8Array([0xa2]), state("a", 2), "confirmable", 0), false);
	scene.hears("CON 0.01 #9 a1 /t obs=0").sends("ACK 2.05 #9 a1 obs=1");
	equal(kept, true, "the same token again is the same observer");
	equal(scene.peer.figures.observers, 1);
});

test("an observation kept over a restart: its token is taken on", () => {
	const scene = new Scene();
	ok(scene.peer.notify(token, state("a", 2), "confirmable", 0));
	scene.sends('CON 2.05 #0 a1 obs=2 "a"').hears("RST 0.00 #0").tells("observerGone a1 reset");
});
