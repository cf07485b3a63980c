import { assert, type Fault, fault, noBytes, utf8Size, writeUtf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { Code } from "./code.ts";
import { isCritical, OptionCursor, OptionNumber, readUint, uintSize } from "./option.ts";
import { NO_OPTIONS, type OptionValue } from "./option-value.ts";

/** Message types (RFC 7252 §3). */
export const MessageType = frozen({ confirmable: 0, nonConfirmable: 1, acknowledgement: 2, reset: 3 });

/*
 * Why a message is no message. `reply` says what a Confirmable message gets (RFC 7252 §4.2: Reset); one of any
 * other type is ignored without a word (§4.3).
 */
export const TRUNCATED = fault("coap.truncated", "silence", "RFC 7252 §3");
export const VERSION = fault("coap.version", "silence", "RFC 7252 §3");
export const TOKEN_LENGTH = fault("coap.tokenLength", "reset", "RFC 7252 §3");
export const TOKEN_TRUNCATED = fault("coap.tokenTruncated", "reset", "RFC 7252 §3");
export const EMPTY_WITH_CONTENT = fault("coap.emptyWithContent", "reset", "RFC 7252 §4.1");
export const CODE_RESERVED = fault("coap.codeReserved", "reset", "RFC 7252 §4.2");
export const TYPE_MISUSED = fault("coap.typeMisused", "silence", "RFC 7252 §4.2, §4.3");
export const OPTION_BROKEN = fault("coap.optionBroken", "reset", "RFC 7252 §3.1");
export const PAYLOAD_EMPTY = fault("coap.payloadEmpty", "reset", "RFC 7252 §3");
export const CRITICAL_OPTION = fault("coap.criticalOption", Code.badOption, "RFC 7252 §5.4.1");
export const PROXY_OPTION = fault("coap.proxyOption", Code.proxyingNotSupported, "RFC 7252 §5.10.2");

/**
 * One received message, read in place; it borrows the datagram's bytes and holds nothing but offsets into them.
 */
export class MessageView {
	/** The datagram, owned by the caller. */
	bytes = noBytes;
	end = 0;
	/** One of MessageType. */
	type = 0;
	/** RFC 7252 §12.1; 0 in an Empty message. */
	code = 0;
	messageId = 0;
	tokenAt = 0;
	/** Where the token ends and the options start. */
	optionsAt = 0;
	/** Where the options end: at the payload marker, or at the end of the message. */
	optionsEnd = 0;
	/** Where the payload starts; `end` when there is none. */
	payloadAt = 0;
	/** Stands on the option that find() found. */
	readonly option = new OptionCursor();

	/**
	 * Reads bytes[at .. end) as one message (RFC 7252 §3) and checks all of its structure.
	 * @returns undefined, or the Fault. Never throws. After a Fault whose reply is "reset", type and messageId are
	 *   filled
	 */
	read(bytes: Uint8Array, at: number, end: number): Fault | undefined {
		if (end - at < 4) return TRUNCATED;
		const head = bytes[at]!;
		if (head >> 6 !== 1) return VERSION;
		const type = (head >> 4) & 3;
		const code = bytes[at + 1]!;
		this.type = type;
		this.code = code;
		this.messageId = (bytes[at + 2]! << 8) | bytes[at + 3]!;
		const broken = this.readToken(bytes, at + 4, end, head & 15);
		if (broken !== undefined) return broken;
		if (code === Code.empty) {
			this.optionsEnd = this.payloadAt = end;
			if (end - at !== 4) return EMPTY_WITH_CONTENT;
			return type === MessageType.nonConfirmable ? TYPE_MISUSED : undefined;
		}
		if (code >> 5 === 1 || code >> 5 === 3 || code >> 5 > 5) return CODE_RESERVED;
		if (type === MessageType.reset || (type === MessageType.acknowledgement && code < 0x20)) return TYPE_MISUSED;
		return this.readContent();
	}

	/**
	 * Reads the token of a message that ends at `end`: its length, where a nibble can not hold it, and its bytes (RFC
	 * 8974 §2.1).
	 * @param at behind the fixed header
	 * @param nibble TKL
	 */
	readToken(bytes: Uint8Array, at: number, end: number, nibble: number): Fault | undefined {
		const more = nibble < 13 ? 0 : nibble - 12;
		this.bytes = bytes;
		this.end = end;
		this.tokenAt = at + more;
		if (nibble === 15) return TOKEN_LENGTH;
		if (this.tokenAt > end) return TOKEN_TRUNCATED;
		const size = more === 0 ? nibble : readUint(bytes, at, this.tokenAt) + (more === 1 ? 13 : 269);
		this.optionsAt = this.tokenAt + size;
		return this.optionsAt > end ? TOKEN_TRUNCATED : undefined;
	}

	/** Reads what stands behind the token, options and payload. */
	readContent(): Fault | undefined {
		const { end } = this;
		const option = this.option.start(this.bytes, this.optionsAt, end);
		while (option.next());
		if (option.broken) return OPTION_BROKEN;
		this.optionsEnd = option.end;
		this.payloadAt = option.end < end ? option.end + 1 : end;
		return option.end < end && this.payloadAt === end ? PAYLOAD_EMPTY : undefined;
	}

	/** Puts `option` on the first occurrence of `number` that counts. @returns false when there is none */
	find(number: number): boolean {
		const option = this.option.start(this.bytes, this.optionsAt, this.optionsEnd);
		while (option.next() && option.number <= number) if (option.number === number && option.isValid) return true;
		return false;
	}

	/** The value of an option of format uint, or -1 where it is absent or does not count. */
	uint(number: number): number {
		return this.find(number) ? this.option.uint : -1;
	}

	/**
	 * The token as a number, where it has exactly `size` bytes (1 to 4, so never one of those given to others); else
	 * -1.
	 */
	tokenUint(size: number): number {
		return this.optionsAt - this.tokenAt === size ? readUint(this.bytes, this.tokenAt, this.optionsAt) : -1;
	}

	/**
	 * Looks for critical options that must refuse the message: unknown, of illegal length, once too often (RFC 7252
	 * §5.4), or known to the format but not to whoever answers.
	 * @param understood numbers of further critical options that the application evaluates by itself
	 */
	criticalFault(understood: readonly number[]): Fault | undefined {
		const option = this.option.start(this.bytes, this.optionsAt, this.optionsEnd);
		while (option.next()) {
			const { number } = option;
			if (!isCritical(number) || understood.includes(number)) continue;
			if (!option.isValid || number === OptionNumber.ifMatch || number === OptionNumber.ifNoneMatch)
				return CRITICAL_OPTION;
			if (number === OptionNumber.proxyUri || number === OptionNumber.proxyScheme) return PROXY_OPTION;
		}
		return undefined;
	}
}

/**
 * Writes messages into one buffer that is used again and again. Options come in ascending order of number. What
 * does not fit sets `overflowed`, and finish() then gives nothing.
 */
export class MessageWriter {
	private bytes: Uint8Array;
	private readonly mostBytes: number;
	private at = 0;
	private number = 0;
	private overflowed = false;
	private others: readonly OptionValue[] = NO_OPTIONS;
	private othersAt = 0;

	/**
	 * @param bytes the buffer to begin with, from now on the writer's, of 4 bytes at least
	 * @param mostBytes the largest message there can be: larger buffers take the place of the first one
	 */
	constructor(bytes: Uint8Array, mostBytes = bytes.length) {
		this.bytes = bytes;
		this.mostBytes = mostBytes;
	}

	/** Starts a message (RFC 7252 §3) with token[at .. end) as its token, up to 65804 bytes (RFC 8974). */
	start(type: number, code: number, messageId: number, token: Uint8Array, at = 0, end = token.length): this {
		const bytes = this.bytes;
		bytes[1] = code;
		bytes[2] = messageId >> 8;
		bytes[3] = messageId & 0xff;
		this.at = 4;
		this.number = 0;
		this.overflowed = false;
		this.others = NO_OPTIONS;
		if (!this.fits(2 + end - at)) return this;
		this.bytes[0] = 0x40 | (type << 4) | this.extend(end - at);
		for (let index = at; index < end; index++) this.bytes[this.at++] = token[index]!;
		return this;
	}

	/**
	 * Options to be written in between where their numbers belong, or at the end.
	 * @param others in any order, those of the same number in theirs
	 */
	with(others: readonly OptionValue[]): this {
		this.others = [...others].sort((a, b) => a.number - b.number);
		this.othersAt = 0;
		return this;
	}

	/** An option with these bytes as value. */
	opaque(number: number, value: Uint8Array): this {
		this.catchUp(number);
		return this.putOpaque(number, value);
	}

	private putOpaque(number: number, value: Uint8Array): this {
		if (this.optionHead(number, value.length)) {
			this.bytes.set(value, this.at);
			this.at += value.length;
		}
		return this;
	}

	/** An option of format uint in its shortest form (RFC 7252 §3.2), 0 <= value < 2^32. undefined writes nothing. */
	uint(number: number, value: number | undefined): this {
		if (value === undefined) return this;
		this.catchUp(number);
		const size = uintSize(value);
		if (this.optionHead(number, size)) {
			for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) this.bytes[this.at++] = value >>> shift;
		}
		return this;
	}

	/** One option of format string for each text (RFC 7252 §3.2). undefined writes nothing. */
	strings(number: number, texts: readonly string[] | undefined): this {
		if (texts === undefined) return this;
		this.catchUp(number);
		for (const text of texts)
			if (this.optionHead(number, utf8Size(text))) this.at = writeUtf8(text, this.bytes, this.at);
		return this;
	}

	/** The payload bytes[at .. end) behind its marker; none when it is empty. Comes last. */
	payload(bytes: Uint8Array, at = 0, end = bytes.length): this {
		this.catchUp(0xffff);
		if (at === end || !this.fits(1 + end - at)) return this;
		this.bytes[this.at++] = 0xff;
		for (let index = at; index < end; index++) this.bytes[this.at++] = bytes[index]!;
		return this;
	}

	/** @returns the message in bytes of its own, or undefined when it did not fit */
	finish(): Uint8Array | undefined {
		this.catchUp(0xffff);
		return this.overflowed ? undefined : this.cut(this.bytes, this.at);
	}

	/** How a message leaves the buffer; a stream puts another header in place of the first four bytes. */
	protected cut(bytes: Uint8Array, end: number): Uint8Array | undefined {
		return bytes.slice(0, end);
	}

	/** Writes those of the others whose numbers come before `number`, or are it. */
	private catchUp(number: number): void {
		while (this.othersAt < this.others.length && this.others[this.othersAt]!.number <= number) {
			const option = this.others[this.othersAt++]!;
			this.putOpaque(option.number, option.value);
		}
	}

	private fits(size: number): boolean {
		const end = this.at + size;
		if (end > this.mostBytes) this.overflowed = true;
		else if (end > this.bytes.length) {
			const larger = new Uint8Array(Math.min(Math.max(end, 2 * this.bytes.length), this.mostBytes));
			larger.set(this.bytes);
			this.bytes = larger;
		}
		return !this.overflowed;
	}

	private optionHead(number: number, size: number): boolean {
		if (!this.fits(size + 5)) return false; // an option's head takes five bytes at most
		const delta = number - this.number;
		assert(delta >= 0, "options out of order");
		const head = this.at++;
		this.bytes[head] = (this.extend(delta) << 4) | this.extend(size);
		this.number = number;
		return true;
	}

	/** Writes what a nibble cannot hold (RFC 7252 §3.1). @returns the nibble */
	private extend(value: number): number {
		if (value < 13) return value;
		if (value < 269) {
			this.bytes[this.at++] = value - 13;
			return 13;
		}
		this.bytes[this.at++] = (value - 269) >> 8;
		this.bytes[this.at++] = (value - 269) & 0xff;
		return 14;
	}
}
