import { toHex } from "../../../modules/bytes.ts";
import { stringOption, uintOption } from "../../../modules/coap/option-value.ts";
import { deepEqual, equal, ok, test, throws } from "../../harness.ts";
import { bytesOf, textOf } from "./message-text.ts";
import { Scene } from "./scene.ts";
import { TcpScene } from "./tcp-scene.ts";

const big = (size: number) => new Uint8Array(size).map((_, index) => index * 31);

test("requests and responses find each other by token, in any order, without Acknowledgement or resending", () => {
	const scene = new TcpScene();
	for (const path of ["a", "b", "c"]) scene.peer.request({ code: 1, path: [path], type: "confirmable" }, 0);
	scene.sends("0.01 0001 /a").sends("0.01 0002 /b").sends("0.01 0003 /c").at(60_000).silent();
	scene.hears("2.05 0003", "c").hears("4.04 0001").hears("2.05 0009").hears("2.05 0001");
	equal(scene.fault?.code, "coap.strayResponse");
	scene.silent().tells("responded 3 2.05 [1]", "responded 1 4.04");
	scene.at(93_000).tells("failed 2 timedOut").silent();
});

test("a response with a critical option that is not understood fails its request", () => {
	const scene = new TcpScene();
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.skip().hears("2.05 0001 2049=1").tells("failed 1 malformed").silent();
});

test("requests of theirs are answered, now or later, and told of what they may not ask", () => {
	const scene = new TcpScene({ limits: { incoming: 1 } });
	scene.hears("0.01 aa /slow").silent().tells("requested 0.01 /slow");
	scene.hears("0.01 bb /a").sends("5.03 bb age=2").silent();
	equal(scene.requests[0]!.confirmable, false);
	scene.at(5000).silent();
	ok(scene.peer.respond(scene.requests[0]!, { code: 0x45, payload: big(30), maxAgeS: 5 }, 5000));
	scene.sends("2.05 aa age=5 [30]").silent();
	ok(!scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 5000), "the first answer counts");
	scene.hears("0.01 cc 2049=1").sends("4.02 cc"); // on UDP a Non-confirmable one is passed over
	scene.hears("0.01 dd 35=hex:636f61703a2f2f78").sends("5.05 dd");
	scene.hears("0.01 ee 11=hex:c328").sends("4.00 ee").tells();
	// the same token twice is two requests: there are no duplicates on a stream
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x44 }, nowMs);
	scene.hears("0.02 ff /x").hears("0.02 ff /x").sends("2.04 ff").sends("2.04 ff");
	scene.tells("requested 0.02 /x", "requested 0.02 /x");
});

test("[RFC 8974] tokens of up to longTokenBytes are given back; a longer one gets 4.00, on UDP too", () => {
	for (const size of [9, 12, 13, 14, 32]) {
		const token = toHex(big(size));
		const scene = new TcpScene();
		scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, observe: 5 }, nowMs);
		scene.hears(`0.01 ${token} /a obs=0`).sends(`2.05 ${token} obs=5`);
		scene.peer.notify(scene.requests[0]!.token, { code: 0x45, observe: 6 }, "confirmable", 10);
		scene.sends(`2.05 ${token} obs=6`);
		const udp = new Scene();
		udp.answer = (request, nowMs) => udp.peer.respond(request, { code: 0x45 }, nowMs);
		udp.hears(`CON 0.01 #7 ${token} /a`).sends(`ACK 2.05 #7 ${token}`);
		equal(toHex(udp.requests[0]!.token), token);
	}
	const long = toHex(big(33));
	const scene = new TcpScene();
	scene.hears(`0.01 ${long} /a`).sends(`4.00 ${long}`).tells();
	const udp = new Scene();
	udp.hears(`CON 0.01 #7 ${long} /a`).sends(`ACK 4.00 #7 ${long}`).tells();
	equal(udp.fault?.code, "coap.tokenTooLong");
	// one that leaves no room for an answer gets none, but its Acknowledgement
	udp
		.hears(`CON 0.01 #8 ${toHex(big(1276))}`)
		.sends("ACK 0.00 #8 -")
		.tells();
	equal(textOf(bytesOf(`NON 2.05 #1 ${long}`)), `NON 2.05 #1 ${long}`);
});

test("[RFC 8974] the token we take is told in the CSM, where it is more than 8 bytes", () => {
	const scene = new TcpScene({ isNew: true, limits: { longTokenBytes: 8 } });
	scene.peer.connected(0);
	scene.sends("CSM - 2=0500 4=").hears("CSM - 6=ffffff").hears("CSM - 6=").hears("CSM - 6=03").silent();
	equal(scene.peer.state, "open");
});

test("[RFC 8768] a Hop-Limit of 0, or above 255, gets 4.00, any other is passed over; ours can have one", () => {
	for (const line of ["16=hex:", "16=hex:00", "16=hex:0100"]) {
		const scene = new TcpScene();
		scene.hears(`0.01 aa /x ${line}`).sends("4.00 aa").tells();
		equal(scene.fault?.code, "coap.hopLimit");
		new Scene().hears(`CON 0.01 #1 aa /x ${line}`).sends("ACK 4.00 #1 aa").tells();
	}
	for (const line of ["16=1", "16=255"]) new TcpScene().hears(`0.01 aa /x ${line}`).tells("requested 0.01 /x");
	const scene = new TcpScene();
	const options = [stringOption(3, "h"), uintOption(16, 9)];
	scene.peer.request({ code: 1, path: ["x"], query: ["q"], accept: 60, options }, 0);
	scene.sends("0.01 0001 /x?q 3=104 16=9 accept=60");
});

test("[RFC 8323 A.1] notifications come in order: their numbers mean nothing", () => {
	const scene = new TcpScene();
	const id = scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.sends("0.01 0001 /t obs=0").hears("2.05 0001 obs=7", "a");
	scene.hears("2.05 0001 obs=3", "b").hears("2.05 0001 6=hex:", "c").hears("2.05 0001 obs=3", "d");
	deepEqual(
		scene.responses.map(({ payload }) => String.fromCharCode(...payload)),
		["a", "b", "c", "d"],
	);
	scene.at(1_000_000).silent();
	scene.hears("4.04 0001");
	equal(scene.told.at(-1), `responded ${id} 4.04`);
	scene.hears("2.05 0001 obs=0").silent();
	equal(scene.fault?.code, "coap.strayResponse"); // there is no Reset
});

test("[RFC 8323 A.4] cancel() of an observation ends it at the other endpoint, without a word here", () => {
	const scene = new TcpScene();
	const id = scene.peer.request({ code: 1, path: ["t"], query: ["x"], accept: 60, observe: 0 }, 0);
	scene.skip().hears("2.05 0001 obs=0", "a").tells(`responded ${id} 2.05 obs=0 [1]`);
	scene.peer.cancel(id);
	scene.sends("0.01 0001 /t?x obs=1 accept=60").hears("2.05 0001 obs=0", "late").hears("2.05 0001", "end").tells();
	equal(scene.peer.figures.requests, 0);
	// of two that are alike the one that was meant
	const twins = [0, 1].map(() => scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0));
	scene.skip().hears("2.05 0002 obs=0").hears("2.05 0003 obs=0");
	scene.peer.cancel(twins[1]!);
	scene.sends("0.01 0003 /t obs=1").hears("2.05 0003").hears("2.05 0002 obs=0").silent();
	scene.peer.cancel(twins[0]!);
	scene.sends("0.01 0002 /t obs=1").hears("2.05 0002");
	equal(scene.told.splice(0).length, 3);
	const early = scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.peer.cancel(early); // before the first answer
	scene.skip().hears("2.05 0004 obs=0").hears("2.05 0004").silent().tells();
	const unheard = scene.peer.request({ code: 1, path: ["t"], observe: 0 }, 0);
	scene.peer.cancel(unheard);
	scene.skip().at(100_000).tells();
	const plain = scene.peer.request({ code: 1, path: ["t"] }, 100_000);
	scene.peer.cancel(plain);
	scene.skip().silent().at(300_000).tells();
	deepEqual(scene.peer.figures, { requests: 0, incoming: 0, observers: 0, bodies: 0, outbox: 0, held: 0 });
});

test("observers: the newest notification that waits goes, GET with 1 and the end of the connection remove them", () => {
	const scene = new TcpScene();
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, observe: 900 }, nowMs);
	scene.hears("0.01 aa /t obs=0").sends("2.05 aa obs=900").hears("0.01 bb /u obs=0").skip();
	const [a, b] = scene.requests.map(({ token }) => token) as [Uint8Array, Uint8Array];
	for (const size of [1, 2, 3]) {
		scene.peer.notify(a, { code: 0x45, observe: 900 + size, payload: big(30 + size) }, "confirmable", size);
		scene.peer.notify(b, { code: 0x45, observe: 900 + size, payload: big(40 + size) }, "nonConfirmable", size);
	}
	scene.sends("2.05 aa obs=903 [33]").sends("2.05 bb obs=903 [43]").silent(); // nobody read in between
	scene.hears("0.01 aa /t obs=1").sends("2.05 aa").hears("0.01 aa").skip();
	equal(scene.peer.figures.observers, 1);
	scene.peer.notify(b, { code: 0x84 }, "nonConfirmable", 10);
	scene.sends("4.04 bb");
	equal(scene.peer.figures.observers, 0);
	scene.hears("0.01 cc /t obs=0").skip();
	scene.peer.disconnected(20);
	equal(scene.peer.figures.observers, 0);
	ok(!scene.peer.notify(a, { code: 0x45 }, "confirmable", 30), "nobody is there");
});

test("bodies go by blocks of 1024 both ways where BERT is not agreed on", () => {
	const scene = new TcpScene({ theirs: "CSM - 4=" });
	scene.peer.request({ code: 3, path: ["f"], payload: big(2500) }, 0);
	scene.sends("0.03 0001 /f b1=0/m/1024 size1=2500 [1024]").hears("2.31 0001 b1=0/m/1024");
	scene.sends("0.03 0002 /f b1=1/m/1024 [1024]").hears("2.31 0002 b1=1/m/512");
	scene.sends("0.03 0003 /f b1=4/-/512 [452]").hears("2.04 0003 b1=4/-/512").tells("responded 1 2.04");
	scene.peer.request({ code: 1, path: ["f"] }, 0);
	scene.sends("0.01 0004 /f").hears("2.05 0004 b2=0/m/1024", big(1024)).sends("0.01 0005 /f b2=1/-/1024");
	scene.hears("2.05 0005 b2=1/-/1024", big(9)).tells("responded 2 2.05 [1033]");
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x45, payload: big(1500) }, nowMs);
	scene.hears("0.01 aa /f").sends("2.05 aa etag b2=0/m/1024 size2=1500 [1024]");
	scene.hears("0.01 ab /f b2=1/-/1024").sends("2.05 ab etag b2=1/-/1024 [476]");
});

const bert = { messageBytes: 4500, blockSizeBytes: 4096, bodyBytes: 100_000 };

test("[RFC 8323 §6] BERT: a body goes out in as many KiB as both take, and counts in KiB", () => {
	const scene = new TcpScene({ limits: bert, theirs: "CSM - 2=0d00 4=" }); // 3328 bytes: 3 KiB and a head
	const payload = big(7000);
	scene.peer.request({ code: 3, path: ["f"], payload }, 0);
	scene.sends("0.03 0001 /f b1=0/m/2048 size1=7000 [3072]").hears("2.31 0001 27=hex:0f");
	scene.sends("0.03 0002 /f b1=3/m/2048 [3072]").hears("2.31 0002 27=hex:3f");
	scene.sends("0.03 0003 /f b1=6/-/2048 [856]").hears("2.04 0003 27=hex:67").tells("responded 1 2.04");
	// without their Block-Wise-Transfer a large Max-Message-Size alone does not promise it
	const plain = new TcpScene({ limits: bert, theirs: "CSM - 2=0d00" });
	plain.peer.request({ code: 3, path: ["f"], payload }, 0);
	plain.sends("0.03 0001 /f b1=0/m/1024 size1=7000 [1024]");
	// they may want less from some block on
	scene.peer.request({ code: 3, path: ["f"], payload }, 0);
	scene.sends("0.03 0004 /f b1=0/m/2048 size1=7000 [3072]").hears("2.31 0004 b1=0/m/1024");
	scene
		.sends("0.03 0005 /f b1=3/m/1024 [1024]")
		.hears("2.31 0005 b1=3/m/1024")
		.sends("0.03 0006 /f b1=4/m/1024 [1024]");
});

test("[RFC 8323 §6] BERT: a body that comes in pieces of any number of KiB is put together", () => {
	const scene = new TcpScene({ limits: bert });
	const body = big(3072 + 5120 + 4711);
	scene.peer.request({ code: 1, path: ["status"] }, 0);
	scene.sends("0.01 0001 /status").hears("2.05 0001 23=hex:0f", body.slice(0, 3072));
	scene.sends("0.01 0002 /status b2=3/-/2048").hears("2.05 0002 23=hex:3f", body.slice(3072, 3072 + 1024));
	scene.sends("0.01 0003 /status b2=4/-/2048").hears("2.05 0003 23=hex:4f", body.slice(4096, 8192));
	scene.sends("0.01 0004 /status b2=8/-/2048").hears("2.05 0004 23=hex:87", body.slice(8192, 12_000));
	equal(scene.told.at(-1), "responded 1 2.05 [12000]");
	ok(scene.responses[0]!.payload.every((byte, index) => byte === body[index]));
	for (const [size, reason] of [
		[1023, "malformed"],
		[1500, "malformed"],
		[0, "malformed"],
	] as const) {
		const other = new TcpScene({ limits: bert });
		other.peer.request({ code: 1, path: ["x"] }, 0);
		other.skip().hears("2.05 0001 23=hex:0f", big(size)).tells(`failed 1 ${reason}`);
	}
});

test("[RFC 8323 §6] BERT: blocks of theirs are taken, and ours served, at the size agreed on", () => {
	const scene = new TcpScene({ limits: bert });
	scene.answer = (request, nowMs) => {
		const payload = request.code === 1 ? big(9000) : undefined;
		scene.peer.respond(request, { code: request.code === 1 ? 0x45 : 0x44, ...(payload && { payload }) }, nowMs);
	};
	scene.hears("0.03 a1 /f 27=hex:0f", big(4096)).sends("2.31 a1 b1=0/m/2048");
	scene.hears("0.03 a2 /f 27=hex:4f", big(1024)).sends("2.31 a2 b1=4/m/2048");
	scene.hears("0.03 a3 /f 27=hex:57", big(3001)).sends("2.04 a3 b1=5/-/2048").tells("requested 0.03 /f [8121]");
	scene.hears("0.03 a4 /f 27=hex:0f", big(1000)).sends("4.00 a4 b1=0/m/2048");
	scene.hears("0.01 b1 /f").sends("2.05 b1 etag b2=0/m/2048 size2=9000 [4096]");
	scene.hears("0.01 b2 /f 23=hex:47").sends("2.05 b2 etag b2=4/m/2048 [4096]");
	scene.hears("0.01 b3 /f 23=hex:87").sends("2.05 b3 etag b2=8/-/2048 [808]");
	scene.hears("0.01 b4 /f b2=0/-/512").sends("2.05 b4 etag b2=0/m/512 size2=9000 [512]");
	// a small device takes BERT blocks of one KiB too, as its Max-Message-Size says
	const small = new TcpScene();
	small.answer = (request, nowMs) => small.peer.respond(request, { code: 0x44 }, nowMs);
	small.hears("0.03 a1 /f 27=hex:0f", big(1024)).sends("2.31 a1 b1=0/m/2048");
	small.hears("0.03 a2 /f b1=1/-/1024", big(3)).sends("2.04 a2 b1=1/-/1024").tells("requested 0.03 /f [1027]");
	const smaller = new TcpScene({ limits: { blockSizeBytes: 256 } });
	smaller.hears("0.03 a1 /f 27=hex:0f", big(1024)).sends("2.31 a1 b1=0/m/256");
});

test("on UDP the exponent of BERT stays reserved", () => {
	const scene = new Scene();
	scene.hears("CON 0.03 #1 aa /f 27=hex:0f", big(1024)).sends("ACK 4.00 #1 aa b1=0/m/1024");
	scene.hears("CON 0.01 #2 ab /f 23=hex:07").sends("ACK 4.00 #2 ab").tells();
	scene.peer.request({ code: 1, path: ["x"] }, 0);
	scene.skip().hears("ACK 2.05 #0 0001 23=hex:0f", big(1024)).tells("failed 1 malformed");
});

test("what comes in waits while the outbox is full: nothing is lost, nothing grows", () => {
	const scene = new TcpScene({ limits: { outbox: 4 } });
	const flood = new Uint8Array(2000);
	for (let at = 0; at < flood.length; at += 2) flood[at + 1] = 0xe2; // 1000 Pings
	let at = 0;
	let pongs = 0;
	for (let turns = 0; at < flood.length; turns++) {
		scene.peer.receive(flood, at, flood.length, 0);
		equal(scene.peer.figures.outbox, 4);
		at = scene.peer.takenTo;
		ok(turns < 1000 && at % 2 === 0);
		for (let bytes = scene.peer.takeDatagram(); bytes !== undefined; bytes = scene.peer.takeDatagram()) pongs += 1;
	}
	equal(pongs, 1000);
});

test("an application that asks for more than the limits ends the connection, not the memory", () => {
	const scene = new TcpScene();
	for (let count = 0; count < 500; count++) scene.peer.cancel(scene.peer.request({ code: 1, path: ["a"] }, 0));
	ok(scene.peer.figures.outbox < 100, `${scene.peer.figures.outbox}`);
	equal(scene.peer.deadlineMs, 0);
	scene.peer.poll(0);
	scene.sends('ABORT - "coap.overrun RFC 8323 §5.6"').at(0).tells("closed refused coap.overrun");
});

test("limits that make no sense are our own bug", () => {
	for (const limits of [{ messageBytes: 1151 }, { blockSizeBytes: 100 }, { blockSizeBytes: 1500 }]) {
		throws(() => new TcpScene({ limits }));
	}
});
