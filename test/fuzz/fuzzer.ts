import { seeded } from "../harness.ts";
import { type Coverage, edgeCount } from "./instrument.ts";
import type { Target } from "./targets.ts";

const inputMax = 1024;
/** Values at borders of CoAP's fields. */
const edges = [0, 1, 12, 13, 14, 15, 16, 0x40, 0x44, 0x45, 0x50, 0x5f, 0x60, 0x7f, 0x80, 0x88, 0xff];
/** Pieces of messages: headers and options that mean something. */
const pieces = [
	"40010001",
	"50010001",
	"60450001",
	"44020001aabbccdd",
	"700000",
	"60",
	"61",
	"0b6f",
	"ff",
	"b161",
	"c0",
	"d00a",
	"d10e07",
	"d1060e",
	"d00e",
	"d10609",
	"e0",
	"dd",
	"ee",
	"d2021f",
	"6000",
	"60810f",
	"c10a",
	"d1031e",
	"d1130e",
	"d1080f",
	"e2012414",
	"d1ef01aa",
	"d103ee",
	"5a",
	"0ec8",
	"0902",
	"0903",
	"0904",
	"050140",
	"050580",
	"0502c0",
	"060308",
	"060108",
	"000940010001b161",
	"000b4003000ab161d1060eff",
	"010960450001d1060a",
	"010860451234",
	"0009405f0001d1060e",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));

/** What ended a run: the input is one that nobody may send us. */
export class Found extends Error {
	readonly input: Uint8Array;
	override get name() {
		return "Found";
	}
	constructor(input: Uint8Array, cause: unknown) {
		super(`${Buffer.from(input).toString("hex")}: ${String(cause)}`, { cause });
		this.input = input;
	}
}

interface Entry {
	readonly bytes: Uint8Array;
	readonly edges: readonly number[];
}

/** A coverage-guided fuzzer: what reaches an edge, or reaches it more often than any before, is kept and mutated. */
export class Fuzzer {
	inputs = 0;
	readonly #target: Target;
	readonly #coverage: Coverage;
	readonly #random: (bound: number) => number;
	/** Of each edge, the classes of counts seen, as bits. */
	readonly #seen = new Uint8Array(edgeCount);
	#entries: Entry[] = [];

	constructor(target: Target, coverage: Coverage, seed: number) {
		this.#target = target;
		this.#coverage = coverage;
		this.#random = seeded(seed);
	}

	get edges(): number {
		return this.#seen.reduce((sum, bits) => sum + (bits === 0 ? 0 : 1), 0);
	}

	get corpusSize(): number {
		return this.#entries.length;
	}

	/** Runs one input as it is. @throws Found */
	run(bytes: Uint8Array): void {
		this.inputs += 1;
		this.#coverage.clear();
		try {
			this.#target(bytes.slice());
		} catch (error) {
			throw new Found(bytes, error);
		}
		const { counters, touched, touchedCount } = this.#coverage;
		let isNew = false;
		for (let index = 0; index < touchedCount; index++) {
			const edge = touched[index]!;
			const count = counters[edge]!;
			const bit =
				count < 4 ? 1 << (count - 1) : count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128;
			if ((this.#seen[edge]! & bit) === 0) isNew = true;
			this.#seen[edge]! |= bit;
		}
		if (!isNew) return;
		const reached = [...touched.subarray(0, touchedCount)];
		this.#entries.push({ bytes, edges: reached });
	}

	/** Mutates one of the corpus and runs it. @throws Found */
	step(): void {
		this.run(this.#mutated());
	}

	/** The fewest inputs that reach every edge, found greedily: what is worth keeping. */
	smallest(): Uint8Array[] {
		const missing = new Set(this.#entries.flatMap(({ edges: reached }) => reached));
		const kept: Uint8Array[] = [];
		while (missing.size > 0) {
			let best = this.#entries[0]!;
			let bestWorth = -1;
			for (const entry of this.#entries) {
				const worth = entry.edges.filter((edge) => missing.has(edge)).length / (16 + entry.bytes.length);
				if (worth > bestWorth) [best, bestWorth] = [entry, worth];
			}
			for (const edge of best.edges) missing.delete(edge);
			kept.push(best.bytes);
		}
		return kept;
	}

	#mutated(): Uint8Array {
		const random = this.#random;
		// the newest half of the time: what was just found is not yet worn out
		const { length } = this.#entries;
		const index = random(2) === 0 ? random(length) : length - 1 - random(Math.min(length, 16));
		let bytes = [...this.#entries[index]!.bytes];
		for (let times = 1 + random(4); times > 0; times--) {
			const at = random(bytes.length + 1);
			const size = 1 + random(8);
			const kind = random(9);
			if (kind === 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
			else if (kind === 1) bytes[at] = random(256);
			else if (kind === 2) bytes[at] = edges[random(edges.length)]!;
			else if (kind === 3) bytes.splice(at, size);
			else if (kind === 4) bytes.splice(at, 0, ...Array.from({ length: size }, () => random(256)));
			else if (kind === 5) bytes.splice(at, 0, ...pieces[random(pieces.length)]!);
			else if (kind === 6) bytes.splice(at, 0, ...bytes.slice(at, at + size * 4));
			else if (kind === 7) bytes[at] = ((bytes[at] ?? 0) + random(9) - 4) & 255;
			else {
				const other = this.#entries[random(length)]!.bytes;
				bytes = [...bytes.slice(0, at), ...other.slice(random(other.length + 1))];
			}
		}
		return Uint8Array.from(bytes.slice(0, inputMax), (byte) => byte ?? 0);
	}
}
