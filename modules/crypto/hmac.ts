import { Sha256 } from "./sha256.ts";

/** HMAC-SHA-256 (RFC 2104) with one key, for any number of messages. wipe() it. */
export class Hmac {
	/** After the key's inner and outer pad. */
	readonly #inner = new Sha256();
	readonly #outer = new Sha256();
	readonly #run = new Sha256();

	/** @param key any size; copied */
	constructor(key: Uint8Array) {
		const pad = new Uint8Array(64);
		if (key.length > 64) {
			this.#run.update(key, 0, key.length);
			this.#run.finish(pad, 0);
		} else pad.set(key);
		for (let index = 0; index < 64; index++) pad[index]! ^= 0x36;
		this.#inner.update(pad, 0, 64);
		for (let index = 0; index < 64; index++) pad[index]! ^= 0x36 ^ 0x5c;
		this.#outer.update(pad, 0, 64);
		pad.fill(0);
		this.#run.copy(this.#inner);
	}

	update(bytes: Uint8Array, at: number, end: number): void {
		this.#run.update(bytes, at, end);
	}

	/** Writes the 32 bytes to into[at ..), and begins the next message. */
	finish(into: Uint8Array, at: number): void {
		this.#run.finish(into, at);
		this.#run.copy(this.#outer);
		this.#run.update(into, at, at + 32);
		this.#run.finish(into, at);
		this.#run.copy(this.#inner);
	}

	/** Overwrites all that came from the key. */
	wipe(): void {
		this.#inner.reset();
		this.#outer.reset();
		this.#run.reset();
	}
}

/** P_SHA256 (RFC 5246 §5): fills `into`. */
export function fillPrf(secret: Uint8Array, labelAndSeed: Uint8Array, into: Uint8Array): void {
	const hmac = new Hmac(secret);
	const link = new Uint8Array(32);
	const block = new Uint8Array(32);
	hmac.update(labelAndSeed, 0, labelAndSeed.length);
	hmac.finish(link, 0);
	for (let at = 0; at < into.length; at += 32) {
		hmac.update(link, 0, 32);
		hmac.update(labelAndSeed, 0, labelAndSeed.length);
		hmac.finish(block, 0);
		for (let index = 0; index < 32 && at + index < into.length; index++) into[at + index] = block[index]!;
		if (at + 32 >= into.length) break;
		hmac.update(link, 0, 32);
		hmac.finish(link, 0);
	}
	hmac.wipe();
	link.fill(0);
	block.fill(0);
}
