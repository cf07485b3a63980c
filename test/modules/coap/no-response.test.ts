import { Abilities } from "../../../modules/coap/ability.ts";
import { NoResponse, NotWanted, noResponse } from "../../../modules/coap/no-response.ts";
import { equal, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const scene = () => new Scene({ abilities: new Abilities([new NoResponse()]) });
const isEmpty = ({ peer }: Scene) => {
	const { requests, transmissions, incoming, outbox } = peer.figures;
	equal(requests + transmissions + incoming + outbox, 0, "something is left");
};
const ask = (stage: Scene, classes: number, type: "confirmable" | "nonConfirmable", size = 0) =>
	stage.peer.request(
		{ code: 2, path: ["t"], type, payload: new Uint8Array(size), options: [noResponse(classes)] },
		stage.nowMs,
	);

test("a Non-confirmable request that wants nothing is over when it is out (RFC 7967 §3)", () => {
	const stage = scene();
	ask(stage, NotWanted.any, "nonConfirmable");
	stage.sends("NON 0.02 #0 0001 /t 258=26").at(0).tells("failed 1 suppressed");
	isEmpty(stage);
	stage.hears("NON 2.04 #9 0001").silent().tells();
});

test("a Confirmable one is over when it is acknowledged, and sent again until then", () => {
	const stage = scene();
	ask(stage, NotWanted.any, "confirmable");
	stage.sends("CON 0.02 #0 0001 /t 258=26").at(2000).sends("CON 0.02 #0 0001 /t 258=26");
	stage.hears("ACK 0.00 #0").tells("failed 1 suppressed");
	isEmpty(stage);
});

test("one that wants errors gets them, and ends when none came", () => {
	const stage = scene();
	ask(stage, NotWanted.success, "nonConfirmable");
	stage.sends("NON 0.02 #0 0001 /t 258=2").at(5).hears("NON 4.04 #9 0001").tells("responded 1 4.04");
	ask(stage, NotWanted.success, "nonConfirmable");
	stage.skip().at(93_004).tells().at(93_005).tells("failed 2 suppressed");
	ask(stage, 0, "nonConfirmable");
	stage.skip().at(200_000).tells("failed 3 timedOut");
	isEmpty(stage);
});

test("a body by blocks: each block but the last waits for its 2.31", () => {
	const stage = new Scene({ abilities: new Abilities([new NoResponse()]), limits: { blockSizeBytes: 16 } });
	ask(stage, NotWanted.any, "confirmable", 20);
	stage.sends("CON 0.02 #0 0001 /t b1=0/m/16 size1=20 258=26 [16]".replace("[16]", `"${"\0".repeat(16)}"`));
	stage.hears("ACK 0.00 #0").tells();
	stage.hears("CON 2.31 #7 0001 b1=0/m/16").sends("ACK 0.00 #7 -");
	stage.sends(`CON 0.02 #1 0002 /t b1=1/-/16 258=26 "${"\0".repeat(4)}"`);
	stage.hears("ACK 0.00 #1").tells("failed 1 suppressed");
});

test("of their requests each class is suppressed by its bit, and no other", () => {
	for (const [classes, code, isSent] of [
		[2, 0x44, false],
		[2, 0x84, true],
		[2, 0xa0, true],
		[8, 0x44, true],
		[8, 0x84, false],
		[16, 0xa0, false],
		[16, 0x84, true],
		[26, 0x45, false],
		[0, 0x44, true],
		[4, 0x44, true],
	] as const) {
		const stage = scene();
		stage.answer = (request, nowMs) => stage.peer.respond(request, { code }, nowMs);
		stage.hears(`NON 0.02 #5 aa /t 258=${classes}`);
		if (isSent) stage.sends(`NON ${code >> 5}.0${code & 31} #0 aa`);
		stage.silent();
		isEmpty(stage);
	}
});

test("a Confirmable request whose response is suppressed gets its Acknowledgement alone, and its duplicate too", () => {
	const stage = scene();
	stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x44 }, nowMs);
	stage.hears("CON 0.02 #5 aa /t 258=26").sends("ACK 0.00 #5 -").tells("requested 0.02 /t");
	stage.hears("CON 0.02 #5 aa /t 258=26").sends("ACK 0.00 #5 -").tells();
	stage.answer = undefined;
	stage.hears("CON 0.02 #6 ab /t 258=26").at(500).sends("ACK 0.00 #6 -");
	stage.peer.respond(stage.requests[1]!, { code: 0x44 }, 600);
	stage.silent();
	isEmpty(stage);
});

test("our own refusals are suppressed too, but a 2.31 never", () => {
	const stage = scene();
	stage.hears("CON 0.02 #5 aa /t 258=8 2049=1").sends("ACK 0.00 #5 -").silent();
	stage.hears("CON 0.02 #6 ab /t b1=0/m/16 258=26", new Uint8Array(16)).sends("ACK 2.31 #6 ab b1=0/m/16");
});

test("without the ability the option is passed over", () => {
	const stage = new Scene();
	stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x44 }, nowMs);
	stage.hears("CON 0.02 #5 aa /t 258=26").sends("ACK 2.04 #5 aa");
});
