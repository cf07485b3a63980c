import { equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

function asking(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	return scene.sends("CON 0.01 #0 0001 /a");
}

const isEmpty = (scene: Scene) => {
	const { requests, transmissions, outbox } = scene.peer.figures;
	equal(requests + transmissions + outbox, 0, "something is left");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
};

test("all options of a request, in their order", () => {
	const scene = new Scene();
	scene.peer.request(
		{
			code: 5,
			path: ["3", "0"],
			query: ["a=1", "b"],
			contentFormat: 112,
			accept: 60,
			observe: 0,
			payload: new Uint8Array([1]),
		},
		0,
	);
	scene.sends("CON 0.05 #0 0001 /3/0?a=1&b obs=0 cf=112 accept=60 [1]".replace("[1]", '"\u0001"'));
});

test("a separate response: acknowledged, and again when it comes twice (RFC 7252 §5.2.2)", () => {
	const scene = asking();
	scene.at(500).hears("ACK 0.00 #0").silent().tells();
	scene.at(30_000).silent();
	scene.hears("CON 2.05 #77 0001", "late").sends("ACK 0.00 #77 -").tells("responded 1 2.05 [4]");
	scene.at(32_000).hears("CON 2.05 #77 0001", "late").sends("ACK 0.00 #77 -").tells();
	isEmpty(scene);
	scene.at(300_000).hears("CON 2.05 #77 0001", "late").sends("RST 0.00 #77 -").tells();
});

test("a separate response before its Acknowledgement counts as both", () => {
	const scene = asking();
	scene.at(100).hears("CON 2.05 #77 0001").sends("ACK 0.00 #77 -").tells("responded 1 2.05");
	scene.at(150).hears("ACK 0.00 #0").silent().tells();
	isEmpty(scene);
});

test("a Non-confirmable response to a Confirmable request", () => {
	const scene = asking();
	scene.at(100).hears("NON 2.05 #77 0001").silent().tells("responded 1 2.05");
	isEmpty(scene);
});

test("acknowledged, then never answered: the request fails in bounded time", () => {
	const scene = asking();
	scene.at(1000).hears("ACK 0.00 #0");
	scene.at(93_999).tells();
	scene.at(94_000).silent().tells("failed 1 timedOut");
	isEmpty(scene);
	scene.at(95_000).hears("CON 2.05 #78 0001").sends("RST 0.00 #78 -");
});

test("a Reset fails the request; a stray one does nothing", () => {
	const scene = asking();
	scene.at(10).hears("RST 0.00 #5").tells();
	scene.at(20).hears("RST 0.00 #0").tells("failed 1 reset");
	isEmpty(scene);
});

test("matching: right token with wrong Message ID, right Message ID with wrong token, wrong size of token", () => {
	const scene = asking();
	for (const line of [
		"ACK 2.05 #9 0001",
		"ACK 2.05 #0 0002",
		"ACK 2.05 #0 01",
		"ACK 2.05 #0 -",
		"ACK 2.05 #0 000001",
	]) {
		scene.hears(line).silent().tells();
		equal(scene.fault?.code, "coap.unexpected", line);
	}
	scene.hears("CON 2.05 #50 0002").sends("RST 0.00 #50 -").tells();
	scene.hears("NON 2.05 #51 0002").silent().tells();
	scene.hears("ACK 0.00 #9").silent().tells();
	scene.hears("ACK 2.05 #0 0001").tells("responded 1 2.05");
	isEmpty(scene);
});

test("an answer to a request that still waits for its turn is forged", () => {
	const scene = asking();
	scene.peer.request({ code: 1, path: ["b"] }, 0);
	scene.hears("NON 2.05 #51 0002").tells();
	scene.hears("CON 2.05 #52 0002").sends("RST 0.00 #52 -").tells();
	scene.hears("ACK 2.05 #0 0001").tells("responded 1 2.05").sends("CON 0.01 #1 0002 /b");
});

test("a response with a critical option that we do not know is rejected (RFC 7252 §5.4.1)", () => {
	const piggybacked = asking();
	piggybacked.hears("ACK 2.05 #0 0001 2049=1").silent().tells("failed 1 malformed");
	isEmpty(piggybacked);
	const separate = asking();
	separate.hears("CON 2.05 #70 0001 2049=1").sends("RST 0.00 #70 -").tells("failed 1 malformed");
	isEmpty(separate);
	const elective = asking();
	elective.hears("ACK 2.05 #0 0001 2048=1").tells("responded 1 2.05");
});

test("a Non-confirmable request: sent once, answered by token, rejected by Message ID, or overdue", () => {
	const scene = new Scene();
	const ask = () => scene.peer.request({ code: 1, path: ["n"], type: "nonConfirmable" }, scene.nowMs);
	ask();
	scene.sends("NON 0.01 #0 0001 /n").hears("NON 2.05 #60 0001").tells("responded 1 2.05");
	ask();
	scene.sends("NON 0.01 #1 0002 /n").hears("RST 0.00 #1").tells("failed 2 reset");
	ask();
	scene.sends("NON 0.01 #2 0003 /n").at(92_999).silent().tells();
	scene.at(93_000).silent().tells("failed 3 timedOut");
	ask();
	scene.skip().hears("CON 4.04 #61 0004").sends("ACK 0.00 #61 -").tells("responded 4 4.04");
	isEmpty(scene);
});

test("a cancelled request is forgotten; so is all by reset()", () => {
	const scene = asking();
	scene.peer.cancel(1);
	scene.hears("ACK 2.05 #0 0001").tells();
	isEmpty(scene);
	scene.peer.request({ code: 1 }, 0);
	scene.peer.request({ code: 1 }, 0);
	scene.peer.reset();
	isEmpty(scene);
	scene.at(100_000).silent().tells();
	scene.peer.request({ code: 1 }, 100_000);
	scene.peer.reset(100_000);
	scene.tells("failed 4 cancelled").silent();
	isEmpty(scene);
});

test("a listener that asks again from within its call", () => {
	const scene = asking();
	const { responded } = scene;
	scene.responded = (id, response) => {
		responded.call(scene, id, response);
		if (id < 3) scene.peer.request({ code: 1, path: [`${id}`] }, scene.nowMs);
	};
	scene.hears("ACK 2.05 #0 0001").sends("CON 0.01 #1 0002 /1");
	scene.hears("ACK 2.05 #1 0002").sends("CON 0.01 #2 0003 /2");
	scene.hears("ACK 2.05 #2 0003").silent().tells("responded 1 2.05", "responded 2 2.05", "responded 3 2.05");
	isEmpty(scene);
});

test("tokens: drawn anew until nobody has them", () => {
	let draws = 0;
	const stuck = [7, 7, 7, 9];
	const scene = new Scene({
		tuning: { tokenBytes: 1, nstart: 4 },
		entropy: { fill: (bytes) => bytes.fill(stuck[Math.min(draws++, stuck.length - 1)]!) },
	});
	scene.peer.request({ code: 1 }, 0);
	scene.peer.request({ code: 1 }, 0);
	scene.sends("CON 0.01 #0 07").sends("CON 0.01 #1 09");
	ok(draws === 4);
});

test("the outbox is bounded: the oldest datagram is lost, and its message sent again in time", () => {
	const scene = new Scene({ limits: { outbox: 2 }, tuning: { nstart: 4 } });
	for (const path of ["a", "b", "c"]) scene.peer.request({ code: 1, path: [path] }, 0);
	scene.sends("CON 0.01 #1 0002 /b").sends("CON 0.01 #2 0003 /c").silent();
	scene.at(2000).sends("CON 0.01 #1 0002 /b").sends("CON 0.01 #2 0003 /c").silent();
});
