import type { Crypto, HashRun } from "../host.ts";
import { writeFragmentHeader } from "./fragment.ts";
import { handshakeHeaderSize } from "./handshake-type.ts";

/**
 * The running hash of all handshake messages (RFC 5246 §7.4.9), each as if it had come in one piece (RFC 6347 §4.2.6).
 * The first ClientHello and the HelloVerifyRequest that answers it stay out of it, and so does HelloRequest: whoever
 * gets one begins with a new Transcript, or leaves it out.
 */
export class Transcript {
	readonly #run: HashRun;
	readonly #header = new Uint8Array(handshakeHeaderSize);

	constructor(crypto: Crypto) {
		this.#run = crypto.sha256();
	}

	/** Adds a message, ours or the other's, in the order of the protocol. @param body without the header */
	add(type: number, sequence: number, body: Uint8Array): void {
		writeFragmentHeader(this.#header, type, sequence, body.length, 0, body.length);
		this.#run.update(this.#header, 0, handshakeHeaderSize);
		this.#run.update(body, 0, body.length);
	}

	/** SHA-256 over all so far, 32 bytes; more may follow. */
	hash(): Uint8Array {
		return this.#run.digest();
	}
}
