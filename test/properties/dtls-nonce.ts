/**
 * A board that loses power, crashes, tears what it saves and wakes with old memory, again and again, with a session
 * that lives on; and a listener that knows every nonce that was ever sealed under any key, and every record that was
 * ever believed.
 */

import { PortableCrypto } from "../../modules/crypto/portable.ts";
import { decodeState } from "../../modules/dtls/session-state.ts";
import type { StateHome } from "../../modules/dtls/state-homes.ts";
import { HostFailure } from "../../modules/host.ts";
import { seeded } from "../harness.ts";

/** The board stops between two instructions. */
export class Stop extends Error {
	/** "power": retained RAM is lost; "crash": it stays. */
	readonly kind: "power" | "crash";

	constructor(kind: "power" | "crash") {
		super(kind);
		this.kind = kind;
	}
}

/** What one sweep saw, over all its boards. */
export class Findings {
	/** Keys and nonces that were sealed with, and those that went out. */
	readonly sealed = new Set<string>();
	readonly sent = new Set<string>();
	readonly believed = new Set<string>();
	repeats = 0;
	replays = 0;
	/** Where boards stopped, and how often. */
	readonly stops = new Map<string, number>();
	readonly lives = { handshake: 0, restored: 0, restoredBefore: 0 };
	failures = 0;
	/** A save that was cut, and what was there afterwards. */
	readonly afterCut = { old: 0, new: 0, nothing: 0 };
}

/** Chance, and the places where a board can stop. */
export class Fate {
	readonly below: (bound: number) => number;
	readonly findings: Findings;
	/** One stop in so many places. */
	readonly rarity: number;

	constructor(seed: number, findings: Findings, rarity = 24) {
		this.below = seeded(seed * 2654435761);
		for (let turn = 0; turn < 8; turn++) this.below(2); // neighbouring seeds begin alike
		this.findings = findings;
		this.rarity = rarity;
	}

	stopKind(): "power" | "crash" {
		return this.below(2) === 0 ? "power" : "crash";
	}

	/** @throws Stop now and then */
	place(name: string): void {
		if (this.below(this.rarity) === 0) this.stop(name);
	}

	stop(name: string): never {
		const { stops } = this.findings;
		stops.set(name, (stops.get(name) ?? 0) + 1);
		throw new Stop(this.stopKind());
	}

	/** @throws HostFailure now and then */
	chanceOfFailure(): void {
		if (this.below(40) !== 0) return;
		this.findings.failures++;
		throw new HostFailure("drawn");
	}
}

/** Remembers keys by their handles, and every nonce that is sealed with. */
export class TappedCrypto extends PortableCrypto {
	private readonly keys = new Map<number, string>();
	private readonly findings: Findings;
	/** Key and nonce of the last seal(). */
	last = "";

	constructor(findings: Findings) {
		super({ entropy: { fill: (bytes) => bytes.fill(0x55) } });
		this.findings = findings;
	}

	override importAesKey(bytes: Uint8Array): number {
		const handle = super.importAesKey(bytes);
		this.keys.set(handle, hex(bytes));
		return handle;
	}

	override seal(...words: Parameters<PortableCrypto["seal"]>): number {
		const [, key, nonce] = words;
		this.last = `${this.keys.get(key)} ${hex(nonce)}`;
		if (this.findings.sealed.has(this.last)) this.findings.repeats++;
		this.findings.sealed.add(this.last);
		return super.seal(...words);
	}
}

export const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Retained RAM: written byte by byte, kept over a crash and over sleep, lost with the power. */
export class RetainedRam implements StateHome {
	private bytes: Uint8Array | undefined;
	private readonly fate: Fate;

	constructor(fate: Fate) {
		this.fate = fate;
	}

	save(state: Uint8Array): void {
		this.fate.place("before retained RAM is written");
		if (this.fate.below(this.fate.rarity) === 0) {
			const old = this.bytes;
			const torn = new Uint8Array(state.length);
			if (old !== undefined) torn.set(old.subarray(0, torn.length));
			torn.set(state.subarray(0, Math.min(state.length, this.fate.below(2 * state.length))));
			this.bytes = torn;
			note(this.fate.findings, old, state, this.load());
			this.fate.stop("while retained RAM is written");
		}
		this.bytes = state.slice();
		this.fate.place("after retained RAM was written");
	}

	load(): Uint8Array | undefined {
		return valid(this.bytes);
	}

	lose(): void {
		this.bytes = this.fate.below(2) === 0 ? undefined : this.bytes?.map(() => this.fate.below(256));
	}
}

/** Two slots of flash, each with a number that says which is younger. The older is erased before a save is done. */
export class FlashSlots implements StateHome {
	protected readonly slots: ({ age: number; bytes: Uint8Array } | undefined)[] = [undefined, undefined];
	private age = 0;
	protected readonly fate: Fate;

	constructor(fate: Fate) {
		this.fate = fate;
	}

	save(state: Uint8Array): void {
		const { fate } = this;
		fate.chanceOfFailure();
		const current = this.youngest();
		const spare = current === 0 ? 1 : 0;
		fate.place("before flash is written");
		if (fate.below(fate.rarity) === 0) {
			const old = this.current();
			const torn = new Uint8Array(state.length).fill(0xff);
			torn.set(state.subarray(0, Math.min(state.length, fate.below(2 * state.length))));
			this.slots[spare] = { age: ++this.age, bytes: torn };
			note(fate.findings, old, state, this.current());
			fate.stop("while flash is written");
		}
		this.slots[spare] = { age: ++this.age, bytes: state.slice() };
		fate.chanceOfFailure();
		fate.place("before the older slot is erased");
		this.retire(1 - spare);
		fate.place("after flash was written");
	}

	protected retire(slot: number): void {
		this.slots[slot] = undefined;
	}

	load(): Uint8Array | undefined {
		return this.current();
	}

	private current(): Uint8Array | undefined {
		const slot = this.youngest();
		return slot < 0 ? undefined : this.slots[slot]!.bytes.slice();
	}

	/** @returns which slot is valid and young, or -1 */
	private youngest(): number {
		let found = -1;
		for (const slot of [0, 1]) {
			const content = this.slots[slot];
			if (content === undefined || valid(content.bytes) === undefined) continue;
			if (found < 0 || content.age > this.slots[found]!.age) found = slot;
		}
		return found;
	}
}

function valid(bytes: Uint8Array | undefined): Uint8Array | undefined {
	return bytes === undefined || "code" in decodeState(bytes) ? undefined : bytes.slice();
}

function note(findings: Findings, old: Uint8Array | undefined, young: Uint8Array, found: Uint8Array | undefined): void {
	if (found === undefined) findings.afterCut.nothing++;
	else if (hex(found) === hex(young)) findings.afterCut.new++;
	else if (old !== undefined && hex(found) === hex(old)) findings.afterCut.old++;
	else throw new Error("a torn state was believed");
}
