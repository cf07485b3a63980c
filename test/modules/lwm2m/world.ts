import { Code, isRequestCode } from "../../../modules/coap/code.ts";
import {
	type Failure,
	Peer,
	type Request,
	type RequestOptions,
	type Response,
	type ResponseOptions,
} from "../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import type { Association } from "../../../modules/dtls/association.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Address, LogRecord } from "../../../modules/host.ts";
import { Client, type ClientOptions } from "../../../modules/lwm2m/client.ts";
import { compositeOperations } from "../../../modules/lwm2m/composite.ts";
import { makeSends } from "../../../modules/lwm2m/send.ts";
import { seeded } from "../../harness.ts";

/** One datagram on the wire between client and server. */
export interface Datagram {
	readonly atMs: number;
	readonly from: "client" | "server";
	readonly bytes: Uint8Array;
}

/** What came of a request of the scripted server. */
export interface Ended {
	readonly response?: Response;
	readonly failure?: Failure;
}

/** How the scripted server answers the registration interface; undefined answers nothing at all. */
export type Answering = (request: Request, world: World) => ResponseOptions | undefined;

/** As a real server: 2.01 with a location of one letter, 2.04 (to a Send, too), 2.02. */
export const welcoming: Answering = (request) => {
	if (request.code === Code.delete) return { code: Code.deleted };
	if (request.path[0] === "dp") return { code: Code.changed };
	if (request.path.length === 1) return { code: Code.created, locationPath: ["rd", "5"] };
	return { code: Code.changed };
};

export interface WorldOptions extends Partial<ClientOptions> {
	readonly seed?: number;
	readonly answering?: Answering;
	/** Addresses of names; a name that is not here has none. Everything is at "192.0.2.1" when left out. */
	readonly names?: { readonly [name: string]: string | readonly string[] };
	/** A second server at this address. It welcomes everybody, or answers as `secondAnswering` says. */
	readonly secondHost?: string;
	readonly secondAnswering?: Answering;
	/** DTLS under the second server, which is at port 5684 then. */
	readonly secondSecure?: (world: World) => Association;
	/** Fills the client before it starts. */
	readonly furnish: (client: Client, world: World) => void;
}

/** A client and one scripted server, in virtual time, on a wire without delay that can be cut. */
export class World {
	nowMs = 1000;
	readonly client: Client;
	readonly server: Peer;
	readonly serverAddress: Address = { host: "192.0.2.1", port: 5683 };
	readonly wire: Datagram[] = [];
	readonly records: LogRecord[] = [];
	/** Requests of the client that the server took. */
	readonly requests: Request[] = [];
	/** Notifications and other answers to the server's requests, by request id. */
	readonly responses = new Map<number, Response[]>();
	readonly failures = new Map<number, Failure>();
	/** The server at secondHost, and what it was asked. */
	readonly second: Peer;
	readonly secondRequests: Request[] = [];
	/** Its end of the secure session. */
	association: Association | undefined;
	/** Answers and notifications to it. */
	readonly secondResponses: Response[] = [];
	readonly #secondAddress: Address;
	/** Nothing passes between the client and the first server while this is set. */
	isCut = false;
	/** Nothing passes between the client and the second server while this is set. */
	isSecondCut = false;
	/** Datagrams between the client and the second server. */
	readonly secondWire: Datagram[] = [];
	secondAnswering: Answering;
	answering: Answering;
	readonly #names: WorldOptions["names"];
	readonly #to: Address = { host: "", port: 0 };

	constructor(options: WorldOptions) {
		const chance = seeded(options.seed ?? 1);
		const dice = { below: (bound: number) => chance(bound) };
		const entropy = {
			fill(bytes: Uint8Array) {
				for (let index = 0; index < bytes.length; index++) bytes[index] = chance(256);
			},
		};
		this.answering = options.answering ?? welcoming;
		this.#names = options.names;
		this.server = new Peer({
			dice,
			entropy,
			limits: HOST_LIMITS,
			listener: {
				requested: (request, nowMs) => {
					this.requests.push(request);
					const response = this.answering(request, this);
					if (response !== undefined) this.server.respond(request, response, nowMs);
				},
				responded: (id, response) => {
					const list = this.responses.get(id) ?? [];
					this.responses.set(id, [...list, response]);
				},
				failed: (id, reason) => this.failures.set(id, reason),
				observerGone() {},
			},
		});
		this.secondAnswering = options.secondAnswering ?? welcoming;
		this.#secondAddress = {
			host: options.secondHost ?? "",
			port: options.secondSecure === undefined ? 5683 : 5684,
		};
		this.second = new Peer({
			dice,
			entropy,
			listener: {
				requested: (request, nowMs) => {
					this.secondRequests.push(request);
					const response = this.secondAnswering(request, this);
					if (response !== undefined) this.second.respond(request, response, nowMs);
				},
				responded: (_, response) => void this.secondResponses.push(response),
				failed() {},
				observerGone() {},
			},
		});
		this.association = options.secondSecure?.(this);
		this.client = new Client({
			endpointName: "ep",
			dice,
			entropy,
			formats: formatsSince11,
			composite: compositeOperations,
			sends: makeSends,
			log: (record) => this.records.push(record),
			...options,
		});
		options.furnish(this.client, this);
	}

	/** Starts the client and lets everything happen that happens at once. */
	start(): this {
		this.client.start(this.nowMs);
		this.settle();
		return this;
	}

	stop(): this {
		this.client.stop(this.nowMs);
		this.settle();
		return this;
	}

	/** Moves time on, from one deadline to the next. */
	run(forMs: number): this {
		const endMs = this.nowMs + forMs;
		for (let turns = 0; turns < 100_000; turns++) {
			const nextMs = Math.min(
				this.client.deadlineMs,
				this.server.deadlineMs,
				this.second.deadlineMs,
				this.association?.deadlineMs ?? Infinity,
			);
			if (nextMs > endMs) break;
			this.nowMs = Math.max(this.nowMs, nextMs);
			this.settle();
		}
		this.nowMs = endMs;
		this.settle();
		return this;
	}

	/** Sends a request of the server; its answer is in responses or failures, mostly at once. @returns its id */
	send(options: RequestOptions): number {
		const id = this.server.request(options, this.nowMs);
		this.settle();
		return id;
	}

	/** Sends a request of the server and returns its answer. */
	ask(options: RequestOptions): Response {
		const id = this.send(options);
		const response = this.responses.get(id)?.[0];
		if (response === undefined) throw new Error(`no answer to ${options.path?.join("/")}: ${this.failures.get(id)}`);
		return response;
	}

	/** Sends a request of the second server and returns its answer. */
	askSecond(options: RequestOptions): Response {
		const before = this.secondResponses.length;
		this.second.request(options, this.nowMs);
		this.settle();
		const response = this.secondResponses[before];
		if (response === undefined) throw new Error(`no answer to ${options.path?.join("/")} of the second server`);
		return response;
	}

	/** Log records of one kind. */
	logged(event: string): LogRecord[] {
		return this.records.filter((record) => record.event === event);
	}

	/** Datagrams with requests of the client, since `index` on the wire. */
	requestsOnWire(index = 0): Datagram[] {
		return this.wire.slice(index).filter(({ from, bytes }) => from === "client" && isRequestCode(bytes[1]!));
	}

	/** Polls both and carries datagrams until there are none. */
	settle(): void {
		for (let rounds = 0; rounds < 1000; rounds++) {
			this.client.poll(this.nowMs);
			this.server.poll(this.nowMs);
			this.second.poll(this.nowMs);
			this.association?.poll(this.nowMs);
			this.#resolve();
			if (!this.#carry()) return;
		}
		throw new Error("they never stop talking");
	}

	#resolve(): void {
		for (let name = this.client.takeName(); name !== undefined; name = this.client.takeName()) {
			const found = this.#names === undefined ? this.serverAddress.host : (this.#names[name] ?? []);
			this.client.resolved(name, typeof found === "string" ? [found] : found, this.nowMs);
			this.client.poll(this.nowMs);
		}
	}

	#carry(): boolean {
		let isMoved = false;
		for (let sent = this.client.takeDatagram(this.#to); sent !== undefined; sent = this.client.takeDatagram(this.#to)) {
			const bytes = sent.slice();
			const peer = this.#to.host === this.#secondAddress.host ? this.second : this.server;
			isMoved = true;
			if (peer === this.server) this.wire.push({ atMs: this.nowMs, from: "client", bytes });
			if (peer === this.second) this.secondWire.push({ atMs: this.nowMs, from: "client", bytes });
			if (peer === this.second ? this.isSecondCut : this.isCut) continue;
			if (peer === this.second && this.association !== undefined) {
				this.association.receive(bytes, 0, bytes.length, this.nowMs);
			} else peer.receive(bytes, 0, bytes.length, this.nowMs);
		}
		for (let sent = this.server.takeDatagram(); sent !== undefined; sent = this.server.takeDatagram()) {
			const bytes = sent.slice();
			isMoved = true;
			this.wire.push({ atMs: this.nowMs, from: "server", bytes });
			if (!this.isCut) this.client.receive(this.serverAddress, bytes, 0, bytes.length, this.nowMs);
		}
		for (let sent = this.#fromSecond(); sent !== undefined; sent = this.#fromSecond()) {
			isMoved = true;
			this.secondWire.push({ atMs: this.nowMs, from: "server", bytes: sent.slice() });
			if (!this.isSecondCut) this.client.receive(this.#secondAddress, sent.slice(), 0, sent.length, this.nowMs);
		}
		return isMoved;
	}

	#fromSecond(): Uint8Array | undefined {
		const { association } = this;
		if (association === undefined) return this.second.takeDatagram();
		while (association.state === "established") {
			const message = this.second.takeDatagram();
			if (message === undefined) break;
			association.send(message, 0, message.length, this.nowMs);
		}
		return association.takeDatagram();
	}
}
