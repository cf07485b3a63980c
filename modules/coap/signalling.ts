import { type Fault, fault, readUtf8, utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { MessageView, MessageWriter } from "./message.ts";
import { isCritical, readUint } from "./option.ts";

/** Codes of Signalling messages (RFC 8323 §5.1). */
export const SignalCode = frozen({ csm: 0xe1, ping: 0xe2, pong: 0xe3, release: 0xe4, abort: 0xe5 });

/** Their options: every code has numbers of its own (RFC 8323 §5.2, RFC 8974 §2.2.1). */
export const SignalOption = frozen({
	maxMessageSize: 2,
	blockWiseTransfer: 4,
	extendedTokenLength: 6,
	custody: 2,
	alternativeAddress: 2,
	holdOff: 4,
	badCsmOption: 2,
});

export const SIGNAL_UNKNOWN = fault("coap.signalUnknown", "silence", "RFC 8323 §5.1");
export const SIGNAL_OPTION = fault("coap.signalOption", "silence", "RFC 8323 §5.2");
export const CSM_VALUE = fault("coap.csmValue", "silence", "RFC 8323 §5.6");

/** How many Alternative-Address options of one Release are kept; further ones are passed over. */
const alternativesMax = 4;

/** What an endpoint that closes a connection can say to the other one (RFC 8323 §5.5). */
export interface Release {
	/** Where to connect instead: "host:port", one of them. */
	readonly alternatives?: readonly string[];
	/** For how long not to connect here again. */
	readonly holdOffS?: number;
	readonly diagnostic?: string;
}

/** A Signalling message that was received. Made once and filled again; keeps nothing of the message's bytes. */
export class Signal {
	/** CSM: what it says, or -1 and false where it is silent. */
	maxMessageBytes = -1;
	blockWise = false;
	tokenBytes = -1;
	/** Ping, Pong. */
	custody = false;
	/** Release. */
	alternatives: string[] = [];
	holdOffS = -1;
	/** Abort: the option of our CSM that was at fault, or -1. */
	badCsmOption = -1;
	/** Release, Abort: for people, or "". */
	diagnostic = "";
	/** The option that refuses this message, or -1. */
	refusedOption = -1;

	/**
	 * Reads the options and the payload of a message whose code is of class 7.
	 * @returns undefined, or why the connection has to be aborted
	 */
	read(view: MessageView): Fault | undefined {
		this.maxMessageBytes = this.tokenBytes = this.holdOffS = this.badCsmOption = this.refusedOption = -1;
		this.blockWise = this.custody = false;
		this.alternatives = [];
		this.diagnostic = "";
		const { code, bytes } = view;
		if (code < SignalCode.csm || code > SignalCode.abort) return SIGNAL_UNKNOWN;
		const option = view.option.start(bytes, view.optionsAt, view.optionsEnd);
		while (option.next()) {
			const { number } = option;
			// every option known so far is elective; one more often than it may stand counts once
			const isKnown = !option.repeated || (code === SignalCode.release && number === SignalOption.alternativeAddress);
			if (isCritical(number)) {
				this.refusedOption = number;
				return SIGNAL_OPTION;
			}
			if (isKnown && !this.take(code, number, bytes, option.at, option.end)) {
				this.refusedOption = number;
				return CSM_VALUE;
			}
		}
		if (code >= SignalCode.release) this.diagnostic = readUtf8(bytes, view.payloadAt, view.end) ?? "";
		return undefined;
	}

	/** @returns false when a value of a CSM can not be processed; others of an illegal length are passed over */
	private take(code: number, number: number, bytes: Uint8Array, at: number, end: number): boolean {
		const size = end - at;
		if (code === SignalCode.csm) {
			if (number === SignalOption.blockWiseTransfer) this.blockWise = true;
			else if (number === SignalOption.maxMessageSize) {
				if (size > 4) return false;
				this.maxMessageBytes = readUint(bytes, at, end);
			} else if (number === SignalOption.extendedTokenLength) {
				if (size > 3) return false;
				// below the base value is as the base value, above the largest as the largest (RFC 8974 §2.2.1)
				this.tokenBytes = Math.min(Math.max(readUint(bytes, at, end), 8), 65_804);
			}
		} else if (code === SignalCode.release) {
			if (number === SignalOption.holdOff && size <= 3) this.holdOffS = readUint(bytes, at, end);
			else if (number === SignalOption.alternativeAddress && size > 0 && size < 256) {
				const address = readUtf8(bytes, at, end);
				if (address !== undefined && this.alternatives.length < alternativesMax) this.alternatives.push(address);
			}
		} else if (code === SignalCode.abort) {
			if (number === SignalOption.badCsmOption && size <= 2) this.badCsmOption = readUint(bytes, at, end);
		} else if (number === SignalOption.custody) this.custody = true;
		return true;
	}
}

/** What we say of ourselves. @param tokenBytes the longest token we take; 8 goes without saying */
export function writeCsm(writer: MessageWriter, messageBytes: number, tokenBytes: number): void {
	writer.uint(SignalOption.maxMessageSize, messageBytes).uint(SignalOption.blockWiseTransfer, 0);
	if (tokenBytes > 8) writer.uint(SignalOption.extendedTokenLength, tokenBytes);
}

/** Options and payload of a Release. */
export function writeRelease(writer: MessageWriter, { alternatives, holdOffS, diagnostic = "" }: Release): void {
	writer.strings(SignalOption.alternativeAddress, alternatives).uint(SignalOption.holdOff, holdOffS);
	writer.payload(utf8(diagnostic));
}

/** Options and payload of an Abort. @param option the one of their CSM that is at fault, or -1 */
export function writeAbort(writer: MessageWriter, option: number, diagnostic: string): void {
	if (option >= 0) writer.uint(SignalOption.badCsmOption, option);
	writer.payload(utf8(diagnostic));
}
