import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import type { SendOptions, SendResult } from "../../../modules/lwm2m/client.ts";
import { History } from "../../../modules/lwm2m/history.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { type Bench, bench, code } from "./bench.ts";
import type { FurnishedOptions } from "./furniture.ts";
import { entriesOf } from "./observing.ts";
import { SAMPLE, sample } from "./sample-object.ts";
import { welcoming } from "./world.ts";

/** A registered device that may send, and what came of its Sends. */
function sending(options: FurnishedOptions = {}) {
	const it = bench({ isQuiet: true, ...options });
	equal(code(it.put("/1/0/23", ContentFormat.text, new Uint8Array([0x30]))), "2.04");
	const results: SendResult[] = [];
	return {
		it,
		results,
		outcomes: () =>
			results.map((result) => (result.code === undefined ? result.outcome : `${result.outcome} ${result.code}`)),
		send: (paths: readonly (readonly number[])[], more: SendOptions = {}, server: number | "all" = 1) => {
			const named = paths.map(([objectId = -1, ...rest]) => path(objectId, ...(rest as [number?, number?, number?])));
			it.world.client.send(server, named, more, (result) => results.push(result));
			it.world.settle();
		},
	};
}

const sends = ({ world }: Bench) => world.requests.filter((request) => request.path[0] === "dp");

test("[CORE-IR-1] Send: POST /dp in SenML CBOR or JSON; the application hears that it arrived (ETS 306 311)", () => {
	const { it, send, outcomes } = sending();
	send([
		[33000, 0, 1],
		[1, 0, 1],
		[33000, 0, 9, 5],
	]);
	send([[33000, 0, 9]], { format: ContentFormat.senmlJson });
	const [first, second] = sends(it);
	equal(first!.code, Code.post);
	equal(first!.contentFormat, ContentFormat.senmlCbor);
	deepEqual(entriesOf(it, first!), ["/1/0/1 300", "/33000/0/1 7", "/33000/0/9/5 five"]);
	equal(second!.contentFormat, ContentFormat.senmlJson);
	deepEqual(entriesOf(it, second!), ["/33000/0/9/2 two", "/33000/0/9/5 five"]);
	deepEqual(outcomes(), ["sent 2.04", "sent 2.04"]);
	deepEqual(it.world.logged("send")[1], {
		event: "send",
		server: 1,
		paths: "/33000/0/9",
		outcome: "sent",
		code: "2.04",
	});
});

test("[CORE-IR-1] Mute Send: nothing goes out while it is true, or absent (ETS 307)", () => {
	const { it, send, outcomes } = sending();
	it.put("/1/0/23", ContentFormat.text, new Uint8Array([0x31]));
	send([[33000, 0, 1]]);
	equal(sends(it).length, 0);
	it.put("/1/0/23", ContentFormat.text, new Uint8Array([0x30]));
	send([[33000, 0, 1]]);
	equal(sends(it).length, 1);
	deepEqual(outcomes(), ["muted", "sent 2.04"]);
});

test("[CORE-IR-1] Send leaves out what is absent, unreadable or secret; nothing at all is not sent", () => {
	const { it, send, outcomes } = sending();
	send([
		[0, 0, 1],
		[33000, 0, 11],
		[33000, 0, 13],
		[33000, 0, 1],
	]);
	deepEqual(entriesOf(it, sends(it)[0]!), ["/33000/0/1 7"]);
	send([[0, 0, 1]]);
	send([[33000, 0, 13]]);
	equal(sends(it).length, 1);
	deepEqual(outcomes(), ["sent 2.04", "unreadable 4.01", "unreadable 4.04"]);
});

test("[CORE-IR-1] a refused Send, and one without an answer", () => {
	const { it, send, outcomes } = sending({ account: { lifetimeS: 0 } });
	it.world.answering = (request, world) =>
		request.path[0] === "dp" ? { code: Code.notFound } : welcoming(request, world);
	send([[33000, 0, 1]]);
	it.world.isCut = true;
	send([[33000, 0, 1]]);
	it.world.run(100_000);
	deepEqual(outcomes(), ["refused 4.04", "timedOut"]);
});

test("[CORE-IR-1] without a registration a Send is refused here, or waits where the application wants that", () => {
	const { it, send, outcomes } = sending({ account: { disableTimeoutS: 60 }, limits: { sends: 2 } });
	it.execute("/1/0/4");
	it.world.settle();
	send([[33000, 0, 1]]);
	deepEqual(outcomes(), ["notRegistered"]);
	for (let count = 0; count < 3; count++) send([[33000, 0, 1]], { isDeferred: true });
	deepEqual(outcomes(), ["notRegistered", "full"]);
	equal(sends(it).length, 0);
	it.instance.set("whole", 9);
	it.world.run(61_000);
	deepEqual(outcomes(), ["notRegistered", "full", "sent 2.04", "sent 2.04"]);
	deepEqual(entriesOf(it, sends(it)[0]!), ["/33000/0/1 9"], "the value when it goes out");
	send([[33000, 0, 1]], {}, 7);
	equal(outcomes().at(-1), "notRegistered");
});

test("[CORE-IR-1] an Object Instance is sent when the server has it in its list, and not before", () => {
	const { it, send } = sending();
	it.world.client.add(sample({ executed: [], written: [] }, 1));
	send([[33000, 1, 1]]);
	const paths = it.world.requests.slice(-2).map((request) => request.path.join("/"));
	deepEqual(paths, ["rd/5", "dp"]);
});

test("[CORE-IR-1] Send is of 1.1, LwM2M CBOR of 1.2; other formats are none for it", () => {
	const it = bench({ isQuiet: true, enabler: "1.0" });
	const outcomes: string[] = [];
	it.world.client.send("all", [path(33000, 0, 1)], {}, ({ outcome }) => outcomes.push(outcome));
	deepEqual(outcomes, ["unsupported"]);
	for (const [enabler, format, expected] of [
		["1.1", ContentFormat.lwm2mCbor, "unsupported"],
		["1.2", ContentFormat.lwm2mCbor, "sent 2.04"],
		["1.2", ContentFormat.tlv, "unsupported"],
		["1.2", ContentFormat.text, "unsupported"],
	] as const) {
		const device = sending({ enabler });
		device.send([[33000, 0, 1]], { format });
		deepEqual(device.outcomes(), [expected], `${enabler} ${format}`);
	}
});

test("[CORE-IR-1] a large Send goes by blocks; a Non-confirmable one as it is", () => {
	const { it, send, outcomes } = sending();
	const large = new ObjectInstance(SAMPLE, { id: 8, values: { whole: 1, blob: new Uint8Array(3000) } });
	it.world.client.add(large);
	it.world.settle();
	send([[33000, 8, 5]]);
	ok(sends(it)[0]!.payload.length > 3000);
	const at = it.world.wire.length;
	send([[33000, 0, 1]], { type: "nonConfirmable" });
	equal(it.world.wire[at]!.bytes[0]! & 0x30, 0x10);
	deepEqual(outcomes(), ["sent 2.04", "sent 2.04"]);
});

test("[CORE-IR-1] Send tells the history of a value, with times, where it is asked to", () => {
	const clock = { atMs: 0, nowMs: () => clock.atMs, wallTimeS: () => undefined, setWallTimeS() {}, setAlarm() {} };
	const instance = new ObjectInstance(SAMPLE, {
		id: 9,
		values: { whole: 0 },
		history: { whole: new History(3, clock) },
	});
	const { it, send } = sending({ furnish: (client) => client.add(instance) });
	for (const value of [1, 2, 3, 4]) {
		it.world.run(1000);
		clock.atMs = it.world.nowMs;
		instance.set("whole", value);
	}
	send([[33000, 9, 1]], { withHistory: true });
	send([[33000, 9, 1]]);
	deepEqual(entriesOf(it, sends(it)[0]!), ["/33000/9/1 2 @-2", "/33000/9/1 3 @-1", "/33000/9/1 4"]);
	deepEqual(entriesOf(it, sends(it)[1]!), ["/33000/9/1 4"]);
});
