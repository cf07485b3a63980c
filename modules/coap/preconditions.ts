import { equalBytes } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { Code } from "./code.ts";
import { OptionCursor, OptionNumber } from "./option.ts";
import type { OptionValue } from "./option-value.ts";
import type { Request, Response } from "./received.ts";

/*
 * Conditional requests and cached responses (RFC 7252 §5.6, §5.10.5 to §5.10.8), for an application that keeps ETags.
 * Its peer is made with `understood: CONDITIONS`.
 */

/** The critical options that evaluate() takes off a peer's hands. */
export const CONDITIONS: readonly number[] = frozen([OptionNumber.ifMatch, OptionNumber.ifNoneMatch]);

/** What the resource is right now. */
export interface State {
	readonly exists: boolean;
	readonly eTag?: Uint8Array;
}

/**
 * What the conditions of a request make of it (RFC 7252 §5.10.8, §5.10.6.2).
 * @returns "failed": answer 4.12 and do nothing. "valid": the client has this already, answer 2.03 with the ETag.
 *   "proceed": as if there were no condition
 */
export function evaluate(request: Request, state: State): "proceed" | "valid" | "failed" {
	const options = request.optionBytes;
	const cursor = new OptionCursor().start(options, 0, options.length);
	const { eTag } = state;
	let asksForMatch = false;
	let hasMatch = false;
	let isValid = false;
	while (cursor.next()) {
		if (!cursor.isValid) continue;
		const isSame = eTag !== undefined && equalBytes(options.subarray(cursor.at, cursor.end), eTag);
		if (cursor.number === OptionNumber.ifMatch) {
			asksForMatch = true;
			if (isSame || (cursor.at === cursor.end && state.exists)) hasMatch = true; // empty: any that exists
		} else if (cursor.number === OptionNumber.ifNoneMatch && state.exists) return "failed";
		else if (cursor.number === OptionNumber.eTag && isSame) isValid = true;
	}
	if (asksForMatch && !hasMatch) return "failed";
	const isReading = request.code === Code.get || request.code === Code.fetch;
	return isValid && isReading ? "valid" : "proceed";
}

/** The ETag of a response or of what is sent, as an option. @param value 1 to 8 bytes */
export function eTagOption(value: Uint8Array): OptionValue {
	return { number: OptionNumber.eTag, value };
}

/** Executes the request only on this version; an empty value: only when there is any. */
export function ifMatchOption(value: Uint8Array): OptionValue {
	return { number: OptionNumber.ifMatch, value };
}

/** Executes the request only when there is nothing yet. */
export function ifNoneMatchOption(): OptionValue {
	return { number: OptionNumber.ifNoneMatch, value: new Uint8Array(0) };
}

/** Until when a response that came at `arrivedMs` may be used without asking again (RFC 7252 §5.6.1, §5.10.5). */
export function freshUntilMs({ maxAgeS }: Response, arrivedMs: number): number {
	return arrivedMs + maxAgeS * 1000;
}

/**
 * Asks whether a response may be used on (RFC 7252 §5.6.2): goes with the same request again. On a 2.03 it may, and the
 * 2.03's own Max-Age counts from then.
 */
export function revalidation(response: Response): readonly OptionValue[] {
	const value = response.option(OptionNumber.eTag);
	return value === undefined ? [] : [eTagOption(value)];
}
