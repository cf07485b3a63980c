import type { MessageView } from "./message.ts";
import type { Operation } from "./operation.ts";

/** One option of a message, as bytes: uintOption() and others in option-value.ts make them. */
export interface OptionValue {
	readonly number: number;
	readonly value: Uint8Array;
}

/** Where options can be asked for: a message that arrived. */
export interface Options {
	/** The first option `number` as an unsigned integer, or -1 where it is absent or does not count. */
	uint(number: number): number;
}

/**
 * What a peer can be given beyond its own abilities (PeerOptions.extensions). Each lives in a
 * module of its own: what nobody composes in takes no bytecode. All calls come from within calls of the peer, and must not call it again.
 */
export interface Extension {
	/** Options for the next message of a request of ours, beyond the caller's. They may come in any order. */
	optionsFor?(operation: Operation, operations: readonly Operation[]): readonly OptionValue[];
	/** When the next message of a request of ours may go out: at nowMs or before it is now. */
	opensAtMs?(operation: Operation, nowMs: number): number;
	/**
	 * A response is here that nobody has seen yet.
	 * @returns true to send the request again, from its start, instead of delivering it; granted once for a request
	 */
	answered?(operation: Operation, view: MessageView, nowMs: number): boolean;
	/** Whether a response to the request's message will come; undefined when this extension does not know better. */
	responseTo?(operation: Operation): "none" | "maybe" | undefined;
	/** Whether a request of theirs with these options wants no response of this code. */
	suppresses?(options: Options, code: number): boolean;
}

/** Options in the order that a message wants. @param options sorted in place */
export function inOrder(options: OptionValue[]): readonly OptionValue[] {
	return options.sort((a, b) => a.number - b.number);
}

/** Asks all extensions of a peer. */
export class Extensions {
	readonly #list: readonly Extension[];

	constructor(list: readonly Extension[]) {
		this.#list = list;
	}

	/** The options of the caller and of all extensions, in order; undefined when there are none. */
	optionsFor(operation: Operation, operations: readonly Operation[]): readonly OptionValue[] | undefined {
		const { options } = operation.options;
		if (options === undefined && this.#list.length === 0) return undefined;
		const all = [...(options ?? [])];
		for (const extension of this.#list) all.push(...(extension.optionsFor?.(operation, operations) ?? []));
		return inOrder(all);
	}

	/** When all agree that the message may go out; nowMs when that is now. */
	opensAtMs(operation: Operation, nowMs: number): number {
		let opensAtMs = nowMs;
		for (const extension of this.#list) {
			opensAtMs = Math.max(opensAtMs, extension.opensAtMs?.(operation, nowMs) ?? nowMs);
		}
		return opensAtMs;
	}

	/** Tells all. @returns whether one wants the request sent again */
	answered(operation: Operation, view: MessageView, nowMs: number): boolean {
		let again = false;
		for (const extension of this.#list) if (extension.answered?.(operation, view, nowMs) === true) again = true;
		return again;
	}

	responseTo(operation: Operation): "none" | "maybe" | undefined {
		for (const extension of this.#list) {
			const known = extension.responseTo?.(operation);
			if (known !== undefined) return known;
		}
		return undefined;
	}

	suppresses(options: Options, code: number): boolean {
		return this.#list.some((extension) => extension.suppresses?.(options, code));
	}
}

/** How long a Confirmable message of ours waits for its Acknowledgement, learnt from those before (rto-*.ts). */
export interface RtoEstimator {
	/** What a first transmission waits, before the jitter of ACK_RANDOM_FACTOR. */
	timeoutMs(nowMs: number): number;
	/**
	 * What a transmission waits that follows others.
	 * @param firstMs what the first one waited; `intervalMs` what the one before waited
	 * @param attempt 1 for the first retransmission
	 */
	backOffMs(firstMs: number, intervalMs: number, attempt: number): number;
	/** A message was acknowledged, `elapsedMs` after its first of 1 + `resends` transmissions. */
	measured(elapsedMs: number, resends: number, nowMs: number): void;
}
