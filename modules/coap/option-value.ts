import { utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { uintSize } from "./option.ts";

/** One option of a message, as bytes: see uintOption() and stringOption(). */
export interface OptionValue {
	readonly number: number;
	readonly value: Uint8Array;
}

/** In place of options where there are none. */
export const NO_OPTIONS: readonly OptionValue[] = frozen([]);

/** An option of format uint in its shortest form (RFC 7252 §3.2), 0 <= value < 2^32. */
export function uintOption(number: number, value: number): OptionValue {
	const bytes = new Uint8Array(uintSize(value));
	for (let index = 0; index < bytes.length; index++) bytes[index] = value >>> ((bytes.length - 1 - index) * 8);
	return { number, value: bytes };
}

/** An option of format string (RFC 7252 §3.2). */
export function stringOption(number: number, text: string): OptionValue {
	return { number, value: utf8(text) };
}

/** A proxy that does not know this option must not forward the message (RFC 7252 §5.4.2). */
export function isUnsafe(number: number): boolean {
	return (number & 2) !== 0;
}

/**
 * The option is no part of the cache key: two requests that differ in it alone may share a response (RFC 7252 §5.4.2,
 * §5.4.6). Only said of options that are safe to forward.
 */
export function isNoCacheKey(number: number): boolean {
	return (number & 0x1e) === 0x1c;
}
