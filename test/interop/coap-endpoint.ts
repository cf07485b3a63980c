import { randomFillSync, randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import {
	Peer,
	type PeerListener,
	type PeerOptions,
	type Request,
	type RequestOptions,
	type Response,
	type ResponseOptions,
} from "../../modules/coap/peer.ts";
import { QBlock } from "../../modules/coap/q-block.ts";
import { QBlockServer } from "../../modules/coap/q-block-server.ts";
import { HOST_LIMITS } from "../../modules/coap/tuning.ts";
import { decode, type Message } from "./wire-message.ts";

const host = "127.0.0.1";

/** One datagram on the loopback interface, as the tests' own codec reads it. */
export interface WireEntry {
	readonly sent: boolean;
	readonly port: number;
	readonly atMs: number;
	readonly bytes: Uint8Array;
	readonly message: Message;
	/** Taken off the air by `drop`. */
	readonly dropped: boolean;
}

/** A request of theirs, with what answers it. */
export interface Asked {
	readonly request: Request;
	readonly port: number;
	respond(response: ResponseOptions): boolean;
}

export interface EndpointOptions {
	readonly tuning?: PeerOptions["tuning"];
	readonly limits?: PeerOptions["limits"];
	readonly understood?: readonly number[];
	/** Our requests go by Q-Block where the other endpoint knows it (RFC 9177), and theirs may. */
	readonly usesQBlock?: boolean;
	/** Answers requests; without it every one is 4.04. */
	readonly serve?: (asked: Asked) => void;
	readonly gone?: (token: Uint8Array, port: number, reason: "reset" | "timedOut") => void;
}

/** Why a request of ours came to nothing. */
export class RequestFailed extends Error {
	override get name() {
		return "RequestFailed";
	}
}

interface Waiting {
	settle(what: Response | string): void;
	readonly notified: ((response: Response) => void) | undefined;
	/** The first response came; what comes now are notifications. */
	isAnswered: boolean;
}

interface Neighbour {
	readonly peer: Peer;
	readonly qBlock: QBlock | undefined;
	readonly waiting: Map<number, Waiting>;
	/** Resolves the ping under way: true when it was answered. */
	settlePing: (isAnswered: boolean) => void;
}

/** Peers of modules/coap over a real UDP socket on the loopback interface: one for each remote port. */
export class CoapEndpoint {
	readonly log: WireEntry[] = [];
	/** Says of each datagram whether it gets lost; the lossy gateway of the ETSI tests. */
	drop: (sent: boolean, message: Message) => boolean = () => false;
	readonly #socket: Socket;
	readonly #options: EndpointOptions;
	readonly #neighbours = new Map<number, Neighbour>();
	readonly #startMs = performance.now();
	#timer: NodeJS.Timeout | undefined;
	#isClosed = false;

	/** @param port 0 lets the system choose */
	static open(options: EndpointOptions = {}, port = 0): Promise<CoapEndpoint> {
		return new Promise((resolve, reject) => {
			// the default receive buffer of Linux holds a hundred full datagrams: too few for a burst of Q-Block
			const socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
			socket.once("error", reject);
			socket.bind(port, host, () => {
				socket.off("error", reject);
				resolve(new CoapEndpoint(socket, options));
			});
		});
	}

	private constructor(socket: Socket, options: EndpointOptions) {
		this.#socket = socket;
		this.#options = options;
		socket.on("message", (bytes, from) => this.#receive(Uint8Array.from(bytes), from.port));
		socket.on("error", () => undefined);
	}

	get port(): number {
		return this.#socket.address().port;
	}

	get nowMs(): number {
		return Math.floor(performance.now() - this.#startMs);
	}

	/** What was sent (or received) and not lost, from log entry `from` on. */
	wire(sent: boolean, from = 0): Message[] {
		return this.log.slice(from).flatMap((entry) => (entry.sent === sent ? [entry.message] : []));
	}

	/**
	 * Sends a request to a port of this machine.
	 * @param notified hears every notification behind the first response
	 * @throws RequestFailed with the Failure's name
	 */
	async ask(port: number, options: RequestOptions, notified?: (response: Response) => void): Promise<Response> {
		const { response } = this.begin(port, options, notified);
		return await response;
	}

	/** As ask(), for requests that are cancelled or continued: @returns the request's id with its end */
	begin(
		port: number,
		options: RequestOptions,
		notified?: (response: Response) => void,
	): { readonly id: number; readonly response: Promise<Response> } {
		const { peer, qBlock, waiting } = this.#neighbour(port);
		const id = (qBlock ?? peer).request(options, this.nowMs);
		const response = new Promise<Response>((resolve, reject) => {
			waiting.set(id, {
				notified,
				isAnswered: false,
				settle: (what) => (typeof what === "string" ? reject(new RequestFailed(what)) : resolve(what)),
			});
		});
		response.catch(() => undefined); // whoever awaits it still sees the rejection
		this.#flush();
		return { id, response };
	}

	peer(port: number): Peer {
		return this.#neighbour(port).peer;
	}

	/** Whether they know Q-Block; undefined until one of our requests found out. */
	knowsQBlock(port: number): boolean | undefined {
		return this.#neighbour(port).qBlock?.isKnown;
	}

	/** Asks whether somebody is there (RFC 7252 §4.3). */
	ping(port: number): Promise<boolean> {
		const neighbour = this.#neighbour(port);
		const answered = new Promise<boolean>((resolve) => {
			neighbour.settlePing = resolve;
		});
		neighbour.peer.ping(this.nowMs);
		this.#flush();
		return answered;
	}

	/** Sends what calls of a peer left to be sent. */
	flush(): void {
		this.#flush();
	}

	/** Sends bytes past the peer. */
	sendRaw(port: number, bytes: Uint8Array): void {
		this.#post(bytes, port);
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#timer);
		this.#socket.close();
	}

	#neighbour(port: number): Neighbour {
		const known = this.#neighbours.get(port);
		if (known !== undefined) return known;
		const waiting = new Map<number, Waiting>();
		const listener: PeerListener = {
			requested: (request) => {
				const respond = (response: ResponseOptions) => {
					const went = peer.respond(request, response, this.nowMs);
					this.#flush();
					return went;
				};
				if (this.#options.serve === undefined) respond({ code: 0x84 });
				else this.#options.serve({ request, port, respond });
			},
			responded: (id, response) => {
				const waiter = waiting.get(id);
				if (waiter === undefined) return;
				if (waiter.isAnswered) waiter.notified?.(response);
				else waiter.settle(response);
				waiter.isAnswered = true;
				if (waiter.notified === undefined) waiting.delete(id);
			},
			failed: (id, reason) => {
				waiting.get(id)?.settle(reason);
				waiting.delete(id);
			},
			observerGone: (token, reason) => this.#options.gone?.(token, port, reason),
			ponged: () => neighbour.settlePing(true),
			pingLost: () => neighbour.settlePing(false),
		};
		const { tuning = {}, limits = {}, understood = [] } = this.#options;
		const qBlock = this.#options.usesQBlock === true ? new QBlock({}, new QBlockServer()) : undefined;
		const peer: Peer = new Peer({
			...(qBlock === undefined ? {} : { extension: qBlock }),
			dice: { below: (bound) => randomInt(bound) },
			entropy: { fill: (bytes) => void randomFillSync(bytes) },
			listener,
			tuning,
			limits: { ...HOST_LIMITS, ...limits },
			understood,
		});
		const neighbour: Neighbour = { peer, qBlock, waiting, settlePing: () => undefined };
		this.#neighbours.set(port, neighbour);
		return neighbour;
	}

	#receive(bytes: Uint8Array, port: number): void {
		if (this.#isClosed || !this.#note(false, bytes, port)) return;
		this.#neighbour(port).peer.receive(bytes, 0, bytes.length, this.nowMs);
		this.#flush();
	}

	#post(bytes: Uint8Array, port: number): void {
		if (this.#note(true, bytes, port)) this.#socket.send(bytes, port, host);
	}

	/** @returns false when the datagram is lost */
	#note(sent: boolean, bytes: Uint8Array, port: number): boolean {
		const message = decode(bytes);
		const dropped = this.drop(sent, message);
		this.log.push({ sent, port, atMs: this.nowMs, bytes: Uint8Array.from(bytes), message, dropped });
		return !dropped;
	}

	#flush(): void {
		if (this.#isClosed) return;
		let deadlineMs = Number.POSITIVE_INFINITY;
		for (const [port, { peer }] of this.#neighbours) {
			for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) this.#post(bytes, port);
			deadlineMs = Math.min(deadlineMs, peer.deadlineMs);
		}
		clearTimeout(this.#timer);
		if (deadlineMs === Number.POSITIVE_INFINITY) return;
		this.#timer = setTimeout(
			() => {
				for (const { peer } of this.#neighbours.values()) peer.poll(this.nowMs);
				this.#flush();
			},
			Math.min(0x7fffffff, Math.max(1, deadlineMs - this.nowMs + 1)),
		);
	}
}
