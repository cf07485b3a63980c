import { Abilities } from "../../../modules/coap/ability.ts";
import { HoldBack } from "../../../modules/coap/hold-back.ts";
import { equal, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

function stageOf(options?: ConstructorParameters<typeof HoldBack>[0]) {
	const holdBack = new HoldBack(options);
	const stage = new Scene({ abilities: new Abilities([holdBack]), limits: { requests: 3 } });
	const ask = (path: string) => stage.peer.request({ code: 1, path: [path] }, stage.nowMs);
	return { holdBack, stage, ask };
}

test("a 4.29 holds requests back for its Max-Age, and no longer (RFC 8516)", () => {
	const { stage, ask, holdBack } = stageOf();
	ask("a");
	stage.sends("CON 0.01 #0 0001 /a").at(100).hears("ACK 4.29 #0 0001 age=30").tells("responded 1 4.29");
	equal(holdBack.untilMs, 30_100);
	ask("b");
	stage.silent();
	equal(stage.peer.deadlineMs, 30_100);
	stage.at(30_099).silent().at(30_100).sends("CON 0.01 #1 0002 /b");
	stage.hears("ACK 2.05 #1 0002").tells("responded 2 2.05");
	equal(stage.peer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("5.03 the same, but only with Max-Age; a 4.29 without waits a minute", () => {
	for (const [answer, untilMs] of [
		["5.03 #0 0001 age=7", 7000],
		["5.03 #0 0001", 0],
		["4.29 #0 0001", 60_000],
		["4.04 #0 0001 age=7", 0],
	] as const) {
		const { stage, ask, holdBack } = stageOf();
		ask("a");
		stage.skip().hears(`ACK ${answer}`);
		equal(holdBack.untilMs, untilMs, answer);
	}
});

test("whatever Max-Age says, an hour is the longest, or what the caller chose", () => {
	for (const [longestMs, untilMs] of [
		[undefined, 3_600_000],
		[5000, 5000],
	] as const) {
		const { stage, ask, holdBack } = stageOf(longestMs === undefined ? {} : { longestMs });
		ask("a");
		stage.skip().hears("ACK 4.29 #0 0001 age=4294967295");
		equal(holdBack.untilMs, untilMs);
	}
});

test("what waits is bounded by Limits.requests, can be cancelled, and let go early", () => {
	const { stage, ask, holdBack } = stageOf();
	ask("a");
	stage.skip().hears("ACK 4.29 #0 0001 age=30").tells("responded 1 4.29");
	for (const path of ["b", "c", "d", "e"]) ask(path);
	stage.at(1).silent().tells("failed 5 full");
	stage.peer.cancel(2);
	holdBack.release();
	stage.at(30_000).sends("CON 0.01 #1 0003 /c").silent();
	stage.hears("ACK 2.05 #1 0003").sends("CON 0.01 #2 0004 /d").hears("ACK 2.05 #2 0004");
	stage.tells("responded 3 2.05", "responded 4 2.05");
	equal(stage.peer.figures.requests, 0);
});

test("further blocks wait as well, and an answer guessed for a waiting request is passed over", () => {
	const holdBack = new HoldBack();
	const stage = new Scene({
		abilities: new Abilities([holdBack]),
		limits: { blockSizeBytes: 16 },
		tuning: { nstart: 2 },
	});
	stage.peer.request({ code: 3, path: ["big"], payload: new Uint8Array(20) }, 0);
	stage.peer.request({ code: 1, path: ["a"] }, 0);
	stage.skip().hears("ACK 4.29 #1 0002 age=10").tells("responded 2 4.29");
	stage.hears("ACK 2.31 #0 0001 b1=0/m/16").silent();
	stage.hears("NON 2.04 #70 0003").tells();
	stage.at(10_000).sends(`CON 0.03 #2 0003 /big b1=1/-/16 "${"\0".repeat(4)}"`);
	stage.hears("ACK 2.04 #2 0003 b1=1/-/16").tells("responded 1 2.04");
});
