import type { Natives } from "./natives.ts";

/** Counts the instructions of stretches of a program, and prints what they came to. */
export class Meter {
	private readonly board: Natives;
	private total = 0;
	private totalNative = 0;
	private began = 0;
	private beganNative = 0;
	/** Of begin() and end() themselves. */
	private overhead = 0;
	private stretches = 0;
	private cStackBytes = 0;

	constructor(board: Natives) {
		this.board = board;
		for (let index = 0; index < 16; index++) {
			this.begin();
			this.end();
		}
		this.overhead = this.total / this.stretches;
		this.reset();
		board.paintStack();
	}

	begin(): void {
		this.beganNative = this.board.nativeCrypto();
		this.began = this.board.instructions();
	}

	end(): void {
		this.total += this.board.instructions() - this.began;
		this.totalNative += this.board.nativeCrypto() - this.beganNative;
		this.stretches++;
	}

	/** Prints all since the last time as `name`, and begins anew. */
	say(name: string): void {
		const instructions = Math.max(0, Math.round(this.total - this.overhead * this.stretches));
		const nativeCrypto = Math.round(this.totalNative);
		this.note({ name, instructions, nativeCrypto });
		this.reset();
	}

	/** Prints a line of JSON; the C stack that this takes is the bench's own, and does not count. */
	note(line: Readonly<Record<string, string | number>>): void {
		this.cStackBytes = Math.max(this.cStackBytes, this.board.stackPeak());
		this.board.print(JSON.stringify(line));
		this.board.paintStack();
	}

	/** Prints how deep C went, but for the bench's own functions. */
	sayStack(): void {
		const cStackBytes = Math.max(this.cStackBytes, this.board.stackPeak());
		this.board.print(JSON.stringify({ cStackBytes }));
	}

	/** Counts one piece of work. @returns what it returns */
	count<T>(name: string, work: () => T): T {
		this.begin();
		const result = work();
		this.end();
		this.say(name);
		return result;
	}

	private reset(): void {
		this.total = 0;
		this.totalNative = 0;
		this.stretches = 0;
	}
}
