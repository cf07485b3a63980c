import { currentView, lostView } from "./layout.ts";
import type { Medium } from "./medium.ts";

/** Entries that are there from the beginning; it grows by doubling. */
const firstEntries = 16;
const anyView = 0x7f;

/** Words of an entry: key, place, and size with the views above it. */
const words = 3;
const viewsShift = 16;
const sizeMask = 0xffff;

/**
 * Where each value stands, sorted by key: 12 bytes an entry. A key has one entry for each of its values that is in
 * force or in a snapshot.
 */
export class SettingsIndex {
	count = 0;
	/** Flash that the records of all entries take. */
	liveBytes = 0;
	/** The largest record so far. */
	largestBytes = 0;
	/** One behind the other: four arrays by entry would take 21 slots more. */
	private entries = new Int32Array(words * firstEntries);
	private readonly medium: Medium;

	constructor(medium: Medium) {
		this.medium = medium;
	}

	keyAt(at: number): number {
		return this.entries[at * words]!;
	}

	/** Where in flash its record begins. */
	placeAt(at: number): number {
		return this.entries[at * words + 1]!;
	}

	/** Of its body, in bytes. */
	sizeAt(at: number): number {
		return this.entries[at * words + 2]! & sizeMask;
	}

	viewsAt(at: number): number {
		return this.entries[at * words + 2]! >> viewsShift;
	}

	clear(): void {
		this.count = 0;
		this.liveBytes = 0;
		this.largestBytes = 0;
	}

	/** @returns the first entry whose key is not below `key`: `count` when there is none */
	lowerBound(key: number): number {
		let from = 0;
		let to = this.count;
		while (from < to) {
			const middle = (from + to) >> 1;
			if (this.keyAt(middle) < key) from = middle + 1;
			else to = middle;
		}
		return from;
	}

	/** @returns the entry of `key` that holds for one of `views`, or -1 */
	find(key: number, views: number): number {
		for (let at = this.lowerBound(key); at < this.count && this.keyAt(at) === key; at++) {
			if ((this.viewsAt(at) & views) !== 0) return at;
		}
		return -1;
	}

	/** @returns an entry whose record begins in [from, to), or -1 */
	findPlace(from: number, to: number): number {
		for (let at = 0; at < this.count; at++) {
			const place = this.placeAt(at);
			if (place >= from && place < to) return at;
		}
		return -1;
	}

	/** From now on, the record at `place` holds for `views` of `key`, and what did before does not. */
	put(key: number, views: number, place: number, size: number): void {
		const bytes = this.medium.recordSize(size);
		const present = this.find(key, views & anyView);
		if (present >= 0 && (this.viewsAt(present) & anyView) === (views & anyView)) {
			this.liveBytes += bytes - this.medium.recordSize(this.sizeAt(present));
			if (bytes > this.largestBytes) this.largestBytes = bytes;
			this.fill(present, key, place, size, views);
			return; // the usual case, and nothing has to move
		}
		if (present >= 0) this.remove(key, views & anyView);
		this.liveBytes += bytes;
		if (bytes > this.largestBytes) this.largestBytes = bytes;
		if (this.count * words === this.entries.length) this.grow();
		const at = this.lowerBound(key);
		this.shift(at + 1, at, this.count);
		this.count++;
		this.fill(at, key, place, size, views);
	}

	/** Nothing holds for `views` of `key` any more. */
	remove(key: number, views: number): void {
		let at = this.lowerBound(key);
		while (at < this.count && this.keyAt(at) === key) {
			if (!this.narrow(at, views)) at++;
		}
	}

	/** The view `to` becomes what `from` is, of all keys but those in `exempt` bits. */
	copyView(from: number, to: number, exempt: number): void {
		for (let at = this.count - 1; at >= 0; at--) {
			if ((this.keyAt(at) & exempt) !== 0) continue;
			if ((this.viewsAt(at) & from) !== 0) this.setViews(at, this.viewsAt(at) | to);
			else this.narrow(at, to);
		}
	}

	/** Nothing holds for `view` any more. */
	dropView(view: number): void {
		for (let at = this.count - 1; at >= 0; at--) this.narrow(at, view);
	}

	/** What holds now of keys with one of these bits can not be relied upon any more. */
	lose(bits: number): void {
		for (let at = 0; at < this.count; at++) {
			if ((this.keyAt(at) & bits) !== 0 && (this.viewsAt(at) & currentView) !== 0)
				this.setViews(at, this.viewsAt(at) | lostView);
		}
	}

	/** Takes `views` from an entry. @returns whether the entry is gone with the last of them */
	private narrow(at: number, views: number): boolean {
		const left = this.viewsAt(at) & ~views;
		this.setViews(at, left);
		if ((left & anyView) !== 0) return false;
		this.liveBytes -= this.medium.recordSize(this.sizeAt(at));
		this.shift(at, at + 1, this.count);
		this.count--;
		return true;
	}

	private fill(at: number, key: number, place: number, size: number, views: number): void {
		const { entries } = this;
		entries[at * words] = key;
		entries[at * words + 1] = place;
		entries[at * words + 2] = (views << viewsShift) | size;
	}

	private setViews(at: number, views: number): void {
		this.entries[at * words + 2] = (views << viewsShift) | this.sizeAt(at);
	}

	private shift(to: number, from: number, end: number): void {
		this.entries.copyWithin(to * words, from * words, end * words);
	}

	private grow(): void {
		const { entries } = this;
		this.entries = new Int32Array(2 * entries.length);
		this.entries.set(entries);
	}
}
