import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { encode, hex, text, uint, type WireOption } from "../interop/wire-message.ts";
import { type Heard, type Scripted, scripted } from "./scripted.ts";

const observe = (value: number): WireOption => [6, uint(value)];
const ifNoneMatch: WireOption = [5, new Uint8Array(0)];
const contentFormat = (format: number): WireOption => [12, uint(format)];
const accept = (format: number): WireOption => [17, uint(format)];
const block2 = (number: number, szx = 2): WireOption => [23, uint((number << 4) | szx)];
const block1 = (number: number, more: boolean, szx = 2): WireOption => [27, uint((number << 4) | (more ? 8 : 0) | szx)];
const optionOf = (message: Heard, wanted: number) => message.options.find(([number]) => number === wanted)?.[1];
const numberOf = (bytes: Uint8Array | undefined) => bytes?.reduce((sum, byte) => sum * 256 + byte, 0);

const texts = (messages: readonly Heard[]) => messages.map(({ payload }) => new TextDecoder().decode(payload));

scripted(
	"[CORE-DM-1] A-32 an empty token behind another, NON, pings, stray Resets",
	{ configuration: "C.1" },
	async (it) => {
		equal((await it.ask("/3/0/0", { token: Uint8Array.of(1, 2, 3) })).code, "2.05");
		equal((await it.ask("/3/0/1", { token: new Uint8Array(0) })).code, "2.05");
		const non = await it.ask("/33100/0/9", {
			type: "NON",
			code: "0.02",
			options: [contentFormat(0)],
			payload: text("0='4',1='3'"),
		});
		deepEqual([non.type, non.code], ["NON", "2.04"]);
		deepEqual(texts([await it.ask("/33100/0/4", { options: [accept(0)] })]), ["3"]);
		const empty = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0), code: "0.00" } as const;
		const id = it.freshId();
		it.send(encode({ ...empty, type: "CON", id }));
		await it.stage.pass(1);
		deepEqual([it.heard.at(-1)!.type, it.heard.at(-1)!.id], ["RST", id]);
		const { length } = it.heard;
		it.send(encode({ ...empty, type: "RST", id: it.freshId() }));
		it.send(encode({ ...empty, type: "ACK", id: it.freshId() }));
		await it.stage.pass(5);
		equal(it.heard.length, length);
		equal((await it.ask("/3/0/0")).code, "2.05");
	},
);

scripted("[CORE-DM-1] A-33 unknown critical options", { configuration: "C.1" }, async (it) => {
	equal((await it.ask("/3/0/0", { options: [[2049, text("x")]] })).code, "4.02");
	equal((await it.ask("/3/0/0", { options: [[2050, text("x")]] })).code, "2.05", "an elective one is passed over");
	const put = await it.ask("/1/0/1", { code: "0.03", options: [ifNoneMatch, contentFormat(0)], payload: text("60") });
	ok(["4.02", "4.12"].includes(put.code), put.code); // If-None-Match is understood: 4.12, for there is such a Resource
	deepEqual(texts([await it.ask("/1/0/1", { options: [accept(0)] })]), ["86400"]);
});

scripted("[CORE-DM-1] A-34 paths and methods that LwM2M does not have", { configuration: "C.1" }, async (it) => {
	for (const code of ["0.01", "0.02", "0.03", "0.04"]) {
		const body = code === "0.02" || code === "0.03" ? { options: [contentFormat(0)], payload: text("1") } : {};
		equal((await it.ask("/3/0/0/0/0", { code, ...body })).code, "4.05", `${code} on five levels`);
		equal((await it.ask("/", { code, ...body })).code, "4.00", `${code} on the root`);
	}
	for (const path of ["/1", "/1/2/3"]) ok(/^4\.0[045]$/.test((await it.ask(path, { code: "0.04" })).code), path);
	equal((await it.ask("/1/0/1")).code, "2.05");
});

scripted("[CORE-DM-1] A-35 requests and options that are too large", {}, async (it) => {
	const much = new Uint8Array(1200).fill(0x61);
	const put = await it.ask("/33100/0/1", { code: "0.03", options: [contentFormat(0)], payload: much });
	ok(["4.13", "2.04"].includes(put.code), put.code);
	const options = Array.from({ length: 40 }, (): WireOption => [15, text("x".repeat(25))]);
	const query = await it.ask("/33100/0/1", { options });
	ok(["2.05", "4.00", "4.02", "4.13"].includes(query.code), query.code); // a kilobyte fits into a datagram of ours
	equal((await it.ask("/3/0/0")).code, "2.05");
	for (let number = 0; number < 200; number++) {
		const payload = new Uint8Array(64).fill(0x62);
		const answer = await it.ask("/33100/0/1", {
			code: "0.03",
			options: [contentFormat(0), block1(number, true)],
			payload,
		});
		if (answer.code === "4.13") return;
		equal(answer.code, "2.31");
	}
	ok(false, "13 KB were taken, and there is no end of it");
});

/** Gives Resource 110 of the test object 300 bytes of text. */
async function fill(it: Scripted): Promise<string> {
	const value = Array.from({ length: 300 }, (_, index) => String.fromCharCode(97 + (index % 26))).join("");
	const written = await it.ask("/3442/0/110", { code: "0.03", options: [contentFormat(0)], payload: text(value) });
	equal(written.code, "2.04");
	return value;
}

/** Fetches what stands at a path in blocks of 64. */
async function fetch(it: Scripted, path: string, from = 0): Promise<string> {
	let whole = "";
	for (let number = from; ; number++) {
		const answer = await it.ask(path, { options: [accept(0), block2(number)] });
		equal(answer.code, "2.05");
		whole += texts([answer])[0]!;
		const option = numberOf(optionOf(answer, 23))!;
		equal(option >> 4, number);
		if ((option & 8) === 0) return whole;
	}
}

scripted("[CORE-DM-1] A-43 Block2 from the middle, and data shorter than a block", {}, async (it) => {
	const value = await fill(it);
	const middle = await it.ask("/3442/0/110", { options: [accept(0), block2(2)] });
	deepEqual(
		[middle.code, texts([middle])[0]],
		["2.05", value.slice(128, 192)],
		"a GET may begin anywhere: RFC 7959 §2.4",
	);
	equal(await fetch(it, "/3442/0/110"), value);
	const beyond = await it.ask("/3442/0/110", { options: [accept(0), block2(50)] });
	ok(beyond.code.startsWith("4."), beyond.code);
	const small = await it.ask("/3/0/0", { options: [accept(0), block2(0)] });
	deepEqual([small.code, texts([small])[0]], ["2.05", "Open Mobile Alliance"]);
	equal((numberOf(optionOf(small, 23)) ?? 0) & 8, 0, "no more to come");
});

scripted("[CORE-DM-1] A-44 other requests in the middle of a transfer", {}, async (it) => {
	const value = await fill(it);
	const first = await it.ask("/3442/0/110", { options: [accept(0), block2(0)] });
	equal((await it.ask("/3/0/0")).code, "2.05");
	equal((await it.ask("/33100/0/0", { code: "0.03", options: [contentFormat(0)], payload: text("3") })).code, "2.04");
	equal(texts([first])[0] + (await fetch(it, "/3442/0/110", 1)), value);
});

scripted("[CORE-DM-1] A-45 Block1: in the middle first, gaps, repeats", {}, async (it) => {
	const put = (number: number, more: boolean, letter: string, id?: number) =>
		it.ask("/3442/0/110", {
			code: "0.03",
			options: [contentFormat(0), block1(number, more)],
			payload: text(letter.repeat(more ? 64 : 10)),
			...(id === undefined ? {} : { id, token: Uint8Array.of(7) }),
		});
	equal((await put(1, true, "b")).code, "4.08", "begins in the middle");
	const first = await put(0, true, "a", 0x7000);
	equal(first.code, "2.31");
	const again = await put(0, true, "a", 0x7000);
	deepEqual([again.code, hex(encode(again))], ["2.31", hex(encode(first))], "a duplicate gets the same");
	equal((await put(2, true, "c")).code, "4.08", "a gap");
	equal(texts([await it.ask("/3442/0/110", { options: [accept(0)] })])[0], "initial value", "and nothing is written");
	equal((await put(0, true, "a")).code, "2.31");
	equal((await put(1, true, "b")).code, "2.31");
	equal((await put(2, false, "c")).code, "2.04");
	equal(await fetch(it, "/3442/0/110"), "a".repeat(64) + "b".repeat(64) + "c".repeat(10));
});

scripted("[CORE-DM-1] A-47 Block1 of one path, and a block of another between", {}, async (it) => {
	const put = (path: string, number: number, more: boolean) =>
		it.ask(path, { code: "0.03", options: [contentFormat(0), block1(number, more)], payload: text("x".repeat(64)) });
	equal((await put("/3442/0/110", 0, true)).code, "2.31");
	equal((await put("/33100/0/1", 1, true)).code, "4.08");
	equal((await put("/3442/0/110", 1, false)).code, "2.04");
	equal(await fetch(it, "/3442/0/110"), "x".repeat(128));
	notEqual(texts([await it.ask("/33100/0/1", { options: [accept(0)] })])[0], "x".repeat(64));
});

scripted("[CORE-DM-1] A-49 Block2 in the first request of a Block1 transfer", {}, async (it) => {
	const put = (number: number, more: boolean, options: readonly WireOption[]) =>
		it.ask("/3442/0/110", {
			code: "0.03",
			options: [contentFormat(0), block1(number, more), ...options],
			payload: text("y".repeat(64)),
		});
	equal((await put(0, true, [block2(0)])).code, "2.31");
	equal((await put(1, false, [])).code, "2.04");
	equal(await fetch(it, "/3442/0/110"), "y".repeat(128));
});

scripted("[CORE-DM-1] A-51 Read-Composite: paths in Block1, the answer in Block2", {}, async (it) => {
	const value = await fill(it);
	const paths = text(JSON.stringify([{ n: "/3442/0/110" }, { n: "/3/0/0" }, { n: "/3/0/16" }, { n: "/1/0/1" }]));
	const request = (options: readonly WireOption[], payload: Uint8Array, id?: number) =>
		it.ask("/", {
			code: "0.05",
			options: [contentFormat(110), accept(110), ...options],
			payload,
			...(id === undefined ? {} : { id, token: Uint8Array.of(9) }),
		});
	const blocks = Math.ceil(paths.length / 32);
	let answer: Heard | undefined;
	for (let number = 0; number < blocks; number++) {
		const part = paths.slice(number * 32, number * 32 + 32);
		answer = await request(
			[block1(number, number < blocks - 1, 1), block2(0)],
			part,
			number === blocks - 1 ? 0x7100 : undefined,
		);
		equal(answer.code, number < blocks - 1 ? "2.31" : "2.05");
	}
	let whole = texts([answer!])[0]!;
	for (let number = 1; ((numberOf(optionOf(answer!, 23)) ?? 0) & 8) !== 0; number++) {
		answer = await request([block2(number)], new Uint8Array(0));
		equal(answer.code, "2.05", `block ${number}`);
		whole += texts([answer])[0]!;
	}
	const records: { bn?: string; n?: string; vs?: string }[] = JSON.parse(whole);
	ok(records.some(({ vs }) => vs === value));
	ok(records.some(({ vs }) => vs === "U"));
});

scripted("[CORE-IR-1] A-52 a notification in blocks", { configuration: "C.1", enabler: "1.2" }, async (it) => {
	const token = Uint8Array.of(0x55);
	const path = "/3442/0/110";
	equal((await it.ask(path, { code: "0.03", options: [[15, text("con=1")]] })).code, "2.04");
	const first = await it.ask(path, { token, options: [observe(0), accept(0)] });
	equal(first.code, "2.05");
	it.courtesy = "silence";
	const value = "z".repeat(1000) + "y".repeat(1000);
	for (const [number, part] of [value.slice(0, 1024), value.slice(1024)].entries()) {
		const options = [contentFormat(0), block1(number, number === 0, 6)];
		const put = await it.ask(path, { code: "0.03", options, payload: text(part) });
		equal(put.code, number === 0 ? "2.31" : "2.04");
	}
	await it.stage.until("notification", () => it.withToken(token).length === 2);
	const told = it.withToken(token)[1]!;
	const { length } = told.payload;
	const option = numberOf(optionOf(told, 23)) ?? 0;
	deepEqual([told.type, option >> 3, length], ["CON", 1, 16 << (option & 7)], "the first block, and more to come");
	const rest: string[] = [];
	for (let number = 1; number * length < value.length; number++) {
		// before the acknowledgement
		rest.push(texts([await it.ask(path, { options: [accept(0), block2(number, option & 7)] })])[0]!);
	}
	const ack = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0), code: "0.00" } as const;
	it.send(encode({ ...ack, type: "ACK", id: told.id }));
	it.courtesy = "acknowledge";
	equal(texts([told])[0]! + rest.join(""), value);
	await it.stage.pass(120);
	equal(it.withToken(token).length, 2, "nothing is sent again");
});

/** Sets the gauge. */
const measure = async (it: Scripted, value: number) =>
	equal(
		(await it.ask("/33100/0/9", { code: "0.02", options: [contentFormat(0)], payload: text(`0='4',1='${value}'`) }))
			.code,
		"2.04",
	);

scripted(
	"[CORE-IR-1] A-77 two observations of one path: a Reset ends its own",
	{ configuration: "C.1" },
	async (it) => {
		const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
		for (const token of [one, two])
			equal((await it.ask("/33100/0/4", { token, options: [observe(0), accept(0)] })).code, "2.05");
		await measure(it, 5);
		await it.stage.pass(2);
		deepEqual([it.withToken(one).length, it.withToken(two).length], [2, 2]);
		const told = it.withToken(one)[1]!;
		it.send(
			encode({
				type: "RST",
				code: "0.00",
				id: told.id,
				token: new Uint8Array(0),
				options: [],
				payload: new Uint8Array(0),
			}),
		);
		await it.stage.pass(1);
		await measure(it, 6);
		await it.stage.pass(2);
		deepEqual([it.withToken(one).length, it.withToken(two).length], [2, 3]);
		equal(it.registrations, 1);
	},
);

scripted(
	"[CORE-IR-1] A-82 a Confirmable notification that nobody acknowledges",
	{ configuration: "C.1", enabler: "1.2" },
	async (it) => {
		const token = Uint8Array.of(3);
		equal((await it.ask("/33100/0/4", { code: "0.03", options: [[15, text("con=1")]] })).code, "2.04");
		equal((await it.ask("/33100/0/4", { token, options: [observe(0), accept(0)] })).code, "2.05");
		it.courtesy = "silence";
		await measure(it, 5);
		await it.stage.pass(100);
		equal(it.withToken(token).length, 1 + 5, "one and four retransmissions");
		await it.stage.until("registration anew", () => it.registrations === 2, 200);
		it.courtesy = "acknowledge";
		await measure(it, 6);
		const fromMs = it.stage.nowMs;
		await it.stage.pass(10);
		equal(it.withToken(token, fromMs).length, 0, "the observation is over");
	},
);

scripted(
	"[CORE-IR-1] A-82 Cancel in the middle of a notification's acknowledgement",
	{ configuration: "C.1", enabler: "1.2" },
	async (it) => {
		const token = Uint8Array.of(4);
		equal((await it.ask("/33100/0/4", { code: "0.03", options: [[15, text("con=1")]] })).code, "2.04");
		equal((await it.ask("/33100/0/4", { token, options: [observe(0), accept(0)] })).code, "2.05");
		it.courtesy = "silence";
		await measure(it, 5);
		await it.stage.until("notification", () => it.withToken(token).length === 2);
		const cancelled = await it.ask("/33100/0/4", { token, options: [observe(1), accept(0)] });
		equal(cancelled.code, "2.05");
		equal(optionOf(cancelled, 6), undefined);
		it.courtesy = "acknowledge";
		await measure(it, 6);
		await it.stage.pass(200);
		equal(it.registrations, 1);
		equal((await it.ask("/3/0/0")).code, "2.05");
	},
);
