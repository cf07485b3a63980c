import { randomFillSync } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { RequestOptions } from "../../modules/coap/operation.ts";
import type { Request, Response } from "../../modules/coap/peer.ts";
import { TcpConnection } from "../../modules/coap/tcp-connection.ts";
import { type Ending, TcpPeer, type TcpPeerListener } from "../../modules/coap/tcp-peer.ts";
import { HOST_LIMITS, type Limits } from "../../modules/coap/tuning.ts";
import type { StreamListener } from "../../modules/host.ts";
import { listening, NodeStreams } from "./node-streams.ts";

const nowMs = () => Math.floor(performance.now());

/** What our side serves: the first word of the path picks it. */
export type Handler = (request: Request, endpoint: TcpEndpoint, nowMs: number) => void;

/** One connection of ours over real TCP, turned by Node's loop. */
export class TcpEndpoint implements TcpPeerListener {
	readonly peer: TcpPeer;
	readonly connection: TcpConnection;
	readonly notifications: Response[] = [];
	ending: Ending | undefined;
	pongs: boolean[] = [];
	readonly #handler: Handler | undefined;
	readonly #waiting = new Map<number, { resolve(response: Response): void; reject(error: Error): void }>();
	#isTurning = false;
	#timer: NodeJS.Timeout | undefined;

	constructor(handler?: Handler, limits: Partial<Limits> = {}) {
		this.#handler = handler;
		const entropy = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };
		this.peer = new TcpPeer({ entropy, limits: { ...HOST_LIMITS, ...limits }, listener: this, signalTimeoutMs: 5000 });
		this.connection = new TcpConnection({ peer: this.peer, wake: () => this.turnSoon(), readBytes: 2048 });
	}

	connect(port: number): this {
		this.connection.connect(new NodeStreams(), { host: "127.0.0.1", port });
		return this;
	}

	/** The response, or the first one of an observation: the others are in `notifications`. */
	ask(options: RequestOptions): Promise<Response> {
		return new Promise((resolve, reject) => {
			this.#waiting.set(this.peer.request(options, nowMs()), { resolve, reject });
			this.turnSoon();
		});
	}

	/** Does something with the peer and lets it out. */
	with<T>(act: (peer: TcpPeer, now: number) => T): T {
		const result = act(this.peer, nowMs());
		this.turnSoon();
		return result;
	}

	requested(request: Request, now: number): void {
		if (this.#handler !== undefined) this.#handler(request, this, now);
		else this.peer.respond(request, { code: 0xa1 }, now);
	}

	responded(requestId: number, response: Response): void {
		const waiting = this.#waiting.get(requestId);
		this.#waiting.delete(requestId);
		if (waiting === undefined) this.notifications.push(response);
		else waiting.resolve(response);
	}

	failed(requestId: number, reason: string): void {
		this.#waiting.get(requestId)?.reject(new Error(`request ${requestId}: ${reason}`));
		this.#waiting.delete(requestId);
	}

	observerGone(): void {}

	ponged(custody: boolean): void {
		this.pongs.push(custody);
	}

	closed(ending: Ending): void {
		this.ending = ending;
	}

	/** Turns the connection, and again when something is due. */
	turnSoon(): void {
		if (this.#isTurning) return;
		this.#isTurning = true;
		setImmediate(() => {
			this.#isTurning = false;
			// room to write is where the loop says so; a request of ours needs none of it to be asked again
			this.connection.turn(nowMs());
			clearTimeout(this.#timer);
			const dueMs = this.connection.deadlineMs - nowMs();
			if (dueMs < 2 ** 31) this.#timer = setTimeout(() => this.turnSoon(), Math.max(0, dueMs));
		});
	}

	close(): void {
		clearTimeout(this.#timer);
		this.connection.abandon(nowMs());
	}
}

/** Our server: one endpoint for every connection. */
export class TcpService {
	readonly endpoints: TcpEndpoint[] = [];
	#listener: StreamListener | undefined;

	static async open(handler: Handler, limits: Partial<Limits> = {}): Promise<TcpService> {
		const service = new TcpService();
		service.#listener = await listening(() => {
			const endpoint = new TcpEndpoint(handler, limits);
			if (!endpoint.connection.accept(service.#listener!)) return;
			service.endpoints.push(endpoint);
			endpoint.turnSoon();
		});
		return service;
	}

	get port(): number {
		return this.#listener!.port;
	}

	close(): void {
		this.#listener?.close();
		for (const endpoint of this.endpoints) endpoint.close();
	}
}
