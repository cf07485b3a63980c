import { Code } from "../../../modules/coap/code.ts";

/**
 * A client's request that the server answers with an error; `message` is the diagnostic payload (RFC 7252 §5.5.2).
 */
export class Refusal extends Error {
	/** CoAP response code. */
	readonly code: number;

	constructor(code: number, why: string) {
		super(why);
		this.code = code;
	}

	override get name() {
		return "Refusal";
	}
}

export function badRequest(why: string): never {
	throw new Refusal(Code.badRequest, why);
}

export type FailureReason =
	/** Nobody is registered by that name. */
	| "notRegistered"
	/** What was asked for can not be asked of a client: the path, the value, the format. */
	| "invalidRequest"
	/** The client answered with what can not be understood. */
	| "invalidResponse"
	/** No answer in time. */
	| "timedOut"
	/** A queue-mode client sleeps, and the request is not to be held. */
	| "asleep"
	/** The client answered with a Reset. */
	| "rejected"
	/** The registration ended, or the server stops, while the request waited. */
	| "cancelled"
	/** An active cancel of what is not observed. */
	| "notObserved";

/** Why an operation has no response of the client's to show. */
export class OperationFailure extends Error {
	readonly reason: FailureReason;

	constructor(reason: FailureReason, why: string) {
		super(why);
		this.reason = reason;
	}

	override get name() {
		return "OperationFailure";
	}
}
