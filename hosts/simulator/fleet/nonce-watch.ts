import type { Aead } from "../../../modules/host.ts";
import type { Accelerator } from "../engine/ports.ts";

/** Offset of what counts in a nonce: behind the part that a session keeps to itself (RFC 6655 §3, RFC 5288 §3). */
const counterAt = 4;
/** Nonces that are not counted upwards and are remembered: beyond, the oldest are forgotten. */
const othersMax = 100_000;

/**
 * Listens at the accelerators of boards, where keys and nonces are to be seen: none may seal twice with one key and
 * nonce, whatever resets, power cuts and deep sleeps lie in between. DTLS counts its nonces upwards (RFC 6347 §4.1),
 * so that the last one of a key is all there is to remember; with GCM, the settings' seal has nonces of its own.
 */
export class NonceWatch {
	readonly #report: (endpoint: string, what: string) => void;
	/** The last counter by key. */
	readonly #last = new Map<string, number>();
	readonly #others = new Set<string>();
	/** What was sealed. */
	count = 0;

	/** @param report hears whose nonce came twice */
	constructor(report: (endpoint: string, what: string) => void) {
		this.#report = report;
	}

	/** An accelerator that is listened to. */
	listening(accelerator: Accelerator, endpoint: string): Accelerator {
		return {
			...accelerator,
			seal: (aead, key, nonce, aad, plain) => {
				this.#sealed(aead, key, nonce, endpoint);
				return accelerator.seal(aead, key, nonce, aad, plain);
			},
		};
	}

	#sealed(aead: Aead, key: Uint8Array, nonce: Uint8Array, endpoint: string): void {
		this.count++;
		// Simulated chips of one kind have one key in their fuses: what it seals is told apart by the board.
		const name = `${aead === "gcm" ? endpoint : ""} ${Buffer.from(key).toString("base64")}`;
		if (aead === "gcm") this.#remember(`${name} ${Buffer.from(nonce).toString("base64")}`, endpoint);
		else this.#follow(name, nonce, endpoint);
	}

	#follow(key: string, nonce: Uint8Array, endpoint: string): void {
		let counter = 0;
		for (let index = counterAt; index < nonce.length; index++) counter = counter * 256 + nonce[index]!;
		const last = this.#last.get(key);
		if (last !== undefined && counter <= last) this.#report(endpoint, `record number ${counter} behind ${last}`);
		else this.#last.set(key, counter);
	}

	#remember(keyAndNonce: string, endpoint: string): void {
		if (this.#others.has(keyAndNonce)) this.#report(endpoint, "a nonce of the settings' seal came twice");
		this.#others.add(keyAndNonce);
		if (this.#others.size > othersMax) this.#others.delete(this.#others.values().next().value!);
	}
}
