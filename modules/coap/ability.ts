import type { MessageView } from "./message.ts";
import type { Operation } from "./operation.ts";
import type { OptionValue } from "./option-value.ts";

/** Where options can be asked for: a message that arrived. */
export interface Options {
	/** The first option `number` as an unsigned integer, or -1 where it is absent or does not count. */
	uint(number: number): number;
}

/**
 * What a peer can be given beyond its own abilities (PeerOptions.abilities). Each lives in a module of its own: what
 * nobody composes in takes no bytecode. All calls come from within calls of the peer, and must not call it again.
 */
export interface Ability {
	/** Options for the next message of a request of ours, beyond the caller's. They may come in any order. */
	optionsFor?(operation: Operation, operations: readonly Operation[]): readonly OptionValue[];
	/** When the next message of a request of ours may go out: at nowMs or before it is now. */
	opensAtMs?(operation: Operation, nowMs: number): number;
	/**
	 * A response is here that nobody has seen yet.
	 * @returns true to send the request again, from its start, instead of delivering it; granted once for a request
	 */
	answered?(operation: Operation, view: MessageView, nowMs: number): boolean;
	/** Whether a response to the request's message will come; undefined when this ability does not know better. */
	responseTo?(operation: Operation): "none" | "maybe" | undefined;
	/** Whether a request of theirs with these options wants no response of this code. */
	suppresses?(options: Options, code: number): boolean;
}

/** All abilities of one peer: PeerOptions.abilities. */
export class Abilities {
	readonly #list: readonly Ability[];

	constructor(list: readonly Ability[]) {
		this.#list = list;
	}

	/** The options of the caller and of all abilities; undefined when there are none. */
	optionsFor(operation: Operation, operations: readonly Operation[]): readonly OptionValue[] | undefined {
		const { options } = operation.options;
		const all = [...(options ?? [])];
		for (const ability of this.#list) all.push(...(ability.optionsFor?.(operation, operations) ?? []));
		return all.length === 0 ? undefined : all;
	}

	/** When all agree that the message may go out; nowMs when that is now. */
	opensAtMs(operation: Operation, nowMs: number): number {
		let opensAtMs = nowMs;
		for (const ability of this.#list) {
			opensAtMs = Math.max(opensAtMs, ability.opensAtMs?.(operation, nowMs) ?? nowMs);
		}
		return opensAtMs;
	}

	/** Tells all. @returns whether one wants the request sent again */
	answered(operation: Operation, view: MessageView, nowMs: number): boolean {
		let again = false;
		for (const ability of this.#list) if (ability.answered?.(operation, view, nowMs) === true) again = true;
		return again;
	}

	responseTo(operation: Operation): "none" | "maybe" | undefined {
		for (const ability of this.#list) {
			const known = ability.responseTo?.(operation);
			if (known !== undefined) return known;
		}
		return undefined;
	}

	suppresses(options: Options, code: number): boolean {
		return this.#list.some((ability) => ability.suppresses?.(options, code));
	}
}
