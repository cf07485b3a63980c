import type { Fault } from "../bytes.ts";

/**
 * A request we refuse: the only thing the operations throw on purpose. One catch in the session turns it into a
 * response. Hooks of application objects throw it too, to refuse a value, an Execute or a Create.
 */
export class RequestRefused extends Error {
	/** CoAP response code (RFC 7252 §12.1.2): 0x85 is 4.05. */
	readonly code: number;

	constructor(code: number, why: string, options?: ErrorOptions) {
		super(why, options);
		this.code = code;
	}

	override get name() {
		return "RequestRefused"; // a getter, because XS freezes Error.prototype
	}
}

/**
 * The refusal that a decoder's Fault asks for.
 * @param fault its reply is a response code: payloads know no other kind
 */
export function refusalOf(fault: Fault): RequestRefused {
	return new RequestRefused(typeof fault.reply === "number" ? fault.reply : 0x80, fault.code);
}
