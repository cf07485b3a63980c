import { assert } from "../bytes.ts";
import { HostFailure, type KeyHandle } from "../host.ts";

/** What a handle names. */
export type KeyUse = "secret" | "aes" | "p256";

/** How many keys there may be at once. */
export const keysMax = 64;

/** The keys behind the handles of a portable Crypto. A released one is overwritten with zeros. */
export class KeyStore {
	readonly #keys: (Uint8Array | undefined)[] = [];
	readonly #uses: (KeyUse | undefined)[] = [];

	/** @param bytes kept, and overwritten by release(): the caller gives them away. @throws HostFailure without room */
	add(use: KeyUse, bytes: Uint8Array): KeyHandle {
		let index = this.#uses.indexOf(undefined);
		if (index < 0) index = this.#uses.length;
		if (index >= keysMax) {
			bytes.fill(0);
			throw new HostFailure("no room for a key");
		}
		this.#keys[index] = bytes;
		this.#uses[index] = use;
		return index + 1;
	}

	/** The bytes themselves: borrowed, not to be written. @throws AssertionFailed for a released key or another use */
	bytes(use: KeyUse, key: KeyHandle): Uint8Array {
		const bytes = this.#keys[key - 1];
		assert(bytes !== undefined && this.#uses[key - 1] === use, "no such key");
		return bytes;
	}

	release(key: KeyHandle): void {
		this.#keys[key - 1]?.fill(0);
		this.#keys[key - 1] = undefined;
		this.#uses[key - 1] = undefined;
	}
}
