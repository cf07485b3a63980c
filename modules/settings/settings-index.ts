import { currentView, lostView } from "./layout.ts";
import type { Medium } from "./medium.ts";

/** Entries that are there from the beginning; it grows by doubling. */
const firstEntries = 16;
const anyView = 0x7f;

/**
 * Where each value stands, sorted by key: 11 bytes an entry. A key has one entry for each of its values that is in
 * force or in a snapshot.
 */
export class SettingsIndex {
	count = 0;
	/** Flash that the records of all entries take. */
	liveBytes = 0;
	/** The largest record so far. */
	largestBytes = 0;
	keys = new Int32Array(firstEntries);
	places = new Int32Array(firstEntries);
	sizes = new Uint16Array(firstEntries);
	views = new Uint8Array(firstEntries);
	private readonly medium: Medium;

	constructor(medium: Medium) {
		this.medium = medium;
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
			if (this.keys[middle]! < key) from = middle + 1;
			else to = middle;
		}
		return from;
	}

	/** @returns the entry of `key` that holds for one of `views`, or -1 */
	find(key: number, views: number): number {
		for (let at = this.lowerBound(key); at < this.count && this.keys[at] === key; at++) {
			if ((this.views[at]! & views) !== 0) return at;
		}
		return -1;
	}

	/** @returns an entry whose record begins in [from, to), or -1 */
	findPlace(from: number, to: number): number {
		for (let at = 0; at < this.count; at++) {
			const place = this.places[at]!;
			if (place >= from && place < to) return at;
		}
		return -1;
	}

	/** From now on, the record at `place` holds for `views` of `key`, and what did before does not. */
	put(key: number, views: number, place: number, size: number): void {
		const bytes = this.medium.recordSize(size);
		const present = this.find(key, views & anyView);
		if (present >= 0 && (this.views[present]! & anyView) === (views & anyView)) {
			this.liveBytes += bytes - this.medium.recordSize(this.sizes[present]!);
			if (bytes > this.largestBytes) this.largestBytes = bytes;
			this.places[present] = place;
			this.sizes[present] = size;
			this.views[present] = views;
			return; // the usual case, and nothing has to move
		}
		if (present >= 0) this.remove(key, views & anyView);
		this.liveBytes += bytes;
		if (bytes > this.largestBytes) this.largestBytes = bytes;
		if (this.count === this.keys.length) this.grow();
		const at = this.lowerBound(key);
		this.shift(at + 1, at, this.count);
		this.count++;
		this.keys[at] = key;
		this.places[at] = place;
		this.sizes[at] = size;
		this.views[at] = views;
	}

	/** Nothing holds for `views` of `key` any more. */
	remove(key: number, views: number): void {
		let at = this.lowerBound(key);
		while (at < this.count && this.keys[at] === key) {
			if (!this.narrow(at, views)) at++;
		}
	}

	/** The view `to` becomes what `from` is, of all keys but those in `exempt` bits. */
	copyView(from: number, to: number, exempt: number): void {
		for (let at = this.count - 1; at >= 0; at--) {
			if ((this.keys[at]! & exempt) !== 0) continue;
			if ((this.views[at]! & from) !== 0) this.views[at]! |= to;
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
			if ((this.keys[at]! & bits) !== 0 && (this.views[at]! & currentView) !== 0) this.views[at]! |= lostView;
		}
	}

	/** Takes `views` from an entry. @returns whether the entry is gone with the last of them */
	private narrow(at: number, views: number): boolean {
		const left = this.views[at]! & ~views;
		this.views[at] = left;
		if ((left & anyView) !== 0) return false;
		this.liveBytes -= this.medium.recordSize(this.sizes[at]!);
		this.shift(at, at + 1, this.count);
		this.count--;
		return true;
	}

	private shift(to: number, from: number, end: number): void {
		this.keys.copyWithin(to, from, end);
		this.places.copyWithin(to, from, end);
		this.sizes.copyWithin(to, from, end);
		this.views.copyWithin(to, from, end);
	}

	private grow(): void {
		const size = this.count * 2;
		const { keys, places, sizes, views } = this;
		this.keys = new Int32Array(size);
		this.keys.set(keys);
		this.places = new Int32Array(size);
		this.places.set(places);
		this.sizes = new Uint16Array(size);
		this.sizes.set(sizes);
		this.views = new Uint8Array(size);
		this.views.set(views);
	}
}
