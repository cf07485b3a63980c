import { Code } from "../coap/code.ts";
import type { BodySink } from "../coap/stream.ts";

/** Who takes what is pushed. */
export interface PushListener {
	/** The first bytes of a package are here. @returns undefined, or the response code that refuses it */
	pushBegins(): number | undefined;
	/** Nobody brings the rest. */
	pushAbandoned(): void;
}

/**
 * What a server writes to Package, block by block: one zero byte or nothing is the NULL that resets (Object 5, Resource
 * 3), all else a package, of which nothing is touched while the table refuses it.
 */
export class PushSink implements BodySink {
	/** Nothing but the NULL has come. */
	isNull = true;
	private readonly writer: BodySink;
	private readonly listener: PushListener;
	private sizeBytes: number | undefined;

	constructor(writer: BodySink, listener: PushListener) {
		this.writer = writer;
		this.listener = listener;
	}

	begin(_offset: number, sizeBytes: number | undefined): undefined {
		this.isNull = true;
		this.sizeBytes = sizeBytes;
	}

	write(offset: number, bytes: Uint8Array, at: number, end: number): number | undefined {
		if (this.isNull) {
			if (at === end || (offset === 0 && end - at === 1 && bytes[at] === 0)) return undefined;
			const refusal = offset > 0 ? Code.badRequest : this.listener.pushBegins();
			if (refusal !== undefined) return refusal;
			this.isNull = false;
			const unwilling = this.writer.begin(0, this.sizeBytes, undefined);
			if (unwilling !== undefined) return unwilling;
		}
		return this.writer.write(offset, bytes, at, end);
	}

	abandoned(): void {
		if (!this.isNull) this.listener.pushAbandoned();
	}
}
