import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import type { Timekeeper } from "../time.ts";
import { failureOf, invalid } from "./answer.ts";
import type { ServerLimits } from "./limits.ts";
import type { Observations } from "./observations.ts";
import { type Path, parsePath } from "./path.ts";
import type { Correspondent, PeerTable } from "./peer-table.ts";
import { OperationFailure } from "./refusal.ts";
import type { Registration } from "./registration.ts";
import { RequestQueue } from "./request-queue.ts";

export interface RequestTuning {
	/** How long to wait for the answer, from when the request is sent; 5 by default. */
	readonly timeoutS?: number;
	/**
	 * How long a request may be held for a queue-mode client that sleeps (Core 1.1 §6.5); until the registration ends by
	 * default. 0: it is not held, but fails.
	 */
	readonly holdS?: number;
}

const defaultTimeoutS = 5;

export interface ExchangesOptions {
	readonly time: Timekeeper;
	readonly limits: ServerLimits;
	readonly peers: PeerTable;
	readonly observations: Observations;
	registered(endpoint: string): Registration | undefined;
	isAwake(registration: Registration): boolean;
	/** A queue-mode client did not answer in time: it is taken to sleep, as Leshan does. */
	unanswered(registration: Registration): void;
}

/** What is to be observed, where the request begins an observation. */
export interface Watch {
	readonly paths: readonly Path[];
	readonly isComposite: boolean;
}

/** Requests to clients, one promise each. */
export class Exchanges {
	readonly #options: ExchangesOptions;
	readonly #queue: RequestQueue;

	constructor(options: ExchangesOptions) {
		this.#options = options;
		const { time } = options;
		const isAwake = (endpoint: string) => {
			const registration = options.registered(endpoint);
			return registration !== undefined && options.isAwake(registration);
		};
		this.#queue = new RequestQueue({ time, isAwake });
	}

	get observations(): Observations {
		return this.#options.observations;
	}

	get limits(): ServerLimits {
		return this.#options.limits;
	}

	/** Seconds since 1970. */
	nowS(): number {
		return this.#options.time.wallTimeMs() / 1000;
	}

	/** @throws OperationFailure when nobody is registered by that name */
	registration(endpoint: string): Registration {
		const registration = this.#options.registered(endpoint);
		if (registration !== undefined) return registration;
		throw new OperationFailure("notRegistered", `No registered client with id '${endpoint}'`);
	}

	/** @throws OperationFailure for an unknown client, and a path that is none or not on one of the levels */
	target(
		endpoint: string,
		text: string,
		levels: { least: number; most: number },
	): { registration: Registration; path: Path } {
		const registration = this.registration(endpoint);
		const path = parsePath(text) ?? invalid(`Invalid path: ${text}`);
		if (path.length < levels.least || path.length > levels.most) invalid(`Invalid path ${text} for this operation`);
		return { registration, path };
	}

	/**
	 * Sends one request and waits for its response. A queue-mode client is sent one at a time, in order, and none while
	 * it sleeps.
	 * @param options its path stands below the client's alternate path
	 * @param watch what it begins to observe, if the client agrees
	 * @param began called when the request is on its way
	 */
	send(
		registration: Registration,
		options: RequestOptions,
		{ timeoutS = defaultTimeoutS, holdS }: RequestTuning = {},
		watch?: Watch,
		began: () => void = () => {},
	): Promise<Response> {
		const { endpoint, queueMode } = registration;
		if (watch !== undefined && this.observations.isFull(registration)) invalid("this client has too many observations");
		this.#correspondent(registration);
		if (!queueMode) return this.#transmit(registration, options, timeoutS, watch, began);
		return this.#queue.add(endpoint, {
			holdMs: holdS === undefined ? undefined : holdS * 1000,
			send: () => this.#transmit(this.registration(endpoint), options, timeoutS, watch, began),
		});
	}

	/** The client listens: what was held for it goes on its way. */
	wake(endpoint: string): void {
		this.#queue.wake(endpoint);
	}

	/** The client is gone for good, and so is what was held for it. */
	drop(endpoint: string): void {
		this.#queue.drop(endpoint);
	}

	/** How many requests are held for a client. */
	held(endpoint: string): number {
		return this.#queue.held(endpoint);
	}

	#transmit(
		registration: Registration,
		options: RequestOptions,
		timeoutS: number,
		watch: Watch | undefined,
		began: () => void,
	): Promise<Response> {
		const { time, peers, observations, unanswered } = this.#options;
		const correspondent = this.#correspondent(registration);
		const root = registration.rootPath.split("/").filter((level) => level !== "");
		const { path = [] } = options;
		return new Promise((resolve, reject) => {
			const nowMs = time.nowMs();
			const requestId = correspondent.peer.request({ ...options, path: [...root, ...path] }, nowMs);
			const token = correspondent.tokens.last;
			began();
			const stopWaiting = time.at(nowMs + timeoutS * 1000, () => {
				correspondent.exchanges.delete(requestId);
				correspondent.peer.cancel(requestId);
				peers.settle(correspondent, time.nowMs());
				unanswered(registration);
				reject(new OperationFailure("timedOut", "Request timeout"));
			});
			correspondent.exchanges.set(requestId, {
				registrationId: registration.id,
				responded: (response) => {
					stopWaiting();
					correspondent.exchanges.delete(requestId);
					if (watch !== undefined) {
						observations.begin({ registration, ...watch, requestId, correspondent, options, token }, response);
					}
					resolve(response);
				},
				failed: (failure) => {
					stopWaiting();
					if (failure === "timedOut") unanswered(registration);
					reject(failureOf(failure));
				},
			});
			peers.settle(correspondent, nowMs);
		});
	}

	#correspondent(registration: Registration): Correspondent {
		const correspondent = this.#options.peers.at(registration.address);
		if (correspondent === undefined)
			throw new OperationFailure("cancelled", "the client's address is not known any more");
		const { endpoint } = registration;
		const waiting = correspondent.exchanges.size - this.observations.count(registration) + this.#queue.held(endpoint);
		if (waiting >= this.#options.limits.requests) invalid("too many requests wait for this client");
		return correspondent;
	}

	/**
	 * Ends an observation. "passive" forgets it: the client's next notification is answered with a Reset. "active"
	 * repeats the request with Observe 1 (RFC 7641 §3.6).
	 * @returns the client's response to an active one
	 * @throws OperationFailure for an active one of what is not observed
	 */
	async cancel(
		registration: Registration,
		watch: Watch,
		how: "passive" | "active",
		tuning: RequestTuning,
	): Promise<Response | undefined> {
		const { observations } = this.#options;
		if (how === "passive") {
			observations.forget(registration, watch);
			return undefined;
		}
		const observed = observations.of(registration, watch);
		if (observed === undefined) {
			const what = watch.paths.map((path) => `/${path.join("/")}`).join(", ");
			throw new OperationFailure("notObserved", `no observation of ${what} of client '${registration.endpoint}'`);
		}
		const { request, requestId } = observed;
		return this.send(
			registration,
			{ ...request, observe: 1, observation: requestId },
			tuning,
			undefined,
			() => observations.release(registration, watch), // the peer lets go of it with this request
		);
	}
}
