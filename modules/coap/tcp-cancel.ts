import type { Failure } from "./operation.ts";
import type { Response } from "./received.ts";
import type { RequestListener } from "./requester.ts";

/**
 * Requests that end observations nobody wants to hear of any more: a stream has no Reset to do it (RFC 8323 Appendix
 * A.4). Stands between Requester and the listener, and keeps their responses to itself.
 */
export class SilentCancels implements RequestListener {
	readonly #listener: RequestListener;
	/** As many as Requester holds, at most. */
	#ids: number[] = [];

	constructor(listener: RequestListener) {
		this.#listener = listener;
	}

	/** The listener is to hear nothing of this request. */
	add(requestId: number): void {
		this.#ids.push(requestId);
	}

	responded(requestId: number, response: Response, nowMs: number): void {
		if (!this.ended(requestId)) this.#listener.responded(requestId, response, nowMs);
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (!this.ended(requestId)) this.#listener.failed(requestId, reason, nowMs);
	}

	clear(): void {
		this.#ids = [];
	}

	private ended(requestId: number): boolean {
		const index = this.#ids.indexOf(requestId);
		if (index >= 0) this.#ids.splice(index, 1);
		return index >= 0;
	}
}
