/** Ctrl-C, or a polite kill: the first one asks a command to end, the second one ends it at once. */
export class Interrupt {
	/** Resolves when the user asks for the end. */
	readonly asked: Promise<void>;
	#isAsked = false;
	readonly #stop: () => void;

	constructor() {
		let resolve: () => void = () => {};
		this.asked = new Promise((resolved) => {
			resolve = resolved;
		});
		const hear = () => {
			if (this.#isAsked) process.exit(0); // asked twice: ended as asked, without the farewell
			this.#isAsked = true;
			resolve();
		};
		const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
		for (const signal of signals) process.on(signal, hear);
		this.#stop = () => {
			for (const signal of signals) process.off(signal, hear);
		};
	}

	get isAsked(): boolean {
		return this.#isAsked;
	}

	/** Gives the signals back to the system. */
	close(): void {
		this.#stop();
	}
}

/** Waits for `promise`, but no longer than `ms` of the machine's time. @returns whether it came in time */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<boolean>((resolve) => {
		timer = setTimeout(() => resolve(false), ms);
	});
	try {
		return await Promise.race([promise.then(() => true), late]);
	} finally {
		clearTimeout(timer);
	}
}

/**
 * Waits for `work`, or for the user to ask for the end. @returns undefined then; the work is left to the end of the
 * process
 */
export function unlessAsked<T>(interrupt: Interrupt, work: Promise<T>): Promise<T | undefined> {
	return Promise.race([work, interrupt.asked.then(() => undefined)]);
}
