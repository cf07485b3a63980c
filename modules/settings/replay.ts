import type { FlashLog } from "./flash-log.ts";
import { sectorState } from "./flash-log.ts";
import { keyMax, liveKey } from "./key.ts";
import {
	currentView,
	firstFlag,
	lastFlag,
	lostView,
	openingBytes,
	recordBytes,
	recordKind,
	slotsMax,
} from "./layout.ts";
import { Opening, readMark } from "./sector.ts";
import type { SettingsIndex } from "./settings-index.ts";

/** The view of the snapshot of a slot. */
export function slotView(slot: number): number {
	return currentView << (slot + 1);
}

const viewsMask = (1 << (slotsMax + 1)) - 1;

/**
 * Finds the log on flash and fills the index from it. Writes nothing, and refuses nothing: whatever lies there, the
 * most that can be believed is taken, and what is found damaged is reported.
 */
export class Replay {
	private readonly log: FlashLog;
	private readonly index: SettingsIndex;
	private readonly opening = new Opening();
	/** Where a transaction began that has no end yet; -1: none. */
	private pendingFrom = -1;
	/** Where the garbage ends that seek() found. */
	private garbageEnd = 0;

	constructor(log: FlashLog, index: SettingsIndex) {
		this.log = log;
		this.index = index;
	}

	run(): void {
		const { log, index } = this;
		index.clear();
		log.head = -1;
		log.isFilling = false;
		log.lastTailSector = -1;
		log.snapshots = 0;
		const unreadable = this.scan();
		const tailSequence = this.findHead();
		// No sequence number twice, not even of sectors that can not be read: nonces are made of them.
		if (unreadable > 0) log.nextSequence += log.sequences.length;
		if (log.head >= 0) this.readLog(tailSequence);
	}

	/** Reads all headers of sectors. @returns how many there are that are neither valid nor blank */
	private scan(): number {
		const { log } = this;
		const { medium } = log;
		const { opening } = this;
		let unreadable = 0;
		log.nextSequence = 1;
		for (let sector = 0; sector < medium.sectorCount; sector++) {
			log.sequences[sector] = 0;
			if (log.stateOf(sector) === sectorState.bad) continue;
			log.setState(sector, sectorState.dirty);
			const at = sector * medium.sectorBytes;
			if (this.readOpening(sector)) {
				log.sequences[sector] = opening.sequence;
				log.setSalt(sector, opening.salt);
				if (opening.sequence >= log.nextSequence) log.nextSequence = opening.sequence + 1;
				continue;
			}
			const from = at + medium.markBytes;
			if (medium.writtenEnd(from, from + medium.openingBytes) !== from) unreadable++;
			else if (medium.readHeader(at) && readMark(medium.header, medium.alignment) >= 0) {
				log.setState(sector, sectorState.erased);
			}
		}
		return unreadable;
	}

	private readOpening(sector: number): boolean {
		const { medium } = this.log;
		const { opening } = this;
		const at = sector * medium.sectorBytes + medium.markBytes;
		if (!medium.readHeader(at)) return false;
		if (opening.read(medium.alignment, medium.header)) return true;
		if (medium.writtenEnd(at, at + openingBytes) === at || !medium.readHeader(at)) return false;
		if (!opening.repair(medium.alignment, medium.header)) return false;
		this.log.report("settings.repaired", at);
		return true;
	}

	/** Finds the head, and leaves only the sectors of the log in `sequences`. @returns the tail's sequence number */
	private findHead(): number {
		const { log } = this;
		const { sequences } = log;
		const { opening } = this;
		for (;;) {
			let head = -1;
			for (let sector = 0; sector < sequences.length; sector++) {
				if (sequences[sector]! > 0 && (head < 0 || sequences[sector]! > sequences[head]!)) head = sector;
			}
			if (head < 0 || !this.readOpening(head)) return 0;
			log.begin(head, 0, opening);
			const { isReserve, previousSequence, tailSequence } = opening;
			const found = this.tailIn(head);
			const tail = found > 0 ? found : tailSequence;
			log.isFilling = false;
			if (isReserve && found === 0 && sequences.indexOf(previousSequence) >= 0) {
				// Copying was cut short. All of it is where it was copied from.
				sequences[head] = 0;
				log.head = -1;
				continue;
			}
			for (let sector = 0; sector < sequences.length; sector++) if (sequences[sector]! < tail) sequences[sector] = 0;
			return tail;
		}
	}

	/** @returns what the last tail record in the head says; 0: there is none */
	private tailIn(head: number): number {
		const { header, medium } = this.log;
		let at = head * medium.sectorBytes + medium.firstOffset;
		const limit = (head + 1) * medium.sectorBytes;
		let tail = 0;
		for (;;) {
			const place = this.seek(at, limit, false);
			if (place < 0) return tail;
			if (header.kind === recordKind.tail) tail = header.key;
			at = place + this.sizeOfRecord();
		}
	}

	private readLog(tailSequence: number): void {
		const { log } = this;
		const { medium, sequences } = log;
		const { opening } = this;
		let previous = -1;
		for (let sector = log.after(0); sector >= 0; sector = log.after(sequences[sector]!)) {
			this.readOpening(sector);
			const expected = previous < 0 ? tailSequence : opening.previousSequence;
			const isWhole = expected === sequences[previous < 0 ? sector : previous];
			if (previous < 0) log.snapshots = opening.snapshots;
			else {
				const from = previous * medium.sectorBytes + medium.firstOffset;
				const to = (previous + 1) * medium.sectorBytes;
				const { previousEnd } = opening;
				log.setEnd(previous, isWhole && previousEnd >= from && previousEnd <= to ? previousEnd : to);
				this.readSector(previous);
			}
			if (!isWhole) this.lose(sector * medium.sectorBytes);
			if (previous < 0) this.pendingFrom = sector * medium.sectorBytes + medium.firstOffset;
			previous = sector;
		}
		this.readSector(log.head);
	}

	private readSector(sector: number): void {
		const { log } = this;
		const { header, medium } = log;
		const isHead = sector === log.head;
		const limit = isHead ? (sector + 1) * medium.sectorBytes : log.endOf(sector);
		let at = sector * medium.sectorBytes + medium.firstOffset;
		for (;;) {
			const place = this.seek(at, limit, true);
			if (place < 0) break;
			if (place > at) {
				if (header.kind === recordKind.tear && header.key === at) this.pendingFrom = -1;
				else this.lose(at);
			}
			const size = this.sizeOfRecord();
			this.take(place);
			at = place + size;
		}
		if (isHead) {
			log.end = this.garbageEnd;
			log.tearFrom = this.garbageEnd > at ? at : -1;
		} else if (this.garbageEnd > at) this.lose(at);
	}

	/**
	 * Reads the record at `at` to the log's `header`, or the first one behind it where there is garbage.
	 * @returns its place, or -1 when there is none up to `limit`; then garbageEnd is `at` where nothing was written
	 */
	private seek(at: number, limit: number, reports: boolean): number {
		const { header, medium } = this.log;
		this.garbageEnd = at;
		if (this.isRecord(at, limit)) return at;
		if (at >= limit) return -1;
		this.garbageEnd = medium.writtenEnd(at, limit);
		if (this.garbageEnd === at) return -1;
		if (at + recordBytes <= limit && medium.readHeader(at) && header.repair(this.log.seedOf(at), medium.header)) {
			if (at + this.sizeOfRecord() <= limit) {
				if (reports) this.log.report("settings.repaired", at);
				return at;
			}
		}
		for (let next = at + medium.alignment; next < this.garbageEnd; next += medium.alignment) {
			if (this.isRecord(next, limit)) return next;
		}
		return -1;
	}

	private isRecord(at: number, limit: number): boolean {
		const { header, medium } = this.log;
		if (at + recordBytes > limit || !medium.readHeader(at)) return false;
		return header.read(this.log.seedOf(at), medium.header) && at + this.sizeOfRecord() <= limit;
	}

	private sizeOfRecord(): number {
		const { header, medium } = this.log;
		return header.hasBody ? medium.recordSize(header.size) : medium.recordBytes;
	}

	/** Takes the record in `header` into account: transactions as a whole, when their last one has come. */
	private take(place: number): void {
		const { flags } = this.log.header;
		if ((flags & firstFlag) !== 0) this.pendingFrom = place;
		if ((flags & lastFlag) === 0 || this.pendingFrom < 0) return;
		if (this.pendingFrom === place) this.apply(place);
		else this.applyFrom(this.pendingFrom, place);
		this.pendingFrom = -1;
	}

	private applyFrom(from: number, to: number): void {
		const { log } = this;
		const { medium } = log;
		let at = from;
		for (;;) {
			const sector = medium.sectorOf(at);
			const limit = sector === log.head ? (sector + 1) * medium.sectorBytes : log.endOf(sector);
			const place = this.seek(at, limit, false);
			if (place < 0) {
				const next = log.after(log.sequences[sector]!);
				if (next < 0) return;
				at = next * medium.sectorBytes + medium.firstOffset;
				continue;
			}
			this.apply(place);
			if (place === to) return;
			at = place + this.sizeOfRecord();
		}
	}

	private apply(place: number): void {
		const { index, log } = this;
		const { kind, key, size } = log.header;
		const views = log.header.views & viewsMask;
		switch (kind) {
			case recordKind.value:
			case recordKind.sealedValue:
				if (key >= 0 && key <= keyMax && views !== 0) index.put(key, views, place, size);
				break;
			case recordKind.remove:
				index.remove(key, currentView);
				break;
			case recordKind.lost:
				if (key >= 0 && key <= keyMax && views !== 0) index.put(key, views | lostView, place, 0);
				break;
			case recordKind.tail:
				log.lastTailSector = size;
				log.lastTailErases = log.header.argument;
				break;
			case recordKind.snapshot:
			case recordKind.restore:
			case recordKind.forget:
				if (key >= 0 && key < slotsMax) applyToSlot(index, log, kind, key);
				break;
		}
	}

	/** Something that was there can not be read any more: of keys whose value must not be an older one, none is. */
	private lose(place: number): void {
		this.log.report("settings.rot", place);
		this.index.lose(liveKey);
	}
}

/** What snapshot, restore and forget records do. */
export function applyToSlot(index: SettingsIndex, log: FlashLog, kind: number, slot: number): void {
	const view = slotView(slot);
	if (kind === recordKind.restore) {
		index.copyView(view, currentView, liveKey);
		return;
	}
	if (kind === recordKind.snapshot) {
		index.copyView(currentView, view, liveKey);
		log.snapshots |= 1 << slot;
		return;
	}
	index.dropView(view);
	log.snapshots &= ~(1 << slot);
}
