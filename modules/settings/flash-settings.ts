import { assert, equalBytes, type Fault } from "../bytes.ts";
import { type Entropy, type Flash, HostFailure, type Log } from "../host.ts";
import { Compaction, readValueHeader, spareRecords } from "./compaction.ts";
import { crc32 } from "./crc32.ts";
import { FlashLog } from "./flash-log.ts";
import { keyMax, schemaKey, secretKey } from "./key.ts";
import { currentView, firstFlag, lastFlag, lostView, recordKind, slotsMax } from "./layout.ts";
import { Medium } from "./medium.ts";
import { applyToSlot, Replay } from "./replay.ts";
import { openValue, sealedMoreBytes, sealValue } from "./seal.ts";
import {
	type Change,
	FULL,
	KEYS_FULL,
	NO_SECRET_KEY,
	NO_SNAPSHOT,
	ROT,
	type Secrets,
	type Settings,
	VALUE_SIZE,
	WORN,
} from "./settings.ts";
import { SettingsIndex } from "./settings-index.ts";

export interface FlashSettingsOptions {
	readonly flash: Flash;
	/** What is found damaged, and repaired: settings.rot, settings.repaired, settings.badSector, …  */
	readonly log?: Log;
	/** Salts sectors, so that nobody can put bytes into a value that would pass as a record after damage. */
	readonly entropy?: Entropy;
	/** Seals the values of secret keys; without it they are written as they are. */
	readonly secrets?: Secrets;
	/** Values in force and in snapshots that there may be: 12 bytes of RAM each. 256 when left out. */
	readonly entriesMax?: number;
}

export interface FlashSettingsFigures {
	readonly entries: number;
	/** What the records in force and in snapshots take of flash, and what they may take. */
	readonly liveBytes: number;
	readonly usableBytes: number;
	readonly sectors: number;
	readonly freeSectors: number;
	readonly badSectors: number;
}

/** A transaction that flash refuses is tried so often in other places. */
const attemptsMax = 6;
const defaultEntriesMax = 256;

/** Settings in raw flash: README.md says how, FORMAT.md which byte. */
export class FlashSettings implements Settings {
	private readonly medium: Medium;
	private readonly log: FlashLog;
	private readonly index: SettingsIndex;
	private readonly compaction: Compaction;
	private readonly secrets: Secrets | undefined;
	private readonly entriesMax: number;

	/**
	 * Reads the log; writes nothing. Whatever lies on flash, this succeeds: a blank or foreign partition is an empty
	 * store.
	 * @throws AssertionFailed for a geometry that no store can live on: fewer than two sectors, or too small ones
	 */
	constructor({ flash, log, entropy, secrets, entriesMax }: FlashSettingsOptions) {
		this.medium = new Medium(flash);
		this.log = new FlashLog(this.medium, log, entropy);
		this.index = new SettingsIndex(this.medium);
		this.compaction = new Compaction(this.log, this.index);
		this.secrets = secrets;
		this.entriesMax = entriesMax ?? defaultEntriesMax;
		new Replay(this.log, this.index).run();
	}

	/**
	 * The longest value that can be set: two of them fit into a sector, so that one can take the place of another even
	 * where there are no more than two sectors. Sealing takes 28 bytes of it.
	 */
	get valueMaxBytes(): number {
		const { alignment, recordBytes } = this.medium;
		const half = (this.log.capacity - spareRecords * recordBytes) / 2;
		return Math.min(0xffff, half - (half % alignment) - recordBytes);
	}

	get isIdle(): boolean {
		return !this.compaction.isWanted;
	}

	poll(): void {
		this.compaction.step();
	}

	get(key: number): Uint8Array | Fault | undefined {
		const { index, log, medium } = this;
		const at = index.find(key, currentView);
		if (at < 0) return undefined;
		if ((index.viewsAt(at) & lostView) !== 0) return ROT;
		const place = index.placeAt(at);
		const size = index.sizeAt(at);
		const value = new Uint8Array(size);
		let isSealed = false;
		for (let attempt = 0; ; attempt++) {
			if (readValueHeader(log, place, key, size) && medium.readBody(place + medium.recordBytes, value)) {
				isSealed = log.header.kind === recordKind.sealedValue;
				if (crc32(value, 0, size, 0) === log.header.argument) break;
			}
			if (attempt === 0) continue; // a read may fail once
			log.report("settings.rot", place, key);
			return ROT;
		}
		if (isSealed) return this.secrets === undefined ? NO_SECRET_KEY : openValue(this.secrets, key, value);
		if (this.isSealed(key) && this.secrets?.acceptsPlain !== true) return NO_SECRET_KEY;
		return value;
	}

	nextKey(after: number): number | undefined {
		const { index } = this;
		for (let at = index.lowerBound(Math.max(after, schemaKey) + 1); at < index.count; at++) {
			if ((index.viewsAt(at) & currentView) !== 0) return index.keyAt(at);
		}
		return undefined;
	}

	set(key: number, value: Uint8Array): Fault | undefined {
		const at = this.index.find(key, currentView);
		if (at >= 0 && this.index.sizeAt(at) === this.bodySize(key, value)) {
			const present = this.get(key);
			if (present instanceof Uint8Array && equalBytes(present, value)) return undefined;
		}
		return this.commit([{ key, value }]);
	}

	remove(key: number): Fault | undefined {
		return this.index.find(key, currentView) < 0 ? undefined : this.commit([{ key, value: undefined }]);
	}

	commit(changes: readonly Change[]): Fault | undefined {
		const { index, medium } = this;
		if (changes.length === 0) return undefined;
		const sizes: number[] = [];
		let entries = index.count;
		for (let change = 0; change < changes.length; change++) {
			const { key, value } = changes[change]!;
			assert(key >= schemaKey && key <= keyMax && Number.isInteger(key), "settings: no such key");
			const size = value === undefined ? 0 : this.bodySize(key, value);
			if (size > this.valueMaxBytes) return VALUE_SIZE;
			sizes.push(medium.recordSize(size));
			if (value === undefined) continue;
			const at = index.find(key, currentView);
			if (at < 0 || (index.viewsAt(at) & ~lostView) !== currentView) entries++;
		}
		if (entries > this.entriesMax && entries > index.count) return KEYS_FULL;
		const isSpare = sizes.length <= spareRecords && changes.every(({ value }) => value === undefined);
		return this.append(sizes, isSpare, () => this.write(changes, sizes));
	}

	snapshot(slot: number): Fault | undefined {
		return this.append([this.medium.recordBytes], true, () => this.writeSlot(recordKind.snapshot, slot));
	}

	restore(slot: number): Fault | undefined {
		if (!this.hasSnapshot(slot)) return NO_SNAPSHOT;
		return this.append([this.medium.recordBytes], true, () => this.writeSlot(recordKind.restore, slot));
	}

	forget(slot: number): Fault | undefined {
		if (!this.hasSnapshot(slot)) return undefined;
		return this.append([this.medium.recordBytes], true, () => this.writeSlot(recordKind.forget, slot));
	}

	hasSnapshot(slot: number): boolean {
		assert(slot >= 0 && slot < slotsMax, "settings: no such slot");
		return ((this.log.snapshots >> slot) & 1) !== 0;
	}

	/** @returns how often each sector was erased, as the sectors themselves say */
	erases(): number[] {
		return [...this.log.sequences.keys()].map((sector) => this.log.erasesOf(sector));
	}

	figures(): FlashSettingsFigures {
		const { compaction, index, log } = this;
		return {
			entries: index.count,
			liveBytes: index.liveBytes,
			usableBytes: compaction.usableBytes,
			sectors: log.sequences.length,
			freeSectors: log.freeCount(),
			badSectors: log.badCount(),
		};
	}

	private isSealed(key: number): boolean {
		return this.secrets !== undefined && (key & secretKey) !== 0;
	}

	private bodySize(key: number, value: Uint8Array): number {
		return value.length + (this.isSealed(key) ? sealedMoreBytes : 0);
	}

	/** Makes room and writes, in another place if flash refuses. */
	private append(sizes: readonly number[], isSpare: boolean, write: () => boolean): Fault | undefined {
		for (let attempt = 0; attempt < attemptsMax; attempt++) {
			const refusal = this.compaction.makeRoom(sizes, isSpare);
			// What was full from the beginning is full; what became full by sectors going bad is worn.
			if (refusal !== undefined) return attempt > 0 && refusal === FULL ? WORN : refusal;
			if (write()) return undefined;
		}
		throw new HostFailure("settings: flash takes no writes");
	}

	private write(changes: readonly Change[], sizes: readonly number[]): boolean {
		const { index, log, medium } = this;
		const places: number[] = [];
		for (let at = 0; at < changes.length; at++) {
			const { key, value } = changes[at]!;
			const place = log.place(sizes[at]!, "user");
			if (place < 0) return false;
			let kind: number = recordKind.remove;
			let body: Uint8Array | undefined;
			if (value !== undefined) {
				kind = this.isSealed(key) ? recordKind.sealedValue : recordKind.value;
				body = this.isSealed(key) ? this.sealed(key, value, place) : value;
				if (!medium.writeBody(place + medium.recordBytes, body)) {
					log.fail(sizes[at]!);
					return false;
				}
			}
			const size = body?.length ?? 0;
			log.compose(kind, currentView, key, size, body === undefined ? 0 : crc32(body, 0, size, 0));
			log.header.flags = (at === 0 ? firstFlag : 0) | (at === changes.length - 1 ? lastFlag : 0);
			if (!log.seal(place, sizes[at]!)) return false;
			places.push(place);
		}
		for (let at = 0; at < changes.length; at++) {
			const { key, value } = changes[at]!;
			if (value === undefined) index.remove(key, currentView);
			else index.put(key, currentView, places[at]!, this.bodySize(key, value));
		}
		return true;
	}

	/** The nonce says where and when: no place is written twice between two erases, and no opening is like another. */
	private sealed(key: number, value: Uint8Array, place: number): Uint8Array {
		const { log } = this;
		return sealValue(this.secrets!, key, log.sequences[log.head]!, log.headErases, place, value);
	}

	private writeSlot(kind: number, slot: number): boolean {
		const { index, log, medium } = this;
		assert(slot >= 0 && slot < slotsMax, "settings: no such slot");
		const place = log.place(medium.recordBytes, "user");
		if (place < 0) return false;
		log.compose(kind, 0, slot, 0, 0);
		if (!log.seal(place, medium.recordBytes)) return false;
		applyToSlot(index, log, kind, slot);
		return true;
	}
}
