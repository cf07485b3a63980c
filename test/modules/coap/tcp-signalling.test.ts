import { SignalCode } from "../../../modules/coap/signalling.ts";
import { CONNECTION, type TcpEvent, type TcpState } from "../../../modules/coap/tcp-state.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { frameOf, TcpScene } from "./tcp-scene.ts";

const OWN_CSM = "CSM - 2=0500 4= 6=20";

test("[RFC 8323 §3.3] a CSM goes out first, before what waited, and theirs opens the connection", () => {
	const scene = new TcpScene({ isNew: true });
	scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.silent(); // there is no stream yet
	scene.peer.connected(5);
	scene.sends(OWN_CSM).sends("0.01 0001 /a").silent(); // an initiator need not wait
	scene.hears("CSM").tells("opened").hears("2.05 0001", "x").tells("responded 1 2.05 [1]");
	equal(scene.peer.state, "open");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("[RFC 8323 §3.3] anything else before their CSM is an error: one Abort, and nothing of what came", () => {
	for (const line of ["0.01 01 /a", "2.05 01", "PING", "PONG", "RELEASE"]) {
		const scene = new TcpScene({ isNew: true });
		scene.peer.connected(0);
		scene.skip().hears(line).hears("CSM").hears("0.01 02 /b");
		scene.sends('ABORT - "coap.csmMissing RFC 8323 §3.3"').silent();
		equal(scene.fault?.code, "coap.csmMissing", line);
		scene.at(0).tells("closed refused coap.csmMissing");
		equal(scene.peer.state, "closed", line);
	}
});

test("[RFC 8323 §3.4] Empty messages are ignored at any time, also before the CSM, and can be sent", () => {
	const scene = new TcpScene({ isNew: true });
	scene.peer.keepAlive(); // not before the connection is there
	scene.peer.connected(0);
	scene.skip().hears("0.00").hears("0.00 0102030405060708").hears("CSM").hears("0.00").silent().tells("opened");
	scene.peer.keepAlive();
	scene.sends("0.00");
});

test("a CSM that does not come in time ends the connection", () => {
	const scene = new TcpScene({ isNew: true, signalTimeoutMs: 7000 });
	scene.peer.connected(100);
	scene.skip().at(7099).silent().at(7100).sends('ABORT - "coap.silent RFC 8323 §3.3, §5.4"');
	scene.at(7100).tells("closed refused coap.silent");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
});

test("[RFC 8323 §5.3] what a CSM says adds up: sizes are replaced, silence keeps them", () => {
	const scene = new TcpScene({ theirs: "CSM" });
	const body = new Uint8Array(1100);
	scene.peer.request({ code: 3, path: ["a"], payload: body }, 0);
	scene.sends("0.03 0001 /a b1=0/m/1024 size1=1100 [1024]").skip();
	scene.hears("CSM - 2=0120").hears("CSM - 4="); // 288 bytes: blocks of 128, with room for the head
	scene.peer.request({ code: 3, path: ["a"], payload: body }, 0);
	scene.sends("0.03 0002 /a b1=0/m/128 size1=1100 [128]");
	scene.hears("CSM - 2=ffffffff");
	scene.peer.request({ code: 3, path: ["a"], payload: body }, 0);
	scene.sends("0.03 0003 /a b1=0/m/1024 size1=1100 [1024]");
	scene.tells();
});

test("[RFC 8323 §5.3.1] a message larger than they take is not sent", () => {
	const scene = new TcpScene({ theirs: "CSM - 2=20" });
	const id = scene.peer.request({ code: 1, path: ["a-path-that-is-too-long-by-far-for-them"] }, 0);
	scene.silent().at(0).tells(`failed ${id} tooLarge`);
	scene.answer = (request, nowMs) => {
		scene.peer.respond(request, { code: 0x45, locationPath: ["a-path-that-is-too-long-by-far-for-them"] }, nowMs);
	};
	scene.hears("0.01 0a0b /x").sends("5.00 0a0b");
	const none = new TcpScene({ theirs: "CSM - 2=" }); // 0 bytes: nothing but bare answers
	none.answer = (request, nowMs) => none.peer.respond(request, { code: 0x45, payload: new Uint8Array(9) }, nowMs);
	none.hears("0.01 0a0b /x").sends("5.00 0a0b").hears("PING aa").sends("PONG aa");
	none.peer.leave(0, { diagnostic: "bye", holdOffS: 5 });
	none.sends("RELEASE -");
});

test("[RFC 8323 §5.6] a CSM with a critical option or an impossible value is answered with its number", () => {
	for (const [line, option] of [
		["CSM - 1=", "2=01"],
		["CSM - 2=0400 257=aa", "2=0101"],
		["CSM - 2=0000000400", "2=02"],
		["CSM - 6=00000020", "2=06"],
	] as const) {
		for (const isNew of [true, false]) {
			const scene = new TcpScene({ isNew });
			if (isNew) scene.peer.connected(0);
			scene.skip().hears(line);
			const code =
				line.includes("257") || line === "CSM - 1=" ? "coap.signalOption RFC 8323 §5.2" : "coap.csmValue RFC 8323 §5.6";
			scene.sends(`ABORT - ${option} "${code}"`).silent();
		}
	}
	// of another message there is no number to tell
	new TcpScene().hears("PING - 1=").sends('ABORT - "coap.signalOption RFC 8323 §5.2"').silent();
	// elective ones are passed over (§5.2), and so is one that stands too often
	new TcpScene().hears("CSM - 2=0400 2=0000000400 8=aabb 1000=").hears("PING 07 4=").sends("PONG 07").silent();
});

test("[RFC 8323 §5.4] a Ping gets a Pong with its token; ours is asked for once; silence ends the connection", () => {
	const scene = new TcpScene({ signalTimeoutMs: 5000 });
	scene.hears("PING").sends("PONG -").hears("PING 0102030405060708").sends("PONG 0102030405060708").silent();
	scene.peer.ping(1000);
	scene.peer.ping(1000);
	scene.sends("PING -").silent();
	equal(scene.peer.deadlineMs, 6000);
	scene.at(3000).hears("PONG").tells("ponged");
	equal(scene.peer.deadlineMs, Number.POSITIVE_INFINITY);
	scene.hears("PONG").tells(); // nobody asked
	scene.peer.ping(3000, { custody: true });
	scene.sends("PING - 2=").hears("PONG - 2=").tells("ponged custody");
	scene.peer.ping(4000);
	scene.sends("PING -").at(9000).sends('ABORT - "coap.silent RFC 8323 §3.3, §5.4"');
	scene.at(9000).tells("closed refused coap.silent");
});

test("[RFC 8323 §5.4.1] a Ping with Custody is answered when the requests before it are", () => {
	const scene = new TcpScene();
	scene.hears("PING 01 2=").sends("PONG 01 2=");
	scene.hears("0.01 aa /slow").hears("PING 02 2=").silent().hears("PING 03 2=");
	scene.sends("PONG 02").silent(); // one is kept: the older has its Pong without Custody
	scene.hears("PING 04").sends("PONG 04").silent();
	scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 10);
	scene.sends("2.05 aa").sends("PONG 03 2=").silent();
});

test("[RFC 8323 §5.5] a Release from us: what is in flight is answered, new requests are not made", () => {
	const scene = new TcpScene();
	const first = scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.skip();
	scene.peer.leave(0, { alternatives: ["[2001:db8::1]:5683", "b"], holdOffS: 3600, diagnostic: "moving" });
	scene.sends('RELEASE - 2=5b323030313a6462383a3a315d3a35363833 2=62 4=0e10 "moving"');
	scene.peer.leave(0);
	const second = scene.peer.request({ code: 1, path: ["b"] }, 0);
	scene.silent().at(0).tells(`failed ${second} reset`);
	scene.answer = (request, nowMs) => scene.peer.respond(request, { code: 0x44 }, nowMs);
	scene.hears("0.03 cc /x").sends("2.04 cc").tells("requested 0.03 /x");
	scene.hears("2.05 0001").tells(`responded ${first} 2.05`);
	scene.peer.disconnected(50);
	scene.tells("closed left");
	equal(scene.endings[0]?.holdOffS, 3600);
	const alone = new TcpScene({ signalTimeoutMs: 1000 });
	const id = alone.peer.request({ code: 1, path: ["a"] }, 0);
	alone.peer.leave(0);
	alone.at(1000).tells(`failed ${id} reset`, "closed left");
});

test("[RFC 8323 §5.5] a Release from them: the connection closes when all is answered", () => {
	const scene = new TcpScene();
	const id = scene.peer.request({ code: 1, path: ["a"] }, 0);
	scene.hears("0.01 aa /slow").skip().hears('RELEASE - 2="[2001:db8::1]:5683" 2="b.example" 4=0e10', "moving");
	scene.told = [];
	scene.hears("RELEASE").at(10).tells();
	equal(scene.peer.state, "dismissed");
	scene.peer.respond(scene.requests[0]!, { code: 0x45 }, 10);
	scene.sends("2.05 aa").at(11).tells();
	scene.hears("2.05 0001").at(12).tells(`responded ${id} 2.05`, "closed released");
	deepEqual(scene.endings[0], {
		why: "released",
		alternatives: ["[2001:db8::1]:5683", "b.example"],
		holdOffS: 3600,
		diagnostic: "moving",
	});
});

test("a Release with more than anyone needs is read up to a limit", () => {
	const scene = new TcpScene();
	scene.hears(`RELEASE - 2= ${'2="a" '.repeat(9)}4=01020304`, new Uint8Array([0xff]));
	scene.at(0).tells("closed released");
	deepEqual(scene.endings[0], { why: "released", alternatives: ["a", "a", "a", "a"], diagnostic: "" });
});

test("[RFC 8323 §5.6] an Abort from them ends everything at once", () => {
	for (const isNew of [true, false]) {
		const scene = new TcpScene({ isNew });
		if (isNew) scene.peer.connected(0);
		scene.peer.request({ code: 1, path: ["a"] }, 0);
		scene.skip();
		scene.hears("ABORT - 2=04", "no").silent().tells("failed 1 reset", "closed aborted");
		deepEqual(scene.endings[0], { why: "aborted", badCsmOption: 4, diagnostic: "no" });
		scene.hears("0.01 aa /a").silent().tells(); // nobody is there any more
	}
});

test("[RFC 8323 §5.6] a message that is none is answered with an Abort, and what waited to go out is left", () => {
	for (const [hex, code] of [
		["0f01", "coap.tokenLength RFC 7252 §3"],
		["f0ffffffff45", "coap.frameTooLarge RFC 8323 §5.3.1"],
		["0020", "coap.codeReserved RFC 7252 §4.2"],
		["1001b1", "coap.optionBroken RFC 7252 §3.1"],
		["1001ff", "coap.payloadEmpty RFC 7252 §3"],
		["00e0", "coap.signalUnknown RFC 8323 §5.1"],
	] as const) {
		const scene = new TcpScene();
		scene.peer.request({ code: 1, path: ["a"] }, 0);
		const bytes = new Uint8Array(hex.length / 2);
		for (let index = 0; index < bytes.length; index++)
			bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
		scene.peer.receive(bytes, 0, bytes.length, 0);
		scene.sends(`ABORT - "${code}"`).silent().at(0);
		equal(scene.told[1], `closed refused ${code.split(" ")[0]}`);
	}
});

test("after the end the same peer takes a new connection, from base values on", () => {
	const scene = new TcpScene({ theirs: "CSM - 2=80" });
	scene.hearsBytes(frameOf("0.01 aa /a").slice(0, 3)); // half a message is here
	scene.peer.disconnected(10);
	scene.tells("closed lost");
	scene.peer.disconnected(11); // once
	scene.peer.connected(20);
	scene.sends(OWN_CSM).hears("CSM").tells("opened");
	scene.peer.request({ code: 3, path: ["a"], payload: new Uint8Array(1024) }, 30);
	scene.sends("0.03 0001 /a [1024]");
	scene.peer.reset(40);
	scene.tells("failed 1 cancelled").silent();
	equal(scene.peer.state, "closed");
	deepEqual(scene.peer.figures, { requests: 0, incoming: 0, observers: 0, bodies: 0, outbox: 0, held: 0 });
});

test("the table of the connection: every state can be reached, and left for the end", () => {
	const states = Object.keys(CONNECTION) as TcpState[];
	const events = Object.keys(CONNECTION.closed) as TcpEvent[];
	const reached = new Set<TcpState>(["closed"]);
	for (const state of reached) {
		let ends = state === "closed";
		for (const event of events) {
			const cell = CONNECTION[state][event];
			if (cell === "ignore" || cell === "impossible") continue;
			reached.add(cell[1]);
			if (cell[1] === "closed") ends = true;
		}
		ok(ends, `${state} ends`);
		if (state !== "closed") deepEqual(CONNECTION[state].disconnected, ["end", "closed"], state);
	}
	equal(reached.size, states.length);
	equal(SignalCode.abort, 0xe5);
});
