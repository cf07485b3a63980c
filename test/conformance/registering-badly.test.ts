/** Servers that do not answer, refuse, or answer oddly: what Anjay's suites have of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { encode, hex, text, uint } from "../interop/wire-message.ts";
import { contentFormat, gaps, isRegister, isUpdate, linksOf, next, queryOf } from "./requests.ts";
import { type Heard, type Reply, scripted } from "./scripted.ts";

scripted(
	"[CORE-REG-1] A-1 Register again and again, the same, until the right acknowledgement",
	{
		isEarly: true,
		answering: () => "silence",
	},
	async (it) => {
		await it.stage.pass(20);
		const copies = it.heard.filter(isRegister);
		equal(copies.length, 4);
		const bytes = ({ id, token, payload, options }: Heard) =>
			JSON.stringify([id, hex(token), hex(payload), options.length]);
		equal(new Set(copies.map(bytes)).size, 1, "copies differ");
		const [register] = copies;
		const wrong = { ...register!, id: (register!.id + 1) & 0xffff };
		it.reply(wrong, {
			code: "2.01",
			options: [
				[8, text("rd")],
				[8, text("7")],
			],
		});
		await it.stage.pass(15);
		equal(it.heard.filter(isRegister).length, 5, "another Message ID stops nothing");
		it.reply(register!, {
			code: "2.01",
			options: [
				[8, text("rd")],
				[8, text("7")],
			],
		});
		await it.stage.pass(60);
		equal(it.heard.filter(isRegister).length, 5);
		equal(it.stage.heard("registered")[0]!.location, "/rd/7");
	},
);

const created: Reply = {
	code: "2.01",
	options: [
		[8, text("rd")],
		[8, text("3")],
	],
};
const empty = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0), code: "0.00" } as const;

scripted(
	"[CORE-REG-1] A-3 separate responses to Register and Update",
	{ isEarly: true, lifetimeS: 60, answering: () => "silence" },
	async (it) => {
		for (const [line, reply] of [
			["POST /rd", created],
			["POST /rd/3", { code: "2.04" }],
		] as const) {
			if (it.requests.at(-1)!.line !== line) await it.stage.until(line, () => it.requests.at(-1)!.line === line);
			const request = it.requests.at(-1)!;
			it.send(encode({ ...empty, type: "ACK", id: request.id }));
			const before = it.heard.length;
			await it.stage.pass(12);
			equal(it.heard.length, before, "acknowledged: it waits");
			const stranger = it.freshId();
			it.send(
				encode({
					type: "CON",
					code: "2.04",
					id: stranger,
					token: Uint8Array.of(9, 9, 9, 9),
					options: [],
					payload: new Uint8Array(0),
				}),
			);
			await it.stage.pass(1);
			deepEqual([it.heard.at(-1)!.type, it.heard.at(-1)!.id], ["RST", stranger], "an answer to nothing");
			it.reply(request, reply, "CON");
			await it.stage.pass(1);
			deepEqual([it.heard.at(-1)!.type, it.heard.at(-1)!.code], ["ACK", "0.00"]);
		}
		deepEqual(it.lines(), ["POST /rd", "POST /rd/3"]);
	},
);

scripted(
	"[CORE-REG-1] A-4 a response that comes after EXCHANGE_LIFETIME",
	{
		isEarly: true,
		recovery: [{ retryCount: 1, sequenceRetryCount: 1, sequenceDelayTimerS: 4_294_967_295 }],
		answering: () => "silence",
	},
	async (it) => {
		const [register] = it.requests;
		it.send(encode({ ...empty, type: "ACK", id: register!.id }));
		await it.stage.pass(250);
		const before = it.heard.length;
		it.reply(register!, created, "CON");
		await it.stage.pass(5);
		deepEqual(
			it.heard.slice(before).map(({ type }) => type),
			["RST"],
		);
		equal(it.stage.heard("registered").length, 0);
		deepEqual(it.lines(), ["POST /rd"]);
	},
);

scripted(
	"[CORE-REG-1] A-7 [MaU-005] 1/x/14 holds the first Register back, and no other",
	{
		isEarly: true,
		lifetimeS: 60,
		recovery: [{ initialDelayS: 17, retryTimerS: 5, retryCount: 10 }],
		answering: () => ({ code: "5.00" }),
	},
	async (it) => {
		const [first] = it.requests;
		ok(first!.atMs >= 17_000 && first!.atMs < 17_200, `at ${first!.atMs}`);
		const second = await next(it, "POST /rd");
		ok(Math.abs(second.atMs - first!.atMs - 5000) <= 100, "the second waits for its retry timer alone");
		it.answering = () => undefined;
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1);
		it.answering = (request) => (isUpdate(request) ? { code: "4.04" } : undefined);
		const update = await next(it, "POST /rd/1");
		const again = await next(it, "POST /rd", 5);
		ok(again.atMs - update.atMs < 1000, "and a Register anew for nothing");
	},
);

scripted(
	"[BSR-002] A-8 every error to Register is survived, and the attempts keep 1/x/17 to 20",
	{
		isEarly: true,
		recovery: [{ retryCount: 4, retryTimerS: 3, sequenceDelayTimerS: 40, sequenceRetryCount: 3 }],
		answering: () => ({ code: "4.00" }),
	},
	async (it) => {
		const codes = [
			"4.00",
			"4.01",
			"4.03",
			"4.04",
			"4.05",
			"4.06",
			"4.08",
			"4.09",
			"4.12",
			"4.13",
			"4.15",
			"5.00",
			"5.01",
			"5.03",
		];
		it.answering = () => ({ code: codes[it.requests.length % codes.length]! });
		await it.stage.until("twelve attempts", () => it.requests.length === 12, 600);
		const expected = [3, 6, 12, 40, 3, 6, 12, 40, 3, 6, 12].map((seconds) => seconds * 1000);
		const found = gaps(it.requests);
		ok(
			found.every((gap, index) => Math.abs(gap - expected[index]!) <= 100),
			`${found.join()} and not ${expected.join()}`,
		);
		it.answering = () => undefined;
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1, 600);
	},
);

scripted(
	"[CORE-DM-1] A-10 a Read while an Update waits is served; before the first 2.01 none is",
	{
		isEarly: true,
		lifetimeS: 60,
		answering: () => "silence",
	},
	async (it) => {
		const before = it.heard.length;
		it.send(it.bytesOf("/3/0/0"));
		await it.stage.pass(1);
		equal(it.heard.length, before, "Core §6.3: ignored until the registration is complete");
		it.answering = (request) => (isRegister(request) ? undefined : "silence");
		await it.stage.until("Update", () => it.requests.at(-1)!.line === "POST /rd/1");
		equal((await it.ask("/3/0/0")).code, "2.05");
	},
);

scripted("[CORE-REG-2] A-12 long names", { isEarly: true, endpoint: "e".repeat(128) }, async (it) => {
	equal(queryOf(it.requests[0]!)[0], `ep=${"e".repeat(128)}`);
	await it.stage.until("registration", () => it.stage.heard("registered").length === 1);
	equal((await it.ask("/3/0/0")).code, "2.05");
});

for (const code of ["4.00", "4.03", "4.04", "4.08", "5.00", "5.03"]) {
	scripted(`[CORE-REG-4] A-13 ${code} to an Update: Register`, { lifetimeS: 60 }, async (it) => {
		it.answering = (request) => (isUpdate(request) ? { code } : undefined);
		const update = await next(it, "POST /rd/1");
		const register = await next(it, "POST /rd", 5);
		ok(register.atMs - update.atMs < 1000);
		ok(linksOf(register).includes("</1/0>"), "with the whole list");
	});
}

scripted(
	"[CORE-REG-4] A-14 A-29 nobody answers an Update: four copies, doubling, then Register",
	{ lifetimeS: 300 },
	async (it) => {
		it.answering = (request) => (isUpdate(request) ? "silence" : undefined);
		const update = await next(it, "POST /rd/1", 300);
		const register = await next(it, "POST /rd", 120);
		const copies = it.heard.filter(({ id }) => id === update.id);
		equal(copies.length, 5);
		const [first, ...rest] = gaps(copies);
		ok(first! >= 2000 && first! <= 3100, `${first} ms`);
		for (const [index, gap] of rest.entries()) ok(Math.abs(gap - first! * 2 ** (index + 1)) <= 50, gaps(copies).join());
		const waitMs = register.atMs - update.atMs;
		ok(Math.abs(waitMs - first! * 31) <= 100, `${waitMs} ms`);
	},
);

scripted("[CORE-REG-4] A-15 the lifetime ends while an Update waits: Register", { lifetimeS: 60 }, async (it) => {
	it.answering = (request) => (isUpdate(request) ? "silence" : undefined);
	const update = await next(it, "POST /rd/1", 60);
	const register = await next(it, "POST /rd", 60);
	ok(Math.abs(register.atMs - it.requests[0]!.atMs - 60_000) <= 200, `${register.atMs} ms`);
	await it.stage.pass(60);
	equal(it.heard.filter(({ id }) => id === update.id && id !== register.id).length <= 5, true);
	ok(
		it.heard.filter(isUpdate).every(({ id, atMs }) => id !== update.id || atMs <= register.atMs),
		"no copy afterwards",
	);
});

scripted(
	"[CORE-REG-1] A-18 shut-down while an Update waits: De-register, and no more of the Update",
	{ lifetimeS: 60 },
	async (it) => {
		it.answering = (request) => (isUpdate(request) ? "silence" : undefined);
		await next(it, "POST /rd/1", 60);
		const { length } = it.heard;
		it.stage.board.shutDown();
		await it.stage.pass(30);
		deepEqual(
			it.heard.slice(length).map(({ code }) => code),
			["0.04"],
		);
		equal(it.stage.board.state, "off");
		it.stage.board.powerOn();
		await it.stage.until("registration", () => it.stage.heard("registered").length === 2);
	},
);

scripted("[CORE-REG-4] A-19 an Object goes: the whole list", { configuration: "C.1" }, async (it) => {
	const { length } = it.requests;
	const add = { code: "0.02", options: [contentFormat(0)], payload: text("0='5'") };
	equal((await it.ask("/33100/0/11", add)).code, "2.04");
	await it.stage.until("Update", () => it.requests.length > length, 5);
	ok(linksOf(it.requests[length]!).includes("</33100/5>"));
	equal((await it.ask("/33100/0/11", add)).code, "2.04");
	await it.stage.until("Update", () => it.requests.length > length + 1, 5);
	const { line, ...update } = it.requests[length + 1]!;
	equal(line, "POST /rd/1");
	const links = linksOf(update);
	ok(!links.includes("</33100/5>") && links.includes("</33100/0>") && links.includes("</3/0>"), links.join());
	deepEqual(queryOf(update), []);
});

scripted("[CORE-REG-1] A-24 Disable while an Update waits", { lifetimeS: 60, disableTimeoutS: 30 }, async (it) => {
	it.answering = (request) => (isUpdate(request) ? "silence" : undefined);
	const update = await next(it, "POST /rd/1", 60);
	equal((await it.ask("/1/0/4", { code: "0.02" })).code, "2.04", "answered at once");
	await it.stage.until("De-register", () => it.requests.at(-1)!.line === "DELETE /rd/1", 5);
	const leave = it.requests.at(-1)!;
	await it.stage.until("Register", () => it.requests.at(-1)!.line === "POST /rd", 40);
	ok(it.requests.at(-1)!.atMs - leave.atMs >= 30_000);
	equal(it.heard.filter(({ id, atMs }) => id === update.id && atMs > leave.atMs).length, 0);
});

scripted(
	"[CORE-REG-1] A-29 copies of a Register and of a De-register",
	{ isEarly: true, answering: () => "silence" },
	async (it) => {
		await it.stage.pass(100);
		const [register] = it.requests;
		const copies = it.heard.filter(({ id }) => id === register!.id);
		equal(copies.length, 5);
		const [first, ...rest] = gaps(copies);
		for (const [index, gap] of rest.entries()) ok(Math.abs(gap - first! * 2 ** (index + 1)) <= 50, gaps(copies).join());
		it.answering = (request) => (request.code === "0.04" ? "silence" : undefined);
		await it.stage.until("registration", () => it.stage.heard("registered").length === 1, 120);
		it.stage.board.shutDown();
		await it.stage.pass(20);
		const leaves = it.heard.filter(({ code }) => code === "0.04");
		equal(leaves.length, 3, "at 0, 2 and 6 s; after 10 s it is given up");
		equal(it.stage.board.state, "off");
		it.stage.board.powerOn();
		await it.stage.until("registration", () => it.stage.heard("registered").length === 2);
	},
);

const longName = `${Array.from({ length: 4 }, () => "a".repeat(58)).join(".")}.example`;

scripted("[CORE-REG-2] A-12 a server's name of 243 characters", { host: longName }, async (it) => {
	equal(`coap://${longName}:5683`.length, 255);
	equal((await it.ask("/3/0/0")).code, "2.05");
});

/** Block1 (27): number, whether there is more, and the size's exponent. */
function block1Of({ options }: Heard): readonly [number: number, more: boolean, szx: number] | undefined {
	const value = options.find(([number]) => number === 27)?.[1];
	if (value === undefined) return undefined;
	const all = value.reduce((sum, byte) => sum * 256 + byte, 0);
	return [all >> 4, (all & 8) !== 0, all & 7];
}

/** A server that takes the list in blocks of 16 or 64 bytes, and tells the location with the last one alone. */
const inBlocks =
	(szx: number) =>
	(request: Heard): Reply | undefined => {
		if (!isRegister(request)) return undefined;
		const block = block1Of(request);
		const tell = (code: string, number: number, more: boolean): Reply => {
			return { code, options: [[27, uint((number << 4) | (more ? 8 : 0) | szx)]] };
		};
		if (block === undefined) return tell("4.13", 0, false);
		const [number, more] = block;
		if (more) return tell("2.31", number, true);
		const last = tell("2.01", number, false);
		return { ...last, options: [[8, text("rd")], [8, text("9")], ...last.options!] };
	};

for (const szx of [0, 2]) {
	scripted(
		`[CORE-REG-2] A-11 a Register in blocks of ${16 << szx} bytes`,
		{ isEarly: true, answering: inBlocks(szx) },
		async (it) => {
			await it.stage.until("registration", () => it.stage.heard("registered").length === 1, 60);
			equal(it.stage.heard("registered")[0]!.location, "/rd/9");
			const blocks = it.requests.filter((request) => block1Of(request)?.[2] === szx);
			ok(blocks.length > 2, `${blocks.length} blocks`);
			const list = blocks.map(({ payload }) => new TextDecoder().decode(payload)).join("");
			ok(list.startsWith("<") && list.includes("</1/0>,") && list.endsWith(">"), list);
			ok(blocks.every(({ payload }) => payload.length <= 16 << szx));
		},
	);
}

scripted(
	"[CORE-REG-1] A-30 a port where nobody listens: one datagram, and the failure is known at once",
	{},
	async (it) => {
		const { network } = it.stage;
		network.conditions.tellsUnreachable = true;
		equal((await it.ask("/1/0/8", { code: "0.02" })).code, "2.04");
		await it.stage.pass(5);
		equal(it.lines().at(-1), "POST /rd/1");
		const before = network.counters.unreachable;
		const asked = it.bytesOf("/1/0/8", { code: "0.02" });
		it.send(asked);
		it.close();
		await it.stage.pass(20);
		const { unreachable } = network.counters;
		ok(unreachable - before <= 3, `its answer, an Update, a Register: ${unreachable - before} datagrams in 20 s`);
		ok(
			it.stage.heard("registrationFailed").some(({ reason }) => reason === "unreachable"),
			it.stage.log(),
		);
	},
);
