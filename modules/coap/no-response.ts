import { frozen } from "../frozen.ts";
import type { Ability, Options } from "./ability.ts";
import type { Operation } from "./operation.ts";
import { OptionNumber, readUint } from "./option.ts";
import { type OptionValue, uintOption } from "./option-value.ts";

/** Classes of responses that a request does not want, to be added up (RFC 7967 §2.1). */
export const NotWanted = frozen({ success: 2, clientError: 8, serverError: 16, any: 26 });

/** Says which responses a request of ours does not want. @param classes of NotWanted; 0 wants all of them */
export function noResponse(classes: number): OptionValue {
	return uintOption(OptionNumber.noResponse, classes);
}

/**
 * No-Response (RFC 7967), both roles. A request of ours that wants no response at all ends as "suppressed" when its
 * datagram is out, or acknowledged; one that wants some ends so when none of them came in time. Of their requests, what
 * they do not want is not sent: one that is Confirmable gets its Acknowledgement alone.
 */
export class NoResponse implements Ability {
	responseTo(operation: Operation): "none" | "maybe" | undefined {
		const option = operation.options.options?.find(({ number }) => number === OptionNumber.noResponse);
		if (option === undefined || option.value.length === 0) return undefined;
		if (operation.sendsMore) return undefined; // each block but the last needs its 2.31
		return (readUint(option.value, 0, 1) & NotWanted.any) === NotWanted.any ? "none" : "maybe";
	}

	suppresses(options: Options, code: number): boolean {
		const classes = options.uint(OptionNumber.noResponse);
		return classes > 0 && (classes & (1 << ((code >> 5) - 1))) !== 0;
	}
}
