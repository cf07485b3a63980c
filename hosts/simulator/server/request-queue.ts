import type { Response } from "../../../modules/coap/peer.ts";
import type { Timekeeper } from "../time.ts";
import { OperationFailure } from "./refusal.ts";

export interface QueuedRequest {
	/** How long it may be held; undefined: as long as the client is registered. */
	readonly holdMs: number | undefined;
	/** Sends it, now that it is its turn. */
	send(): Promise<Response>;
}

export interface RequestQueueOptions {
	readonly time: Timekeeper;
	isAwake(endpoint: string): boolean;
}

interface Held {
	go(): void;
	fail(failure: OperationFailure): void;
}

interface Line {
	/** In order of being asked for. */
	readonly held: Set<Held>;
	isBusy: boolean;
}

/**
 * Requests to clients in queue mode (Transport 1.2 §6.4.8): one at a time to each, in order, and none while it sleeps.
 * A client that registers anew keeps its line.
 */
export class RequestQueue {
	readonly #options: RequestQueueOptions;
	/** By endpoint client name; those with something to do. */
	readonly #lines = new Map<string, Line>();

	constructor(options: RequestQueueOptions) {
		this.#options = options;
	}

	held(endpoint: string): number {
		return this.#lines.get(endpoint)?.held.size ?? 0;
	}

	add(endpoint: string, { holdMs, send }: QueuedRequest): Promise<Response> {
		const { time, isAwake } = this.#options;
		if (holdMs === 0 && !isAwake(endpoint)) {
			throw new OperationFailure("asleep", "The destination client is sleeping, request cannot be sent.");
		}
		const line = this.#lines.get(endpoint) ?? { held: new Set(), isBusy: false };
		this.#lines.set(endpoint, line);
		return new Promise((resolve, reject) => {
			let stopWaiting: () => void = () => {};
			const held: Held = {
				go: () => {
					stopWaiting();
					line.isBusy = true;
					const settle = () => {
						line.isBusy = false;
						this.wake(endpoint);
					};
					let sending: Promise<Response>;
					try {
						sending = send();
					} catch (error) {
						reject(error);
						settle();
						return;
					}
					sending.then(resolve, reject).finally(settle);
				},
				fail: (failure) => {
					stopWaiting();
					reject(failure);
				},
			};
			line.held.add(held);
			if (holdMs !== undefined) {
				stopWaiting = time.at(time.nowMs() + holdMs, () => {
					line.held.delete(held);
					reject(new OperationFailure("timedOut", "Request timeout: the client did not wake up"));
				});
			}
			this.wake(endpoint);
		});
	}

	/** Sends the next one, if the client is awake and has answered the last one. */
	wake(endpoint: string): void {
		const line = this.#lines.get(endpoint);
		if (line === undefined || line.isBusy) return;
		const [next] = line.held;
		if (next === undefined) {
			this.#lines.delete(endpoint);
			return;
		}
		if (!this.#options.isAwake(endpoint)) return;
		line.held.delete(next);
		next.go();
	}

	/** The client is registered no more: what is held for it fails. */
	drop(endpoint: string): void {
		const line = this.#lines.get(endpoint);
		if (line === undefined) return;
		const all = [...line.held];
		line.held.clear();
		for (const held of all) held.fail(new OperationFailure("cancelled", "the client is not registered any more"));
	}
}
