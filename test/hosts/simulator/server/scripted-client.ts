import type { Network, NetworkSocket } from "../../../../hosts/simulator/network/network.ts";
import { pathOf, readWire, type WireMessage } from "../../../../hosts/simulator/server/wire.ts";
import type { Address } from "../../../../modules/host.ts";

/** Options and payload of a message to send; everything else the client fills in. */
export interface Outgoing {
	readonly code: number;
	readonly path?: readonly string[];
	readonly locationPath?: readonly string[];
	readonly query?: readonly string[];
	readonly contentFormat?: number;
	readonly accept?: number;
	readonly observe?: number;
	readonly payload?: Uint8Array;
}

/** One request that the server sent to the client, in words and hexadecimal digits. */
export interface Heard {
	readonly method: number;
	readonly path: string;
	readonly query: readonly string[];
	readonly accept: number | undefined;
	readonly contentFormat: number | undefined;
	readonly observe: number | undefined;
	readonly payload: string;
	readonly token: Uint8Array;
}

/** What the client does with a request: an answer, a Reset, or silence. */
export type Reply = Outgoing | "reset" | "silence";

const optionNumbers = { observe: 6, locationPath: 8, path: 11, contentFormat: 12, query: 15, accept: 17 } as const;

function uint(value: number): Uint8Array {
	const bytes: number[] = [];
	for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
	return Uint8Array.from(bytes);
}

/** Writes a CoAP message byte by byte: this client shares no code with the protocol engine under test. */
export function writeMessage(type: number, messageId: number, token: Uint8Array, message: Outgoing): Uint8Array {
	const text = (value: string) => new TextEncoder().encode(value);
	const options: [number, Uint8Array][] = [
		...(message.observe === undefined ? [] : [[optionNumbers.observe, uint(message.observe)] as [number, Uint8Array]]),
		...(message.locationPath ?? []).map((level): [number, Uint8Array] => [optionNumbers.locationPath, text(level)]),
		...(message.path ?? []).map((level): [number, Uint8Array] => [optionNumbers.path, text(level)]),
		...(message.contentFormat === undefined
			? []
			: [[optionNumbers.contentFormat, uint(message.contentFormat)] as [number, Uint8Array]]),
		...(message.query ?? []).map((parameter): [number, Uint8Array] => [optionNumbers.query, text(parameter)]),
		...(message.accept === undefined ? [] : [[optionNumbers.accept, uint(message.accept)] as [number, Uint8Array]]),
	];
	const bytes = [0x40 | (type << 4) | token.length, message.code, messageId >> 8, messageId & 0xff, ...token];
	const nibble = (value: number) => (value < 13 ? value : value < 269 ? 13 : 14);
	const extended = (value: number) =>
		value < 13 ? [] : value < 269 ? [value - 13] : [(value - 269) >> 8, (value - 269) & 0xff];
	let last = 0;
	for (const [number, value] of options) {
		bytes.push((nibble(number - last) << 4) | nibble(value.length));
		bytes.push(...extended(number - last), ...extended(value.length), ...value);
		last = number;
	}
	if (message.payload !== undefined && message.payload.length > 0) bytes.push(0xff, ...message.payload);
	return Uint8Array.from(bytes);
}

/** An LwM2M client that does what a test tells it, over any network. */
export class ScriptedClient {
	readonly socket: NetworkSocket;
	/** Requests of the server's, in order, without retransmissions. */
	readonly heard: Heard[] = [];
	/** Messages that are no requests: answers to ours, Resets. */
	readonly answers: WireMessage[] = [];
	/** Every datagram of the server's. */
	readonly received: Uint8Array[] = [];
	/** Every datagram of ours. */
	readonly sent: Uint8Array[] = [];
	/** Asked for every request; 2.05 without payload when absent. */
	reply: (request: Heard) => Reply = () => "silence";
	readonly #server: Address;
	readonly #seen = new Set<number>();
	/** Of the last message that began an exchange of ours. */
	messageId = 0x1000;
	#waiting: ((answer: WireMessage) => void)[] = [];

	constructor(network: Network, server: Address, options: { host?: string; port?: number } = {}) {
		this.#server = server;
		const buffer = new Uint8Array(65535);
		const from: Address = { host: "", port: 0 };
		const onReadable = () => {
			for (let size = this.socket.read(buffer, from); size >= 0; size = this.socket.read(buffer, from)) {
				this.#receive(buffer.slice(0, size));
			}
		};
		this.socket = network.open({ ...options, onReadable });
	}

	/** Sends a request as a Confirmable message. @returns the server's answer, once it comes */
	request(message: Outgoing, token = Uint8Array.of(0x7a)): Promise<WireMessage> {
		const answered = new Promise<WireMessage>((resolve) => this.#waiting.push(resolve));
		this.send(0, ++this.messageId, token, message);
		return answered;
	}

	/** Registers. @returns the last level of the Location-Path, "" when the server refused */
	async register(query: readonly string[], links: string): Promise<string> {
		const payload = new TextEncoder().encode(links);
		const answer = await this.request({ code: 2, path: ["rd"], query, contentFormat: 40, payload });
		return locationOf(answer);
	}

	/** Sends a Confirmable notification. */
	notify(request: Heard, message: Outgoing): void {
		this.send(0, ++this.messageId, request.token, message);
	}

	send(type: number, messageId: number, token: Uint8Array, message: Outgoing): void {
		this.raw(writeMessage(type, messageId, token, message));
	}

	raw(bytes: Uint8Array): void {
		this.sent.push(bytes);
		this.socket.write(bytes, this.#server);
	}

	#receive(bytes: Uint8Array): void {
		this.received.push(bytes);
		const message = readWire(bytes);
		if (message === undefined) throw new Error(`the server sent garbage: ${Buffer.from(bytes).toString("hex")}`);
		const isRequest = message.code > 0 && message.code < 0x20;
		if (!isRequest) {
			this.answers.push(message);
			if (message.code !== 0) this.#waiting.shift()?.(message);
			return;
		}
		if (this.#seen.has(message.messageId)) return;
		this.#seen.add(message.messageId);
		const request = heardOf(message);
		this.heard.push(request);
		const reply = this.reply(request);
		if (reply === "silence") return;
		if (reply === "reset") this.send(3, message.messageId, new Uint8Array(0), { code: 0 });
		else this.send(2, message.messageId, message.token, reply);
	}
}

export function locationOf(answer: WireMessage): string {
	const levels = answer.options.filter(({ number }) => number === optionNumbers.locationPath);
	return new TextDecoder().decode(levels.at(-1)?.value);
}

function heardOf(message: WireMessage): Heard {
	const find = (wanted: number) => message.options.find(({ number }) => number === wanted)?.value;
	const number = (wanted: number) => find(wanted)?.reduce((value, byte) => value * 256 + byte, 0);
	return {
		method: message.code,
		path: `/${pathOf(message).join("/")}`,
		query: message.options
			.filter(({ number }) => number === optionNumbers.query)
			.map(({ value }) => new TextDecoder().decode(value)),
		accept: number(optionNumbers.accept),
		contentFormat: number(optionNumbers.contentFormat),
		observe: number(optionNumbers.observe),
		payload: Buffer.from(message.payload).toString("hex"),
		token: message.token.slice(),
	};
}
