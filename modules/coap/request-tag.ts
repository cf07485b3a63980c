import type { Ability } from "./ability.ts";
import { isAboutTheSame, type Operation } from "./operation.ts";
import { OptionNumber } from "./option.ts";
import { NO_OPTIONS, type OptionValue, uintOption } from "./option-value.ts";

export interface RequestTagOptions {
	/**
	 * "concurrent" marks bodies only while another one is on its way to the same resource. "always" gives every body
	 * that goes by blocks another tag than the 255 before, so that a block of a body that was given up, arriving late,
	 * is never taken for one of the next (RFC 9175 §3.5.1).
	 */
	readonly when?: "concurrent" | "always";
}

interface Tagged {
	readonly operation: Operation;
	/** 0 goes without the option: that is a tag like any other (RFC 9175 §3.3). */
	readonly tag: number;
}

/**
 * Request-Tag of our requests (RFC 9175 §3): keeps bodies that go by blocks apart. A server of ours needs nothing for
 * it, for it compares all options that are part of the cache key. Remembers as many tags as there are requests.
 */
export class RequestTag implements Ability {
	readonly #always: boolean;
	#tagged: Tagged[] = [];
	#lastTag = 0;

	constructor({ when = "concurrent" }: RequestTagOptions = {}) {
		this.#always = when === "always";
	}

	optionsFor(operation: Operation, operations: readonly Operation[]): readonly OptionValue[] {
		if (!goesByBlocks(operation)) return NO_OPTIONS;
		let tag = this.#tagged.find((one) => one.operation === operation)?.tag;
		if (tag === undefined) {
			this.#tagged = this.#tagged.filter((one) => operations.includes(one.operation));
			tag = this.#always ? this.nextTag() : this.freeTag(operation);
			this.#tagged.push({ operation, tag });
		}
		return tag === 0 ? NO_OPTIONS : [uintOption(OptionNumber.requestTag, tag)];
	}

	private nextTag(): number {
		this.#lastTag = (this.#lastTag + 1) & 0xff;
		return this.#lastTag;
	}

	/** The lowest that no other body to the same resource has. */
	private freeTag({ options }: Operation): number {
		let tag = 0;
		while (this.#tagged.some((one) => one.tag === tag && isAboutTheSame(one.operation.options, options))) tag += 1;
		return tag;
	}
}

function goesByBlocks({ options: { payload, source }, exponent, sentBytes }: Operation): boolean {
	if (source !== undefined) return (source.sizeBytes ?? Number.POSITIVE_INFINITY) > 16 << exponent || sentBytes > 0;
	return (payload?.length ?? 0) > 16 << exponent || sentBytes > 0;
}
