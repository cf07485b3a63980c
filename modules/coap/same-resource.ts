import { frozen } from "../frozen.ts";
import type { MessageView } from "./message.ts";
import { OptionCursor, OptionNumber } from "./option.ts";

/** What a body is about: the method, and the options of the request that named it, as they stood in the message. */
export interface Subject {
	readonly code: number;
	readonly optionBytes: Uint8Array;
}

/**
 * Tells whether a message is about the same as an earlier request: same method, same options but for those that are
 * not part of the cache key (RFC 7252 §5.4.2) and those that only steer the transfer (RFC 7959 §2.3, §2.4, RFC 9177
 * §4.1). Made once, compares in place.
 */
export class SubjectMatcher {
	/** Made for the first comparison: without bodies by blocks there is none. */
	#left: OptionCursor | undefined;
	#right: OptionCursor | undefined;

	matches(view: MessageView, subject: Subject): boolean {
		const hasPayload = view.payloadAt < view.end;
		return this.#same(view.code, view.bytes, view.optionsAt, view.optionsEnd, hasPayload, subject);
	}

	same(a: Subject, b: Subject): boolean {
		return this.#same(a.code, a.optionBytes, 0, a.optionBytes.length, true, b);
	}

	#same(code: number, bytes: Uint8Array, at: number, end: number, hasPayload: boolean, subject: Subject): boolean {
		if (code !== subject.code) return false;
		const other = subject.optionBytes;
		this.#left ??= new OptionCursor();
		this.#right ??= new OptionCursor();
		const left = this.#left.start(bytes, at, end);
		const right = this.#right.start(other, 0, other.length);
		for (;;) {
			const more = nextThatCounts(left, hasPayload);
			if (more !== nextThatCounts(right, hasPayload)) return false;
			if (!more) return true;
			const size = left.end - left.at;
			if (left.number !== right.number || size !== right.end - right.at) return false;
			for (let index = 0; index < size; index++) if (bytes[left.at + index] !== other[right.at + index]) return false;
		}
	}
}

/** Observe, Block1, Block2, Q-Block1, Q-Block2. */
const STEERS: readonly number[] = frozen([6, 27, 23, 19, 31]);

/** A message without payload may ask for further blocks without naming the payload's format again. */
function nextThatCounts(option: OptionCursor, hasPayload: boolean): boolean {
	while (option.next()) {
		const { number } = option;
		const isNoCacheKey = (number & 0x1e) === 0x1c;
		if (!isNoCacheKey && !STEERS.includes(number) && (hasPayload || number !== OptionNumber.contentFormat)) return true;
	}
	return false;
}
