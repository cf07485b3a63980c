import { noBytes } from "../bytes.ts";
import type { Entropy } from "../host.ts";
import { MessageType, type MessageView } from "./message.ts";
import type { Operation } from "./operation.ts";
import { readUint } from "./option.ts";

/** The empty token as a number: beyond those of one to four bytes. */
const EMPTY = 2 ** 32;

/** The tokens of our requests, as numbers (RFC 7252 §5.3.1). */
export class Tokens {
	private readonly entropy: Entropy;
	private readonly takesEmpty: boolean;
	private readonly size: number;
	/** Every use of the empty token so far ended in a piggybacked response: none other can still come to it. */
	isEmptyFree = true;

	/** @param size in bytes; 0: empty where that is safe, else one byte */
	constructor(entropy: Entropy, size: number) {
		this.entropy = entropy;
		this.takesEmpty = size === 0;
		this.size = Math.max(size, 1);
	}

	/** The token of a message of theirs, or -1 when it is none of ours. */
	of(view: MessageView): number {
		return this.takesEmpty && view.tokenUint(0) === 0 ? EMPTY : view.tokenUint(this.size);
	}

	/** A token that none of `operations` uses. @throws HostFailure when there is no entropy */
	draw({ options: { observe, type } }: Operation, operations: readonly Operation[]): number {
		const mayBeEmpty = this.takesEmpty && observe === undefined && type !== "nonConfirmable";
		if (mayBeEmpty && this.isEmptyFree && !operations.some(({ token }) => token >= 0)) {
			this.isEmptyFree = false;
			return EMPTY;
		}
		const bytes = new Uint8Array(this.size);
		for (;;) {
			this.entropy.fill(bytes);
			const token = readUint(bytes, 0, bytes.length);
			if (!operations.some((other) => other.token === token || other.observation === token)) return token;
		}
	}

	/** @returns the bytes of a token, the caller's */
	bytesOf(token: number): Uint8Array {
		if (token === EMPTY) return noBytes;
		const bytes = new Uint8Array(this.size);
		for (let index = bytes.length - 1, rest = token; index >= 0; index--, rest = Math.floor(rest / 256)) {
			bytes[index] = rest & 0xff;
		}
		return bytes;
	}

	/** A response ended the exchange with this token. */
	answered(token: number, { type }: MessageView): void {
		if (token === EMPTY && type === MessageType.acknowledgement) this.isEmptyFree = true;
	}

	/** A new session: what was sent in the one before can not come any more. */
	clear(): void {
		this.isEmptyFree = true;
	}
}
