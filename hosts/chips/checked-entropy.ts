import { type Entropy, HostFailure } from "../../modules/host.ts";

/** A platform's generator, as the port. Nothing is kept here that could repeat: it is asked for every byte. */
export class CheckedEntropy implements Entropy {
	private readonly source: (bytes: Uint8Array) => void;

	/**
	 * @param source fills all of the bytes with unpredictable ones, or throws
	 * @throws HostFailure when two draws are equal, by chance once in 2^128 starts: the source stands still
	 */
	constructor(source: (bytes: Uint8Array) => void) {
		this.source = source;
		const first = new Uint8Array(16);
		const second = new Uint8Array(16);
		this.fill(first);
		this.fill(second);
		for (let index = 0; index < first.length; index++) if (first[index] !== second[index]) return;
		throw new HostFailure("the platform's entropy repeats itself");
	}

	fill(bytes: Uint8Array): void {
		try {
			this.source(bytes);
		} catch (cause) {
			throw new HostFailure("no entropy from the platform", { cause });
		}
	}
}
