import { PeerMissing } from "../coap-artifacts.ts";

/** What of node:test's context a case needs. */
export interface TestContext {
	skip(message?: string): void;
}

/** Something to end when a case is over, however it ended. */
interface Ending {
	stop?(): unknown;
	close?(): unknown;
}

/** What a case started, ended in the opposite order. */
export class Bench {
	readonly #things: Ending[] = [];

	add<T extends Ending>(thing: T): T {
		this.#things.push(thing);
		return thing;
	}

	async clear(): Promise<void> {
		for (const thing of this.#things.reverse()) await (thing.stop ?? thing.close)?.call(thing);
		this.#things.length = 0;
	}
}

/**
 * A case of the interop suite: ends what it started, and is skipped with the reason where a peer is not to be had.
 */
export function dtlsCase(run: (bench: Bench) => Promise<void>): (context: TestContext) => Promise<void> {
	return async (context) => {
		const bench = new Bench();
		try {
			await run(bench);
		} catch (error) {
			if (!(error instanceof PeerMissing)) throw error;
			process.stdout.write(`skipped: ${error.message}\n`);
			context.skip(error.message.split("\n", 1)[0]);
		} finally {
			await bench.clear();
		}
	};
}

export const text = (words: string) => new TextEncoder().encode(words);
