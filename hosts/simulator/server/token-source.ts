import type { Entropy } from "../../../modules/host.ts";

/**
 * The entropy of one CoAP peer, of which nothing but tokens are made: remembers the last one, and gives a certain one
 * where an observation of a server's earlier life is taken up again.
 */
export class TokenSource implements Entropy {
	readonly #entropy: Entropy;
	last: Uint8Array = new Uint8Array(0);
	/** The next one. */
	forced: Uint8Array | undefined;

	constructor(entropy: Entropy) {
		this.#entropy = entropy;
	}

	fill(bytes: Uint8Array): void {
		const { forced } = this;
		this.forced = undefined;
		if (forced?.length === bytes.length) bytes.set(forced);
		else this.#entropy.fill(bytes);
		this.last = bytes.slice();
	}
}
