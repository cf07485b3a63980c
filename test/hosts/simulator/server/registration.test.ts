import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readWire } from "../../../../hosts/simulator/server/wire.ts";
import { locationOf, writeMessage } from "./scripted-client.ts";
import { Stage } from "./stage.ts";

const post = 2;
const remove = 4;
const links = "</1/0>,</3/0>,</3303/0>";

function payload(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}

function register(query: readonly string[], list = links) {
	return { code: post, path: ["rd"], query, contentFormat: 40, payload: payload(list) };
}

function codeOf(message: { readonly code: number }): string {
	return `${message.code >> 5}.${String(message.code & 0x1f).padStart(2, "0")}`;
}

test("[CORE-REG-2] a Register's parameters and object list become the registration", async () => {
	const stage = await Stage.open();
	const query = ["ep=Büro", "lt=600", "lwm2m=1.1", "b=UT", "Q", "sms=+49", "x=y"];
	const list = '</x>;rt="oma.lwm2m";ct="60 110",</x/1/0>,</x/3>;ver=1.2,</x/3/0>,</x/3303/5>;ver="1.1",</elsewhere>';
	const location = await stage.outcome(stage.client().register(query, list));
	const client = stage.server.client("Büro")!;
	equal(client.id, location);
	equal(client.lifetimeS, 600);
	equal(client.binding, "UT");
	equal(client.queueMode, true);
	equal(client.smsNumber, "+49");
	equal(client.rootPath, "/x/");
	deepEqual(client.formats, [60, 110]);
	deepEqual([...client.additionalAttributes], [["x", "y"]]);
	deepEqual(
		[...client.versions],
		[
			[1, "1.1"], // the default of LwM2M 1.1
			[3, "1.2"],
			[3303, "1.1"],
		],
	);
	deepEqual(
		[...client.instances],
		[
			[1, [0]],
			[3, [0]],
			[3303, [5]],
		],
	);
	equal(client.models.resource(3303, 5700)?.type, "float");
	deepEqual(stage.names(), ["awake", "registered"]);
});

const refusals: readonly [what: string, code: string, query: readonly string[], list: string][] = [
	["no endpoint name", "4.00", ["lwm2m=1.1"], links],
	["an empty endpoint name", "4.00", ["ep=", "lwm2m=1.1"], links],
	["no object list", "4.00", ["ep=a", "lwm2m=1.1"], ""],
	["an object list without Objects", "4.00", ["ep=a", "lwm2m=1.1"], "</elsewhere>"],
	["an object list that is none", "4.00", ["ep=a", "lwm2m=1.1"], "1/0,3/0"],
	["a version of tomorrow", "4.12", ["ep=a", "lwm2m=1.3"], links],
	["another major version", "4.12", ["ep=a", "lwm2m=2.0"], links],
	["a version that is none", "4.00", ["ep=a", "lwm2m=latest"], links],
	["a lifetime that is none", "4.00", ["ep=a", "lwm2m=1.1", "lt=-1"], links],
	["an empty lifetime", "4.00", ["ep=a", "lwm2m=1.1", "lt"], links],
	["a lifetime beyond 32 bits", "4.00", ["ep=a", "lwm2m=1.1", "lt=4294967296"], links],
	["a binding of 1.0 in 1.1", "4.00", ["ep=a", "lwm2m=1.1", "b=UQ"], links],
	["a binding of 1.1 in 1.0", "4.00", ["ep=a", "lwm2m=1.0", "b=T"], links],
	["a binding of 1.2 in 1.1", "4.00", ["ep=a", "lwm2m=1.1", "b=M"], links],
	["a binding given twice over", "4.00", ["ep=a", "lwm2m=1.1", "b=UU"], links],
	["queue mode as a parameter in 1.0", "4.00", ["ep=a", "lwm2m=1.0", "Q"], links],
	["queue mode with a value", "4.00", ["ep=a", "lwm2m=1.1", "Q=1"], links],
	["the same parameter twice", "4.00", ["ep=a", "ep=b", "lwm2m=1.1"], links],
	[
		"33 parameters of its own",
		"4.00",
		["ep=a", "lwm2m=1.1", ...Array.from({ length: 33 }, (_, n) => `p${n}=1`)],
		links,
	],
];

for (const [what, code, query, list] of refusals) {
	test(`[CORE-REG-2] Register with ${what} is answered ${code}`, async () => {
		const stage = await Stage.open();
		equal(codeOf(await stage.outcome(stage.client().request(register(query, list)))), code);
		deepEqual(stage.server.clients(), []);
		deepEqual(stage.names(), []);
	});
}

test("an endpoint name longer than the limit is answered 4.00; longer than an option can be, 4.02", async () => {
	const stage = await Stage.open({ limits: { endpointBytes: 10 } });
	const client = stage.client();
	const named = async (length: number) =>
		codeOf(await stage.outcome(client.request(register([`ep=${"n".repeat(length)}`, "lwm2m=1.1"]))));
	deepEqual([await named(10), await named(11), await named(253)], ["2.01", "4.00", "4.02"]);
});

for (const [version, binding] of [
	["1.0", "UQ"],
	["1.1", "UT"],
	["1.2", "UM"],
] as const) {
	test(`Register with LwM2M ${version}`, async () => {
		const stage = await Stage.open();
		const query = ["ep=a", `lwm2m=${version}`, `b=${binding}`];
		equal(codeOf(await stage.outcome(stage.client().request(register(query)))), "2.01");
		equal(stage.server.client("a")?.lwm2mVersion, version);
		equal(stage.server.client("a")?.lifetimeS, 86_400);
	});
}

test("a client that names no version speaks 1.0", async () => {
	const stage = await Stage.open();
	await stage.outcome(stage.client().register(["ep=a"], links));
	equal(stage.server.client("a")?.lwm2mVersion, "1.0");
});

test("another content format than link format is answered 4.15, other paths 4.04, other methods 4.05", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const ask = async (message: Parameters<typeof client.request>[0]) =>
		codeOf(await stage.outcome(client.request(message)));
	equal(await ask({ ...register(["ep=a", "lwm2m=1.1"]), contentFormat: 110 }), "4.15");
	equal(await ask({ code: 1, path: ["rd"] }), "4.05");
	equal(await ask({ code: post, path: ["elsewhere"] }), "4.04");
	equal(await ask({ code: post, path: [] }), "4.04");
	equal(await ask({ code: post, path: ["rd", "none"] }), "4.04");
	equal(await ask({ code: remove, path: ["rd", "none"] }), "4.04");
	equal(await ask({ code: post, path: ["rd", "a", "b"] }), "4.04");
	equal(await ask({ code: post, path: ["bs"] }), "5.01");
	equal(await ask({ code: post, path: ["dp"] }), "4.04");
	equal(await ask({ code: post, path: ["dp", "x"] }), "4.04");
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	equal(await ask({ code: 3, path: ["rd", location] }), "4.05");
});

test("an Update takes 14 bytes and its answer 6", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "lt=60"], links));
	equal(location.length, 4);
	const before = client.received.length;
	const answer = client.request({ code: post, path: ["rd", location] }, Uint8Array.of(1, 2));
	equal(codeOf(await stage.outcome(answer)), "2.04");
	equal(client.sent.at(-1)!.length, 14);
	equal(client.received[before]!.length, 6);
});

test("[CORE-REG-4] a registration ends with its lifetime, to the millisecond", async () => {
	const stage = await Stage.open();
	await stage.outcome(stage.client().register(["ep=a", "lwm2m=1.1", "lt=60"], links));
	const registeredMs = stage.server.client("a")!.registeredMs - stage.time.wallTimeMs() + stage.time.nowMs();
	await stage.time.runSettling(registeredMs + 59_999);
	ok(stage.server.client("a"));
	await stage.time.runSettling(registeredMs + 60_000);
	equal(stage.server.client("a"), undefined);
	const last = stage.happenings.at(-1)!;
	ok(last.name === "deregistered" && last.event.reason === "expired");
});

test("[CORE-REG-4] Updates prolong a registration, and may shorten its lifetime", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "lt=60"], links));
	for (let minute = 0; minute < 10; minute++) {
		await stage.pass(50_000);
		await stage.outcome(client.request({ code: post, path: ["rd", location] }));
	}
	ok(stage.server.client("a"));
	await stage.outcome(client.request({ code: post, path: ["rd", location], query: ["lt=10"] }));
	equal(stage.server.client("a")!.lifetimeS, 10);
	await stage.pass(10_000);
	equal(stage.server.client("a"), undefined);
	equal(codeOf(await stage.outcome(client.request({ code: post, path: ["rd", location] }))), "4.04");
});

test("a lifetime of 0 does not end", async () => {
	const stage = await Stage.open();
	await stage.outcome(stage.client().register(["ep=a", "lwm2m=1.1", "lt=0"], links));
	await stage.pass(400 * 86_400_000);
	ok(stage.server.client("a"));
});

test("an Update changes what it says and nothing else", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "lt=60", "sms=+1", "x=y"], links));
	const path = ["rd", location];
	await stage.outcome(client.request({ code: post, path, query: ["b=UT", "z=1"] }));
	const list = payload("</1/0>,</3/0>,</3303/1>");
	await stage.outcome(client.request({ code: post, path, contentFormat: 40, payload: list }));
	const { binding, lifetimeS, smsNumber, instances, additionalAttributes } = stage.server.client("a")!;
	deepEqual([binding, lifetimeS, smsNumber], ["UT", 60, "+1"]);
	deepEqual(instances.get(3303), [1]);
	deepEqual(
		[...additionalAttributes],
		[
			["x", "y"],
			["z", "1"],
		],
	);
	equal(codeOf(await stage.outcome(client.request({ code: post, path, query: ["lt=soon"] }))), "4.00");
	equal(codeOf(await stage.outcome(client.request({ code: post, path, query: ["b=Q"] }))), "4.00");
	deepEqual(stage.names(), ["registered", "updated", "updated"]);
});

test("[CORE-REG-1] De-register ends a registration at once", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	equal(codeOf(await stage.outcome(client.request({ code: remove, path: ["rd", location] }))), "2.02");
	equal(stage.server.client("a"), undefined);
	equal(codeOf(await stage.outcome(client.request({ code: remove, path: ["rd", location] }))), "4.04");
	const last = stage.happenings.at(-1)!;
	ok(last.name === "deregistered" && last.event.reason === "asked");
});

test("registering again replaces the registration: the old location and what waited for its client go", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const first = await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "lt=60"], links));
	const waiting = stage.server.operations.read("a", "/3/0/0", { timeoutS: 1000 });
	const failed = waiting.then(
		() => "answered",
		(error) => error.reason,
	);
	const elsewhere = stage.client();
	const second = await stage.outcome(elsewhere.register(["ep=a", "lwm2m=1.1", "lt=600"], links));
	ok(first !== second);
	equal(await stage.outcome(failed), "cancelled");
	deepEqual(stage.names(), ["registered", "deregistered", "registered"]);
	equal(codeOf(await stage.outcome(client.request({ code: post, path: ["rd", first] }))), "4.04");
	await stage.pass(120_000); // the old lifetime does not end the new registration
	equal(stage.server.client("a")?.id, second);
	equal(stage.server.clients().length, 1);
});

test("a retransmitted Register is answered alike, and registers once", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const bytes = writeMessage(0, 7, Uint8Array.of(1), register(["ep=a", "lwm2m=1.1"]));
	for (let copy = 0; copy < 3; copy++) {
		client.raw(bytes);
		await stage.pass(2000);
	}
	equal(new Set(client.received.map((datagram) => locationOf(readWire(datagram)!))).size, 1);
	equal(client.received.length, 3);
	deepEqual(stage.names(), ["registered"]);
});

test("a client behind a NAT that comes back with another port keeps its registration", async () => {
	const stage = await Stage.open();
	const client = stage.client({ host: "10.1.1.1", port: 1000 });
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1"], links));
	const back = stage.client({ host: "10.1.1.1", port: 2000 });
	back.messageId = client.messageId; // it is the same device
	equal(codeOf(await stage.outcome(back.request({ code: post, path: ["rd", location] }))), "2.04");
	equal(stage.server.client("a")?.address.port, 2000);
	equal(stage.server.figures.addresses, 1);
	back.reply = () => ({ code: 0x45, contentFormat: 0, payload: payload("here") });
	const answer = await stage.outcome(stage.server.operations.read("a", "/3/0/0"));
	equal(answer.code, 0x45);
});

test("an Update from an address that is known already moves the registration there", async () => {
	const stage = await Stage.open();
	const one = stage.client();
	const two = stage.client({ host: "10.2.2.2", port: 2000 });
	const location = await stage.outcome(one.register(["ep=one", "lwm2m=1.1"], links));
	await stage.outcome(two.register(["ep=two", "lwm2m=1.1"], links));
	equal(codeOf(await stage.outcome(two.request({ code: post, path: ["rd", location] }))), "2.04");
	equal(stage.server.client("one")?.address.host, "10.2.2.2");
	equal(stage.server.client("two")?.address.host, "10.2.2.2");
	await stage.pass(300_000); // the address without a registration is forgotten
	equal(stage.server.figures.addresses, 1);
});

test("[CORE-Q-1] a queue-mode client is taken to sleep 93 s after it was heard", async () => {
	const stage = await Stage.open();
	const client = stage.client();
	const location = await stage.outcome(client.register(["ep=a", "lwm2m=1.1", "Q"], links));
	const registration = () => stage.server.client("a")!;
	await stage.pass(92_000);
	equal(stage.server.isAwake(registration()), true);
	await stage.pass(2000);
	equal(stage.server.isAwake(registration()), false);
	await stage.outcome(client.request({ code: post, path: ["rd", location] }));
	equal(stage.server.isAwake(registration()), true);
	deepEqual(stage.names(), ["awake", "registered", "sleeping", "updated", "awake"]);
});
