/**
 * What no real server does, or not on demand: odd requests, lost and odd answers. A scripted server on a real UDP
 * socket does it to the device on XS.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { createSocket } from "node:dgram";
import { scripted } from "./scripted-bench.ts";
import type { ScriptedServer } from "./scripted-server.ts";
import { decode, encode, hex, optionNumber, text, uint } from "./wire-message.ts";

const contentFormat = (number: number) => [optionNumber.contentFormat, uint(number)] as const;
const accept = (number: number) => [optionNumber.accept, uint(number)] as const;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function answersReads(server: ScriptedServer): Promise<void> {
	const answer = await server.request({ path: "/3/0/0", options: [accept(0)] });
	equal(answer.code, "2.05");
	equal(new TextDecoder().decode(answer.payload), "Dormouse");
}

scripted(
	"[CORE-DM-1] a Write of what is no integer to an integer is 4.00, in every format, and changes nothing",
	{},
	async ({ server }) => {
		const before = await server.request({ path: "/1/0/1", options: [accept(0)] });
		const bodies: readonly (readonly [format: number, payload: Uint8Array])[] = [
			[0, text("abc")],
			[0, text("")],
			[0, text("12 ")],
			[0, text("1e3")],
			[60, Uint8Array.of(0x63, 0x61, 0x62, 0x63)], // "abc"
			[60, Uint8Array.of(0xf5)], // true
			[110, text('[{"bn":"/1/0/1","vs":"abc"}]')],
			[110, text('[{"bn":"/1/0/1","vb":true}]')],
			[11542, Uint8Array.of(0xc3, 0x01, 0x61, 0x62, 0x63)], // an integer of three bytes
		];
		for (const [format, payload] of bodies) {
			const answer = await server.request({ code: "0.03", path: "/1/0/1", options: [contentFormat(format)], payload });
			equal(answer.code, "4.00", `format ${format}, payload ${hex(payload)}`);
		}
		const after = await server.request({ path: "/1/0/1", options: [accept(0)] });
		equal(hex(after.payload), hex(before.payload));
	},
);

scripted("[CORE-DM-1] a Write to an executable resource is 4.05", {}, async ({ server }) => {
	for (const path of ["/3/0/4", "/1/0/8"]) {
		const answer = await server.request({ code: "0.03", path, options: [contentFormat(0)], payload: text("1") });
		equal(answer.code, "4.05", path);
	}
});

scripted("[CORE-DM-1] an unknown Content-Format is 4.15, an unknown Accept 4.06", {}, async ({ server }) => {
	for (const format of [50, 11545, 65_000]) {
		const written = await server.request({
			code: "0.03",
			path: "/1/0/1",
			options: [contentFormat(format)],
			payload: text("60"),
		});
		equal(written.code, "4.15", `Content-Format ${format}`);
		equal((await server.request({ path: "/1/0/1", options: [accept(format)] })).code, "4.06", `Accept ${format}`);
	}
});

scripted(
	"[CORE-DM-1] RFC 7252 §5.4.1 an unknown critical option is 4.02, an unknown elective one is passed over",
	{},
	async ({ server }) => {
		equal((await server.request({ path: "/3/0/0", options: [[2049, text("x")]] })).code, "4.02");
		equal((await server.request({ path: "/3/0/0", options: [[2050, text("x")]] })).code, "2.05");
	},
);

scripted("[CORE-DM-1] paths that name nothing LwM2M has are refused", {}, async ({ server }) => {
	for (const path of ["/3/0/0/0/0", "/a", "/3/x", "/03", "/65536", "/-1", "/3/0/4294967296"]) {
		for (const code of ["0.01", "0.02", "0.03", "0.04"]) {
			const answer = await server.request({
				code,
				path,
				...(code === "0.03" ? { payload: text("1"), options: [contentFormat(0)] } : {}),
			});
			ok(answer.code.startsWith("4."), `${code} ${path}: ${answer.code}`);
		}
	}
	await answersReads(server);
});

scripted(
	"[CORE-DM-1] Delete of an object, a resource or everything is refused, and nothing is gone",
	{},
	async ({ server }) => {
		for (const path of ["", "/1", "/3", "/3/0/0", "/3303/0/5700", "/1/0/5"]) {
			const answer = await server.request({ code: "0.04", path });
			ok(answer.code.startsWith("4."), `DELETE ${path || "/"}: ${answer.code}`);
		}
		equal((await server.request({ path: "/3303/0/5700" })).code, "2.05");
	},
);

scripted(
	"[CORE-DM-1] Execute with arguments that are none is 4.00, and does nothing",
	{},
	async ({ server, device }) => {
		for (const words of ["x", "10", "0=", "0='", "0='a", "0=a", ",", "0,", "0 ,1", "='a'"]) {
			const answer = await server.request({
				code: "0.02",
				path: "/3/0/4",
				options: [contentFormat(0)],
				payload: text(words),
			});
			equal(answer.code, "4.00", `arguments ${words}`);
		}
		equal(device.all("restarting").length, 0);
	},
);

scripted("RFC 7252 §4.3 a Non-confirmable request is answered, and done", {}, async ({ server }) => {
	const answer = await server.request({ type: "NON", path: "/3/0/0", options: [accept(0)] });
	equal(answer.code, "2.05");
	equal(answer.type, "NON");
});

scripted(
	"RFC 7252 §4.2 a ping is answered with Reset; stray acknowledgements and Resets with nothing",
	{},
	async ({ server }) => {
		const empty = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0), code: "0.00" } as const;
		const id = server.freshId();
		const reset = server.next("Reset", (message) => message.type === "RST" && message.id === id);
		server.send(encode({ ...empty, type: "CON", id }));
		await reset;
		const { length } = server.received;
		server.send(encode({ ...empty, type: "ACK", id: server.freshId() }));
		server.send(encode({ ...empty, type: "RST", id: server.freshId() }));
		await sleep(500);
		equal(server.received.length, length);
		await answersReads(server);
	},
);

scripted(
	"RFC 7252 §4.5 a request that comes three times is done once, and answered three times alike",
	{},
	async ({ server, device }) => {
		const from = device.mark;
		const bytes = server.bytesOf({ code: "0.02", path: "/3303/0/5605" });
		const { id } = decode(bytes);
		for (let times = 0; times < 3; times++) {
			const answer = server.next("answer", (message) => message.id === id && message.type === "ACK");
			server.send(bytes);
			equal((await answer).code, "2.04");
		}
		const answers = server.received.filter((message) => message.id === id).map((message) => hex(encode(message)));
		equal(answers.length, 3);
		equal(new Set(answers).size, 1);
		equal(device.all("request", { operation: "execute" }, from).length, 1);
	},
);

scripted(
	"a request from somewhere that is no server is not answered with what the device knows",
	{},
	async ({ server, device }) => {
		const from = device.mark;
		const stranger = createSocket("udp4");
		const heard: string[] = [];
		stranger.on("message", (bytes) => heard.push(decode(Uint8Array.from(bytes)).code));
		await new Promise<void>((resolve) => stranger.bind(0, "127.0.0.1", resolve));
		for (const code of ["0.01", "0.02", "0.03"]) {
			stranger.send(server.bytesOf({ code, path: "/3/0/4" }), server.device.port, server.device.address);
		}
		stranger.send(server.bytesOf({ path: "/3/0/0" }), server.device.port, server.device.address);
		await sleep(1000);
		stranger.close();
		deepEqual(
			heard.filter((code) => code !== "0.00"),
			[],
		);
		deepEqual(device.all("request", {}, from), []);
		await answersReads(server);
	},
);

scripted(
	"[CORE-DM-2] ETS 260 attributes at object, instance and resource level: Discover shows each where it belongs",
	{},
	async ({ server }) => {
		const query = (...words: string[]) => words.map((word) => [optionNumber.uriQuery, text(word)] as const);
		const write = async (path: string, ...words: string[]) => {
			equal((await server.request({ code: "0.03", path, options: query(...words) })).code, "2.04", path);
		};
		const discover = async (path: string) => {
			const answer = await server.request({ path, options: [accept(40)] });
			equal(answer.code, "2.05", path);
			return new TextDecoder()
				.decode(answer.payload)
				.split(",")
				.map((link) => link.split(";"));
		};
		await write("/3303", "pmin=10", "pmax=200");
		await write("/3303/0/5700", "lt=1", "gt=6", "st=1");
		const object = new Map((await discover("/3303")).map(([target, ...words]) => [target, words.sort()]));
		ok(object.get("</3303>")!.includes("pmin=10") && object.get("</3303>")!.includes("pmax=200"));
		deepEqual(object.get("</3303/0>"), []);
		deepEqual(object.get("</3303/0/5700>"), ["gt=6", "lt=1", "st=1"]);
		const [resource] = await discover("/3303/0/5700");
		deepEqual(resource!.sort(), ["</3303/0/5700>", "gt=6", "lt=1", "pmax=200", "pmin=10", "st=1"]);
	},
);

scripted("[CORE-DM-2] attributes that contradict each other, or are none, are 4.00", {}, async ({ server }) => {
	const query = (...words: string[]) => words.map((word) => [optionNumber.uriQuery, text(word)] as const);
	for (const words of [
		["pmin=x"],
		["pmin=-1"],
		["pmin="],
		["nonsense=1"],
		["st=-1"],
		["gt=5", "lt=5"],
		["gt=5", "lt=2", "st=2"],
	]) {
		const answer = await server.request({ code: "0.03", path: "/3303/0/5700", options: query(...words) });
		ok(["4.00", "4.02"].includes(answer.code), `${words.join("&")} answered ${answer.code}`);
	}
	const links = await server.request({ path: "/3303/0/5700", options: [accept(40)] });
	equal(new TextDecoder().decode(links.payload), "</3303/0/5700>");
});

scripted(
	"[CORE-DM-2] pmax below pmin does not count: a change waits for pmin, and nothing comes in between",
	{},
	async ({ server }) => {
		const path = "/1/0/5";
		const write = (value: string) =>
			server.request({ code: "0.03", path, options: [contentFormat(0)], payload: text(value) });
		equal((await write("1")).code, "2.04");
		const query = ["pmin=3", "pmax=1"].map((word) => [optionNumber.uriQuery, text(word)] as const);
		equal((await server.request({ code: "0.03", path, options: query })).code, "2.04");
		const token = Uint8Array.of(0xab, 0xcd);
		const observe = [[optionNumber.observe, uint(0)], accept(0)] as const;
		equal((await server.request({ path, token, options: observe })).code, "2.05");
		const startedMs = performance.now();
		const told = server.next("notification", (message) => hex(message.token) === hex(token), 8000);
		equal((await write("2")).code, "2.04");
		equal(new TextDecoder().decode((await told).payload), "2");
		const tookMs = performance.now() - startedMs;
		ok(tookMs > 2600 && tookMs < 4500, `told after ${Math.round(tookMs)} ms`);
	},
);
