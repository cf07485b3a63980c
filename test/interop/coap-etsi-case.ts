import { deepEqual, equal, ok } from "node:assert/strict";
import type { RequestOptions, Response } from "../../modules/coap/peer.ts";
import type { CoapEndpoint, WireEntry } from "./coap-endpoint.ts";
import type { ForeignClient, ForeignResponse, ForeignServer, Order, PeerName } from "./coap-peers.ts";
import type { PlugtestServer } from "./coap-plugtest-server.ts";
import { hex, type Message, text, textsOf, uint, type WireOption } from "./wire-message.ts";

/** A case can not be tried with this peer, or our Peer has no way to do it: it is skipped with the reason. */
export class NotApplicable extends Error {
	override get name() {
		return "NotApplicable";
	}
}

/** One test description of ETSI's CoAP#4 plugtest (cabo/td-coap4 on GitHub: base.yml, link.yml, block.yml). */
export interface EtsiCase {
	readonly id: string;
	readonly title: string;
	/** Our client asks their server. */
	readonly asks: (bench: AskingBench) => Promise<void>;
	/** Their client asks our server. */
	readonly serves: (bench: ServingBench) => Promise<void>;
	/** Why a peer's programs can not take part. */
	readonly without?: Partial<Record<`${PeerName} ${"server" | "client"}`, string>>;
}

export const option = { ifMatch: 1, eTag: 4, ifNoneMatch: 5, observe: 6, locationPath: 8, uriPath: 11 } as const;
export const more = { contentFormat: 12, uriQuery: 15, accept: 17, locationQuery: 20, block2: 23, block1: 27 } as const;
export const code = { get: 1, post: 2, put: 3, delete: 4 } as const;
export type Method = keyof typeof code;

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until something holds. @throws Error with `what` when it does not */
export async function until(what: string, holds: () => boolean, timeoutMs = 8_000): Promise<void> {
	const endMs = performance.now() + timeoutMs;
	while (!holds()) {
		if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
		await sleep(10);
	}
}

export const optionOf = ({ options }: Message, wanted: number): Uint8Array | undefined =>
	options.find(([number]) => number === wanted)?.[1];

export function numberOf(message: Message, wanted: number): number | undefined {
	return optionOf(message, wanted)?.reduce((value, byte) => value * 256 + byte, 0);
}

/** The value of a Block option as its three parts. */
export function blockOf(message: Message, wanted: number) {
	const value = numberOf(message, wanted);
	return value === undefined ? undefined : { number: value >> 4, more: (value & 8) !== 0, size: 16 << (value & 7) };
}

export const isRequest = ({ code: dotted }: Message) => dotted.startsWith("0.") && dotted !== "0.00";
export const isResponse = ({ code: dotted }: Message) => !dotted.startsWith("0.");

/** Both ends of one exchange: what crossed the wire between our endpoint and theirs. */
class Bench {
	readonly endpoint: CoapEndpoint;
	#from: number;

	constructor(endpoint: CoapEndpoint) {
		this.endpoint = endpoint;
		this.#from = endpoint.log.length;
	}

	/** Forgets what crossed the wire so far. */
	mark(): void {
		this.#from = this.endpoint.log.length;
	}

	/** Everything since the mark, in its order. */
	entries(): readonly WireEntry[] {
		return this.endpoint.log.slice(this.#from);
	}

	sent(): Message[] {
		return this.endpoint.wire(true, this.#from);
	}

	heard(): Message[] {
		return this.endpoint.wire(false, this.#from);
	}

	requests(isOurs: boolean): Message[] {
		return (isOurs ? this.sent() : this.heard()).filter(isRequest);
	}

	responses(isOurs: boolean): Message[] {
		return (isOurs ? this.sent() : this.heard()).filter(isResponse);
	}

	/** Which datagrams were lost, as "sent ACK" or "heard CON". */
	lost(): string[] {
		return this.entries()
			.filter(({ dropped }) => dropped)
			.map(({ sent, message }) => `${sent ? "sent" : "heard"} ${message.type} ${message.code}`);
	}

	/** Loses the first datagram for which this holds, and says whether there was one. */
	loseFirst(which: (sent: boolean, message: Message) => boolean): () => boolean {
		let isLost = false;
		this.endpoint.drop = (sent, message) => {
			if (isLost || !which(sent, message)) return false;
			isLost = true;
			return true;
		};
		return () => isLost;
	}
}

/** Our client against their server. */
export class AskingBench extends Bench {
	readonly server: ForeignServer;

	constructor(endpoint: CoapEndpoint, server: ForeignServer) {
		super(endpoint);
		this.server = server;
	}

	/** The path of a plugtest resource; coap-server has its own names for some. */
	target(resource: string): Pick<RequestOptions, "path" | "query"> {
		if (this.server.name === "libcoap" && resource === "separate") return { path: ["async"], query: ["1"] };
		const own = this.server.name === "libcoap" && resource === "obs" ? "time" : resource;
		return { path: own.split("/") };
	}

	request(method: Method, resource: string, options: Partial<RequestOptions> = {}): RequestOptions {
		return { code: code[method], ...this.target(resource), ...options };
	}

	ask(method: Method, resource: string, options: Partial<RequestOptions> = {}): Promise<Response> {
		return this.endpoint.ask(this.server.port, this.request(method, resource, options));
	}

	/** As ask(), with options that Peer.request has no field for. @throws NotApplicable when none went out */
	async askWith(method: Method, resource: string, options: readonly WireOption[], body?: string): Promise<Response> {
		this.mark();
		const content = body === undefined ? {} : { payload: text(body), contentFormat: 0 };
		const further = { options: options.map(([number, value]) => ({ number, value })) };
		const response = await this.ask(method, resource, { ...content, ...further });
		const sent = this.requests(true)[0]!;
		if (!options.every(([number]) => optionOf(sent, number) !== undefined)) {
			throw new NotApplicable(`Peer.request sends no option ${options.map(([number]) => number).join()} yet`);
		}
		return response;
	}

	/** Registers an observation and collects its notifications. */
	async observe(resource: string, options: Partial<RequestOptions> = {}) {
		const notifications: Response[] = [];
		const asked = this.request("get", resource, { observe: 0, ...options });
		const { id, response } = this.endpoint.begin(this.server.port, asked, (next) => notifications.push(next));
		const first = await response;
		ok(first.observe !== undefined, "the answer carries no Observe");
		return { id, first, notifications, token: this.requests(true)[0]!.token };
	}

	cancel(id: number): void {
		this.endpoint.peer(this.server.port).cancel(id);
	}
}

/** Their client against our server. */
export class ServingBench extends Bench {
	readonly server: PlugtestServer;
	readonly client: ForeignClient;

	constructor(server: PlugtestServer, client: ForeignClient) {
		super(server.endpoint);
		this.server = server;
		this.client = client;
	}

	order(method: Method, path: string, more: Partial<Order> = {}): Order {
		return { method: method.toUpperCase() as "GET", port: this.server.port, path, ...more };
	}

	ask(method: Method, path: string, more: Partial<Order> = {}): Promise<ForeignResponse> {
		return this.client.ask(this.order(method, path, more));
	}
}

/** A confirmable exchange with a piggybacked or a separate answer (RFC 7252 §5.2): Message ID and token hold. */
export function checkExchange(bench: Bench, isOurs: boolean, expected: { method: string; codes: string[] }): Message {
	const [request] = bench.requests(isOurs);
	ok(request !== undefined, "no request crossed the wire");
	equal(request.type, "CON");
	equal(request.code, expected.method);
	const answers = bench.responses(!isOurs).filter(({ token }) => hex(token) === hex(request.token));
	equal(answers.length, 1, "one answer with the request's token");
	ok(expected.codes.includes(answers[0]!.code), `answered ${answers[0]!.code}`);
	if (answers[0]!.type === "ACK") equal(answers[0]!.id, request.id);
	return answers[0]!;
}

/** A non-confirmable exchange: NON there and back (RFC 7252 §5.2.3). */
export function checkNon(bench: Bench, isOurs: boolean, expected: { method: string; codes: string[] }): Message {
	const [request] = bench.requests(isOurs);
	deepEqual([request?.type, request?.code], ["NON", expected.method]);
	const answers = bench.responses(!isOurs).filter(({ token }) => hex(token) === hex(request!.token));
	equal(answers.length, 1, "one answer with the request's token");
	ok(expected.codes.includes(answers[0]!.code), `answered ${answers[0]!.code}`);
	equal(answers[0]!.type, "NON");
	equal([...bench.sent(), ...bench.heard()].filter(({ type }) => type === "ACK").length, 0, "an ACK to a NON");
	return answers[0]!;
}

/** The parts of a link-format document: the targets in it. */
export const targets = (payload: Uint8Array) =>
	[...new TextDecoder().decode(payload).matchAll(/<([^>]*)>/g)].map(([, target]) => target!);

export { deepEqual, equal, hex, ok, text, textsOf, uint };
