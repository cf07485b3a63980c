import type { ResponseOptions } from "./answer.ts";
import { bodyMark } from "./block.ts";
import { Code, isSuccess } from "./code.ts";
import type { PeerCore } from "./extension.ts";
import { MessageType } from "./message.ts";
import { OptionNumber } from "./option.ts";
import { type BlockCarrier, Emission } from "./q-block-emission.ts";
import { ABSENT, type QBlockTuning, qBlock2 } from "./q-block-option.ts";
import type { Request } from "./received.ts";
import type { Subject } from "./same-resource.ts";
import { type BlockCutter, bodySize } from "./stream.ts";

/** An answer of ours, by Q-Block where it is larger than one block (RFC 9177 §4.4), kept for what gets lost. */
export class QBlockResponse implements BlockCarrier {
	readonly subject: Subject;
	readonly answer: ResponseOptions;
	/** Absent where it fits one message. */
	readonly emission: Emission | undefined;
	/** Of the newest request: what is sent now answers that one. */
	token: Uint8Array;
	expiryMs: number;
	readonly #core: PeerCore;
	readonly #cutter: BlockCutter;
	readonly #eTag: Uint8Array;
	/** The message that the next block goes into: an Acknowledgement's Message ID, or "confirmable" for a late answer. */
	#first: number | "confirmable" | undefined;

	constructor(
		core: PeerCore,
		cutter: BlockCutter,
		tuning: QBlockTuning,
		request: Request,
		answer: ResponseOptions,
		exponent: number,
	) {
		this.#core = core;
		this.#cutter = cutter;
		this.subject = { code: request.code, optionBytes: request.optionBytes };
		this.answer = answer;
		this.token = request.token;
		this.expiryMs = Number.POSITIVE_INFINITY;
		const isLarge = isSuccess(answer.code) && cutter.cut(answer, 0, 16 << exponent) && cutter.hasMore;
		if (isLarge) this.emission = new Emission(this, cutter, answer, exponent, tuning, core.tuning, core.dice);
		const { options, source, payload } = answer;
		this.#eTag =
			options?.find(({ number }) => number === OptionNumber.eTag)?.value ??
			(source === undefined ? bodyMark(payload ?? new Uint8Array(0)) : (source.eTag ?? drawn(core)));
	}

	/** @param messageId of the Confirmable request whose Acknowledgement carries what is sent next */
	piggyback(messageId: number): void {
		this.#first = messageId;
	}

	/** What is sent next goes Confirmable: its request has its Acknowledgement already (RFC 7252 §5.2.2). */
	confirm(): void {
		this.#first = "confirmable";
	}

	/** @returns the Message ID whose Acknowledgement nothing went into, or ABSENT */
	takeBack(): number {
		const first = this.#first;
		this.#first = undefined;
		return typeof first === "number" ? first : ABSENT;
	}

	/** One block (RFC 9177 §4.4). */
	carry(emission: Emission, number: number, cutter: BlockCutter, nowMs: number): void {
		const { answer } = this;
		const writer = this.start(answer.code);
		const others = number > 0 ? undefined : answer.options?.filter((option) => option.number !== OptionNumber.eTag);
		if (others !== undefined) writer.with(others);
		writer.opaque(OptionNumber.eTag, this.#eTag);
		writer.uint(OptionNumber.contentFormat, answer.contentFormat).uint(OptionNumber.maxAge, answer.maxAgeS);
		writer.uint(OptionNumber.size2, bodySize(answer));
		writer.uint(qBlock2, number * 16 + (cutter.hasMore ? 8 : 0) + emission.exponent);
		this.post(writer.payload(cutter.bytes, cutter.at, cutter.end).finish()!, nowMs);
	}

	/** All of it, where it fits one message. */
	sendWhole(nowMs: number): void {
		const { answer } = this;
		const writer = this.start(answer.code);
		if (answer.options !== undefined) writer.with(answer.options);
		writer.strings(OptionNumber.locationPath, answer.locationPath);
		writer.uint(OptionNumber.contentFormat, answer.contentFormat).uint(OptionNumber.maxAge, answer.maxAgeS);
		const cutter = this.#cutter;
		const isThere = cutter.cut(answer, 0, this.#core.limits.blockSizeBytes);
		const bytes = isThere ? writer.payload(cutter.bytes, cutter.at, cutter.end).finish() : undefined;
		if (bytes === undefined) this.refuse(Code.internalServerError, nowMs);
		else this.post(bytes, nowMs);
	}

	/** A code alone, in place of what was wanted. */
	refuse(code: number, nowMs: number): void {
		this.post(this.start(code).finish()!, nowMs);
	}

	private start(code: number) {
		const { layer } = this.#core;
		const first = this.#first;
		const isPiggybacked = typeof first === "number";
		const type = isPiggybacked
			? MessageType.acknowledgement
			: first === undefined
				? MessageType.nonConfirmable
				: MessageType.confirmable;
		return layer.writer.start(type, code, isPiggybacked ? first : layer.takeMessageId(), this.token);
	}

	private post(bytes: Uint8Array, nowMs: number): void {
		const { deduplication, layer } = this.#core;
		const first = this.#first;
		this.#first = undefined;
		const messageId = (bytes[2]! << 8) | bytes[3]!;
		if (first === "confirmable") layer.confirm(bytes, messageId, undefined, nowMs);
		else layer.post(bytes);
		if (typeof first === "number") deduplication.answered(messageId, bytes, nowMs);
	}
}

/** A mark for a producer that has none: one per answer (RFC 9177 §4.4 wants an ETag). */
function drawn({ dice }: PeerCore): Uint8Array {
	return new Uint8Array([dice.below(256), dice.below(256), dice.below(256), dice.below(256)]);
}
