import { Code } from "../../modules/coap/code.ts";
import { CoapEndpoint } from "./coap-endpoint.ts";
import {
	type AskingBench,
	checkExchange,
	checkNon,
	deepEqual,
	type EtsiCase,
	equal,
	hex,
	type Method,
	more,
	NotApplicable,
	numberOf,
	ok,
	option,
	type ServingBench,
	sleep,
	text,
	textsOf,
	until,
} from "./coap-etsi-case.ts";

const dotted = { get: "0.01", post: "0.02", put: "0.03", delete: "0.04" } as const;
const codes = { get: ["2.05"], post: ["2.01", "2.04"], put: ["2.01", "2.04"], delete: ["2.02"] } as const;
const noPost = "coap-server has no resource that takes POST";

/** CORE_01 to CORE_08: each method, confirmable and not. */
function plain(id: string, method: Method, type: "CON" | "NON"): EtsiCase {
	const expected = { method: dotted[method], codes: [...codes[method]] };
	const hasBody = method === "post" || method === "put";
	const check = (bench: AskingBench | ServingBench, isOurs: boolean) => {
		const answer = (type === "CON" ? checkExchange : checkNon)(bench, isOurs, expected);
		const request = bench.requests(isOurs)[0]!;
		if (hasBody) {
			deepEqual(request.payload, text("some text"));
			equal(numberOf(request, more.contentFormat), 0);
		}
		if (method === "get") ok(answer.payload.length > 0, "no content");
	};
	return {
		id: `CORE_${id}`,
		title: `${method.toUpperCase()} (${type})`,
		...(method === "post" ? { without: { "libcoap server": noPost } } : {}),
		asks: async (bench) => {
			const kind = { type: type === "CON" ? "confirmable" : "nonConfirmable" } as const;
			await bench.ask(method, "test", {
				...kind,
				...(hasBody ? { payload: text("some text"), contentFormat: 0 } : {}),
			});
			check(bench, true);
		},
		serves: async (bench) => {
			const body = { payload: text("some text"), options: [[more.contentFormat, new Uint8Array(0)]] as const };
			const response = await bench.ask(method, "test", { type, ...(hasBody ? body : {}) });
			ok(expected.codes.includes(response.code as never), response.code);
			if (method === "get") deepEqual(response.payload, text("hello"));
			check(bench, false);
		},
	};
}

/** An empty ACK, then the answer in a CON of its own, which is acknowledged (RFC 7252 §5.2.2). */
function checkSeparate(bench: AskingBench | ServingBench, isOurs: boolean): void {
	const request = bench.requests(isOurs)[0]!;
	const [theirs, ours] = isOurs ? [bench.heard(), bench.sent()] : [bench.sent(), bench.heard()];
	ok(
		theirs.some(({ type, code, id }) => type === "ACK" && code === "0.00" && id === request.id),
		"no empty ACK",
	);
	const answer = theirs.find(({ code }) => code === "2.05")!;
	deepEqual([answer.type, hex(answer.token)], ["CON", hex(request.token)]);
	ok(answer.payload.length > 0);
	ok(
		ours.some(({ type, code, id }) => type === "ACK" && code === "0.00" && id === answer.id),
		"the answer was not acknowledged",
	);
}

const separate = (id: string, title: string): EtsiCase => ({
	id: `CORE_${id}`,
	title,
	asks: async (bench) => {
		const { payload } = await bench.ask("get", "separate");
		ok(payload.length > 0);
		checkSeparate(bench, true);
		ok(bench.requests(true)[0]!.token.length >= 1);
	},
	serves: async (bench) => {
		deepEqual((await bench.ask("get", "separate")).payload, text("later"));
		await until("the last ACK", () => bench.heard().some(({ type, code }) => type === "ACK" && code === "0.00"));
		checkSeparate(bench, false);
		ok(bench.requests(false)[0]!.token.length >= 1);
	},
});

/** The cases of loss: which datagram goes, as seen from whoever asks. */
type Lost = readonly [name: string, isRequests: boolean, type: string, code: RegExp];
const request: Lost = ["request", true, "CON", /^0\.01$/];
const piggybacked: Lost = ["response", false, "ACK", /^2\.05$/];
const separateLosses: readonly Lost[] = [
	request,
	["request's ACK", false, "ACK", /^0\.00$/],
	["response", false, "CON", /^2\.05$/],
	["response's ACK", true, "ACK", /^0\.00$/],
];

const lossy = (id: string, title: string, resource: string, losses: readonly Lost[]): EtsiCase => {
	const run = async (bench: AskingBench | ServingBench, isOurs: boolean, get: () => Promise<void>) => {
		for (const [name, fromAsker, type, code] of losses) {
			bench.mark();
			const wasLost = bench.loseFirst(
				(sent, message) => (sent === isOurs) === fromAsker && message.type === type && code.test(message.code),
			);
			await get();
			await until(`a lost ${name}`, wasLost);
			if (name === "response's ACK") await until("the response again", () => bench.responses(!isOurs).length >= 2);
			bench.endpoint.drop = () => false;
			const isRepeated = bench.requests(isOurs).length >= 2 || bench.responses(!isOurs).length >= 2;
			// the ACK's loss shows only when the answer is later than the asker's patience; the CON answer stops it then
			ok(isRepeated || name === "request's ACK", `nothing was said again for a lost ${name}`);
			await sleep(50);
		}
	};
	return {
		id: `CORE_${id}`,
		title,
		asks: (bench) =>
			run(bench, true, async () => {
				ok((await bench.ask("get", resource)).payload.length > 0);
			}),
		serves: (bench) =>
			run(bench, false, async () => {
				equal((await bench.ask("get", resource)).code, "2.05");
			}),
	};
};

export const coreCases: readonly EtsiCase[] = [
	plain("01", "get", "CON"),
	plain("02", "delete", "CON"),
	plain("03", "put", "CON"),
	plain("04", "post", "CON"),
	plain("05", "get", "NON"),
	plain("06", "delete", "NON"),
	plain("07", "put", "NON"),
	plain("08", "post", "NON"),
	separate("09", "GET with separate response (CON)"),
	{
		id: "CORE_10",
		title: "GET with non-empty token",
		asks: async (bench) => {
			await bench.ask("get", "test");
			const { token } = checkExchange(bench, true, { method: "0.01", codes: ["2.05"] });
			ok(token.length >= 1 && token.length <= 8);
		},
		serves: async (bench) => {
			await bench.ask("get", "test");
			const { token } = checkExchange(bench, false, { method: "0.01", codes: ["2.05"] });
			ok(token.length >= 1 && token.length <= 8);
		},
	},
	separate("11", "GET with non-empty token and separate response"),
	{
		id: "CORE_12",
		title: "GET with empty token",
		without: {
			"libcoap client": "coap-client puts in a token of its own",
			"aiocoap client": "aiocoap puts in a token of its own",
			"californium client": "Californium puts in a token of its own",
		},
		asks: async (bench) => {
			const endpoint = await CoapEndpoint.open({ tuning: { tokenBytes: 0 }, limits: { requests: 8 } });
			try {
				const { code } = await endpoint.ask(bench.server.port, { code: Code.get, path: ["test"] });
				equal(code, Code.content);
				equal(endpoint.wire(true)[0]!.token.length, 0);
				equal(endpoint.wire(false).at(-1)!.token.length, 0);
			} finally {
				endpoint.close();
			}
		},
		serves: async () => undefined,
	},
	{
		id: "CORE_13",
		title: "GET with several Uri-Path",
		asks: async (bench) => {
			await bench.ask("get", "seg1/seg2/seg3");
			checkExchange(bench, true, { method: "0.01", codes: ["2.05"] });
			deepEqual(textsOf(bench.requests(true)[0]!, option.uriPath), ["seg1", "seg2", "seg3"]);
		},
		serves: async (bench) => {
			deepEqual((await bench.ask("get", "seg1/seg2/seg3")).payload, text("segments"));
			deepEqual(textsOf(bench.requests(false)[0]!, option.uriPath), ["seg1", "seg2", "seg3"]);
		},
	},
	{
		id: "CORE_14",
		title: "GET with several Uri-Query",
		asks: async (bench) => {
			const query = ["first=1", "second=2", "third=3"];
			const { payload } = await bench.ask("get", "query", { query });
			checkExchange(bench, true, { method: "0.01", codes: ["2.05"] });
			deepEqual(textsOf(bench.requests(true)[0]!, more.uriQuery), query);
			if (bench.server.name !== "libcoap") deepEqual(payload, text(query.join("&")));
		},
		serves: async (bench) => {
			const { payload } = await bench.ask("get", "query?first=1&second=2&third=3");
			deepEqual(payload, text("first=1&second=2&third=3"));
			deepEqual(textsOf(bench.requests(false)[0]!, more.uriQuery), ["first=1", "second=2", "third=3"]);
		},
	},
	lossy("15", "GET in a lossy context, piggybacked", "test", [request, piggybacked]),
	lossy("16", "GET in a lossy context, delayed", "separate", separateLosses),
	{
		id: "CORE_17",
		title: "GET with separate response (NON)",
		asks: async (bench) => {
			await bench.ask("get", "separate", { type: "nonConfirmable" });
			checkNon(bench, true, { method: "0.01", codes: ["2.05"] });
		},
		serves: async (bench) => {
			deepEqual((await bench.ask("get", "separate", { type: "NON" })).payload, text("later"));
			checkNon(bench, false, { method: "0.01", codes: ["2.05"] });
		},
	},
	{
		id: "CORE_18",
		title: "POST, several Location-Path in the answer",
		without: { "libcoap server": noPost },
		asks: async (bench) => {
			const { locationPath } = await bench.ask("post", "test", { payload: text("a"), contentFormat: 0 });
			deepEqual(locationPath, ["location1", "location2", "location3"]);
		},
		serves: async (bench) => {
			const { code, options } = await bench.ask("post", "test", { payload: text("a") });
			equal(code, "2.01");
			const path = ["location1", "location2", "location3"];
			deepEqual(textsOf(bench.responses(true)[0]!, option.locationPath), path);
			const read = options.filter(([number]) => number === option.locationPath).map(([, value]) => hex(value));
			if (bench.client.name !== "libcoap")
				deepEqual(
					read,
					path.map((part) => hex(text(part))),
				);
		},
	},
	{
		id: "CORE_19",
		title: "POST, several Location-Query in the answer",
		without: { "libcoap server": noPost },
		asks: async (bench) => {
			const response = await bench.ask("post", "location-query", { payload: text("a"), contentFormat: 0 });
			deepEqual(response.option(more.locationQuery), text("first=1"));
			deepEqual(textsOf(bench.responses(false)[0]!, more.locationQuery), ["first=1", "second=2"]);
		},
		serves: async (bench) => {
			await bench.ask("post", "location-query", { payload: text("a") });
			const sent = textsOf(bench.responses(true)[0]!, more.locationQuery);
			if (sent.length === 0) throw new NotApplicable("Peer.respond sends no Location-Query yet");
			deepEqual(sent, ["first=1", "second=2"]);
		},
	},
	{
		id: "CORE_20",
		title: "GET with Accept",
		without: { "libcoap server": "coap-server has no resource in two formats" },
		asks: async (bench) => {
			for (const accept of [0, 41]) {
				const { contentFormat, payload } = await bench.ask("get", "multi-format", { accept });
				deepEqual([contentFormat, payload], [accept, text(accept === 0 ? "a" : "<a/>")]);
			}
		},
		serves: async (bench) => {
			for (const accept of [0, 41]) {
				const value = accept === 0 ? new Uint8Array(0) : Uint8Array.of(accept);
				const { payload } = await bench.ask("get", "multi-format", { options: [[more.accept, value]] });
				equal(numberOf(bench.requests(false).at(-1)!, more.accept), accept);
				deepEqual(payload, text(accept === 0 ? "a" : "<a/>"));
			}
		},
	},
	...validation(),
	{
		id: "CORE_31",
		title: "ping (CON)",
		without: {
			"libcoap client": "coap-client pings only an idle observation of TCP",
			"aiocoap client": "aiocoap has no call for it",
			"californium client": "the front has no order for it",
		},
		asks: async (bench) => {
			equal(await bench.endpoint.ping(bench.server.port), true);
			const [ping] = bench.endpoint.wire(true).slice(-1);
			ok(bench.heard().some(({ type, id }) => type === "RST" && id === ping!.id));
		},
		serves: async () => undefined,
	},
];

/** CORE_21 to CORE_23: ETag, If-Match, If-None-Match. */
function validation(): EtsiCase[] {
	const without = { "libcoap server": "coap-server's resources have no ETag and no conditions" } as const;
	const noTag = () => new NotApplicable("Peer.respond sends no ETag with a body in one block yet");
	const tagOf = (bench: ServingBench) =>
		bench
			.responses(true)
			.at(-1)!
			.options.find(([number]) => number === 4)?.[1];
	return [
		{
			id: "CORE_21",
			title: "GET with ETag, validation",
			without,
			asks: async (bench) => {
				const eTag = (await bench.ask("get", "validate")).option(option.eTag)!;
				ok(eTag.length > 0);
				const valid = await bench.askWith("get", "validate", [[option.eTag, eTag]]);
				deepEqual([valid.code, valid.option(option.eTag), valid.payload.length], [0x43, eTag, 0]);
				await bench.ask("put", "validate", { payload: text("changed"), contentFormat: 0 });
				const changed = await bench.askWith("get", "validate", [[option.eTag, eTag]]);
				deepEqual([changed.code, changed.payload], [0x45, text("changed")]);
			},
			serves: async (bench) => {
				await bench.ask("get", "validate");
				const eTag = tagOf(bench);
				if (eTag === undefined) throw noTag();
				equal((await bench.ask("get", "validate", { options: [[option.eTag, eTag]] })).code, "2.03");
				await bench.ask("put", "validate", { payload: text("changed") });
				const { code, payload } = await bench.ask("get", "validate", { options: [[option.eTag, eTag]] });
				deepEqual([code, payload], ["2.05", text("changed")]);
			},
		},
		{
			id: "CORE_22",
			title: "PUT with If-Match",
			without,
			asks: async (bench) => {
				const eTag = (await bench.ask("get", "validate")).option(option.eTag)!;
				equal((await bench.askWith("put", "validate", [[option.ifMatch, eTag]], "one")).code, 0x44);
				equal((await bench.askWith("put", "validate", [[option.ifMatch, eTag]], "two")).code, 0x8c);
				deepEqual((await bench.ask("get", "validate")).payload, text("one"));
			},
			serves: async (bench) => {
				await bench.ask("get", "validate");
				const eTag = tagOf(bench);
				if (eTag === undefined) throw noTag();
				const options = [[option.ifMatch, eTag]] as const;
				equal((await bench.ask("put", "validate", { options, payload: text("one") })).code, "2.04");
				equal((await bench.ask("put", "validate", { options, payload: text("two") })).code, "4.12");
				deepEqual((await bench.ask("get", "validate")).payload, text("one"));
			},
		},
		{
			id: "CORE_23",
			title: "PUT with If-None-Match",
			without,
			asks: async (bench) => {
				await bench.ask("delete", "create1");
				const nothing = [[option.ifNoneMatch, new Uint8Array(0)]] as const;
				equal((await bench.askWith("put", "create1", nothing, "one")).code, 0x41);
				equal((await bench.askWith("put", "create1", nothing, "two")).code, 0x8c);
			},
			serves: async (bench) => {
				await bench.ask("delete", "create1");
				const options = [[option.ifNoneMatch, new Uint8Array(0)]] as const;
				equal((await bench.ask("put", "create1", { options, payload: text("one") })).code, "2.01");
				equal((await bench.ask("put", "create1", { options, payload: text("two") })).code, "4.12");
			},
		},
	];
}
