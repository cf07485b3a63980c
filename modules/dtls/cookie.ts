import { equalSecret } from "../crypto/equal.ts";
import type { Crypto, Entropy, KeyHandle } from "../host.ts";
import { type HelloBeginning, randomSize } from "./hello.ts";

export const cookieSize = 16;
const secretSize = 32;

/**
 * Makes and checks the cookies of a server that keeps nothing before it knows that a client hears it (RFC 6347
 * §4.2.1): HMAC-SHA-256 over the client's address, version and random, cut to 16 bytes. The secret
 * changes with time; a cookie is good for one lifetime at least, and for two at most.
 */
export class CookieJar {
	readonly #crypto: Crypto;
	readonly #entropy: Entropy;
	readonly #lifetimeMs: number;
	/** The newer secret first. */
	readonly #secrets: [KeyHandle | undefined, KeyHandle | undefined] = [undefined, undefined];
	/** When the newer one was made. */
	#bornMs = 0;

	/** @param lifetimeMs how long a secret makes cookies */
	constructor(crypto: Crypto, entropy: Entropy, lifetimeMs = 60_000) {
		this.#crypto = crypto;
		this.#entropy = entropy;
		this.#lifetimeMs = lifetimeMs;
	}

	/**
	 * @param address of the client, in any form that tells two apart
	 * @returns the cookie for a HelloVerifyRequest, 16 bytes
	 * @throws HostFailure when there is no entropy, or no room for the secret
	 */
	make(address: Uint8Array, hello: HelloBeginning, nowMs: number): Uint8Array {
		this.rotate(nowMs);
		return this.sum(this.#secrets[0]!, this.bound(address, hello)).slice(0, cookieSize);
	}

	/** Whether hello.cookie is what make() gave to this address for this ClientHello, and not too long ago. */
	check(address: Uint8Array, hello: HelloBeginning, nowMs: number): boolean {
		if (hello.cookie.length !== cookieSize) return false;
		this.rotate(nowMs);
		const bound = this.bound(address, hello);
		for (let index = 0; index < 2; index++) {
			const secret = this.#secrets[index];
			if (secret === undefined) continue;
			if (equalSecret(this.sum(secret, bound), 0, hello.cookie, 0, cookieSize)) return true;
		}
		return false;
	}

	/** Gives the secrets back; cookies made so far are void. */
	release(): void {
		this.replace(0, undefined);
		this.replace(1, undefined);
	}

	private rotate(nowMs: number): void {
		const isThere = this.#secrets[0] !== undefined;
		const ageMs = nowMs - this.#bornMs;
		if (isThere && ageMs < this.#lifetimeMs) return;
		const bytes = new Uint8Array(secretSize);
		this.#entropy.fill(bytes);
		const fresh = this.#crypto.importSecret(bytes);
		bytes.fill(0);
		this.replace(1, ageMs < 2 * this.#lifetimeMs ? this.#secrets[0] : undefined);
		if (this.#secrets[1] === undefined) this.replace(0, undefined);
		this.#secrets[0] = fresh;
		this.#bornMs = nowMs;
	}

	private replace(index: 0 | 1, by: KeyHandle | undefined): void {
		const secret = this.#secrets[index];
		if (secret !== undefined) this.#crypto.release(secret);
		this.#secrets[index] = by;
	}

	/**
	 * The address, and what both ClientHellos have in common (RFC 6347 §4.2.1). The random alone tells two clients apart;
	 * beyond it, the first fragment of a long ClientHello may hold nothing, and mbedTLS changes its session id.
	 */
	private bound(address: Uint8Array, { version, random }: HelloBeginning): Uint8Array {
		const bytes = new Uint8Array(2 + randomSize + address.length);
		bytes[0] = version >> 8;
		bytes[1] = version;
		bytes.set(random, 2);
		bytes.set(address, 2 + randomSize);
		return bytes;
	}

	private sum(secret: KeyHandle, bytes: Uint8Array): Uint8Array {
		return this.#crypto.hmac(secret, bytes, 0, bytes.length);
	}
}
