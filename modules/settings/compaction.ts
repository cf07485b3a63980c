import type { Fault } from "../bytes.ts";
import { type FlashLog, sectorState } from "./flash-log.ts";
import { lostView, recordKind } from "./layout.ts";
import { Replay } from "./replay.ts";
import { FULL, WORN } from "./settings.ts";
import type { SettingsIndex } from "./settings-index.ts";

/** How often a copy is tried anew in other flash, before the sector is left where it is. */
const triesMax = 8;

/** A reserve that could not take what it was to take is erased and tried again, so often. */
const failuresMax = 3;

/** Records of no body that a full store still takes: something can always be removed, and a snapshot be restored. */
export const spareRecords = 4;

/**
 * Frees the oldest sector of the log: copies what still holds to the head, record by record, and lets the sector go.
 * The log goes round, so every sector is erased as often as any other.
 */
export class Compaction {
	private readonly log: FlashLog;
	private readonly index: SettingsIndex;
	/** The sector that is being freed; -1: none. */
	private victim = -1;
	/** Nothing can be freed: too few sectors take writes. */
	private isStuck = false;
	private tries = 0;
	/** Sectors in a row that could not take what the victim holds. */
	private failures = 0;

	constructor(log: FlashLog, index: SettingsIndex) {
		this.log = log;
		this.index = index;
	}

	/** Whether there is something to do when there is time. */
	get isWanted(): boolean {
		return this.victim >= 0 || this.log.nextFree(sectorState.dirty) >= 0 || this.isWorthwhile();
	}

	/** What all records may take. */
	get usableBytes(): number {
		return this.usableFor(0) - spareRecords * this.log.medium.recordBytes;
	}

	/** One step: one record is copied, or one sector erased, or a header written. */
	step(): void {
		const { log } = this;
		if (this.victim >= 0) {
			this.free();
			return;
		}
		const dirty = log.nextFree(sectorState.dirty);
		if (dirty >= 0) log.prepare(dirty);
		else if (this.isWorthwhile()) this.free();
	}

	/**
	 * Makes room for a transaction.
	 * @param sizes of its records
	 * @param isSpare it takes no room for long (a removal, a restore), and may use what is kept for such
	 * @returns why there is none: FULL, WORN
	 */
	makeRoom(sizes: readonly number[], isSpare: boolean): Fault | undefined {
		const { log, index } = this;
		let total = 0;
		let largest = 0;
		for (let at = 0; at < sizes.length; at++) {
			total += sizes[at]!;
			if (sizes[at]! > largest) largest = sizes[at]!;
		}
		if (isSpare && this.fits(sizes)) return undefined;
		if (log.sequences.length - log.badCount() < 2) return WORN;
		const spareBytes = isSpare ? 0 : spareRecords * log.medium.recordBytes;
		if (index.liveBytes + total + spareBytes > this.usableFor(largest)) return FULL;
		if (this.fits(sizes)) return undefined;
		for (let cycle = 0; cycle < 2 * log.sequences.length; cycle++) {
			if (!this.finish()) return WORN;
			if (this.fits(sizes)) return undefined;
		}
		return FULL;
	}

	/** Frees a sector, all at once. @returns whether one is free */
	private finish(): boolean {
		this.isStuck = false;
		do this.free();
		while (this.victim >= 0);
		return !this.isStuck;
	}

	/** Every sector but the last may end with a gap that the next record did not fit in. */
	private usableFor(largest: number): number {
		const { log, index } = this;
		const good = log.sequences.length - log.badCount();
		if (good < 2) return 0;
		const gap = Math.max(largest, index.largestBytes, log.medium.alignment) - log.medium.alignment;
		return Math.max(log.capacity, (good - 1) * log.capacity - (good - 2) * gap);
	}

	/** Whether these records can be written without freeing anything, and a sector is left to tidy up with. */
	private fits(sizes: readonly number[]): boolean {
		const { log } = this;
		const tear = log.tearFrom < 0 ? 0 : log.medium.recordBytes;
		let room = log.head < 0 ? 0 : log.headLimit - log.end - tear;
		let sectors = log.freeCount() - 1;
		for (let at = 0; at < sizes.length; at++) {
			const size = sizes[at]!;
			if (size > room) {
				if (--sectors < 0) return false;
				room = log.capacity;
			}
			room -= size;
		}
		return sectors >= 0;
	}

	/** Whether the log is longer than it needs to be, or the last free sector will be needed soon. */
	private isWorthwhile(): boolean {
		const { log, index } = this;
		const { capacity, medium } = log;
		if (this.isStuck || log.head < 0) return false;
		const free = log.freeCount();
		const used = log.sequences.length - log.badCount() - free;
		if (free === 0) return log.isFilling;
		if (used > 1 + Math.ceil((2 * index.liveBytes) / capacity)) return true;
		const headUsed = log.end - log.head * medium.sectorBytes - medium.firstOffset;
		const garbage = (used - 1) * capacity + headUsed - index.liveBytes;
		return free === 1 && headUsed > (capacity * 3) / 4 && garbage > capacity / 4;
	}

	/** One step of freeing the oldest sector. */
	private free(): void {
		const { log, index } = this;
		if (this.victim < 0) {
			this.victim = log.after(0);
			this.tries = 0;
			if (this.victim < 0) {
				this.stop();
				return;
			}
		}
		if (this.victim === log.head) {
			if (!log.advance("copy", -1)) this.stop();
			return;
		}
		const from = this.victim * log.medium.sectorBytes;
		const entry = index.findPlace(from, from + log.medium.sectorBytes);
		if (entry >= 0) {
			if (!this.move(entry)) this.retry();
		} else if (log.retire(this.victim)) {
			this.victim = -1;
			this.failures = 0;
		} else this.retry();
	}

	/** Copies the record of an entry to the head, or notes that it is lost. @returns whether it is there */
	private move(entry: number): boolean {
		const { index, log } = this;
		const { header, medium } = log;
		const key = index.keyAt(entry);
		const from = index.placeAt(entry);
		const size = index.sizeAt(entry);
		const isLost = (index.viewsAt(entry) & lostView) !== 0 || !this.isSound(from, key, size);
		const views = index.viewsAt(entry) & ~lostView;
		const { kind, argument } = header;
		const bytes = isLost ? medium.recordBytes : medium.recordSize(size);
		const place = log.place(bytes, "copy");
		if (place < 0) return false;
		if (!isLost && !medium.copyBody(from + medium.recordBytes, place + medium.recordBytes, size)) {
			log.fail(bytes);
			return false;
		}
		if (isLost) log.compose(recordKind.lost, views, key, 0, 0);
		else log.compose(kind, views, key, size, argument);
		if (!log.seal(place, bytes)) return false;
		index.put(key, isLost ? views | lostView : views, place, isLost ? 0 : size);
		return true;
	}

	/** Reads the header of a value to the log's `header`. @returns whether it and its body are as they were written */
	private isSound(place: number, key: number, size: number): boolean {
		const { log } = this;
		const isSound =
			readValueHeader(log, place, key, size) &&
			log.medium.bodyCrc(place + log.medium.recordBytes, size) === log.header.argument;
		if (!isSound) log.report("settings.rot", place, key);
		return isSound;
	}

	/** A copy could not be written: elsewhere, then. */
	private retry(): void {
		const { log } = this;
		if (++this.tries < triesMax) return;
		if (!log.isFilling) {
			this.stop();
			return;
		}
		// The reserve was to take what the victim holds, and does not: without it, everything is where it was.
		this.victim = -1;
		const isBad = ++this.failures >= failuresMax;
		if (isBad) log.giveUp(log.head);
		new Replay(log, this.index).run(); // reads it anew, without the sectors that have been given up
		if (isBad) this.stop();
	}

	private stop(): void {
		this.victim = -1;
		this.isStuck = true;
		this.log.report("settings.worn", this.log.end);
	}
}

/** Reads the header of a value to the log's `header`. @returns whether it is what the index says, perhaps repaired */
export function readValueHeader(log: FlashLog, place: number, key: number, size: number): boolean {
	const { header, medium } = log;
	const seed = log.seedOf(place);
	if (!medium.readHeader(place)) return false;
	if (!header.read(seed, medium.header) && !header.repair(seed, medium.header)) return false;
	return header.hasBody && header.key === key && header.size === size;
}
