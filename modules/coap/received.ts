import { readUtf8 } from "../bytes.ts";
import { MessageType, type MessageView } from "./message.ts";
import { OptionCursor, OptionNumber, readUint } from "./option.ts";
import { Body, type BodySink } from "./stream.ts";

/** What Request and Response share: a message that arrived whole, in bytes of its own. */
class Received {
	readonly code: number;
	readonly contentFormat: number | undefined;
	/**
	 * In a request 0 registers and 1 ends an observation (RFC 7641 §2); in a response the notification's sequence
	 * number.
	 */
	readonly observe: number | undefined;
	/** The whole body; blocks are put together already. */
	readonly payload: Uint8Array;
	private readonly options: Uint8Array;

	/** @param body the body put together from blocks, handed over; else the message's payload is copied */
	constructor(view: MessageView, body: Uint8Array | undefined, observe: number | undefined) {
		this.code = view.code;
		this.contentFormat = defined(view.uint(OptionNumber.contentFormat));
		this.observe = observe;
		this.payload = body ?? view.bytes.slice(view.payloadAt, view.end);
		this.options = view.bytes.slice(view.optionsAt, view.optionsEnd);
	}

	/** The value of the first option `number`, or undefined; one of a length that RFC 7252 forbids is passed over. */
	option(number: number): Uint8Array | undefined {
		const cursor = new OptionCursor().start(this.options, 0, this.options.length);
		while (cursor.next()) {
			if (cursor.number === number && (cursor.isValid || !cursor.isKnown)) {
				return this.options.subarray(cursor.at, cursor.end);
			}
		}
		return undefined;
	}

	/** The value of the first option `number` as an unsigned integer, or -1 where there is none. */
	uint(number: number): number {
		const value = this.option(number);
		return value === undefined || value.length > 4 ? -1 : readUint(value, 0, value.length);
	}

	/** The options as they stood in the message. Not to be modified. */
	get optionBytes(): Uint8Array {
		return this.options;
	}
}

/** A request of the other endpoint (RFC 7252 §5.1). Stays valid as long as anyone holds it. */
export class Request extends Received {
	readonly token: Uint8Array;
	readonly path: readonly string[];
	readonly query: readonly string[];
	readonly accept: number | undefined;
	readonly confirmable: boolean;
	/** The consumer of the listener's that took the body; `payload` is empty then. */
	readonly sink: BodySink | undefined;

	constructor(view: MessageView, path: readonly string[], query: readonly string[], sink: BodySink | undefined) {
		// Only its first block can be observed (RFC 7959 §2.6): who asks for another one wants no more than that.
		const isLaterBlock = view.uint(OptionNumber.block2) >= 16;
		super(view, sink && wholeOf(sink), isLaterBlock ? undefined : defined(view.uint(OptionNumber.observe)));
		this.sink = sink instanceof Body ? undefined : sink;
		this.token = view.bytes.slice(view.tokenAt, view.optionsAt);
		this.path = path;
		this.query = query;
		this.accept = defined(view.uint(OptionNumber.accept));
		this.confirmable = view.type === MessageType.confirmable;
	}
}

/** A response to a request of ours, or a notification (RFC 7252 §5.2, RFC 7641 §3.2). */
export class Response extends Received {
	/** How long it may be used without asking again (RFC 7252 §5.10.5). */
	readonly maxAgeS: number;
	readonly locationPath: readonly string[];

	/** @param observe absent when no observation goes on with this response */
	constructor(view: MessageView, body: Uint8Array | undefined, observe: number | undefined) {
		super(view, body, observe);
		const maxAgeS = view.uint(OptionNumber.maxAge);
		this.maxAgeS = maxAgeS < 0 ? 60 : maxAgeS;
		this.locationPath = readStrings(view, OptionNumber.locationPath) ?? [];
	}
}

/** All values of a repeatable string option, or undefined when one of them is no UTF-8 (RFC 7252 §3.2). */
export function readStrings(view: MessageView, number: number): string[] | undefined {
	const texts: string[] = [];
	if (!view.find(number)) return texts;
	const { option } = view;
	do {
		if (!option.isValid) continue;
		const text = readUtf8(view.bytes, option.at, option.end);
		if (text === undefined) return undefined;
		texts.push(text);
	} while (option.next() && option.number === number);
	return texts;
}

/** What a message says of a body that a consumer took: all of it where that put it together, else nothing. */
export function wholeOf(sink: BodySink): Uint8Array {
	return sink instanceof Body ? sink.whole() : new Uint8Array(0);
}

function defined(value: number): number | undefined {
	return value < 0 ? undefined : value;
}

/** The request in `view`, or undefined when its path or query is no UTF-8. */
export function requestOf(view: MessageView, sink: BodySink | undefined): Request | undefined {
	const path = readStrings(view, OptionNumber.uriPath);
	const query = readStrings(view, OptionNumber.uriQuery);
	return path === undefined || query === undefined ? undefined : new Request(view, path, query, sink);
}
