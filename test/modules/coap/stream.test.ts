import { Body } from "../../../modules/coap/stream.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";
import { bytesOfBody, Checker, Maker } from "./stream-parts.ts";

const block = (number: number, size: number, id = 1) => bytesOfBody(id, number * size, (number + 1) * size);

function isEmpty(scene: Scene): void {
	const { requests, transmissions, outbox, bodies } = scene.peer.figures;
	equal(requests + transmissions + outbox + bodies, 0, "something is left");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
}

function downloading(sink: Checker, more: object = {}, options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	scene.peer.request({ code: 1, path: ["f"], sink, ...more }, 0);
	return scene;
}

test("a body put together grows as it must, and takes no byte over its limit", () => {
	const bytes = new Uint8Array(300).map((_, index) => index * 7);
	for (const announced of [undefined, 10, 300]) {
		const body = new Body(300);
		for (let round = 0; round < 2; round++) {
			equal(body.begin(0, announced), undefined);
			for (let at = 0; at < 288; at += 16) equal(body.write(at, bytes, at, at + 16), undefined);
			equal(body.write(288, bytes, 0, 13), 0x8d);
			equal(body.write(288, bytes, 288, 300), undefined);
		}
		deepEqual(body.whole(), bytes);
	}
	equal(new Body(300).begin(0, 301), 0x8d);
	equal(new Body(10).whole().length, 0);
});

test("a download into a consumer: one block at a time, the response without payload", () => {
	const sink = new Checker(1);
	const scene = downloading(sink).skip();
	scene.hears("ACK 2.05 #0 0001 cf=42 b2=0/m/64 size2=200 4=hex:aa", block(0, 64));
	equal(sink.received, 64);
	deepEqual(sink.eTag, new Uint8Array([0xaa]));
	scene.sends("CON 0.01 #1 0002 /f b2=1/-/64").hears("ACK 2.05 #1 0002 cf=42 b2=1/m/64 4=hex:aa", block(1, 64));
	scene.sends("CON 0.01 #2 0003 /f b2=2/-/64").hears("ACK 2.05 #2 0003 b2=2/-/64 4=hex:aa", bytesOfBody(1, 128, 171));
	scene.silent().tells("responded 1 2.05");
	equal(scene.responses[0]?.payload.length, 0);
	deepEqual([sink.received, sink.begins.join(), sink.isAbandoned], [171, "0/200", false]);
	isEmpty(scene);
});

test("a consumer gets what comes in one message too, but no error and no empty body", () => {
	const sink = new Checker(1);
	downloading(sink)
		.hears("ACK 2.05 #0 0001", bytesOfBody(1, 0, 50))
		.tells("responded 1 2.05");
	deepEqual([sink.received, sink.begins.join()], [50, "0/50"]);
	for (const line of ["ACK 4.04 #0 0001", "ACK 2.03 #0 0001"]) {
		const none = new Checker(1);
		downloading(none)
			.hears(line, line.includes("4.04") ? "gone" : "")
			.tells(line.includes("4.04") ? "responded 1 4.04 [4]" : "responded 1 2.03");
		equal(none.begins.length, 0);
	}
});

test("a consumer that refuses ends the download", () => {
	for (const [code, reason] of [
		[0x8d, "tooLarge"],
		[0x8f, "refused"],
	] as const) {
		for (const from of [-1, 64]) {
			const sink = new Checker(1);
			sink.refusal = { from, code };
			const scene = downloading(sink).skip();
			scene.hears("ACK 2.05 #0 0001 b2=0/m/64", block(0, 64));
			if (from > 0) scene.skip().hears("ACK 2.05 #1 0002 b2=1/m/64", block(1, 64));
			scene.silent().tells(`failed 1 ${reason}`);
			isEmpty(scene);
		}
	}
});

test("a body that changes on the way begins again at the consumer, once", () => {
	const sink = new Checker(1);
	const scene = downloading(sink).skip();
	scene.hears("ACK 2.05 #0 0001 b2=0/m/64 4=hex:01", block(0, 64)).skip();
	sink.id = 2;
	scene.hears("ACK 2.05 #1 0002 b2=1/m/64 4=hex:02", block(1, 64, 2)).sends("CON 0.01 #2 0003 /f");
	scene.hears("ACK 2.05 #2 0003 b2=0/m/64 4=hex:02", block(0, 64, 2)).sends("CON 0.01 #3 0004 /f b2=1/-/64");
	equal(sink.begins.join(), "0,0");
	scene.hears("ACK 2.05 #3 0004 b2=1/-/64 4=hex:03", block(1, 64, 2)).tells("failed 1 changed");
	isEmpty(scene);
});

test("a download goes on at an offset where the ETag is still the same", () => {
	const eTag = new Uint8Array([7, 7]);
	const sink = new Checker(1);
	const scene = downloading(sink, { resume: { offset: 128, eTag } });
	scene.sends("CON 0.01 #0 0001 /f b2=1/-/128").hears("ACK 2.05 #0 0001 b2=1/m/128 4=hex:0707", block(1, 128));
	scene
		.sends("CON 0.01 #1 0002 /f b2=2/-/128")
		.hears("ACK 2.05 #1 0002 b2=2/-/128 4=hex:0707", bytesOfBody(1, 256, 260));
	scene.tells("responded 1 2.05");
	deepEqual([sink.received, sink.begins.join()], [260, "128"]);
	isEmpty(scene);
	// smaller blocks than ours, because the offset asks for them, or the server does
	downloading(new Checker(1), { resume: { offset: 48, eTag } }).sends("CON 0.01 #0 0001 /f b2=3/-/16");
	const smaller = downloading(new Checker(1), { resume: { offset: 128, eTag } }, { limits: { blockSizeBytes: 64 } });
	smaller.sends("CON 0.01 #0 0001 /f b2=2/-/64").hears("ACK 2.05 #0 0001 b2=4/m/32 4=hex:0707", block(4, 32));
	smaller.sends("CON 0.01 #1 0002 /f b2=5/-/32");
	// an offset that is no block's, a method whose body would have to go along
	downloading(new Checker(1), { code: 5, resume: { offset: 64, eTag } }).sends("CON 0.05 #0 0001 /f");
	downloading(new Checker(1), { resume: { offset: 50, eTag } }).sends("CON 0.01 #0 0001 /f");
});

test("a download that can not go on there begins at 0", () => {
	const eTag = new Uint8Array([7, 7]);
	for (const other of ["4=hex:08", ""]) {
		const sink = new Checker(1);
		const scene = downloading(sink, { resume: { offset: 64, eTag } }).skip();
		scene.hears(`ACK 2.05 #0 0001 b2=1/m/64 ${other}`.trim(), block(1, 64)).sends("CON 0.01 #1 0002 /f");
		scene.hears("ACK 2.05 #1 0002 b2=0/-/64 4=hex:08", bytesOfBody(1, 0, 10)).tells("responded 1 2.05");
		deepEqual([sink.received, sink.begins.join()], [10, "0"]);
	}
	for (const line of ["b2=0/m/64", ""]) {
		const sink = new Checker(1);
		const scene = downloading(sink, { resume: { offset: 64, eTag } }).skip();
		scene.hears(`ACK 2.05 #0 0001 ${line}`.trim(), block(0, 64)).tells(...(line === "" ? ["responded 1 2.05"] : []));
		equal(sink.received, 64, "the server knows no blocks, or sends all from its start");
	}
	const beyond = downloading(new Checker(1), { resume: { offset: 64, eTag } }).skip();
	beyond.hears("ACK 4.00 #0 0001").tells("responded 1 4.00");
	const wrong = downloading(new Checker(1), { resume: { offset: 64, eTag } }).skip();
	wrong.hears("ACK 2.05 #0 0001 b2=2/m/64 4=hex:0707", block(2, 64)).tells("failed 1 malformed");
});

test("an upload from a producer, its size known or not; smaller blocks from the middle on", () => {
	for (const sizeBytes of [171, undefined]) {
		const scene = new Scene({ limits: { blockSizeBytes: 64 } });
		const source = new Maker(1, 171, sizeBytes === undefined ? {} : { sizeBytes });
		scene.peer.request({ code: 3, path: ["f"], source }, 0);
		scene.sends(`CON 0.03 #0 0001 /f b1=0/m/64${sizeBytes === undefined ? "" : " size1=171"} [64]`);
		scene.hears("ACK 2.31 #0 0001 b1=0/m/64").sends("CON 0.03 #1 0002 /f b1=1/m/64 [64]");
		scene.hears("ACK 2.31 #1 0002 b1=1/m/32").sends("CON 0.03 #2 0003 /f b1=4/m/32 [32]");
		scene.at(2000).sends("CON 0.03 #2 0003 /f b1=4/m/32 [32]");
		scene.hears("ACK 2.31 #2 0003 b1=4/m/32").sends("CON 0.03 #3 0004 /f b1=5/-/32 [11]");
		scene.hears("ACK 2.04 #3 0004 b1=5/-/32").tells("responded 1 2.04");
		equal(source.reads, 4, "once per block, however often it is sent");
		isEmpty(scene);
	}
	const exact = new Scene({ limits: { blockSizeBytes: 64 } });
	exact.peer.request({ code: 3, path: ["f"], source: new Maker(1, 64) }, 0);
	exact.sends("CON 0.03 #0 0001 /f [64]");
});

test("an upload ends early with 4.08 and 4.13, and when its producer fails", () => {
	for (const code of ["4.08", "4.13"]) {
		const scene = new Scene({ limits: { blockSizeBytes: 64 } });
		scene.peer.request({ code: 3, path: ["f"], source: new Maker(1, 1000) }, 0);
		scene.skip().hears("ACK 2.31 #0 0001 b1=0/m/64").skip().hears(`ACK ${code} #1 0002 b1=1/m/64`).silent();
		scene.tells(`responded 1 ${code}`);
		isEmpty(scene);
	}
	const scene = new Scene({ limits: { blockSizeBytes: 64 } });
	const source = new Maker(1, 1000);
	source.failsAt = 64;
	scene.peer.request({ code: 3, path: ["f"], source }, 0);
	scene.skip().hears("ACK 2.31 #0 0001 b1=0/m/64").at(1).silent().tells("failed 1 refused");
	isEmpty(scene);
});

function serving(answer: object, options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene({ limits: { blockSizeBytes: 64 }, ...options });
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, ...answer }, nowMs);
	return scene;
}

test("an answer from a producer: blocks with its ETag, from any place, the application asked once", () => {
	const source = new Maker(1, 200, { sizeBytes: 200, eTag: new Uint8Array([9]) });
	const scene = serving({ source, contentFormat: 42 });
	scene.hears("CON 0.01 #1 01 /f").sends("ACK 2.05 #1 01 etag cf=42 b2=0/m/64 size2=200 [64]");
	scene.hears("CON 0.01 #2 02 /f b2=1/-/64").sends("ACK 2.05 #2 02 etag cf=42 b2=1/m/64 [64]");
	scene.hears("CON 0.01 #3 03 /f b2=1/-/64").sends("ACK 2.05 #3 03 etag cf=42 b2=1/m/64 [64]");
	scene.hears("CON 0.01 #4 04 /f b2=4/-/32").sends("ACK 2.05 #4 04 etag cf=42 b2=4/m/32 [32]");
	scene.hears("CON 0.01 #5 05 /f b2=9/-/64").sends("ACK 4.00 #5 05");
	scene.hears("CON 0.01 #6 06 /f b2=3/-/64").sends("ACK 2.05 #6 06 etag cf=42 b2=3/-/64 [8]");
	scene.tells("requested 0.01 /f");
	isEmpty(scene);
	const resumed = serving({ source, contentFormat: 42 });
	resumed.hears("CON 0.01 #1 01 /f b2=2/-/64").sends("ACK 2.05 #1 01 etag cf=42 b2=2/m/64 [64]");
	resumed.hears("CON 0.01 #2 02 /f b2=3/-/64").sends("ACK 2.05 #2 02 etag cf=42 b2=3/-/64 [8]");
	resumed.tells("requested 0.01 /f");
	serving({ source: new Maker(1, 64) })
		.hears("CON 0.01 #1 01 /f")
		.sends("ACK 2.05 #1 01 [64]");
});

test("an answer whose producer fails is 5.00, at once or on the way", () => {
	const source = new Maker(1, 200);
	source.failsAt = 64;
	const scene = serving({ source });
	scene.hears("CON 0.01 #1 01 /f").sends("ACK 2.05 #1 01 b2=0/m/64 [64]");
	scene.hears("CON 0.01 #2 02 /f b2=1/-/64").sends("ACK 5.00 #2 02");
	source.failsAt = 0;
	serving({ source }).hears("CON 0.01 #1 01 /f").sends("ACK 5.00 #1 01");
});

class Receiving extends Scene {
	readonly sinks: Checker[] = [];
	heads: string[] = [];

	constructor(options: ConstructorParameters<typeof Scene>[0] = {}) {
		super(options);
		this.answer = (request, nowMs) => this.peer.respond(request, { code: 0x44 }, nowMs);
	}

	arriving(request: { path: readonly string[]; payload: Uint8Array }): Checker | undefined {
		this.heads.push(`${request.path.join("/")} ${request.payload.length}`);
		if (request.path[0] !== "f") return undefined;
		const sink = new Checker(1);
		this.sinks.push(sink);
		return sink;
	}
}

test("a body that arrives goes to the listener's consumer, or is put together where it has none", () => {
	const scene = new Receiving();
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64 size1=171", block(0, 64)).sends("ACK 2.31 #1 01 b1=0/m/64");
	scene.hears("CON 0.03 #2 02 /f b1=1/m/64", block(1, 64)).sends("ACK 2.31 #2 02 b1=1/m/64");
	scene.hears("CON 0.03 #3 02 /f b1=1/m/64", block(1, 64)).sends("ACK 2.31 #3 02 b1=1/m/64");
	scene.hears("CON 0.03 #4 02 /f b1=1/m/64", block(0, 64)).sends("ACK 4.08 #4 02 b1=1/m/64");
	scene.hears("CON 0.03 #5 03 /f b1=2/-/64", bytesOfBody(1, 128, 171)).sends("ACK 2.04 #5 03 b1=2/-/64");
	scene.tells("requested 0.03 /f");
	const sink = scene.sinks[0]!;
	ok(scene.requests[0]?.sink === sink && scene.requests[0].payload.length === 0);
	deepEqual([sink.received, sink.begins.join(), scene.heads.join()], [171, "0/171", "f 0"]);
	scene.hears("CON 0.03 #6 01 /g b1=0/m/16", block(0, 16)).hears("CON 0.03 #7 02 /g b1=1/-/16", block(1, 16)).skip();
	ok(scene.requests[1]?.sink === undefined && scene.requests[1]?.payload.length === 32);
	isEmpty(scene);
});

test("a consumer refuses with its own code; it hears when nobody continues, begins anew or takes its place", () => {
	const scene = new Receiving({ limits: { bodies: 1 } });
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64", block(0, 64)).skip();
	scene.sinks[0]!.refusal = { from: 64, code: 0x8f };
	scene.hears("CON 0.03 #2 02 /f b1=1/m/64", block(1, 64)).sends("ACK 4.15 #2 02 b1=1/m/64").tells();
	scene.hears("CON 0.03 #3 03 /f b1=2/m/64", block(2, 64)).sends("ACK 4.08 #3 03 b1=2/m/64");
	equal(scene.sinks[0]!.isAbandoned, false);
	for (const [id, path] of [
		[4, "f"],
		[5, "f"],
		[6, "f/2"],
	] as const) {
		scene.hears(`CON 0.03 #${id} 01 /${path} b1=0/m/64`, block(0, 64)).skip();
	}
	equal(scene.sinks.map(({ isAbandoned }) => isAbandoned).join(), "false,true,true,false");
	scene.peer.poll(247_000);
	ok(scene.sinks[3]!.isAbandoned);
	equal(scene.peer.figures.bodies, 0);
});

test("both ways: an iPATCH from a producer into a consumer, a FETCH's answer from a producer into a consumer", () => {
	const up = new Maker(1, 300);
	const sink = new Checker(2);
	const client = new Scene({ limits: { blockSizeBytes: 128 } });
	client.peer.request({ code: 5, path: ["c"], source: up, sink }, 0);
	client.sends("CON 0.05 #0 0001 /c b1=0/m/128 [128]").hears("ACK 2.31 #0 0001 b1=0/m/128").skip();
	client.hears("ACK 2.31 #1 0002 b1=1/m/128").sends("CON 0.05 #2 0003 /c b1=2/-/128 [44]");
	client.hears("ACK 2.05 #2 0003 b1=2/-/128 b2=0/m/128", block(0, 128, 2)).sends("CON 0.05 #3 0004 /c b2=1/-/128");
	client.hears("ACK 2.05 #3 0004 b2=1/-/128", bytesOfBody(2, 128, 140)).tells("responded 1 2.05");
	equal(sink.received, 140);
	isEmpty(client);
	const scene = new Receiving({ limits: { blockSizeBytes: 128 } });
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, source: new Maker(2, 140) }, nowMs);
	for (const code of ["0.05", "0.07"]) {
		const id = code === "0.05" ? 10 : 20;
		scene.hears(`CON ${code} #${id} 01 /f b1=0/m/128`, block(0, 128)).sends(`ACK 2.31 #${id} 01 b1=0/m/128`);
		scene.hears(`CON ${code} #${id + 1} 02 /f b1=1/-/128`, bytesOfBody(1, 128, 140));
		scene.sends(`ACK 2.05 #${id + 1} 02 b2=0/m/128 b1=1/-/128 [128]`);
		scene.hears(`CON ${code} #${id + 2} 03 /f b2=1/-/128`).sends(`ACK 2.05 #${id + 2} 03 b2=1/-/128 [12]`);
	}
	equal(scene.sinks.map(({ received }) => received).join(), "140,140");
	isEmpty(scene);
});
