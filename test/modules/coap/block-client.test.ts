import { deepEqual, equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const body = new Uint8Array(200).map((_, index) => index ^ 0x5a);
const slice = (number: number, size: number) => body.subarray(number * size, (number + 1) * size);

function getting(options: ConstructorParameters<typeof Scene>[0] = {}, observe?: 0): Scene {
	const scene = new Scene(options);
	scene.peer.request({ code: 1, path: ["b"], accept: 60, ...(observe === 0 ? { observe } : {}) }, 0);
	return scene.skip();
}

function isEmpty(scene: Scene): void {
	const { requests, transmissions, outbox } = scene.peer.figures;
	equal(requests + transmissions + outbox, 0, "something is left");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
}

test("Block2 in: block after block, one whole response (RFC 7959 §2.4)", () => {
	const scene = getting();
	scene.hears("ACK 2.05 #0 0001 cf=60 b2=0/m/64 size2=200 4=hex:aa", slice(0, 64)).tells();
	scene
		.sends("CON 0.01 #1 0002 /b accept=60 b2=1/-/64")
		.hears("ACK 2.05 #1 0002 cf=60 b2=1/m/64 4=hex:aa", slice(1, 64));
	scene
		.sends("CON 0.01 #2 0003 /b accept=60 b2=2/-/64")
		.hears("ACK 2.05 #2 0003 cf=60 b2=2/m/64 4=hex:aa", slice(2, 64));
	scene
		.sends("CON 0.01 #3 0004 /b accept=60 b2=3/-/64")
		.hears("ACK 2.05 #3 0004 cf=60 b2=3/-/64 4=hex:aa", slice(3, 64));
	scene.silent().tells("responded 1 2.05 [200]");
	deepEqual(scene.responses[0]?.payload, body);
	equal(scene.responses[0]?.contentFormat, 60);
	isEmpty(scene);
});

test("Block2 in, with losses, separate responses and duplicates", () => {
	const scene = getting();
	scene.at(2000).sends("CON 0.01 #0 0001 /b accept=60");
	scene.hears("ACK 0.00 #0").hears("CON 2.05 #90 0001 b2=0/m/128", slice(0, 128)).sends("ACK 0.00 #90 -");
	scene.sends("CON 0.01 #1 0002 /b accept=60 b2=1/-/128").hears("CON 2.05 #90 0001 b2=0/m/128", slice(0, 128));
	scene.sends("ACK 0.00 #90 -").at(4000).sends("CON 0.01 #1 0002 /b accept=60 b2=1/-/128").tells();
	scene.hears("ACK 2.05 #1 0002 b2=1/-/128", slice(1, 128)).hears("ACK 2.05 #1 0002 b2=1/-/128", slice(1, 128));
	scene.tells("responded 1 2.05 [200]");
	deepEqual(scene.responses[0]?.payload, body);
	isEmpty(scene);
});

test("the server makes its blocks smaller on the way; we ask for no larger ones than we want", () => {
	const scene = getting({ limits: { blockSizeBytes: 64 } });
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).sends("CON 0.01 #1 0002 /b accept=60 b2=2/-/64");
	scene.hears("ACK 2.05 #1 0002 b2=8/m/16", body.subarray(128, 144)).sends("CON 0.01 #2 0003 /b accept=60 b2=9/-/16");
	for (let number = 9; number < 12; number++) {
		scene.hears(`ACK 2.05 #${number - 7} 000${number - 6} b2=${number}/m/16`, slice(number, 16)).skip();
	}
	scene.hears("ACK 2.05 #5 0006 b2=12/-/16", slice(12, 16)).tells("responded 1 2.05 [200]");
	deepEqual(scene.responses[0]?.payload, body);
	const early = new Scene({ limits: { blockSizeBytes: 64 } });
	early.peer.request({ code: 1, path: ["b"] }, 0);
	early.sends("CON 0.01 #0 0001 /b b2=0/-/64");
});

test("blocks that make no sense: gap, wrong start, wrong size, reserved size", () => {
	for (const line of ["b2=1/m/64", "b2=0/m/32", "b2=0/m/128", "b2=0/m/reserved", "b2=0/-/32 b2=1/m/16"]) {
		const scene = getting();
		scene.hears(`ACK 2.05 #0 0001 ${line}`, slice(0, 64));
		if (line === "b2=0/-/32 b2=1/m/16")
			scene.tells("failed 1 malformed"); // twice: critical (RFC 7252 §5.4.5)
		else scene.tells("failed 1 malformed");
		isEmpty(scene);
	}
	for (const second of ["b2=2/m/64", "b2=0/m/64", "b2=1/m/32", "b2=1/m/128"]) {
		const scene = getting();
		scene.hears("ACK 2.05 #0 0001 b2=0/m/64", slice(0, 64)).skip().hears(`ACK 2.05 #1 0002 ${second}`, slice(0, 64));
		scene.tells("failed 1 malformed");
		isEmpty(scene);
	}
});

test("a body that changes on the way is fetched again, once", () => {
	const scene = getting();
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128 4=hex:01", slice(0, 128)).skip();
	scene.hears("ACK 2.05 #1 0002 b2=1/-/128 4=hex:02", slice(1, 128)).sends("CON 0.01 #2 0003 /b accept=60");
	scene.hears("ACK 2.05 #2 0003 b2=0/m/128 4=hex:02", slice(0, 128)).sends("CON 0.01 #3 0004 /b accept=60 b2=1/-/128");
	scene.hears("ACK 2.05 #3 0004 b2=1/-/128", slice(1, 128)).tells("failed 1 changed");
	isEmpty(scene);
});

test("a body past its limit fails: where it is announced, or when it gets there", () => {
	const announced = getting({ limits: { bodyBytes: 150 } });
	announced.hears("ACK 2.05 #0 0001 b2=0/m/128 size2=4000000000", slice(0, 128)).silent().tells("failed 1 tooLarge");
	isEmpty(announced);
	const scene = getting({ limits: { bodyBytes: 150 } });
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).skip();
	scene.hears("ACK 2.05 #1 0002 b2=1/-/128", slice(1, 128)).silent().tells("failed 1 tooLarge");
	isEmpty(scene);
});

test("an error, or the whole at once, in place of a further block is what is told", () => {
	const scene = getting();
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).skip().hears("ACK 4.04 #1 0002").tells("responded 1 4.04");
	isEmpty(scene);
	const whole = getting();
	whole.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).skip().hears("ACK 2.05 #1 0002", body);
	whole.tells("responded 1 2.05 [200]");
});

test("a server that goes silent between blocks: the request fails in bounded time", () => {
	const scene = getting();
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).at(62_000).tells("failed 1 timedOut");
	isEmpty(scene);
});

test("cancelling between blocks leaves nothing", () => {
	const scene = getting();
	scene.hears("ACK 2.05 #0 0001 b2=0/m/128", slice(0, 128)).skip();
	scene.peer.cancel(1);
	isEmpty(scene);
	scene.hears("ACK 2.05 #1 0002 b2=1/-/128", slice(1, 128)).silent().tells();
});

test("a notification larger than a block: the rest by GET, a newer one starts anew (RFC 7959 §2.6)", () => {
	const scene = getting({}, 0);
	scene.hears("ACK 2.05 #0 0001 obs=5 b2=0/m/128", slice(0, 128)).sends("CON 0.01 #1 0002 /b accept=60 b2=1/-/128");
	scene.hears("ACK 2.05 #1 0002 b2=1/-/128", slice(1, 128)).tells("responded 1 2.05 obs=5 [200]");
	scene.at(100).hears("CON 2.05 #70 0001 obs=6 b2=0/m/128 4=hex:01", slice(0, 128)).sends("ACK 0.00 #70 -");
	scene.sends("CON 0.01 #2 0003 /b accept=60 b2=1/-/128").silent();
	scene.at(200).hears("NON 2.05 #71 0001 obs=7 b2=0/m/128 4=hex:02", slice(0, 128));
	scene
		.sends("CON 0.01 #3 0004 /b accept=60 b2=1/-/128")
		.hears("ACK 2.05 #2 0003 b2=1/-/128 4=hex:01", slice(1, 128))
		.tells();
	scene.hears("ACK 2.05 #3 0004 b2=1/-/128 4=hex:02", slice(1, 128)).tells("responded 1 2.05 obs=7 [200]");
	equal(scene.peer.figures.requests, 1, "the observation goes on");
	equal(scene.peer.figures.transmissions, 0);
	scene.at(300).hears("NON 2.05 #72 0001 obs=8", "x").tells("responded 1 2.05 obs=8 [1]");
});

function putting(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	scene.peer.request({ code: 3, path: ["b"], contentFormat: 42, payload: body }, 0);
	return scene;
}

test("Block1 out: block after block, the last answer is the response (RFC 7959 §2.5)", () => {
	const scene = putting({ limits: { blockSizeBytes: 64 } });
	scene.sends("CON 0.03 #0 0001 /b cf=42 b1=0/m/64 size1=200 [64]").hears("ACK 2.31 #0 0001 b1=0/m/64").tells();
	scene.sends("CON 0.03 #1 0002 /b cf=42 b1=1/m/64 [64]").at(2000).sends("CON 0.03 #1 0002 /b cf=42 b1=1/m/64 [64]");
	scene.hears("ACK 2.31 #1 0002 b1=1/m/64").hears("ACK 2.31 #1 0002 b1=1/m/64");
	scene.sends("CON 0.03 #2 0003 /b cf=42 b1=2/m/64 [64]").hears("ACK 2.31 #2 0003 b1=2/m/64");
	scene.skip().hears("ACK 2.04 #3 0004 b1=3/-/64").silent().tells("responded 1 2.04");
	isEmpty(scene);
});

test("the server wants smaller blocks: from the second one on, or from the start (RFC 7959 §2.5, §2.9.3)", () => {
	const scene = putting({ limits: { blockSizeBytes: 128 } });
	scene.skip().hears("ACK 2.31 #0 0001 b1=0/m/32").sends("CON 0.03 #1 0002 /b cf=42 b1=4/m/32 [32]");
	scene.hears("ACK 2.31 #1 0002 b1=4/m/32").sends("CON 0.03 #2 0003 /b cf=42 b1=5/m/32 [32]");
	scene.hears("ACK 2.31 #2 0003 b1=5/m/32").skip().hears("ACK 2.04 #3 0004 b1=6/-/32").tells("responded 1 2.04");
	const restarted = putting();
	restarted.sends("CON 0.03 #0 0001 /b cf=42 [200]").hears("ACK 4.13 #0 0001 b1=0/-/64");
	restarted.sends("CON 0.03 #1 0002 /b cf=42 b1=0/m/64 size1=200 [64]").hears("ACK 4.13 #1 0002 b1=0/m/32");
	restarted.sends("CON 0.03 #2 0003 /b cf=42 b1=0/m/32 size1=200 [32]").hears("ACK 4.13 #2 0003 b1=0/m/32");
	restarted.tells("responded 1 4.13");
	isEmpty(restarted);
});

test("errors on the way are told: 4.08, 4.13, an early success; nonsense fails", () => {
	for (const code of ["4.08", "4.13", "2.04", "5.03"]) {
		const scene = putting({ limits: { blockSizeBytes: 64 } });
		scene.hears("ACK 2.31 #0 0001 b1=0/m/64").skip().hears(`ACK ${code} #1 0002`).tells(`responded 1 ${code}`);
		isEmpty(scene);
	}
	for (const line of ["ACK 2.31 #0 0001", "ACK 2.31 #0 0001 b1=1/m/64"]) {
		const scene = putting({ limits: { blockSizeBytes: 64 } });
		scene.hears(line).tells("failed 1 malformed");
		isEmpty(scene);
	}
	const plain = putting();
	plain.hears("ACK 2.31 #0 0001 b1=0/m/64").tells("failed 1 malformed"); // nothing more to send
});

test("both ways: a FETCH by blocks whose answer comes by blocks (RFC 7959 §3.3, RFC 8132)", () => {
	const scene = new Scene({ limits: { blockSizeBytes: 128 } });
	scene.peer.request({ code: 5, path: ["c"], contentFormat: 112, accept: 112, payload: body }, 0);
	scene.sends("CON 0.05 #0 0001 /c cf=112 accept=112 b1=0/m/128 size1=200 [128]").hears("ACK 2.31 #0 0001 b1=0/m/128");
	scene.sends("CON 0.05 #1 0002 /c cf=112 accept=112 b1=1/-/128 [72]");
	scene.hears("ACK 2.05 #1 0002 b1=1/-/128 b2=0/m/128", slice(0, 128));
	scene.sends("CON 0.05 #2 0003 /c cf=112 accept=112 b2=1/-/128").hears("ACK 2.05 #2 0003 b2=1/-/128", slice(1, 128));
	scene.tells("responded 1 2.05 [200]");
	isEmpty(scene);
	ok(scene.responses.length === 1);
});
