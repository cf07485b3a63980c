import { test } from "node:test";
import type { NetworkSocket } from "../../hosts/simulator/network/network.ts";
import type { Address } from "../../modules/host.ts";
import {
	decode,
	encode,
	hex,
	type Message,
	optionNumber,
	pathOptions,
	text,
	textsOf,
	type WireOption,
} from "../interop/wire-message.ts";
import { Stage, type StageWish } from "./stage.ts";

/** A message of the device and when it came. */
export interface Heard extends Message {
	readonly atMs: number;
}

/** What to send beyond a plain Confirmable GET. */
export interface Asked {
	readonly code?: string;
	readonly type?: "CON" | "NON";
	readonly options?: readonly WireOption[];
	readonly payload?: Uint8Array;
	readonly id?: number;
	readonly token?: Uint8Array;
}

/** How a request of the device is answered; nothing at all where it is "silence". */
export type Reply = Pick<Message, "code"> & Partial<Pick<Message, "options" | "payload">>;

/** How Confirmable messages of the device are answered: acknowledged, refused with a Reset, or not at all. */
export type Courtesy = "acknowledge" | "reset" | "silence";

/**
 * An LwM2M Server of a few lines in the virtual world: it accepts registrations, and sends the bytes that a test
 * wants, with the tests' own CoAP codec.
 */
export class Scripted {
	readonly stage: Stage;
	readonly heard: Heard[] = [];
	courtesy: Courtesy = "acknowledge";
	/** Answers requests of the device in another way than a friendly server; undefined: as that does. */
	answering: (request: Heard) => Reply | "silence" | undefined = () => undefined;
	readonly #socket: NetworkSocket;
	readonly #host: string;
	readonly #device: Address = { host: "", port: 0 };
	#id = 0x1000;
	#registrations = 0;

	/** @param host where it listens; an address of its own when left out */
	constructor(stage: Stage, host: string = stage.network.newAddress()) {
		this.stage = stage;
		this.#host = host;
		this.#socket = stage.network.open({ host: this.#host, port: 5683, onReadable: () => this.#readAll() });
	}

	get uri(): string {
		return `coap://${this.#host}:5683`;
	}

	get registrations(): number {
		return this.#registrations;
	}

	freshId(): number {
		return (this.#id = (this.#id + 1) & 0xffff);
	}

	bytesOf(path: string, { code = "0.01", type = "CON", options = [], payload, ...rest }: Asked = {}): Uint8Array {
		const id = rest.id ?? this.freshId();
		const token = rest.token ?? Uint8Array.of(id >> 8, id & 255);
		const all = [...pathOptions(path), ...options];
		return encode({ type, code, id, token, options: all, payload: payload ?? new Uint8Array(0) });
	}

	send(bytes: Uint8Array): void {
		this.#socket.write(bytes, this.#device);
	}

	/** Sends a request and waits for its response. @throws Error when there is none in so many seconds */
	async ask(path: string, asked: Asked = {}, seconds = 10): Promise<Heard> {
		const bytes = this.bytesOf(path, asked);
		const { token } = decode(bytes);
		const { length } = this.heard;
		const isAnswer = (one: Heard) => hex(one.token) === hex(token) && one.code !== "0.00";
		this.send(bytes);
		await this.stage.until(`answer to ${hex(bytes)}`, () => this.heard.slice(length).some(isAnswer), seconds);
		return this.heard.slice(length).find(isAnswer)!;
	}

	/** What came with a token, in order. */
	withToken(token: Uint8Array, sinceMs = 0): Heard[] {
		return this.heard.filter((one) => hex(one.token) === hex(token) && one.atMs >= sinceMs && one.code !== "0.00");
	}

	close(): void {
		this.#socket.close();
	}

	#readAll(): void {
		const buffer = new Uint8Array(2048);
		for (let size = this.#read(buffer); size >= 0; size = this.#read(buffer)) {
			const message = { ...decode(buffer.slice(0, size)), atMs: this.stage.nowMs };
			this.heard.push(message);
			this.#answer(message);
		}
	}

	#read(buffer: Uint8Array): number {
		return this.#socket.read(buffer, this.#device);
	}

	/** Requests of the device without copies: "POST /rd", "POST /rd/1", "DELETE /rd/1". */
	get requests(): readonly (Heard & { readonly line: string })[] {
		const methods: { readonly [code: string]: string } = { "0.01": "GET", "0.02": "POST", "0.04": "DELETE" };
		const seen = new Set<number>();
		const first = this.heard.filter(({ code, id }) => code in methods && !seen.has(id) && seen.add(id));
		return first.map((one) => ({
			...one,
			line: `${methods[one.code]} /${textsOf(one, optionNumber.uriPath).join("/")}`,
		}));
	}

	/** Requests as lines, since so many of them. */
	lines(since = 0): readonly string[] {
		return this.requests.slice(since).map(({ line }) => line);
	}

	/** Sends an answer to a request, with it when it is its acknowledgement, or as a message of its own. */
	reply(
		request: Message,
		{ code, options = [], payload = new Uint8Array(0) }: Reply,
		type: "ACK" | "CON" = "ACK",
	): void {
		const { token } = request;
		this.send(encode({ type, code, id: type === "ACK" ? request.id : this.freshId(), token, options, payload }));
	}

	#answer(message: Heard): void {
		const empty = { token: new Uint8Array(0), options: [], payload: new Uint8Array(0), id: message.id } as const;
		const isRequest = message.code.startsWith("0.") && message.code !== "0.00";
		if (isRequest) {
			const reply = this.answering(message) ?? this.#willing(message);
			if (reply !== "silence") this.reply(message, reply);
			return;
		}
		if (this.courtesy === "reset" && message.type !== "ACK" && message.type !== "RST") {
			this.send(encode({ ...empty, type: "RST", code: "0.00" }));
		} else if (this.courtesy === "acknowledge" && message.type === "CON") {
			this.send(encode({ ...empty, type: "ACK", code: "0.00" }));
		}
	}

	#willing(request: Message): Pick<Message, "code" | "options"> {
		if (request.code === "0.04") return { code: "2.02", options: [] };
		if (textsOf(request, optionNumber.uriPath).length > 1) return { code: "2.04", options: [] };
		const location = ["rd", String(++this.#registrations)];
		return { code: "2.01", options: location.map((part): WireOption => [optionNumber.locationPath, text(part)]) };
	}
}

export interface ScriptedWish extends StageWish {
	/** Given to the server before the device is powered on. */
	readonly answering?: (request: Heard) => Reply | "silence" | undefined;
	/** A name for the server, which its URI has in place of its address. */
	readonly host?: string;
	/** Whether the test begins with the first Register, and not with the registration. */
	readonly isEarly?: boolean;
}

/** A test with the conformance image on XS, registered with one scripted server. */
export function scripted(name: string, wish: ScriptedWish, body: (it: Scripted) => Promise<void>): void {
	test(`xs › ${name}`, async () => {
		const { answering, host, isEarly = false, ...rest } = wish;
		const stage = new Stage(wish.seed ?? 1);
		const it = new Scripted(stage);
		if (host !== undefined) stage.network.name(host, new URL(it.uri).hostname);
		if (answering !== undefined) it.answering = answering;
		stage.powerOn(host === undefined ? it.uri : `coap://${host}:5683`, rest);
		try {
			if (isEarly) await stage.until("Register", () => it.requests.length === 1);
			else await stage.until("registration", () => stage.heard("registered").length === 1);
			await body(it);
			stage.close();
		} catch (error) {
			stage.world.close();
			const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
			throw new Error(`${words}\n— device —\n${stage.log()}`, { cause: error });
		} finally {
			it.close();
		}
	});
}
