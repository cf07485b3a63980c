import { readUtf8, utf8 } from "../../modules/bytes.ts";
import { Code } from "../../modules/coap/code.ts";
import { Peer, type Request, type Response } from "../../modules/coap/peer.ts";
import { ContentFormat } from "../../modules/formats/content-format.ts";
import type { Address, FactorySleep, SleepDepth } from "../../modules/host.ts";
import type { EnablerVersion } from "../../modules/lwm2m/facts.ts";
import main from "../../src/main.ts";
import { product } from "../../src/product.ts";
import { deepEqual, equal, ok, test } from "../harness.ts";
import { type World, welcoming } from "../modules/lwm2m/world.ts";
import { type FakeHost, fakeHost } from "./fake-host.ts";

const address: Address = { host: "192.0.2.1", port: 5683 };
const windowMs = 93_000;

/** A device that has registered with a server in this very moment. */
function started(
	sleep: FactorySleep | undefined,
	depths: readonly SleepDepth[] | undefined = ["light"],
	enabler?: EnablerVersion,
) {
	const factory = {
		lifetimeS: 300,
		...(sleep === undefined ? {} : { sleep }),
		...(enabler === undefined ? {} : { enabler }),
	};
	const device: FakeHost = fakeHost(depths === undefined ? { factory } : { factory, depths });
	const requests: Request[] = [];
	const responses: Response[] = [];
	const { dice, entropy } = device.host;
	const peer = new Peer({
		dice,
		entropy,
		listener: {
			requested(request, nowMs) {
				requests.push(request);
				peer.respond(request, welcoming(request, undefined as unknown as World)!, nowMs);
			},
			responded: (_, response) => void responses.push(response),
			failed() {},
			observerGone() {},
		},
	});
	let taken = 0;
	const carry = () => {
		for (let isMoved = true; isMoved; ) {
			isMoved = false;
			for (; taken < device.written.length; taken++) {
				const { bytes } = device.written[taken]!;
				peer.receive(bytes, 0, bytes.length, device.nowMs);
			}
			for (let sent = peer.takeDatagram(); sent !== undefined; sent = peer.takeDatagram()) {
				isMoved = true;
				device.deliver(sent.slice(), address);
			}
		}
	};
	main(device.host);
	device.advance(0);
	carry();
	const pass = (toMs: number) => {
		device.advance(toMs);
		carry();
	};
	const ask = (code: number, path: string, observe?: 0, value?: string) => {
		const written = value === undefined ? {} : { contentFormat: ContentFormat.text, payload: utf8(value) };
		const observing = observe === undefined ? {} : { observe };
		peer.request({ code, path: path.split("/").slice(1), ...observing, ...written }, device.nowMs);
		carry();
	};
	return { device, requests, responses, pass, ask };
}

test("[CORE-Q-1] a product without queue mode neither says so nor sleeps", () => {
	equal(product.sleep.queueMode, false);
	const { device, requests, pass } = started(undefined);
	ok(!requests[0]!.query.includes("Q"));
	pass(600_000);
	deepEqual(device.slept, []);
});

test("[CORE-Q-1] in queue mode: said in Register, awake for the window, then asleep until something is due", () => {
	const { device, requests, pass } = started({ queueMode: true, sampleEveryS: 3600 });
	deepEqual(requests[0]!.query.slice(2), ["lwm2m=1.1", "b=U", "Q"]);
	pass(windowMs - 1);
	deepEqual(device.slept, []);
	equal(device.alarmMs(), windowMs);
	pass(windowMs);
	deepEqual(device.slept, ["light 113500"], "the Update, less the lead");
	pass(207_000);
	equal(requests.at(-1)!.path.length, 2, "the Update");
	equal(device.slept.length, 1);
	pass(299_999);
	equal(device.slept.length, 1, "its answer came half a second later");
	pass(300_000);
	deepEqual(device.slept, ["light 113500", "light 113000"]);
});

test("[CORE-Q-1] a request in the window holds it open; a sampling in the middle of a sleep does not open it", () => {
	const { device, ask, pass } = started({ queueMode: true, awake: 20_000, sampleEveryS: 60 });
	pass(10_000);
	ask(Code.get, "/3/0/0");
	pass(29_999);
	deepEqual(device.slept, []);
	pass(30_000);
	pass(60_000);
	pass(120_000);
	deepEqual(device.slept, ["light 30000", "light 60000", "light 60000"]);
});

test("[CORE-Q-1] what changed while asleep is told when it is measured, and answers come in the window", () => {
	const { device, responses, ask, pass } = started({ queueMode: true, awake: 20_000, sampleEveryS: 60 });
	ask(Code.get, "/3303/0/5700", 0);
	pass(20_000);
	device.celsius = 25;
	pass(59_999);
	equal(responses.length, 1);
	pass(60_000);
	equal(readUtf8(responses[1]!.payload), "25");
	equal(device.slept.length, 1);
	pass(80_000);
	deepEqual(device.slept, ["light 40000", "light 40000"]);
});

test("[CORE-Q-1] a restart that is asked for comes at its time, however deep the device might sleep", () => {
	const { device, ask, pass } = started({ queueMode: true, awake: 1000, sampleEveryS: 3600 }, ["light", "deep"]);
	ask(Code.post, "/3/0/4");
	pass(1000);
	deepEqual(device.slept, ["light 2500"]);
	pass(3500);
	equal(device.restarts, 1);
});

test("[CORE-Q-1] no deeper than the factory says, and not at all on hosts without sleep", () => {
	const idle = started({ queueMode: true, awake: 1000, deepest: "idle" });
	idle.pass(100_000);
	deepEqual(idle.device.slept, []);
	const none = started({ queueMode: true, awake: 1000 }, undefined);
	none.pass(100_000);
	equal(none.device.records.at(-1)!.event, "registered");
});

test("[CORE-REG-2] [CORE-Q-1] queue mode in 1.0: 1/0/7 and 3/0/16 have it, the server ends it", () => {
	const { device, requests, responses, ask, pass } = started({ queueMode: true, sampleEveryS: 3600 }, ["light"], "1.0");
	deepEqual(requests[0]!.query.slice(2), ["lwm2m=1.0", "b=UQ"]);
	const read = (path: string) => {
		ask(Code.get, path);
		return readUtf8(responses.at(-1)!.payload);
	};
	equal(read("/1/0/7"), "UQ");
	equal(read("/3/0/16"), "UQ");
	pass(windowMs);
	equal(device.slept.length, 1);
	pass(windowMs + 1);
	ask(Code.put, "/1/0/7", undefined, "U");
	equal(responses.at(-1)!.code, Code.changed);
	deepEqual(requests.at(-1)!.query, ["b=U"], "an Update says so");
	pass(200_000);
	equal(device.slept.length, 1, "awake from then on");
	ask(Code.put, "/1/0/7", undefined, "UQ");
	deepEqual(requests.at(-1)!.query, ["b=UQ"]);
	pass(200_000 + windowMs);
	equal(device.slept.length, 2);
});

test("[CORE-REG-2] in 1.1 and 1.2 it is a parameter, and no binding", () => {
	for (const enabler of ["1.1", "1.2"] as const) {
		const { requests, responses, ask } = started({ queueMode: true }, ["light"], enabler);
		deepEqual(requests[0]!.query.slice(2), [`lwm2m=${enabler}`, "b=U", "Q"]);
		ask(Code.get, "/1/0/7");
		equal(readUtf8(responses.at(-1)!.payload), "U");
	}
});

test("[CORE-Q-1] what is told at a rhythm is measured then, and needs no wake of its own", () => {
	const { device, responses, ask, pass } = started({ queueMode: true, awake: 1000, sampleEveryS: 60 });
	ask(Code.put, "/1/0/2", undefined, "60");
	ask(Code.put, "/1/0/3", undefined, "60");
	pass(30_000);
	ask(Code.get, "/3303/0/5700", 0);
	for (let minute = 1; minute <= 3; minute++) {
		device.celsius = 20 + minute;
		pass(30_000 + minute * 60_000 + 1000);
	}
	deepEqual(
		responses.slice(2).map(({ payload }) => readUtf8(payload)),
		["20", "21", "22", "23"],
	);
	// Measured at 60 s by itself, from the first notification on at 90 s with it; then it is the Update's turn.
	deepEqual(device.slept, ["light 59000", "light 29000", "light 30000", "light 59000", "light 55500"]);
});

test("[CORE-REG-2] in queue mode a registration lasts a day where nobody says otherwise", () => {
	const device = fakeHost({ factory: { sleep: { queueMode: true } } });
	main(device.host);
	device.advance(0);
	const bytes = Array.from(device.written[0]!.bytes, (byte) => String.fromCharCode(byte)).join("");
	ok(bytes.includes("lt=86400"));
});
