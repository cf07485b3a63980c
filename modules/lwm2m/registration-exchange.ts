import type { RequestOptions } from "../coap/peer.ts";
import { HostFailure } from "../host.ts";
import type { RegistrationPort } from "./registration-port.ts";

/**
 * A session that was taken up, and in which nothing is heard for so long after a request, is given up: two
 * retransmissions with the usual times (RFC 7252 §4.8).
 */
const probingMs = 10_000;

/** The one request of a registration that may be under way, or wait for a handshake to end. */
export class RegistrationExchange {
	private readonly port: RegistrationPort;
	/** What waits for a handshake: its CoAP times begin when it is sent. */
	private held: RequestOptions | undefined;
	/** What waits for its response, 0 for none. */
	private inFlight = 0;
	/** That request, in a session that was taken up: nobody has been heard in it. */
	private probing: RequestOptions | undefined;
	/** When the last one was sent. Set here alone. */
	sentAtMs = 0;
	/** There will be no answer, as the end of the turn will say. */
	private hasFailed = false;

	constructor(port: RegistrationPort) {
		this.port = port;
	}

	get isHeld(): boolean {
		return this.held !== undefined;
	}

	get isUnderWay(): boolean {
		return this.inFlight !== 0 || this.isHeld;
	}

	/** Sends a request in place of the one under way, as soon as messages reach the server. */
	send(options: RequestOptions, nowMs: number): void {
		this.abandon();
		this.held = options;
		if (this.port.reach(nowMs)) this.release(nowMs);
	}

	/** Sends what waited to be sent. */
	release(nowMs: number): void {
		const options = this.held;
		this.held = undefined;
		if (options === undefined) return;
		this.sentAtMs = nowMs;
		this.probing = this.port.isTakenUp ? options : undefined;
		try {
			this.inFlight = this.port.peer.request(options, nowMs);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.fail(); // no entropy for a token: as good as no answer
			this.port.log("hostFailure", { what: error.message });
		}
	}

	/** Nobody waits for the answer to the request under way any more. */
	abandon(): void {
		this.held = this.probing = undefined;
		if (this.inFlight !== 0) this.port.peer.cancel(this.inFlight);
		this.inFlight = 0;
	}

	/** @returns whether this is the request under way, which has come to its end with that */
	ends(requestId: number): boolean {
		if (requestId !== this.inFlight) return false;
		this.inFlight = 0;
		return true;
	}

	/** When a session that was taken up has had its time to answer in; Infinity for never. */
	get deadlineMs(): number {
		return this.probing === undefined || this.inFlight === 0 ? Infinity : this.sentAtMs + probingMs;
	}

	/** Lets time pass. */
	poll(nowMs: number): void {
		if (nowMs >= this.deadlineMs) this.renew(nowMs);
	}

	/**
	 * The session that was taken up does not answer: what was asked in it is asked in another one.
	 * @returns whether it is
	 */
	renew(nowMs: number): boolean {
		const options = this.probing;
		this.probing = undefined;
		if (options === undefined || !this.port.renew()) return false;
		this.send(options, nowMs);
		return true;
	}

	fail(): void {
		this.hasFailed = true;
	}

	/** @returns whether it has failed, once */
	takeFailure(): boolean {
		const hasFailed = this.hasFailed;
		this.hasFailed = false;
		return hasFailed;
	}
}
