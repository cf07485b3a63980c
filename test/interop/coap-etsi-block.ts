import { CoapEndpoint } from "./coap-endpoint.ts";
import {
	AskingBench,
	blockOf,
	deepEqual,
	type EtsiCase,
	equal,
	type Method,
	more,
	NotApplicable,
	ok,
	option,
	type ServingBench,
	text,
	textsOf,
} from "./coap-etsi-case.ts";
import { large } from "./coap-plugtest-server.ts";
import type { Message } from "./wire-message.ts";

const noPost = "coap-server has no resource that takes POST";

/** A body comes in blocks: numbers ascend by one, all are full but the last, and all say M but the last. */
function checkBody(messages: readonly Message[], which: number, body: Uint8Array): void {
	const blocks = messages.filter((message) => blockOf(message, which) !== undefined);
	let length = 0;
	for (const [index, message] of blocks.entries()) {
		const { number, more: hasMore, size } = blockOf(message, which)!;
		equal(number * size, length, `block ${index} starts where the one before ended`);
		equal(hasMore, index < blocks.length - 1, `M of block ${index}`);
		if (hasMore) equal(message.payload.length, size, `block ${index} is full`);
		deepEqual(message.payload, body.slice(length, length + message.payload.length));
		length += message.payload.length;
	}
	equal(length, body.length, "the blocks make the whole body");
	ok(blocks.length > 1, "it was not by blocks");
}

/** Runs with a client of ours whose blocks are of this size. */
async function sized(bench: AskingBench, blockSizeBytes: number, run: (small: AskingBench) => Promise<void>) {
	const endpoint = await CoapEndpoint.open({ limits: { blockSizeBytes } });
	try {
		await run(new AskingBench(endpoint, bench.server));
	} finally {
		endpoint.close();
	}
}

/** BLOCK_01 and BLOCK_06: the first request names the block size. */
function early(id: string, size: number): EtsiCase {
	return {
		id: `BLOCK_${id}`,
		title: `GET, early negotiation of ${size} bytes`,
		asks: (bench) =>
			sized(bench, size, async (small) => {
				const { payload } = await small.ask("get", "large");
				deepEqual(payload, large);
				checkBody(small.responses(false), more.block2, large);
				const first = blockOf(small.requests(true)[0]!, more.block2);
				if (first === undefined)
					throw new NotApplicable("Peer does not negotiate before the first answer; the body came whole");
				deepEqual(first, { number: 0, more: false, size });
			}),
		serves: async (bench) => {
			const asked = Uint8Array.of(Math.log2(size) - 4);
			// an option of zero is empty (RFC 7252 §3.2)
			const value = asked[0] === 0 ? new Uint8Array(0) : asked;
			const { payload } = await bench.ask("get", "large", { options: [[more.block2, value]] });
			const first = blockOf(bench.requests(false)[0]!, more.block2);
			deepEqual(first, { number: 0, more: false, size });
			if (bench.client.name !== "libcoap" || payload.length > 0) deepEqual(payload, large);
			checkBody(bench.responses(true), more.block2, large);
		},
	};
}

function upload(id: string, title: string, method: Method, resource: string, codes: readonly string[]): EtsiCase {
	const check = (bench: AskingBench | ServingBench, isOurs: boolean) => {
		checkBody(bench.requests(isOurs), more.block1, large);
		const answers = bench.responses(!isOurs).filter((message) => blockOf(message, more.block1) !== undefined);
		ok(answers.length > 0 && answers.slice(0, -1).every(({ code }) => code === "2.31"));
		// coap-server 4.3.1 leaves Block1 out of its last answer
		const last = bench.responses(!isOurs).at(-1)!;
		ok(codes.includes(last.code), last.code);
	};
	return {
		id: `BLOCK_${id}`,
		title,
		...(method === "post" ? { without: { "libcoap server": noPost } } : {}),
		asks: async (bench) => {
			for (const size of [1024, 64]) {
				await sized(bench, size, async (small) => {
					const response = await small.ask(method, resource, { payload: large, contentFormat: 0 });
					check(small, true);
					if (method === "post") deepEqual(response.locationPath, ["large-create", "1"]);
					small.mark();
					const made = method === "post" ? "large-create/1" : resource;
					deepEqual((await small.ask("get", made)).payload, large);
				});
			}
		},
		serves: async (bench) => {
			const body = { payload: large, options: [[more.contentFormat, new Uint8Array(0)]] as const };
			const { code } = await bench.ask(method, resource, body);
			ok(codes.includes(code), code);
			check(bench, false);
			deepEqual(bench.server.received.get(resource), large);
			if (method === "post")
				deepEqual(textsOf(bench.responses(true).at(-1)!, option.locationPath), ["large-create", "1"]);
		},
	};
}

export const blockCases: readonly EtsiCase[] = [
	early("01", 64),
	{
		id: "BLOCK_02",
		title: "GET, late negotiation",
		asks: async (bench) => {
			const { payload } = await bench.ask("get", "large");
			deepEqual(payload, large);
			equal(blockOf(bench.requests(true)[0]!, more.block2), undefined);
			checkBody(bench.responses(false), more.block2, large);
		},
		serves: async (bench) => {
			const { payload } = await bench.ask("get", "large");
			deepEqual(payload, large);
			checkBody(bench.responses(true), more.block2, large);
			const first = blockOf(bench.requests(false)[0]!, more.block2);
			if (first !== undefined) throw new NotApplicable("this client negotiates early; the body came whole");
		},
	},
	upload("03", "PUT by blocks", "put", "large-update", ["2.04", "2.01"]),
	upload("04", "POST by blocks that creates", "post", "large-create", ["2.01"]),
	{
		id: "BLOCK_05",
		title: "POST by blocks both ways",
		without: { "libcoap server": noPost },
		asks: async (bench) => {
			const { payload, code } = await bench.ask("post", "large-post", { payload: large, contentFormat: 0 });
			equal(code, 0x44);
			const upper = text(new TextDecoder().decode(large).toUpperCase());
			deepEqual(payload, upper);
			checkBody(bench.requests(true), more.block1, large);
			checkBody(bench.responses(false), more.block2, upper);
		},
		serves: async (bench) => {
			const upper = text(new TextDecoder().decode(large).toUpperCase());
			const { code, payload } = await bench.ask("post", "large-post", { payload: large });
			deepEqual([code, payload], ["2.04", upper]);
			checkBody(bench.requests(false), more.block1, large);
			checkBody(bench.responses(true), more.block2, upper);
		},
	},
	early("06", 16),
];
