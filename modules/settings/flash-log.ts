import { frozen } from "../frozen.ts";
import type { Entropy, Log } from "../host.ts";
import { firstFlag, lastFlag, markBytes, openingBytes, read32, recordBytes, recordKind } from "./layout.ts";
import type { Medium } from "./medium.ts";
import { RecordHeader } from "./record.ts";
import { Opening, readMark, writeMark } from "./sector.ts";

/** What a sector outside of the log is. */
export const sectorState = frozen({ dirty: 0, erased: 1, bad: 2 } as const);

/** After so many refused writes, the rest of a sector is left alone. */
const failuresMax = 3;
const erasesTried = 2;

/**
 * What a record is for. "user": new data, which leaves one sector free. "copy": tidying up, which may take the last
 * one. "tail": the record that ends it, which may take the room kept for it.
 */
export type Use = "user" | "copy" | "tail";

/**
 * The log as a ring of sectors: where its head is, what is free, and how a record gets there. Knows nothing of what
 * records mean.
 */
export class FlashLog {
	readonly medium: Medium;
	/** By sector: its place in the order of the log; 0: it is not in the log. */
	readonly sequences: Int32Array;
	/** One behind the other, by sector: sequences, salts, ends, states. Four arrays would take 17 slots more. */
	private readonly sectors: Int32Array;
	/** The sector that is written; -1: none, on a blank chip. */
	head = -1;
	headErases = 0;
	/** Where in flash the next record goes. */
	end = 0;
	/** Garbage from here to `end`, which the next record is to explain; -1: none. */
	tearFrom = -1;
	/** The head was the last free sector, and nothing but copies may go there until a tail record does. */
	isFilling = false;
	nextSequence = 1;
	/** Bit n: there is a snapshot of slot n. */
	snapshots = 0;
	/** The sector that left the log last, and its erase count then. */
	lastTailSector = -1;
	lastTailErases = 0;
	readonly header = new RecordHeader();
	private readonly log: Log | undefined;
	private readonly entropy: Entropy | undefined;
	private failures = 0;

	constructor(medium: Medium, log: Log | undefined, entropy: Entropy | undefined) {
		const { sectorCount } = medium;
		this.medium = medium;
		this.log = log;
		this.entropy = entropy;
		this.sectors = new Int32Array(4 * sectorCount);
		this.sequences = this.sectors.subarray(0, sectorCount);
	}

	setSalt(sector: number, salt: number): void {
		this.sectors[this.sequences.length + sector] = salt;
	}

	/** Of a sector of the log but the head: where in flash its part of the log ends. */
	endOf(sector: number): number {
		return this.sectors[2 * this.sequences.length + sector]!;
	}

	setEnd(sector: number, end: number): void {
		this.sectors[2 * this.sequences.length + sector] = end;
	}

	/** One of sectorState, where it is not in the log. */
	stateOf(sector: number): number {
		return this.sectors[3 * this.sequences.length + sector]!;
	}

	setState(sector: number, state: number): void {
		this.sectors[3 * this.sequences.length + sector] = state;
	}

	/** What a sector takes, apart from the tail record that room is kept for. */
	get capacity(): number {
		return this.medium.sectorBytes - this.medium.firstOffset - this.medium.recordBytes;
	}

	/** Where the head's room for records ends, apart from the tail record. */
	get headLimit(): number {
		return (this.head + 1) * this.medium.sectorBytes - this.medium.recordBytes;
	}

	report(event: string, place: number, key?: number): void {
		this.log?.write(Object.freeze(key === undefined ? { event, place } : { event, place, key }));
	}

	isFree(sector: number): boolean {
		return this.sequences[sector] === 0 && this.stateOf(sector) !== sectorState.bad;
	}

	freeCount(): number {
		let count = 0;
		for (let sector = 0; sector < this.sequences.length; sector++) if (this.isFree(sector)) count++;
		return count;
	}

	badCount(): number {
		let count = 0;
		for (let sector = 0; sector < this.sequences.length; sector++) {
			if (this.stateOf(sector) === sectorState.bad) count++;
		}
		return count;
	}

	/** @returns the sector of the log that comes next after sequence number `sequence`; 0 begins. -1: none */
	after(sequence: number): number {
		let found = -1;
		for (let sector = 0; sector < this.sequences.length; sector++) {
			const own = this.sequences[sector]!;
			if (own > sequence && (found < 0 || own < this.sequences[found]!)) found = sector;
		}
		return found;
	}

	/** @returns the free sector that comes next in the ring and is in this state; any state when left out. -1: none */
	nextFree(state?: number): number {
		const { length } = this.sequences;
		for (let step = 1; step <= length; step++) {
			const sector = (this.head + step) % length;
			if (this.isFree(sector) && (state === undefined || this.stateOf(sector) === state)) return sector;
		}
		return -1;
	}

	/** @returns how often the sector was erased, as far as that can be known */
	erasesOf(sector: number): number {
		const erases = this.markOf(sector);
		if (erases >= 0) return erases;
		// An erase was cut short. It is counted, but no other that was cut short right after it.
		if (this.lastTailSector === sector) return this.lastTailErases + 1;
		// Never used, or forgotten: sectors take turns, so it is one behind the others, or was.
		let most = 1;
		for (let other = 0; other < this.sequences.length; other++) most = Math.max(most, this.markOf(other));
		return most - 1;
	}

	/** Erases a free sector, which takes the chip some time. @returns whether it can be used; if not, it is bad now */
	prepare(sector: number): boolean {
		const { medium } = this;
		let erases = this.erasesOf(sector);
		this.setState(sector, sectorState.dirty);
		for (let attempt = 0; attempt < erasesTried; attempt++) {
			erases++;
			if (!medium.erase(sector)) continue;
			writeMark(erases, medium.alignment, medium.header);
			if (!medium.writeHeader(sector * medium.sectorBytes, markBytes, medium.markBytes)) continue;
			this.setState(sector, sectorState.erased);
			return true;
		}
		this.giveUp(sector);
		return false;
	}

	giveUp(sector: number): void {
		this.sequences[sector] = 0;
		this.setState(sector, sectorState.bad);
		this.report("settings.badSector", sector * this.medium.sectorBytes);
	}

	/**
	 * Goes on to the next free sector.
	 * @param leaving a sector that leaves the log by that; -1: none
	 * @returns whether there was one
	 */
	advance(use: Use, leaving: number): boolean {
		const { medium } = this;
		const opening = new Opening();
		let tried = -1;
		for (;;) {
			const free = this.freeCount();
			if (free === 0 || (use === "user" && free < 2)) return false;
			const sector = this.nextFree();
			if (this.stateOf(sector) !== sectorState.erased && !this.prepare(sector)) continue;
			const tail = this.after(leaving < 0 ? 0 : this.sequences[leaving]!);
			opening.sequence = this.nextSequence++;
			opening.previousSequence = this.head < 0 ? 0 : this.sequences[this.head]!;
			opening.tailSequence = tail < 0 ? opening.sequence : this.sequences[tail]!;
			opening.previousEnd = this.tearFrom < 0 ? this.end : this.tearFrom;
			opening.salt = this.drawSalt();
			opening.isReserve = free === 1 && use === "copy";
			opening.snapshots = this.snapshots;
			opening.write(medium.alignment, medium.header);
			const at = sector * medium.sectorBytes;
			if (!medium.writeHeader(at + medium.markBytes, openingBytes, medium.openingBytes)) {
				// An earlier write may have been cut so short that it left no trace but this.
				if (tried === sector) this.giveUp(sector);
				else this.setState(sector, sectorState.dirty);
				tried = sector;
				continue;
			}
			if (this.head >= 0) this.setEnd(this.head, opening.previousEnd);
			this.begin(sector, at + medium.firstOffset, opening);
			return true;
		}
	}

	/** `opening` has been read from this sector or written to it, and it is the head. */
	begin(sector: number, end: number, opening: Opening): void {
		this.head = sector;
		this.sequences[sector] = opening.sequence;
		this.setSalt(sector, opening.salt);
		this.isFilling = opening.isReserve;
		this.headErases = Math.max(0, this.markOf(sector));
		this.end = end;
		this.tearFrom = -1;
		this.failures = 0;
	}

	/** @returns where a record of `bytes` is to be written now; -1: there is no room. Overwrites `header` */
	place(bytes: number, use: Use): number {
		const reserve = use === "tail" ? this.medium.recordBytes : 0;
		for (let attempt = 0; attempt <= this.sequences.length; attempt++) {
			if (this.head >= 0) {
				this.explainTear(this.headLimit + reserve - bytes);
				if (this.tearFrom < 0 && this.end + bytes <= this.headLimit + reserve) return this.end;
			}
			if (use === "tail" || !this.advance(use, -1)) return -1;
		}
		return -1;
	}

	/** Writes `header` to `place`, all that belongs to it being there, and moves on. @returns whether it stands there */
	seal(place: number, bytes: number): boolean {
		const { medium } = this;
		this.header.write(this.seedOf(place), medium.header);
		if (!medium.writeHeader(place, recordBytes, medium.recordBytes)) {
			this.fail(bytes);
			return false;
		}
		this.end = place + bytes;
		return true;
	}

	/** A write of a record of `bytes` failed: goes on behind it. */
	fail(bytes: number): void {
		this.report("settings.writeFailed", this.end);
		if (this.tearFrom < 0) this.tearFrom = this.end;
		this.end += bytes;
		if (++this.failures >= failuresMax) this.end = (this.head + 1) * this.medium.sectorBytes;
	}

	/** Fills `header` for a record of no body that is a transaction of its own. */
	compose(kind: number, views: number, key: number, size: number, argument: number): void {
		const { header } = this;
		header.kind = kind;
		header.flags = firstFlag | lastFlag;
		header.views = views;
		header.key = key;
		header.size = size;
		header.argument = argument;
	}

	/** What the CRC of a record header at `place` begins with. */
	seedOf(place: number): number {
		return this.sectors[this.sequences.length + this.medium.sectorOf(place)]! ^ place;
	}

	/** Takes a sector whose records have all been copied, or are of no use, out of the log. @returns whether it is out */
	retire(sector: number): boolean {
		const erases = this.erasesOf(sector);
		const tail = this.after(this.sequences[sector]!);
		const place = this.place(this.medium.recordBytes, "tail");
		let isOut = false;
		if (place >= 0) {
			this.compose(recordKind.tail, 0, this.sequences[tail]!, sector, erases);
			isOut = this.seal(place, this.medium.recordBytes);
		}
		if (!isOut) isOut = this.advance("tail", sector);
		if (!isOut) return false;
		this.sequences[sector] = 0;
		this.setState(sector, sectorState.dirty);
		this.lastTailSector = sector;
		this.lastTailErases = erases;
		this.isFilling = false;
		return true;
	}

	private markOf(sector: number): number {
		const { medium } = this;
		return medium.readHeader(sector * medium.sectorBytes) ? readMark(medium.header, medium.alignment) : -1;
	}

	/** Says what the garbage in front of `end` is, so that nobody takes it for lost data; if that fits up to `limit`. */
	private explainTear(limit: number): void {
		const { recordBytes: bytes } = this.medium;
		while (this.tearFrom >= 0 && this.end + bytes <= limit) {
			this.compose(recordKind.tear, 0, this.tearFrom, 0, 0);
			if (this.seal(this.end, bytes)) this.tearFrom = -1;
		}
	}

	private drawSalt(): number {
		if (this.entropy === undefined) return 0;
		const bytes = new Uint8Array(4);
		this.entropy.fill(bytes);
		return read32(bytes, 0);
	}
}
