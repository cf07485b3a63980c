import { MessageView } from "../../../modules/coap/message.ts";
import { QBlock } from "../../../modules/coap/q-block.ts";
import { type QBlockTuning, readMissing, writeMissing } from "../../../modules/coap/q-block-option.ts";
import { QBlockServer } from "../../../modules/coap/q-block-server.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { bytesOf } from "./message-text.ts";
import { Scene } from "./scene.ts";
import { bytesOfBody, Checker, Maker } from "./stream-parts.ts";

const small = { maxPayloads: 4, gapDelayMs: 100 };
const block = (number: number, size = 16, id = 1) => bytesOfBody(id, number * size, (number + 1) * size);

class Stage extends Scene {
	readonly qBlock: QBlock;
	sink: Checker | undefined;

	constructor(tuning: Partial<QBlockTuning> = small, limits: object = {}) {
		const qBlock = new QBlock(tuning, new QBlockServer());
		super({ extension: qBlock, limits: { blockSizeBytes: 16, ...limits } });
		this.qBlock = qBlock;
	}

	arriving(): Checker | undefined {
		return this.sink;
	}

	/** Hears the blocks of a Q-Block2 answer, each Non-confirmable. */
	blocks(token: string, numbers: readonly number[], last: number, mid = 900): this {
		for (const number of numbers) {
			const more = number < last ? "m" : "-";
			this.hears(`NON 2.05 #${mid + number} ${token} 4=hex:aa q2=${number}/${more}/16`, block(number));
		}
		return this;
	}

	isEmpty(): void {
		const { requests, transmissions, outbox, bodies } = this.peer.figures;
		equal(requests + transmissions + outbox + bodies, 0, "something is left");
		equal(this.peer.deadlineMs, Number.POSITIVE_INFINITY);
	}
}

function getting(options: object = {}, tuning?: Partial<QBlockTuning>): Stage {
	const stage = new Stage(tuning);
	stage.qBlock.request({ code: 1, path: ["f"], ...options }, 0);
	return stage.sends("CON 0.01 #0 00000001 /f q2=0/m/16");
}

test("Q-Block2 in: a set arrives, Continue brings the next (RFC 9177 §4.4)", () => {
	const sink = new Checker(1);
	const stage = getting({ sink });
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa size2=90 q2=0/m/16", block(0)).blocks("00000001", [1, 2], 5).silent();
	stage.blocks("00000001", [3], 5).sends("NON 0.01 #1 00000002 /f q2=4/m/16");
	stage
		.blocks("00000002", [4], 5)
		.hears("NON 2.05 #990 00000002 4=hex:aa q2=5/-/16", bytesOfBody(1, 80, 90))
		.silent();
	stage.tells("responded 1 2.05");
	deepEqual([sink.received, sink.begins.join()], [90, "0/90"]);
	equal(stage.qBlock.isKnown, true);
	stage.isEmpty();
});

test("Q-Block2 in: what is missing of a set is asked for once its end has come, each block by itself", () => {
	const stage = getting();
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0)).blocks("00000001", [3], 8).silent();
	stage.at(99).silent().at(100).sends("NON 0.01 #1 00000002 /f q2=1/-/16 q2=2/-/16");
	stage.blocks("00000002", [2], 8).at(199).silent().at(200).sends("NON 0.01 #2 00000003 /f q2=1/-/16");
	// nothing comes: NON_RECEIVE_TIMEOUT, doubled each time
	stage.at(4199).silent().at(4200).sends("NON 0.01 #3 00000004 /f q2=1/-/16");
	stage.at(12_200).sends("NON 0.01 #4 00000005 /f q2=1/-/16");
	stage.blocks("00000005", [1], 8).sends("NON 0.01 #5 00000006 /f q2=4/m/16");
	stage.blocks("00000006", [7, 6, 5, 4], 8).sends("NON 0.01 #6 00000007 /f q2=8/m/16");
	stage.blocks("00000007", [8], 8).tells("responded 1 2.05 [144]");
	deepEqual(stage.responses[0]?.payload, bytesOfBody(1, 0, 144));
	stage.isEmpty();
});

test("Q-Block2 in: a block of a later set says at once that the earlier one has gaps; Continue is said again", () => {
	const stage = getting();
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0)).blocks("00000001", [1, 4], 8);
	stage.sends("NON 0.01 #1 00000002 /f q2=2/-/16 q2=3/-/16");
	stage.blocks("00000001", [5], 8).silent().blocks("00000002", [2, 3], 8).silent(); // 4 and 5 are here: nothing to say
	stage.blocks("00000001", [6, 7], 8).sends("NON 0.01 #2 00000003 /f q2=8/m/16");
	stage.at(4000).sends("NON 0.01 #3 00000004 /f q2=8/m/16");
	stage.blocks("00000004", [8], 8).tells("responded 1 2.05 [144]");
});

test("Q-Block2 in: a server that goes silent: the request fails in bounded time", () => {
	const stage = getting();
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0)).at(120_000);
	stage.tells("failed 1 timedOut").skip().isEmpty();
	const silent = getting();
	silent.at(62_000).skip().tells("failed 1 timedOut").isEmpty();
	const acknowledged = getting();
	acknowledged.hears("ACK 0.00 #0").at(92_999).tells().at(93_000).tells("failed 1 timedOut").isEmpty();
});

test("Q-Block2 in: another body begins again, once; stragglers of the one before change nothing", () => {
	const sink = new Checker(1);
	const stage = getting({ sink });
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0));
	sink.id = 2;
	stage.hears("NON 2.05 #901 00000001 4=hex:bb q2=1/m/16", block(1, 16, 2)).sends("CON 0.01 #1 00000002 /f q2=0/m/16");
	stage.blocks("00000001", [2, 3], 8);
	stage.hears("ACK 2.05 #1 00000002 4=hex:bb q2=0/m/16", block(0, 16, 2));
	stage.hears("NON 2.05 #951 00000002 4=hex:bb q2=1/-/16", bytesOfBody(2, 16, 20)).tells("responded 1 2.05");
	equal(sink.begins.join(), "0,0");
	const twice = getting();
	twice.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0));
	twice
		.hears("NON 2.05 #901 00000001 4=hex:bb q2=1/m/16", block(1))
		.hears("ACK 2.05 #1 00000002 4=hex:bb q2=0/m/16", block(0));
	twice.hears("NON 2.05 #903 00000002 4=hex:cc q2=1/m/16", block(1)).tells("failed 1 changed");
});

test("Q-Block2 in: a download goes on at an offset, with the same ETag or from its start", () => {
	const resume = { offset: 64, eTag: new Uint8Array([0xaa]) };
	const sink = new Checker(1);
	const stage = new Stage();
	stage.qBlock.request({ code: 1, path: ["f"], sink, resume }, 0);
	stage.sends("CON 0.01 #0 00000001 /f q2=4/m/16").hears("ACK 2.05 #0 00000001 4=hex:aa q2=4/m/16", block(4));
	stage.blocks("00000001", [5], 5).tells("responded 1 2.05");
	deepEqual([sink.received, sink.begins.join()], [96, "64"]);
	const other = new Checker(1);
	const changed = new Stage();
	changed.qBlock.request({ code: 1, path: ["f"], sink: other, resume: { ...resume, eTag: new Uint8Array([1]) } }, 0);
	changed.skip().hears("ACK 2.05 #0 00000001 4=hex:aa q2=4/m/16", block(4));
	changed.sends("NON 0.01 #1 00000002 /f q2=0/-/16 q2=1/-/16 q2=2/-/16 q2=3/-/16");
	changed.blocks("00000002", [0, 1, 2, 3], 5);
	changed.skip().blocks("00000002", [4, 5], 5).tells("responded 1 2.05");
	deepEqual([other.received, other.begins.join()], [96, "0"]);
});

test("who does not know Q-Block is asked again by plain blocks, and from then on only so (RFC 9177 §4.1)", () => {
	for (const refusal of ["ACK 4.02 #0 00000001", "RST 0.00 #0 -"]) {
		const stage = getting();
		stage.hears(refusal).at(0).sends("CON 0.01 #1 0002 /f b2=0/-/16").tells();
		stage.hears("ACK 2.05 #1 0002", "x").tells("responded 1 2.05 [1]");
		equal(stage.qBlock.isKnown, false);
		equal(stage.qBlock.request({ code: 1, path: ["g"] }, 0), 2);
		stage.sends("CON 0.01 #2 0003 /g b2=0/-/16");
		stage.peer.cancel(2);
		stage.isEmpty();
	}
	const blocks = getting().hears("ACK 2.05 #0 00000001 b2=0/m/16", block(0)).sends("CON 0.01 #1 0002 /f b2=0/-/16");
	blocks.tells();
	const up = new Stage();
	up.qBlock.request({ code: 3, path: ["f"], source: new Maker(1, 40) }, 0);
	up.sends("CON 0.03 #0 00000001 /f q1=0/m/16 q2=0/m/16 292=1 [16]").hears("ACK 4.02 #0 00000001");
	up.sends("CON 0.03 #1 0002 /f b1=0/m/16 [16]").tells();
});

test("a small answer, an error, an empty one: told as they are", () => {
	getting().hears("ACK 2.05 #0 00000001 cf=60", "x").tells("responded 1 2.05 [1]");
	getting().hears("ACK 4.04 #0 00000001").tells("responded 1 4.04");
	getting()
		.hears("ACK 0.00 #0")
		.hears("CON 2.05 #7 00000001", "y")
		.sends("ACK 0.00 #7 -")
		.tells("responded 1 2.05 [1]");
	const sink = new Checker(1);
	getting({ sink })
		.hears("ACK 2.05 #0 00000001", bytesOfBody(1, 0, 9))
		.tells("responded 1 2.05");
	equal(sink.received, 9);
	const refusing = new Checker(1);
	refusing.refusal = { from: 16, code: 0x8d };
	const stage = getting({ sink: refusing });
	stage
		.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0))
		.blocks("00000001", [1], 8)
		.tells("failed 1 tooLarge");
	stage.isEmpty();
	const cancelled = getting();
	cancelled.peer.cancel(1);
	cancelled.isEmpty();
});

function putting(size = 90, code = 3): Stage {
	const stage = new Stage();
	stage.qBlock.request({ code, path: ["f"], source: new Maker(1, size, { sizeBytes: size }) }, 0);
	return stage.sends(`CON 0.0${code} #0 00000001 /f q1=0/m/16 q2=0/m/16 size1=${size} 292=1 [16]`);
}

test("Q-Block1 out: the first block Confirmable, then by sets as 2.31 comes (RFC 9177 §4.3)", () => {
	const stage = putting();
	stage.hears("ACK 0.00 #0").sends("NON 0.03 #1 00000002 /f q1=1/m/16 q2=0/m/16 size1=90 292=1 [16]");
	stage.sends("NON 0.03 #2 00000003 /f q1=2/m/16 q2=0/m/16 size1=90 292=1 [16]");
	stage.sends("NON 0.03 #3 00000004 /f q1=3/m/16 q2=0/m/16 size1=90 292=1 [16]").silent();
	stage
		.hears("NON 2.31 #50 00000004 q1=3/m/16")
		.sends("NON 0.03 #4 00000005 /f q1=4/m/16 q2=0/m/16 size1=90 292=1 [16]");
	stage.sends("NON 0.03 #5 00000006 /f q1=5/-/16 q2=0/m/16 size1=90 292=1 [10]").silent();
	stage.hears("NON 4.08 #51 00000006 cf=272", new Uint8Array([2, 4]));
	stage.sends("NON 0.03 #6 00000007 /f q1=2/m/16 q2=0/m/16 size1=90 292=1 [16]");
	stage.sends("NON 0.03 #7 00000008 /f q1=4/m/16 q2=0/m/16 size1=90 292=1 [16]").silent();
	stage.hears("NON 2.04 #52 00000008").silent().tells("responded 1 2.04").isEmpty();
});

test("Q-Block1 out: without a word the next set goes after NON_TIMEOUT, then the last block asks, it fails", () => {
	const stage = putting();
	stage.hears("ACK 0.00 #0").skip().at(1999).silent().at(2000);
	stage.sends("NON 0.03 #4 00000005 /f q1=4/m/16 q2=0/m/16 size1=90 292=1 [16]");
	stage.sends("NON 0.03 #5 00000006 /f q1=5/-/16 q2=0/m/16 size1=90 292=1 [10]").silent();
	stage.at(6000).sends("NON 0.03 #6 00000007 /f q1=5/-/16 q2=0/m/16 size1=90 292=1 [10]");
	stage.at(200_000).tells("failed 1 timedOut").skip().isEmpty();
});

test("Q-Block1 out: errors end it; a list that is none changes nothing", () => {
	for (const code of ["4.13", "4.08", "5.03"]) {
		putting().hears("ACK 0.00 #0").skip().hears(`NON ${code} #50 00000002`).silent().tells(`responded 1 ${code}`);
	}
	const stage = putting().hears("ACK 0.00 #0").skip();
	stage
		.hears("NON 4.08 #50 00000002 cf=272", new Uint8Array([0x18]))
		.silent()
		.tells();
	stage
		.hears("NON 4.08 #51 00000002 cf=272", new Uint8Array([23]))
		.silent()
		.tells(); // a block that is not there
	const broken = new Stage();
	const source = new Maker(1, 1000);
	source.failsAt = 0;
	broken.qBlock.request({ code: 3, path: ["f"], source }, 0);
	broken.at(0).silent().tells("failed 1 refused").isEmpty();
});

function serving(size = 90): Stage {
	const stage = new Stage();
	stage.answer = (request, nowMs) => {
		const source = new Maker(1, size, { sizeBytes: size, eTag: new Uint8Array([0xaa]) });
		const answer = request.code === 1 || request.code === 5 ? { code: 0x45, source } : { code: 0x44 };
		stage.peer.respond(request, answer, nowMs);
	};
	return stage;
}

test("Q-Block2 out: sets, Continue, missing blocks once each, the application asked once (RFC 9177 §4.4)", () => {
	const stage = serving(160);
	stage.hears("CON 0.01 #7 a1 /f q2=0/m/16").sends("ACK 2.05 #7 a1 etag size2=160 q2=0/m/16 [16]");
	for (const number of [1, 2, 3]) stage.sends(`NON 2.05 #${number - 1} a1 etag size2=160 q2=${number}/m/16 [16]`);
	stage.silent().hears("CON 0.01 #7 a1 /f q2=0/m/16").sends("ACK 2.05 #7 a1 etag size2=160 q2=0/m/16 [16]");
	stage.hears("NON 0.01 #8 a2 /f q2=1/-/16 q2=1/m/16 q2=2/-/16");
	for (const number of [1, 2, 3]) stage.sends(`NON 2.05 #${number + 2} a2 etag size2=160 q2=${number}/m/16 [16]`);
	stage.silent().at(1000).hears("NON 0.01 #9 a3 /f q2=4/m/16");
	for (const number of [4, 5, 6, 7]) stage.sends(`NON 2.05 #${number + 2} a3 etag size2=160 q2=${number}/m/16 [16]`);
	// without a word the rest after NON_TIMEOUT
	stage.silent().at(2999).silent().at(3000).sends("NON 2.05 #10 a3 etag size2=160 q2=8/m/16 [16]");
	stage.sends("NON 2.05 #11 a3 etag size2=160 q2=9/-/16 [16]").at(200_000).silent();
	// Continue for what went out long ago is a call for it
	stage.hears("NON 0.01 #10 a4 /f q2=8/m/16").sends("NON 2.05 #12 a4 etag size2=160 q2=8/m/16 [16]");
	stage.sends("NON 2.05 #13 a4 etag size2=160 q2=9/-/16 [16]").tells("requested 0.01 /f");
	stage.at(500_000).peer.poll(500_000);
	stage.isEmpty();
});

test("Q-Block2 out: after NON_MAX_RETRANSMIT sets into silence nothing new goes out", () => {
	const stage = serving(16 * 100);
	stage.hears("NON 0.01 #7 a1 /f q2=0/m/16");
	for (let number = 0; number < 20; number++) {
		stage.at(Math.floor(number / 4) * 2000).sends(`NON 2.05 #${number} a1 etag size2=1600 q2=${number}/m/16 [16]`);
	}
	stage.at(200_000).silent();
	stage.hears("NON 0.01 #8 a2 /f q2=20/m/16").sends("NON 2.05 #20 a2 etag size2=1600 q2=20/m/16 [16]");
});

test("Q-Block2 out: small answers, errors, late answers, smaller blocks, blocks nobody keeps", () => {
	const stage = serving(10);
	stage.hears("CON 0.01 #7 a1 /f q2=0/m/16").sends("ACK 2.05 #7 a1 [10]").hears("NON 0.01 #8 a2 /f q2=0/m/16");
	stage.sends("NON 2.05 #0 a2 [10]").isEmpty();
	const late = new Stage(small, { blockSizeBytes: 64 });
	late.hears("CON 0.01 #7 a1 /f q2=0/m/16").at(500).sends("ACK 0.00 #7 -");
	late.peer.respond(late.requests[0]!, { code: 0x45, payload: bytesOfBody(1, 0, 40) }, 500);
	late.sends("CON 2.05 #0 a1 etag size2=40 q2=0/m/16 [16]").sends("NON 2.05 #1 a1 etag size2=40 q2=1/m/16 [16]");
	late.sends("NON 2.05 #2 a1 etag size2=40 q2=2/-/16 [8]").hears("ACK 0.00 #0").at(5000).silent();
	const resumed = serving(160);
	resumed.hears("CON 0.01 #7 a1 /f q2=8/m/16").sends("ACK 2.05 #7 a1 etag size2=160 q2=8/m/16 [16]");
	resumed.sends("NON 2.05 #0 a1 etag size2=160 q2=9/-/16 [16]").tells("requested 0.01 /f");
	serving().hears("NON 0.05 #7 a1 /f q2=1/-/16").sends("NON 4.08 #0 a1").tells();
	for (const line of ["q2=0/m/reserved", "q2=0/-/16 q2=0/-/32", "31=hex:01020304", "q2=0/m/16 b2=0/-/16"]) {
		serving().hears(`CON 0.01 #7 a1 /f ${line}`).sends("ACK 4.00 #7 a1").tells();
	}
	serving().hears("CON 0.01 #7 a1 /f q2=0/m/16 2049=1").sends("ACK 4.02 #7 a1").tells();
});

test("Q-Block1 in: 2.31 after a set, 4.08 with what is missing, one execution (RFC 9177 §4.3)", () => {
	const stage = serving();
	stage.sink = new Checker(1);
	const put = (id: number, number: number, type = "NON") => {
		const more = number < 5 ? "m" : "-";
		const bytes = number < 5 ? block(number) : bytesOfBody(1, 80, 90);
		return stage.hears(`${type} 0.02 #${id} a${id} /f q1=${number}/${more}/16 292=7`, bytes);
	};
	put(0, 0, "CON").sends("ACK 0.00 #0 -");
	put(1, 2).silent();
	put(2, 3).at(100).sends('NON 4.08 #0 a2 cf=272 "\x01"');
	put(3, 1).sends("NON 2.31 #1 a3 q1=3/m/16");
	put(4, 1).silent();
	put(5, 5).at(200).sends('NON 4.08 #2 a5 cf=272 "\x04"').tells();
	put(6, 4).sends("NON 2.04 #3 a6").tells("requested 0.02 /f");
	equal(stage.sink.received, 90);
	put(7, 5).sends("NON 2.04 #4 a7").tells();
	put(8, 4).silent().tells();
	put(9, 5, "CON").sends("ACK 2.04 #9 a9").tells();
	stage.peer.poll(247_200);
	stage.isEmpty();
});

test("Q-Block1 in: 4.08 again and again, then silence, then the sink hears that it is over", () => {
	const stage = serving();
	stage.sink = new Checker(1);
	stage.hears("NON 0.02 #1 a1 /f q1=0/m/16 292=7", block(0));
	let asked = 0;
	for (let atMs = 0; atMs <= 240_000; atMs += 500) {
		stage.at(atMs);
		const before = stage.peer.deadlineMs;
		if (before === Number.POSITIVE_INFINITY) break;
		asked += 1;
	}
	ok(asked > 0);
	equal(stage.sink.isAbandoned, false);
	stage.peer.poll(247_000);
	ok(stage.sink.isAbandoned);
	stage.skip().isEmpty();
});

test("Q-Block1 in: no Request-Tag, wrong sizes, too large, parallel bodies", () => {
	const stage = serving();
	stage.hears("CON 0.02 #1 a1 /f q1=0/m/16", block(0)).sends("ACK 4.00 #1 a1");
	stage.hears("CON 0.02 #2 a1 /f q1=0/m/16 292=7", block(0, 15)).sends("ACK 4.00 #2 a1");
	stage.hears("CON 0.02 #3 a1 /f q1=0/m/16 size1=9000 292=7", block(0)).sends("ACK 4.13 #3 a1");
	stage.hears("NON 0.02 #4 a2 /f q1=1/m/16 size1=9000 292=7", block(1)).silent();
	stage.hears("NON 0.02 #5 a3 /f q1=3/m/16 size1=9000 292=7", block(3)).sends("NON 4.13 #0 a3").tells();
	const many = serving();
	for (const tag of [1, 2, 3]) many.hears(`NON 0.02 #${tag} a${tag} /f q1=0/m/16 292=${tag}`, block(0));
	equal(many.peer.figures.bodies, 2);
	many.hears("NON 0.02 #9 a9 /f q1=1/-/16 292=3", block(1)).sends("NON 2.04 #0 a9").tells("requested 0.02 /f [32]");
	deepEqual(many.requests[0]?.payload, bytesOfBody(1, 0, 32));
});

test("both ways: a FETCH by Q-Block1 whose answer comes by Q-Block2", () => {
	const client = putting(40, 5).hears("ACK 0.00 #0").skip();
	client
		.hears("NON 2.05 #60 00000003 4=hex:aa q2=0/m/16", block(0))
		.hears("NON 2.05 #61 00000003 4=hex:aa q2=2/-/16", block(2));
	client.at(100).sends("NON 0.05 #3 00000004 /f q2=1/-/16 292=1");
	client.hears("NON 2.05 #62 00000004 4=hex:aa q2=1/m/16", block(1)).tells("responded 1 2.05 [48]").isEmpty();
	const server = serving(40);
	server.hears("NON 0.05 #1 a1 /f cf=60 q1=1/-/16 q2=0/m/16 292=7", block(1)).silent();
	server.hears("NON 0.05 #2 a2 /f cf=60 q1=0/m/16 q2=0/m/16 292=7", block(0));
	server.tells("requested 0.05 /f [32]").sends("NON 2.05 #0 a2 etag size2=40 q2=0/m/16 [16]").skip();
	server.hears("NON 0.05 #3 a3 /f q2=1/-/16 292=7").sends("NON 2.05 #3 a3 etag size2=40 q2=1/m/16 [16]").tells();
});

test("a peer without it, or with our role alone, answers 4.02, and stays silent to Non-confirmable ones", () => {
	for (const scene of [new Scene(), new Scene({ extension: new QBlock() })]) {
		scene.hears("CON 0.01 #1 a1 /f q2=0/m/16").sends("ACK 4.02 #1 a1");
		scene.hears("NON 0.01 #2 a2 /f q2=0/m/16").silent().tells();
	}
});

test("options of the caller's own go along: in every request, with the first block of an answer", () => {
	const options = [{ number: 2048, value: new Uint8Array([5]) }];
	const stage = new Stage();
	stage.qBlock.request({ code: 1, path: ["f"], options }, 0);
	stage.sends("CON 0.01 #0 00000001 /f q2=0/m/16 2048=5");
	const eTag = { number: 4, value: new Uint8Array([9]) };
	const server = new Stage();
	server.answer = (request, nowMs) =>
		server.peer.respond(
			request,
			{ code: 0x45, payload: bytesOfBody(1, 0, 20), options: [...options, eTag], maxAgeS: 7 },
			nowMs,
		);
	server.hears("NON 0.01 #1 a1 /f q2=0/m/16").sends("NON 2.05 #0 a1 etag age=7 size2=20 q2=0/m/16 2048=5 [16]");
	server.sends("NON 2.05 #1 a1 etag age=7 size2=20 q2=1/-/16 [4]");
});

test("a POST that wants its answer by Q-Block is executed once, and no observation starts", () => {
	const stage = serving();
	stage.hears("CON 0.02 #1 a1 /f q2=0/m/16", "x").sends("ACK 2.04 #1 a1").tells("requested 0.02 /f [1]");
	stage.hears("CON 0.02 #1 a1 /f q2=0/m/16", "x").sends("ACK 2.04 #1 a1");
	stage.hears("NON 0.02 #2 a2 /f q2=0/m/16", "x").sends("NON 2.04 #0 a2").tells("requested 0.02 /f [1]");
	stage.hears("NON 0.02 #2 a2 /f q2=0/m/16", "x").silent().tells();
	const full = new Stage(small, { remembered: 1 });
	full.hears("CON 0.02 #1 a1 /f q2=0/m/16", "x").tells("requested 0.02 /f [1]");
	full.hears("CON 0.02 #2 a2 /g q2=0/m/16", "x").sends("ACK 5.03 #2 a2").tells();
	full.hears("CON 0.01 #3 a3 /g q2=0/m/16").silent().tells("requested 0.01 /g");
	const observing = new Stage();
	observing.hears("NON 0.01 #1 a1 /f q2=0/m/16 obs=0").tells("requested 0.01 /f obs=0");
	ok(!observing.peer.respond(observing.requests[0]!, { code: 0x45, observe: 3 }, 0));
	observing.sends("NON 2.05 #0 a1");
});

test("Q-Block2 out: Message ID 0, one block at a set's start, the rest of a set, no such block", () => {
	const stage = serving(160);
	stage.hears("CON 0.01 #0 a1 /f q2=0/m/16").sends("ACK 2.05 #0 a1 etag size2=160 q2=0/m/16 [16]").skip();
	stage.hears("NON 0.01 #1 a2 /f q2=4/m/16").skip().hears("NON 0.01 #2 a3 /f q2=4/-/16");
	stage.sends("NON 2.05 #7 a3 etag size2=160 q2=4/m/16 [16]").silent().hears("NON 0.01 #3 a4 /f q2=6/m/16");
	stage.sends("NON 2.05 #8 a4 etag size2=160 q2=6/m/16 [16]").sends("NON 2.05 #9 a4 etag size2=160 q2=7/m/16 [16]");
	stage.silent().hears("CON 0.01 #4 a5 /f q2=4/m/16").sends("ACK 0.00 #4 -").silent(); // on its way already
	stage.hears("CON 0.01 #5 a6 /f q2=65536/-/16").sends("ACK 4.00 #5 a6").silent();
	stage.hears("NON 0.01 #6 a7 /f q2=9/-/16").sends("NON 2.05 #10 a7 etag size2=160 q2=9/-/16 [16]").silent();
	stage.tells("requested 0.01 /f");
	// asked for from the start again: the application is, too, and one answer is kept
	stage.hears("NON 0.01 #7 a8 /f q2=0/m/16").tells("requested 0.01 /f");
	equal(stage.peer.figures.bodies, 1);
	const late = new Stage();
	late.hears("CON 0.01 #0 a1 /f q2=0/m/16").at(500).sends("ACK 0.00 #0 -");
	const beyond = serving(20);
	beyond.hears("CON 0.01 #1 a1 /f q2=2/-/16").sends("ACK 4.00 #1 a1");
});

test("a producer that fails: 5.00 and refused, wherever it does", () => {
	for (const failsAt of [0, 32, 64]) {
		const source = new Maker(1, 160);
		source.failsAt = failsAt;
		const stage = new Stage();
		stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x45, source }, nowMs);
		stage.hears("NON 0.01 #1 a1 /f q2=0/m/16");
		for (let number = 0; number < failsAt / 16; number++) {
			stage.sends(`NON 2.05 #${number} a1 etag q2=${number}/m/16 [16]`);
		}
		if (failsAt === 64) stage.silent().hears("NON 0.01 #2 a1 /f q2=4/m/16");
		stage
			.sends(`NON 5.00 #${Math.max(failsAt / 16, 1)} a1`)
			.silent()
			.isEmpty();
		const up = new Stage();
		up.qBlock.request({ code: 3, path: ["f"], source }, 0);
		up.hears("ACK 0.00 #0").hears("NON 2.31 #50 00000002 q1=3/m/16").at(1).tells("failed 1 refused").skip().isEmpty();
	}
});

test("Q-Block2 in: what makes no sense changes nothing, or ends it", () => {
	const stage = getting();
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0));
	stage.blocks("00000001", [5], 9).sends("NON 0.01 #1 00000002 /f q2=1/-/16 q2=2/-/16 q2=3/-/16 q2=4/-/16");
	stage.hears("NON 2.05 #700 00000002 4=hex:aa q2=1/-/16", block(1)).tells(); // an end before what is here
	stage.hears("NON 2.05 #701 00000002 4=hex:aa q2=1/m/32", block(0, 32)).tells("failed 1 malformed");
	stage.skip().isEmpty();
	const smaller = getting();
	smaller.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0)).blocks("00000001", [1, 2, 4], 9);
	smaller.skip().blocks("00000001", [3], 9).silent(); // block 5 was too far ahead, or never came
	smaller.at(4000).sends("NON 0.01 #2 00000003 /f q2=5/-/16 q2=6/-/16 q2=7/-/16");
	const unmarked = getting();
	unmarked.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0));
	unmarked.hears("NON 2.05 #700 00000001 q2=1/m/16", block(1)).sends("CON 0.01 #1 00000002 /f q2=0/m/16");
});

test("more than Limits.bodies at once go by plain blocks; a reset ends all", () => {
	const stage = new Stage(small, { bodies: 1, outbox: 8 });
	stage.qBlock.request({ code: 1, path: ["f"] }, 0);
	equal(stage.qBlock.request({ code: 1, path: ["g"] }, 0), 2);
	stage.sends("CON 0.01 #0 00000001 /f q2=0/m/16").hears("ACK 2.05 #0 00000001", "x").tells("responded 1 2.05 [1]");
	stage.sends("CON 0.01 #1 0002 /g b2=0/-/16").hears("ACK 2.05 #1 0002", "x").tells("responded 2 2.05 [1]");
	stage.sink = new Checker(1);
	stage.qBlock.request({ code: 5, path: ["f"], contentFormat: 60, payload: new Uint8Array([7]) }, 0);
	stage.sends('CON 0.05 #2 00000001 /f cf=60 q2=0/m/16 "\x07"');
	stage.hears("NON 0.02 #9 a1 /h q1=0/m/16 292=7", block(0)).peer.reset(0);
	stage.tells("failed 3 cancelled").isEmpty();
	ok(stage.sink.isAbandoned);
	const silent = new Stage();
	silent.qBlock.request({ code: 1, path: ["f"] }, 0);
	silent.peer.reset();
	silent.tells().isEmpty();
});

test("a sink hears abandoned() when its place is taken, unless its body is whole", () => {
	const stage = new Stage(small, { bodies: 1 });
	const whole = new Checker(1);
	stage.sink = whole;
	stage.hears("NON 0.02 #1 a1 /f q1=0/-/16 292=7", block(0)).tells("requested 0.02 /f");
	const half = new Checker(1);
	stage.sink = half;
	stage.hears("NON 0.02 #2 a2 /f q1=0/m/16 292=8", block(0));
	stage.sink = new Checker(1);
	stage.hears("NON 0.02 #3 a3 /f q1=0/m/16 292=9", block(0));
	deepEqual([whole.isAbandoned, half.isAbandoned, stage.sink.isAbandoned], [false, true, false]);
	stage.peer.reset();
	ok(stage.sink.isAbandoned && !whole.isAbandoned);
});

test("Q-Block1 out: a success for the first block alone is that of a server that passed over the option", () => {
	const hasty = putting();
	hasty.hears("ACK 2.04 #0 00000001").at(0).sends("CON 0.03 #1 0002 /f b1=0/m/16 size1=90 [16]").tells();
	equal(hasty.qBlock.isKnown, false);
	putting().hears("ACK 2.04 #0 00000001 q1=0/m/16").at(0).silent().tells("responded 1 2.04");
	const late = putting(20).hears("ACK 0.00 #0").skip();
	late.hears("NON 2.04 #50 00000002").tells("responded 1 2.04");
	const full = putting(90).hears("ACK 2.31 #0 00000001").skip(); // without its option: the present set
	equal(full.qBlock.isKnown, true);
});

test("Q-Block1 in: Message ID 0 all the way; the ETag of an answer is the caller's", () => {
	const stage = new Stage();
	stage.hears("CON 0.02 #0 a1 /f q1=0/m/16 292=7", block(0)).sends("ACK 0.00 #0 -");
	stage.hears("NON 0.02 #1 a2 /f q1=1/-/16 292=7", block(1)).tells("requested 0.02 /f [32]");
	const options = [{ number: 4, value: new Uint8Array([0x99]) }];
	stage.peer.respond(stage.requests[0]!, { code: 0x44, payload: bytesOfBody(1, 0, 20), options }, 0);
	const view = new MessageView();
	for (const number of [0, 1]) {
		const bytes = stage.peer.takeDatagram()!;
		equal(view.read(bytes, 0, bytes.length), undefined);
		ok(view.find(4) && view.option.uint === 0x99, `block ${number}`);
	}
	const repeated = serving();
	repeated.hears("NON 0.02 #1 a1 /f q1=0/-/16 292=7", block(0)).sends("NON 2.04 #0 a1");
	repeated.hears("CON 0.02 #0 a2 /f q1=0/-/16 292=7", block(0)).sends("ACK 2.04 #0 a2").tells("requested 0.02 /f [16]");
});

test("lists of missing blocks: every number back, every truncation and bit flip borne", () => {
	const numbers = [0, 23, 24, 255, 256, 65_535, 65_536, 0xfffff];
	const bytes = writeMissing(numbers);
	const found: number[] = [];
	ok(readMissing(bytes, 0, bytes.length, 16, found));
	deepEqual(found, numbers);
	ok(readMissing(bytes, 0, bytes.length, 3, found) && found.length === 3, "bounded");
	for (let end = 0; end < bytes.length; end++) readMissing(bytes, 0, end, 16, found);
	ok(!readMissing(new Uint8Array([0x1a, 0, 16, 0, 0]), 0, 5, 16, found), "beyond 20 bits");
	for (let bit = 0; bit < bytes.length * 8; bit++) {
		const broken = bytes.slice();
		broken[bit >> 3]! ^= 1 << (bit & 7);
		readMissing(broken, 0, broken.length, 16, found);
		ok(found.length <= 16 && found.every((number) => number <= 0xfffff));
	}
});

/** In the middle of a download, an upload, an answer and a body of theirs. */
function busy(): Stage {
	const stage = new Stage(small, { bodies: 2, outbox: 8, bodyBytes: 1024 });
	stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x45, source: new Maker(1, 400) }, nowMs);
	stage.qBlock.request({ code: 1, path: ["f"] }, 0);
	stage.hears("ACK 2.05 #0 00000001 4=hex:aa q2=0/m/16", block(0)).blocks("00000001", [1, 3], 8);
	stage.qBlock.request({ code: 3, path: ["u"], source: new Maker(1, 400) }, 0);
	stage.hears("NON 0.01 #70 a1 /g q2=0/m/16").hears("NON 0.02 #71 a2 /h q1=1/m/16 292=7", block(1));
	return stage.skip();
}

const messages = [
	bytesOf("NON 2.05 #902 00000001 4=hex:aa q2=2/m/16", block(2)),
	bytesOf("NON 2.05 #903 00000001 4=hex:aa q2=4/-/16", block(4)),
	bytesOf("NON 2.31 #904 00020001 q1=3/m/16"),
	bytesOf("NON 4.08 #905 00020001 cf=272", new Uint8Array([0, 2, 0x18, 24])),
	bytesOf("NON 0.01 #72 a3 /g q2=1/-/16 q2=2/m/16"),
	bytesOf("CON 0.01 #73 a4 /g q2=4/m/16"),
	bytesOf("NON 0.02 #74 a5 /h q1=0/m/16 292=7", block(0)),
	bytesOf("CON 0.02 #75 a6 /h q1=3/-/16 292=7", block(3)),
];

function isBounded(stage: Stage, what: string): void {
	const { bodies, outbox, requests, transmissions } = stage.peer.figures;
	ok(bodies <= 8 && outbox <= 8 && requests <= 8 && transmissions <= 8, what);
}

function settles(stage: Stage, what: string): void {
	stage.at(stage.nowMs + 600_000).skip();
	stage.peer.poll(stage.nowMs);
	const { transmissions, incoming, bodies, remembered, replyBytes, outbox, requests } = stage.peer.figures;
	equal(transmissions + incoming + bodies + remembered + replyBytes + outbox + requests, 0, what);
	equal(stage.peer.deadlineMs, Number.POSITIVE_INFINITY, what);
}

test("every truncation and bit flip of Q-Block messages, into a peer in the middle of it: no throw, no growth", () => {
	let stage = busy();
	let count = 0;
	const stride = patience > 1 ? 1 : 5;
	for (const [number, bytes] of messages.entries()) {
		for (let variant = number % stride; variant < bytes.length * 9; variant += stride) {
			const broken = bytes.slice(0, Math.min(variant, bytes.length));
			const bit = variant - bytes.length;
			if (bit >= 0) broken[bit >> 3]! ^= 1 << (bit & 7);
			stage.hearsBytes(broken).skip();
			isBounded(stage, `message ${number} variant ${variant}`);
			if (++count % 41 === 0) {
				settles(stage, `message ${number} variant ${variant}`);
				stage = busy();
			}
		}
	}
	settles(stage, "at the end");
	ok(count > 250, `${count} datagrams`);
});

test("random Q-Block datagrams at random times: bounded, and settled in the end", () => {
	for (let seed = 1; seed <= 8 * patience; seed++) {
		const random = seeded(seed * 7919);
		const stage = busy();
		for (let step = 0; step < 120; step++) {
			const bytes = messages[random(messages.length)]!.slice();
			for (let flips = random(3); flips > 0; flips--) bytes[random(bytes.length)] = random(256);
			bytes[3] = random(16);
			if (random(4) === 0) stage.at(stage.nowMs + random(5000));
			stage.hearsBytes(bytes).skip();
			isBounded(stage, `seed=${seed} step=${step}`);
		}
		settles(stage, `seed=${seed}`);
	}
});
