import { codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { Failure, Response } from "../../../modules/coap/peer.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import type { Link } from "./formats/link.ts";
import type { Sample } from "./formats/records.ts";
import type { Node } from "./node.ts";
import { OperationFailure } from "./refusal.ts";

/** A client's answer, good or bad. */
export interface Answer {
	/** CoAP response code: 0x45 is 2.05. */
	readonly code: number;
	readonly content?: Node;
	/** Of a composite operation: by path as "/3/0/9"; undefined where the client told nothing. */
	readonly nodes?: ReadonlyMap<string, Node | undefined>;
	/** Values that came with a time, in the order of the payload: a history has several of one path. */
	readonly samples?: readonly Sample[];
	readonly links?: readonly Link[];
	/** Of a created Object Instance: "3303/1". */
	readonly location?: string;
	/** The diagnostic payload of an error. */
	readonly message?: string;
}

/** What the client said to an error. */
export function errorOf({ code, payload }: Response): Answer {
	const message = new TextDecoder().decode(payload);
	return message === "" ? { code } : { code, message };
}

/** The answer to what brings no content. @throws OperationFailure for a success that is not the expected one */
export function plainAnswer(response: Response, expected: number): Answer {
	if (!isSuccess(response.code)) return errorOf(response);
	return response.code === expected ? { code: response.code } : unexpected(response);
}

export function unexpected({ code, contentFormat }: Response): never {
	const format = contentFormat === undefined ? "no content format" : `content format ${contentFormat}`;
	throw new OperationFailure("invalidResponse", `unexpected response ${codeText(code)} with ${format}`);
}

/** @throws OperationFailure where the codec refuses the client's bytes */
export function understood<T>(decode: () => T): T {
	try {
		return decode();
	} catch (error) {
		if (error instanceof CodecFailure) throw new OperationFailure("invalidResponse", error.message);
		throw error;
	}
}

/** @throws OperationFailure where the codec can not write what was asked for */
export function writable<T>(encode: () => T): T {
	try {
		return encode();
	} catch (error) {
		if (error instanceof CodecFailure) return invalid(error.message);
		throw error;
	}
}

export function invalid(why: string): never {
	throw new OperationFailure("invalidRequest", why);
}

export function failureOf(failure: Failure): OperationFailure {
	switch (failure) {
		case "timedOut":
			return new OperationFailure("timedOut", "Request timeout");
		case "reset":
			return new OperationFailure("rejected", "the client answered with a Reset");
		case "cancelled":
			return new OperationFailure("cancelled", "the request was cancelled");
		default:
			return new OperationFailure("invalidResponse", `the client's response is ${failure}`);
	}
}
