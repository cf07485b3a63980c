import { Abilities } from "../../../modules/coap/ability.ts";
import { EchoChallenge, EchoReply } from "../../../modules/coap/echo.ts";
import { equal, ok, test } from "../../harness.ts";
import { countingEntropy, Scene } from "./scene.ts";

const client = (blockSizeBytes = 1024) =>
	new Scene({ abilities: new Abilities([new EchoReply()]), limits: { blockSizeBytes }, tuning: { nstart: 2 } });

test("a challenge has the request sent again with its Echo, and nobody hears of it (RFC 9175 §2.3)", () => {
	const stage = client();
	stage.peer.request({ code: 3, path: ["lock"] }, 0);
	stage.sends("CON 0.03 #0 0001 /lock").hears("ACK 4.01 #0 0001 252=7").tells();
	stage.sends("CON 0.03 #1 0002 /lock 252=7").hears("ACK 2.04 #1 0002").tells("responded 1 2.04");
	stage.peer.request({ code: 3, path: ["lock"] }, 0);
	stage.sends("CON 0.03 #2 0003 /lock").silent();
});

test("once: a second challenge is the application's to hear", () => {
	const stage = client();
	stage.peer.request({ code: 3, path: ["lock"] }, 0);
	stage.skip().hears("ACK 4.01 #0 0001 252=7").sends("CON 0.03 #1 0002 /lock 252=7");
	stage.hears("ACK 4.01 #1 0002 252=8").tells("responded 1 4.01").silent();
	stage.peer.request({ code: 3, path: ["lock"] }, 0);
	stage.sends("CON 0.03 #2 0003 /lock 252=8").silent();
});

test("a 4.01 without Echo is no challenge; an Echo with a success goes back with the next request", () => {
	const stage = client();
	stage.peer.request({ code: 1, path: ["a"] }, 0);
	stage.skip().hears("ACK 4.01 #0 0001").tells("responded 1 4.01").silent();
	stage.peer.request({ code: 1, path: ["a"] }, 0);
	stage.skip().hears("ACK 2.05 #1 0002 252=9").tells("responded 2 2.05").silent();
	stage.peer.request({ code: 1, path: ["b"] }, 0);
	stage.sends("CON 0.01 #2 0003 /b 252=9").hears("ACK 2.05 #2 0003").tells("responded 3 2.05");
	stage.peer.request({ code: 1, path: ["c"] }, 0);
	stage.sends("CON 0.01 #3 0004 /c");
});

test("a body by blocks starts again, and keeps its Echo through all of them", () => {
	const stage = client(16);
	stage.peer.request({ code: 3, path: ["big"], payload: new Uint8Array(20) }, 0);
	stage
		.skip()
		.hears("ACK 4.01 #0 0001 252=7")
		.sends(`CON 0.03 #1 0002 /big b1=0/m/16 size1=20 252=7 "${zeros(16)}"`);
	stage.hears("ACK 2.31 #1 0002 b1=0/m/16").sends(`CON 0.03 #2 0003 /big b1=1/-/16 252=7 "${zeros(4)}"`);
	stage.hears("ACK 2.04 #2 0003 b1=1/-/16").tells("responded 1 2.04");
});

test("an Echo too long or empty is none (RFC 9175 §2.2.1)", () => {
	for (const value of ["hex:", `hex:${"ab".repeat(41)}`]) {
		const stage = client();
		stage.peer.request({ code: 1 }, 0);
		stage.skip().hears(`ACK 4.01 #0 0001 252=${value}`).silent().tells("responded 1 4.01");
	}
});

function server(freshMs: number) {
	const echo = new EchoChallenge(countingEntropy(), { freshMs });
	const stage = new Scene();
	stage.answer = (request, nowMs) =>
		stage.peer.respond(request, echo.isFresh(request, nowMs) ? { code: 0x44 } : echo.challenge(nowMs), nowMs);
	return { echo, stage };
}

test("the server executes what is fresh, and challenges the rest", () => {
	const { echo, stage } = server(10_000);
	stage.hears("CON 0.03 #1 aa /lock").sends("ACK 4.01 #1 aa 252=1");
	ok(!echo.isReachable);
	stage.hears("CON 0.03 #2 ab /lock 252=hex:0000000000000002").sends("ACK 4.01 #2 ab 252=1");
	stage.hears("CON 0.03 #3 ac /lock 252=hex:01").sends("ACK 4.01 #3 ac 252=1");
	ok(!echo.isReachable);
	stage.hears("CON 0.03 #4 ad /lock 252=hex:0000000000000001").sends("ACK 2.04 #4 ad");
	ok(echo.isReachable);
});

test("a value is good for at least half of the time, and not a moment longer than all of it", () => {
	const { stage } = server(10_000);
	const first = "252=hex:0000000000000001";
	const second = "252=hex:0000000000000002";
	stage.hears("CON 0.03 #1 aa /l").sends("ACK 4.01 #1 aa 252=1");
	stage.at(5000).hears("CON 0.03 #2 ab /l").sends("ACK 4.01 #2 ab 252=1");
	stage.at(6000).hears("CON 0.03 #3 ac /l").sends("ACK 4.01 #3 ac 252=2");
	stage.at(10_000).hears(`CON 0.03 #4 ad /l ${first}`).sends("ACK 2.04 #4 ad");
	stage.at(10_001).hears(`CON 0.03 #5 ae /l ${first}`).sends("ACK 4.01 #5 ae 252=2");
	stage.hears(`CON 0.03 #6 af /l ${second}`).sends("ACK 2.04 #6 af");
	stage.at(16_001).hears(`CON 0.03 #7 b0 /l ${second}`).sends("ACK 4.01 #7 b0 252=3");
});

test("two values at most are kept, whoever asks", () => {
	const { echo } = server(10_000);
	for (let nowMs = 0; nowMs < 100_000; nowMs += 5001) equal(echo.option(nowMs).value.length, 8);
	equal(echo.option(100_000).value[7], 20);
});

function zeros(count: number): string {
	return "\0".repeat(count);
}
