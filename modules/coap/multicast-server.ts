import { equalBytes, type Fault, fault } from "../bytes.ts";
import type { Dice } from "../host.ts";
import { Code, isRequestCode } from "./code.ts";
import type { Endpoint } from "./endpoint.ts";
import { MessageType, MessageView } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { DEFAULT_TUNING, exchangeLifetimeMs } from "./tuning.ts";

/** What came to the group is no Non-confirmable request (RFC 7252 §8.1). */
export const NOT_FOR_A_GROUP = fault("coap.notForAGroup", "silence", "RFC 7252 §8.1");
/** More group requests than answers that may wait; a server may always ignore one (RFC 7252 §8.2). */
export const GROUP_FULL = fault("coap.groupFull", "silence", "RFC 7252 §8.2");

/** DEFAULT_LEISURE (RFC 7252 §4.8). */
export const defaultLeisureMs = 5000;

/**
 * The leisure for a group (RFC 7252 §8.2): as long as its answers, one after the other, take at the rate the network
 * has for them.
 */
export function leisureMs(of: { groupSize: number; responseBytes: number; bytesPerS: number }): number {
	return Math.ceil((of.responseBytes * of.groupSize * 1000) / of.bytesPerS);
}

export interface MulticastServerOptions {
	readonly dice: Dice;
	/** Answers are spread over this time at random. DEFAULT_LEISURE when absent. */
	readonly leisureMs?: number;
	/** How many group requests of this client may be under way; further ones are ignored. 4 when absent. */
	readonly pending?: number;
}

interface Pending {
	readonly token: Uint8Array;
	/** The request's No-Response classes; -1 without the option (RFC 7967 §2.1). */
	readonly notWanted: number;
	readonly dueMs: number;
	readonly expiryMs: number;
	answer: Uint8Array | undefined;
}

/**
 * Answers requests that came to a group (RFC 7252 §8.2), around the peer of the client they came from: the answer waits
 * for a random part of the leisure; errors and empty contents are kept to ourselves, unless the request's No-Response
 * asks for them. All else passes. Is driven in the peer's place.
 */
export class MulticastServer implements Endpoint {
	readonly #inner: Endpoint;
	readonly #dice: Dice;
	readonly #leisureMs: number;
	readonly #max: number;
	readonly #view = new MessageView();
	readonly #answer = new MessageView();
	#pending: Pending[] = [];
	#ready: Uint8Array[] = [];

	constructor(inner: Endpoint, options: MulticastServerOptions) {
		this.#inner = inner;
		this.#dice = options.dice;
		this.#leisureMs = options.leisureMs ?? defaultLeisureMs;
		this.#max = options.pending ?? 4;
	}

	/** Takes a datagram that was sent to us alone. */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		return this.#inner.receive(bytes, at, end, nowMs);
	}

	/** Takes a datagram that was sent to a group we are in. Never answered with a Reset. */
	receiveForGroup(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		const view = this.#view;
		const broken = view.read(bytes, at, end);
		if (broken !== undefined) return broken;
		if (view.type !== MessageType.nonConfirmable || !isRequestCode(view.code)) return NOT_FOR_A_GROUP;
		this.#pending = this.#pending.filter(({ expiryMs }) => expiryMs > nowMs);
		const token = bytes.slice(view.tokenAt, view.optionsAt);
		if (!this.#pending.some((other) => equalBytes(other.token, token))) {
			if (this.#pending.length >= this.#max) return GROUP_FULL;
			this.#pending.push({
				token,
				notWanted: view.uint(OptionNumber.noResponse),
				dueMs: nowMs + this.#dice.below(this.#leisureMs + 1),
				expiryMs: nowMs + exchangeLifetimeMs(DEFAULT_TUNING),
				answer: undefined,
			});
		}
		return this.#inner.receive(bytes, at, end, nowMs);
	}

	poll(nowMs: number): void {
		this.#inner.poll(nowMs);
		this.collect();
		this.#pending = this.#pending.filter(({ answer, dueMs }) => {
			if (answer === undefined || dueMs > nowMs) return true;
			this.#ready.push(answer);
			return false;
		});
	}

	get deadlineMs(): number {
		let deadlineMs = this.#inner.deadlineMs;
		for (const { answer, dueMs } of this.#pending) {
			if (answer !== undefined && dueMs < deadlineMs) deadlineMs = dueMs;
		}
		return deadlineMs;
	}

	takeDatagram(): Uint8Array | undefined {
		this.collect();
		return this.#ready.shift();
	}

	/** How many group requests wait for their answer or for its time. */
	get size(): number {
		return this.#pending.length;
	}

	/** Sorts what the peer sends: answers to the group's requests wait or are dropped, the rest is ready. */
	private collect(): void {
		for (let bytes = this.#inner.takeDatagram(); bytes !== undefined; bytes = this.#inner.takeDatagram()) {
			const pending = this.askedBy(bytes);
			if (pending === undefined) this.#ready.push(bytes);
			else if (this.isWanted(pending)) pending.answer = bytes;
			else this.#pending.splice(this.#pending.indexOf(pending), 1);
		}
	}

	private askedBy(bytes: Uint8Array): Pending | undefined {
		const view = this.#answer;
		if (view.read(bytes, 0, bytes.length) !== undefined || view.type !== MessageType.nonConfirmable) return undefined;
		if (view.code < 0x40) return undefined;
		const token = bytes.subarray(view.tokenAt, view.optionsAt);
		return this.#pending.find((other) => other.answer === undefined && equalBytes(other.token, token));
	}

	/** Of the answer just looked at. */
	private isWanted({ notWanted }: Pending): boolean {
		const { code, payloadAt, end } = this.#answer;
		if (notWanted >= 0) return (notWanted & (1 << ((code >> 5) - 1))) === 0;
		return code < 0x80 && !(code === Code.content && payloadAt === end);
	}
}
