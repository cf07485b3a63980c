/**
 * Jumps: exceptions through calls, natives and generators, finally, early ends. What engine/patch.ts touches. One
 * result to a line.
 */
export function control(): string[] {
	return [nested(), natives(), loops(), generators(), cleanup(), classes(), depth()];
}

function thrower(n: number): number {
	if (n === 0) throw new RangeError("bottom");
	return thrower(n - 1) + 1;
}

function nested(): string {
	const seen: string[] = [];
	for (let i = 0; i < 5; i++) {
		try {
			try {
				thrower(i);
			} catch (error) {
				seen.push(`inner ${i}`);
				if (i % 2 === 0) throw error;
			} finally {
				seen.push(`finally ${i}`);
			}
			seen.push(`on ${i}`);
		} catch (error) {
			seen.push(`outer ${(error as Error).message}`);
		}
	}
	return seen.join(",");
}

function natives(): string {
	const seen: string[] = [];
	const attempt = (run: () => unknown) => {
		try {
			seen.push(String(run()));
		} catch (error) {
			seen.push((error as Error).constructor.name);
		}
	};
	attempt(() => [3, 1, 2].map((n) => (n === 2 ? thrower(3) : n)));
	attempt(() => [3, 1, 2].sort(() => thrower(0)));
	attempt(() => JSON.parse("{"));
	attempt(() => JSON.stringify({ toJSON: () => thrower(1) }));
	attempt(() => new Proxy({}, { get: () => thrower(2) })["x" as never]);
	attempt(() => new Uint8Array(-1));
	attempt(() => (undefined as unknown as { a: number }).a);
	attempt(() => Reflect.construct(Date, [Number.NaN]).toISOString());
	attempt(() => "abc".replace(/b/, () => String(thrower(0))));
	return seen.join(",");
}

function loops(): string {
	let total = 0;
	outer: for (let i = 0; i < 20; i++) {
		for (let j = 0; j < 20; j++) {
			try {
				if (j === i) continue outer;
				if (i * j > 150) break outer;
				total += i * j;
			} finally {
				total += 1;
			}
		}
	}
	return String(total);
}

function* counting(log: string[]): Generator<number, string, string | undefined> {
	try {
		for (let n = 0; ; n++) {
			try {
				log.push(String(yield n));
			} catch (error) {
				log.push(`caught ${(error as Error).message}`);
				if (n > 3) return "over";
			} finally {
				log.push(`f${n}`);
			}
		}
	} finally {
		log.push("end");
	}
}

function generators(): string {
	const log: string[] = [];
	const it = counting(log);
	log.push(String(it.next("").value), String(it.next("a").value), String(it.throw(new Error("x")).value));
	for (const text of ["b", "c", "d"]) it.next(text);
	const last = it.throw(new Error("y"));
	log.push(`${last.value} ${last.done}`);
	const other = counting(log);
	other.next("");
	log.push(String(other.return("stop").value));
	for (const n of counting(log)) if (n > 2) break;
	try {
		const [first, second] = counting(log);
		log.push(`${first} ${second}`);
		for (const n of counting(log)) thrower(n);
	} catch (error) {
		log.push((error as Error).message);
	}
	return log.join(",");
}

function cleanup(): string {
	const log: string[] = [];
	const early = (n: number): string => {
		try {
			if (n === 0) return "try";
			thrower(n);
			return "never";
		} catch {
			if (n === 1) return "catch";
			throw new TypeError("again");
		} finally {
			log.push(`clean ${n}`);
			// biome-ignore lint/correctness/noUnsafeFinally: this is what is being tried
			if (n === 3) return "finally";
		}
	};
	for (let n = 0; n < 4; n++) {
		try {
			log.push(early(n));
		} catch (error) {
			log.push((error as Error).message);
		}
	}
	return log.join(",");
}

class Base {
	readonly #parts: string[] = [];
	constructor(fails: boolean) {
		this.#parts.push("base");
		if (fails) throw new Error("base failed");
	}
	add(part: string): this {
		this.#parts.push(part);
		return this;
	}
	get text(): string {
		return this.#parts.join("+");
	}
}

class Derived extends Base {
	readonly field: string;
	constructor(fails: boolean, log: string[]) {
		try {
			super(fails);
		} finally {
			log.push("made");
		}
		this.field = this.add("field").text;
		this.add("derived");
	}
}

function classes(): string {
	const log: string[] = [];
	const made = new Derived(false, log);
	let failure = "";
	try {
		new Derived(true, log);
	} catch (error) {
		failure = (error as Error).message;
	}
	return `${made.text} ${made.field} ${failure} ${log.join()}`;
}

function depth(): string {
	const dig = (n: number): number => {
		try {
			return n === 0 ? thrower(20) : dig(n - 1);
		} finally {
			count++;
		}
	};
	let count = 0;
	try {
		dig(60);
	} catch (error) {
		return `${(error as Error).message} ${count}`;
	}
	return "nothing thrown";
}
