import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
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
} from "./wire-message.ts";

/** What a test wants to send, beyond the path: unset parts are those of a plain Confirmable GET. */
export interface ScriptedRequest {
	readonly code?: string;
	readonly type?: "CON" | "NON";
	readonly path?: string;
	readonly options?: readonly WireOption[];
	readonly payload?: Uint8Array;
	readonly id?: number;
	readonly token?: Uint8Array;
}

interface Waiter {
	readonly wants: (message: Message) => boolean;
	readonly resolve: (message: Message) => void;
}

/**
 * Answers one request of the device. Absent or returning undefined: as a willing server does. "silence" says nothing.
 */
export type Script = (request: Message, server: ScriptedServer) => Partial<Message> | "silence" | undefined;

/**
 * A LwM2M Server of a few lines on a real UDP socket, which accepts registrations and otherwise does what a test
 * tells it.
 */
export class ScriptedServer {
	/** Every message that came, oldest first. */
	readonly received: Message[] = [];
	/** Datagrams that were no CoAP: the device may not send any. */
	readonly faults: string[] = [];
	script: Script | undefined;
	readonly #socket: Socket;
	readonly #waiters = new Set<Waiter>();
	#device: RemoteInfo | undefined;
	#id = 0x1000;
	#registrations = 0;

	static async open(script?: Script): Promise<ScriptedServer> {
		const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
		await new Promise<void>((resolve, reject) => {
			socket.once("error", reject);
			socket.bind(0, "127.0.0.1", resolve);
		});
		return new ScriptedServer(socket, script);
	}

	private constructor(socket: Socket, script: Script | undefined) {
		this.#socket = socket;
		this.script = script;
		socket.on("message", (bytes, from) => this.#take(Uint8Array.from(bytes), from));
	}

	get uri(): string {
		return `coap://127.0.0.1:${this.#socket.address().port}`;
	}

	/** Where the device sends from. @throws Error before it has sent anything */
	get device(): RemoteInfo {
		if (this.#device === undefined) throw new Error("the device has not been heard");
		return this.#device;
	}

	freshId(): number {
		return (this.#id = (this.#id + 1) & 0xffff);
	}

	/** The bytes of a request; a fresh Message ID and a token of two bytes unless it says others. */
	bytesOf({
		code = "0.01",
		type = "CON",
		path = "",
		options = [],
		payload = new Uint8Array(0),
		...rest
	}: ScriptedRequest): Uint8Array {
		const id = rest.id ?? this.freshId();
		const token = rest.token ?? Uint8Array.of(id >> 8, id & 255);
		return encode({ type, code, id, token, options: [...pathOptions(path), ...options], payload });
	}

	send(bytes: Uint8Array): void {
		this.#socket.send(bytes, this.device.port, this.device.address);
	}

	/** Sends a request and waits for the message with its token. */
	async request(request: ScriptedRequest, timeoutMs = 5000): Promise<Message> {
		const bytes = this.bytesOf(request);
		const { token } = decode(bytes);
		const answer = this.next(`an answer to ${hex(bytes)}`, (message) => hex(message.token) === hex(token), timeoutMs);
		this.send(bytes);
		return answer;
	}

	/** The next message from now on that `wants` accepts. @throws Error naming `what` after `timeoutMs` */
	next(what: string, wants: (message: Message) => boolean, timeoutMs = 5000): Promise<Message> {
		return new Promise((resolve, reject) => {
			const waiter: Waiter = {
				wants,
				resolve: (message) => {
					clearTimeout(timer);
					this.#waiters.delete(waiter);
					resolve(message);
				},
			};
			const timer = setTimeout(() => {
				this.#waiters.delete(waiter);
				reject(new Error(`no ${what} in ${timeoutMs} ms`));
			}, timeoutMs);
			this.#waiters.add(waiter);
		});
	}

	close(): void {
		this.#socket.close();
	}

	#take(bytes: Uint8Array, from: RemoteInfo): void {
		this.#device = from;
		let message: Message;
		try {
			message = decode(bytes);
		} catch (error) {
			this.faults.push((error as Error).message);
			return;
		}
		this.received.push(message);
		if (message.code.startsWith("0.") && message.code !== "0.00") this.#answer(message);
		for (const waiter of this.#waiters) if (waiter.wants(message)) waiter.resolve(message);
	}

	#answer(request: Message): void {
		const scripted = this.script?.(request, this);
		if (scripted === "silence") return;
		const answer = { type: "ACK", id: request.id, token: request.token, payload: new Uint8Array(0) } as const;
		this.send(encode({ ...answer, ...this.#willing(request), ...scripted }));
	}

	/** What a server that likes the device says to Register, Update and De-register (LwM2M Transport 1.1 §6.4.3). */
	#willing(request: Message): Pick<Message, "code" | "options"> {
		if (request.code === "0.04") return { code: "2.02", options: [] };
		const isUpdate = textsOf(request, optionNumber.uriPath).length > 1;
		if (isUpdate) return { code: "2.04", options: [] };
		const location = ["rd", String(++this.#registrations)];
		return { code: "2.01", options: location.map((part): WireOption => [optionNumber.locationPath, text(part)]) };
	}
}
