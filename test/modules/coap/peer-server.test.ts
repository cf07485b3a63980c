import { utf8 } from "../../../modules/bytes.ts";
import type { Request } from "../../../modules/coap/peer.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

/** A server that answers at once with 2.05, or 2.04 to anything but GET, and counts. */
function serving(options: ConstructorParameters<typeof Scene>[0] = {}): Scene {
	const scene = new Scene(options);
	let count = 0;
	scene.answer = (request, nowMs) => {
		count += 1;
		ok(scene.peer.respond(request, { code: request.code === 1 ? 0x45 : 0x44, payload: utf8(`${count}`) }, nowMs));
	};
	return scene;
}

test("a piggybacked response, and the same again for a duplicate", () => {
	const scene = serving();
	scene.hears("CON 0.02 #7 a1 /x").sends('ACK 2.04 #7 a1 "1"').tells("requested 0.02 /x");
	scene.at(5000).hears("CON 0.02 #7 a1 /x").sends('ACK 2.04 #7 a1 "1"').tells();
	scene.at(246_999).hears("CON 0.02 #7 a1 /x").sends('ACK 2.04 #7 a1 "1"').tells();
	scene.at(247_000).hears("CON 0.02 #7 a1 /x").sends('ACK 2.04 #7 a1 "2"').tells("requested 0.02 /x");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.peer.poll(1_000_000);
	equal(scene.peer.figures.remembered, 0);
	equal(scene.peer.figures.replyBytes, 0);
});

test("a late answer is separate: Acknowledgement in time, then a Confirmable response (RFC 7252 §5.2.2)", () => {
	const scene = new Scene();
	scene.hears("CON 0.02 #7 a1 /x").tells("requested 0.02 /x");
	scene.at(100).hears("CON 0.02 #7 a1 /x").silent().tells(); // a duplicate before the Acknowledgement: it comes in time
	scene.at(499).silent();
	scene.at(500).sends("ACK 0.00 #7 -").silent();
	scene.at(600).hears("CON 0.02 #7 a1 /x").sends("ACK 0.00 #7 -").tells();
	scene.at(20_000);
	equal(scene.peer.respond(scene.requests[0]!, { code: 0x44, payload: utf8("done") }, 20_000), true);
	scene.sends('CON 2.04 #0 a1 "done"').at(22_000).sends('CON 2.04 #0 a1 "done"');
	scene.at(22_500).hears("CON 0.02 #7 a1 /x").sends("ACK 0.00 #7 -").tells();
	scene.hears("ACK 0.00 #0").at(200_000).silent();
	equal(scene.peer.respond(scene.requests[0]!, { code: 0x44 }, 20_000), false, "the first answer counts");
	scene.silent();
});

test("a Non-confirmable request gets a Non-confirmable answer, a duplicate of it nothing", () => {
	const scene = serving();
	scene.hears("NON 0.02 #7 a1 /x").sends('NON 2.04 #0 a1 "1"').tells("requested 0.02 /x");
	scene.hears("NON 0.02 #7 a1 /x").silent().tells();
	scene.at(145_000).hears("NON 0.02 #7 a1 /x").sends('NON 2.04 #1 a1 "2"');
});

test("a request that is never answered is forgotten after EXCHANGE_LIFETIME", () => {
	const scene = new Scene();
	scene.hears("CON 0.01 #7 a1 /x").at(247_000).skip();
	equal(scene.peer.figures.incoming, 0);
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	equal(scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 247_000), false);
	scene.silent();
});

test("all options of a response, in their order", () => {
	const scene = new Scene();
	scene.answer = (request, nowMs) =>
		scene.peer.respond(
			request,
			{ code: 0x41, locationPath: ["rd", "5"], contentFormat: 0, maxAgeS: 30, observe: 0x1000007, payload: utf8("x") },
			nowMs,
		);
	scene.hears("CON 0.01 #7 a1 obs=0").sends('ACK 2.01 #7 a1 /rd/5 obs=7 cf=0 age=30 "x"');
});

test("a ping gets a Reset; an empty Non-confirmable nothing (RFC 7252 §4.2, §4.3)", () => {
	const scene = serving();
	scene.hears("CON 0.00 #99 -").sends("RST 0.00 #99 -").tells();
	scene.hears("NON 0.00 #99 -").silent().tells();
	scene.hears("ACK 0.00 #99 -").silent().tells();
	scene.hears("RST 0.00 #99 -").silent().tells();
});

test("what is broken: Reset for a Confirmable, silence for all else", () => {
	const scene = serving();
	scene.hearsBytes(new Uint8Array([0x40, 0x01, 0x12, 0x34, 0xff])).sends("RST 0.00 #4660 -");
	equal(scene.fault?.code, "coap.payloadEmpty");
	for (const type of [0x50, 0x60, 0x70]) {
		scene.hearsBytes(new Uint8Array([type, 0x45, 0x12, 0x34, 0xff])).silent();
		ok(scene.fault !== undefined);
	}
	scene.hearsBytes(new Uint8Array([0x40, 0x01, 0x12])).silent();
	scene.tells();
});

test("critical options: 4.02 to a Confirmable request, silence to a Non-confirmable one (RFC 7252 §5.4.1)", () => {
	const scene = serving();
	scene.hears("CON 0.03 #7 a1 /x 5=0").sends("ACK 4.02 #7 a1").tells();
	equal(scene.fault?.code, "coap.criticalOption");
	scene.hears("NON 0.03 #8 a1 /x 5=0").silent().tells();
	scene.hears("CON 0.01 #9 a1 35=hex:636f6170").sends("ACK 5.05 #9 a1").tells();
	scene.hears("CON 0.01 #10 a1 11=hex:c328").sends("ACK 4.00 #10 a1").tells();
	scene.hears("CON 0.01 #11 - /x 2048=1 7=5683").sends('ACK 2.05 #11 - "1"').tells("requested 0.01 /x");
	const matching = serving({ understood: [1, 5] });
	matching.hears("CON 0.03 #7 a1 /x 1=hex:aabb 5=0").sends('ACK 2.04 #7 a1 "1"');
	deepEqual(matching.requests[0]?.option(1), new Uint8Array([0xaa, 0xbb]));
});

test("too many unanswered requests: 5.03 with Max-Age, and room again after an answer", () => {
	const scene = new Scene({ limits: { incoming: 2 } });
	for (const id of [1, 2, 3]) scene.hears(`CON 0.01 #${id} 0${id} /x`);
	scene.sends("ACK 5.03 #3 03 age=2").tells("requested 0.01 /x", "requested 0.01 /x");
	scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 0);
	scene.sends("ACK 2.05 #1 01").hears("CON 0.01 #4 04 /x").tells("requested 0.01 /x");
});

test("no room to remember a POST: 5.03 until the oldest ends, never executed twice; a GET goes on", () => {
	const scene = serving({ limits: { remembered: 2 } });
	scene.hears("CON 0.02 #1 01").sends('ACK 2.04 #1 01 "1"');
	scene.at(10_000).hears("CON 0.02 #2 02").sends('ACK 2.04 #2 02 "2"');
	scene.at(20_000).hears("CON 0.02 #3 03").sends("ACK 5.03 #3 03 age=227");
	scene.hears("CON 0.01 #4 04").sends('ACK 2.05 #4 04 "3"');
	scene.hears("CON 0.02 #1 01").sends('ACK 2.04 #1 01 "1"').hears("CON 0.02 #2 02").sends('ACK 2.04 #2 02 "2"');
	scene.at(247_000).hears("CON 0.02 #3 03").sends('ACK 2.04 #3 03 "4"');
});

test("an idempotent request makes room for a POST", () => {
	const scene = serving({ limits: { remembered: 2 } });
	scene.hears("CON 0.02 #1 01").skip().hears("CON 0.01 #2 02").skip();
	scene.hears("CON 0.02 #3 03").sends('ACK 2.04 #3 03 "3"');
	scene.hears("CON 0.02 #1 01").sends('ACK 2.04 #1 01 "1"');
	scene.hears("CON 0.01 #2 02").sends('ACK 2.05 #2 02 "4"'); // forgotten, and harmless
});

test("reply bytes are bounded: a POST whose answer is no longer kept is not executed again", () => {
	const scene = new Scene({ limits: { replyBytes: 1300 } });
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x44, payload: new Uint8Array(600) }, nowMs);
	scene.hears("CON 0.02 #1 01").skip().hears("CON 0.03 #2 02").skip();
	ok(scene.peer.figures.replyBytes > 1200);
	scene.hears("CON 0.02 #3 03").skip();
	ok(scene.peer.figures.replyBytes <= 1300);
	scene.told = [];
	scene.hears("CON 0.02 #1 01").sends("ACK 2.04 #1 01 [600]").tells();
	scene.hears("CON 0.02 #4 04").skip();
	scene.told = [];
	scene.hears("CON 0.02 #1 01").silent().tells();
});

test("a separate answer whose client has gone: given up, nothing left", () => {
	const scene = new Scene();
	scene.hears("CON 0.01 #1 01 /x").at(500).skip();
	scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 500);
	scene.at(100_000).skip();
	equal(scene.peer.figures.transmissions, 0);
	scene.hears("CON 0.01 #2 01 /x").at(101_000).skip();
	scene.peer.respond(scene.requests[1] as Request, { code: 0x45 }, 101_000);
	scene.skip().hears("RST 0.00 #1");
	equal(scene.peer.figures.transmissions, 0);
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("a response too large for a message, but for its payload, is 5.00", () => {
	const scene = new Scene();
	const locationPath = new Array(20).fill("x".repeat(200));
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x41, locationPath }, nowMs);
	scene.hears("CON 0.02 #1 01").sends("ACK 5.00 #1 01");
});
