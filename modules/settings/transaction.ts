import type { Fault } from "../bytes.ts";
import type { Change, Settings } from "./settings.ts";

/** Changes that are made together. Reads through what it has changed; nothing is written before commit(). */
export class Transaction {
	private readonly settings: Settings;
	private readonly changes: Change[] = [];

	constructor(settings: Settings) {
		this.settings = settings;
	}

	get(key: number): Uint8Array | Fault | undefined {
		const at = this.indexOf(key);
		return at < 0 ? this.settings.get(key) : this.changes[at]!.value;
	}

	/** @param value kept until commit() */
	set(key: number, value: Uint8Array): void {
		this.put({ key, value });
	}

	remove(key: number): void {
		this.put({ key, value: undefined });
	}

	/** As Settings.nextKey(), with what has been changed here. */
	nextKey(after: number): number | undefined {
		let next = this.settings.nextKey(after);
		while (next !== undefined) {
			const at = this.indexOf(next);
			if (at < 0 || this.changes[at]!.value !== undefined) break;
			next = this.settings.nextKey(next);
		}
		for (let index = 0; index < this.changes.length; index++) {
			const { key, value } = this.changes[index]!;
			if (value !== undefined && key > after && (next === undefined || key < next)) next = key;
		}
		return next;
	}

	/** See Settings.commit(). */
	commit(): Fault | undefined {
		return this.settings.commit(this.changes);
	}

	private put(change: Change): void {
		const at = this.indexOf(change.key);
		if (at < 0) this.changes.push(change);
		else this.changes[at] = change;
	}

	private indexOf(key: number): number {
		for (let at = 0; at < this.changes.length; at++) if (this.changes[at]!.key === key) return at;
		return -1;
	}
}
