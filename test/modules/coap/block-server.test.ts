import { utf8 } from "../../../modules/bytes.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const body = new Uint8Array(200).map((_, index) => 0x80 | (index * 37));
const slice = (number: number, size: number) => body.subarray(number * size, (number + 1) * size);

function serving(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	scene.answer = (request, nowMs) => {
		const code = request.code === 1 || request.code === 5 ? 0x45 : 0x44;
		scene.peer.respond(request, { code, ...(code === 0x45 ? { payload: body, contentFormat: 60 } : {}) }, nowMs);
	};
	return scene;
}

test("Block1 in: 2.31 for each block, then the whole (RFC 7959 §2.5)", () => {
	const scene = serving();
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64 size1=200", slice(0, 64)).sends("ACK 2.31 #1 01 b1=0/m/64").tells();
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64 size1=200", slice(0, 64)).sends("ACK 2.31 #1 01 b1=0/m/64").tells();
	scene.hears("CON 0.03 #2 02 /f b1=1/m/64", slice(1, 64)).sends("ACK 2.31 #2 02 b1=1/m/64");
	scene.hears("CON 0.03 #3 03 /f b1=2/m/64", slice(2, 64)).sends("ACK 2.31 #3 03 b1=2/m/64").tells();
	scene.hears("CON 0.03 #4 04 /f b1=3/-/64", slice(3, 64)).sends("ACK 2.04 #4 04 b1=3/-/64");
	scene.tells("requested 0.03 /f [200]").hears("CON 0.03 #4 04 /f b1=3/-/64", slice(3, 64));
	scene.sends("ACK 2.04 #4 04 b1=3/-/64").tells();
	deepEqual(scene.requests[0]?.payload, body);
	equal(scene.peer.figures.bodies, 0);
});

test("Block1 in: a start above 0, a gap, an older block are 4.08; the transfer goes on", () => {
	const scene = serving();
	scene.hears("CON 0.03 #1 01 /f b1=1/m/64", slice(1, 64)).sends("ACK 4.08 #1 01 b1=1/m/64").tells();
	equal(scene.fault?.code, "coap.blockIncomplete");
	scene.hears("CON 0.03 #2 01 /f b1=0/m/64", slice(0, 64)).sends("ACK 2.31 #2 01 b1=0/m/64");
	scene.hears("CON 0.03 #3 01 /f b1=2/m/64", slice(2, 64)).sends("ACK 4.08 #3 01 b1=2/m/64");
	scene.hears("CON 0.03 #4 01 /f b1=1/m/64", slice(1, 64)).sends("ACK 2.31 #4 01 b1=1/m/64");
	scene.hears("CON 0.03 #5 01 /f b1=1/m/64", slice(1, 64)).sends("ACK 2.31 #5 01 b1=1/m/64"); // the same once more
	scene.hears("CON 0.03 #6 01 /f b1=1/m/64", slice(0, 64)).sends("ACK 4.08 #6 01 b1=1/m/64"); // not the same
	scene.hears("CON 0.03 #7 01 /g b1=2/m/64", slice(2, 64)).sends("ACK 4.08 #7 01 b1=2/m/64"); // another path
	scene.hears("CON 0.03 #8 01 /f cf=0 b1=2/m/64", slice(2, 64)).sends("ACK 4.08 #8 01 b1=2/m/64"); // another format
	scene.hears("CON 0.03 #9 01 /f b1=2/m/64", slice(2, 64)).sends("ACK 2.31 #9 01 b1=2/m/64");
	scene.hears("CON 0.03 #10 01 /f b1=3/-/64", slice(3, 64)).sends("ACK 2.04 #10 01 b1=3/-/64");
	scene.tells("requested 0.03 /f [200]");
	deepEqual(scene.requests[0]?.payload, body);
});

test("Block1 in: block 0 starts anew", () => {
	const scene = serving();
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64", slice(2, 64)).hears("CON 0.03 #2 01 /f b1=0/m/64", slice(0, 64)).skip();
	scene.hears("CON 0.03 #3 01 /f b1=1/-/64", slice(1, 64)).sends("ACK 2.04 #3 01 b1=1/-/64");
	deepEqual(scene.requests[0]?.payload, body.subarray(0, 128));
});

test("Block1 in: we want smaller blocks (RFC 7959 §2.5, size negotiation)", () => {
	const scene = serving({ limits: { blockSizeBytes: 32 } });
	scene.hears("CON 0.03 #1 01 /f b1=0/m/128", slice(0, 128)).sends("ACK 2.31 #1 01 b1=0/m/32");
	scene.hears("CON 0.03 #2 01 /f b1=4/m/32", slice(4, 32)).sends("ACK 2.31 #2 01 b1=4/m/32");
	scene.hears("CON 0.03 #3 01 /f b1=5/-/32", slice(5, 32)).sends("ACK 2.04 #3 01 b1=5/-/32");
	deepEqual(scene.requests[0]?.payload, body.subarray(0, 192));
});

test("Block1 in: too large is 4.13 with what we take, at the announcement or when it gets there", () => {
	const scene = serving({ limits: { bodyBytes: 100, blockSizeBytes: 32 } });
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64 size1=200", slice(0, 64)).sends("ACK 4.13 #1 01 b1=0/m/64 size1=100");
	scene.hears("CON 0.03 #2 01 /f b1=0/m/64", slice(0, 64)).skip();
	scene.hears("CON 0.03 #3 01 /f b1=1/m/64", slice(1, 64)).sends("ACK 4.13 #3 01 b1=1/m/64 size1=100").tells();
	equal(scene.peer.figures.bodies, 0);
});

test("Block1 in: blocks of a wrong size, and the reserved size, are 4.00", () => {
	const scene = serving();
	scene.hears("CON 0.03 #1 01 /f b1=0/m/64", slice(0, 63)).sends("ACK 4.00 #1 01 b1=0/m/64");
	scene.hears("CON 0.03 #2 01 /f b1=0/-/16", slice(0, 17)).sends("ACK 4.00 #2 01 b1=0/-/16");
	scene.hears("CON 0.03 #3 01 /f b1=0/m/reserved", slice(0, 64)).sends("ACK 4.00 #3 01 b1=0/m/1024").tells();
});

test("Block1 in: transfers are bounded, the oldest makes room; what nobody continues is let go", () => {
	const scene = serving({ limits: { bodies: 2 } });
	for (const [id, path] of [
		[1, "a"],
		[2, "b"],
		[3, "c"],
	] as const) {
		scene.hears(`CON 0.03 #${id} 01 /${path} b1=0/m/64`, slice(0, 64)).skip();
	}
	equal(scene.peer.figures.bodies, 2);
	scene.hears("CON 0.03 #4 01 /a b1=1/-/64", slice(1, 64)).sends("ACK 4.08 #4 01 b1=1/-/64");
	scene.hears("CON 0.03 #5 01 /c b1=1/-/64", slice(1, 64)).sends("ACK 2.04 #5 01 b1=1/-/64");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.peer.poll(247_000);
	equal(scene.peer.figures.bodies, 0);
});

test("a POST by blocks is executed once, however often its blocks come", () => {
	const scene = serving({ limits: { remembered: 2 } });
	for (let id = 1; id < 20; id++) {
		const [number, more] = id < 19 ? [id - 1, "m"] : [18, "-"];
		scene.hears(`CON 0.02 #${id} 01 /f b1=${number}/${more}/16`, new Uint8Array(16)).skip();
	}
	scene.tells("requested 0.02 /f [304]").hears("CON 0.02 #19 01 /f b1=18/-/16", new Uint8Array(16));
	scene.sends("ACK 2.04 #19 01 b1=18/-/16").tells();
});

test("Block2 out: the first block announces, the others are served without asking again (RFC 7959 §2.4)", () => {
	const scene = serving({ limits: { blockSizeBytes: 64 } });
	scene.hears("CON 0.01 #1 01 /b accept=60").sends("ACK 2.05 #1 01 etag cf=60 b2=0/m/64 size2=200 [64]");
	scene.tells("requested 0.01 /b");
	scene.hears("CON 0.01 #2 02 /b accept=60 b2=1/-/64").sends("ACK 2.05 #2 02 etag cf=60 b2=1/m/64 [64]");
	scene.hears("CON 0.01 #2 02 /b accept=60 b2=1/-/64").sends("ACK 2.05 #2 02 etag cf=60 b2=1/m/64 [64]");
	// they want less at a time
	scene.hears("CON 0.01 #3 03 /b accept=60 b2=4/-/32").sends("ACK 2.05 #3 03 etag cf=60 b2=4/m/32 [32]");
	scene.hears("NON 0.01 #4 04 /b accept=60 b2=10/-/16").sends("NON 2.05 #0 04 etag cf=60 b2=10/m/16 [16]");
	scene.hears("CON 0.01 #5 05 /b accept=60 b2=9/-/64").sends("ACK 4.00 #5 05").tells();
	equal(scene.peer.figures.bodies, 1);
	scene.hears("CON 0.01 #6 06 /b accept=60 b2=3/-/64").sends("ACK 2.05 #6 06 etag cf=60 b2=3/-/64 [8]").tells();
	equal(scene.peer.figures.bodies, 0);
	scene.hears("CON 0.01 #6 06 /b accept=60 b2=3/-/64").sends("ACK 2.05 #6 06 etag cf=60 b2=3/-/64 [8]").tells();
});

test("Block2 out: the client's size counts when it is smaller, and a short answer says so", () => {
	const scene = serving();
	scene.hears("CON 0.01 #1 01 /b b2=0/-/16").sends("ACK 2.05 #1 01 etag cf=60 b2=0/m/16 size2=200 [16]");
	scene.hears("CON 0.01 #2 01 /b b2=0/-/256").sends("ACK 2.05 #2 01 cf=60 b2=0/-/256 [200]");
	scene.hears("CON 0.01 #3 01 /b b2=0/-/reserved").sends("ACK 4.00 #3 01");
	scene.hears("CON 0.01 #4 01 /b").sends("ACK 2.05 #4 01 cf=60 [200]");
});

test("Block2 out: a block of something we do not keep: a GET asks the application, others are 4.08", () => {
	const scene = serving({ limits: { blockSizeBytes: 64 } });
	scene
		.hears("CON 0.01 #1 01 /b b2=2/-/64")
		.sends("ACK 2.05 #1 01 etag cf=60 b2=2/m/64 [64]")
		.tells("requested 0.01 /b");
	scene.hears("CON 0.01 #2 01 /b b2=9/-/64").sends("ACK 4.00 #2 01").tells("requested 0.01 /b");
	scene.hears("CON 0.05 #3 01 /b b2=2/-/64").sends("ACK 4.08 #3 01").tells();
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x84 }, nowMs);
	scene.hears("CON 0.01 #4 01 /b b2=2/-/64").sends("ACK 4.04 #4 01");
});

test("both ways: a FETCH by blocks, its answer by blocks, the further ones asked for without a body", () => {
	const scene = serving({ limits: { blockSizeBytes: 128 } });
	scene
		.hears("CON 0.05 #1 01 /c cf=112 accept=60 b1=0/m/128 size1=200", slice(0, 128))
		.sends("ACK 2.31 #1 01 b1=0/m/128");
	scene.hears("CON 0.05 #2 02 /c cf=112 accept=60 b1=1/-/128", slice(1, 128));
	scene.sends("ACK 2.05 #2 02 etag cf=60 b2=0/m/128 b1=1/-/128 size2=200 [128]").tells("requested 0.05 /c [200]");
	scene.hears("CON 0.05 #2 02 /c cf=112 accept=60 b1=1/-/128", slice(1, 128));
	scene.sends("ACK 2.05 #2 02 etag cf=60 b2=0/m/128 b1=1/-/128 size2=200 [128]").tells();
	scene.hears("CON 0.05 #3 03 /c accept=60 b2=1/-/128").sends("ACK 2.05 #3 03 etag cf=60 b2=1/-/128 [72]").tells();
});

test("a notification has the block size that the Observe asked for, and no older body is left behind it", () => {
	const scene = new Scene();
	scene.answer = (request, nowMs) => {
		const observe = request.observe === undefined ? {} : { observe: 1 };
		scene.peer.respond(request, { code: 0x45, contentFormat: 60, payload: body, ...observe }, nowMs);
	};
	scene.hears("CON 0.01 #1 a1 /t obs=0 b2=0/-/64");
	scene.sends("ACK 2.05 #1 a1 etag obs=1 cf=60 b2=0/m/64 size2=200 [64]");
	const token = new Uint8Array([0xa1]);
	const told = body.slice(0, 100).fill(7);
	scene.peer.notify(token, { code: 0x45, observe: 2, contentFormat: 60, payload: told }, "confirmable", 0);
	scene.sends("CON 2.05 #0 a1 etag obs=2 cf=60 b2=0/m/64 size2=100 [64]").hears("ACK 0.00 #0");
	scene.hears("CON 0.01 #2 b2 /t b2=1/-/64").sends("ACK 2.05 #2 b2 etag cf=60 b2=1/-/64 [36]");
	scene.hears("CON 0.01 #3 a1 /t obs=0 b2=0/-/64").skip();
	scene.peer.notify(token, { code: 0x45, observe: 3, contentFormat: 60, payload: utf8("short") }, "nonConfirmable", 0);
	scene.sends('NON 2.05 #1 a1 obs=3 cf=60 b2=0/-/64 "short"');
	equal(scene.peer.figures.bodies, 0);
});

test("an Observe for a later block observes nothing (RFC 7959 §2.6)", () => {
	const scene = new Scene();
	scene.answer = (request, nowMs) => {
		equal(request.observe, undefined);
		scene.peer.respond(request, { code: 0x45, contentFormat: 60, payload: body }, nowMs);
	};
	scene.hears("CON 0.01 #1 a1 /t obs=0 b2=100/-/16").sends("ACK 4.00 #1 a1");
	scene.hears("CON 0.01 #2 a1 /t obs=0 b2=1/-/64").sends("ACK 2.05 #2 a1 etag cf=60 b2=1/m/64 [64]");
	equal(scene.peer.figures.observers, 0);
});

test("a notification larger than a block: the rest is there for a GET of another token (RFC 7959 §2.6)", () => {
	const scene = serving({ limits: { blockSizeBytes: 128 } });
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, observe: 1 }, nowMs);
	scene.hears("CON 0.01 #1 a1 /b accept=60 obs=0").skip().tells("requested 0.01 /b obs=0");
	const token = new Uint8Array([0xa1]);
	ok(scene.peer.notify(token, { code: 0x45, observe: 2, contentFormat: 60, payload: body }, "confirmable", 0));
	scene.sends("CON 2.05 #0 a1 etag obs=2 cf=60 b2=0/m/128 size2=200 [128]");
	scene.hears("CON 0.01 #2 b2 /b accept=60 b2=1/-/128").sends("ACK 2.05 #2 b2 etag cf=60 b2=1/-/128 [72]").tells();
	scene.hears("ACK 0.00 #0").at(100_000).silent().tells();
	equal(scene.peer.figures.observers, 1, "a request for a block is no registration, and ends none");
});
