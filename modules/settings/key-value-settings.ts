import { assert, equalBytes, type Fault } from "../bytes.ts";
import { HostFailure, type KeyValue, type Log } from "../host.ts";
import { keyMax, liveKey, schemaKey, secretKey } from "./key.ts";
import { KeyValueNames, rootName, type StoredValue, slotNone } from "./key-value-names.ts";
import { slotsMax } from "./layout.ts";
import { openValue, sealedMoreBytes, sealValue } from "./seal.ts";
import {
	type Change,
	KEYS_FULL,
	NO_SECRET_KEY,
	NO_SNAPSHOT,
	ROT,
	type Secrets,
	type Settings,
	VALUE_SIZE,
} from "./settings.ts";

export interface KeyValueSettingsOptions {
	readonly store: KeyValue;
	readonly log?: Log;
	readonly secrets?: Secrets;
	/** Values in force that there may be. 256 when left out. */
	readonly entriesMax?: number;
}

/** A change that is decided, and waits in the journal to be made. */
interface Pending {
	readonly key: number;
	readonly part: number;
	readonly isRemoval: boolean;
}

const defaultEntriesMax = 256;
/** Numbers for nonces are reserved so many at a time. */
const nonceStride = 64;
const partsMax = 0xffff;

/**
 * The same settings in a platform's own store, which makes one name atomic: transactions go through a journal,
 * snapshots are copies. FORMAT.md, "In a platform's store".
 */
export class KeyValueSettings implements Settings {
	private readonly names: KeyValueNames;
	private readonly secrets: Secrets | undefined;
	private readonly entriesMax: number;
	/** Keys in force, rising. */
	private keys: number[] = [];
	private pending: Pending[] = [];
	/** Names that nothing refers to. */
	private garbage: string[] = [];
	private nonce = 0;
	private nonceLimit = 0;

	/** Reads what is there; writes nothing. @throws HostFailure when the platform's store can not be read */
	constructor({ store, log, secrets, entriesMax }: KeyValueSettingsOptions) {
		this.names = new KeyValueNames(store, log);
		this.secrets = secrets;
		this.entriesMax = entriesMax ?? defaultEntriesMax;
		this.names.readRoot();
		this.readNames();
		this.readJournal();
	}

	/** The longest value that can be set. Sealing takes 28 bytes of it. */
	get valueMaxBytes(): number {
		return this.names.valueMaxBytes;
	}

	get isIdle(): boolean {
		return this.pending.length === 0 && this.garbage.length === 0;
	}

	/** Makes one change that waits, or removes one name. */
	poll(): void {
		try {
			if (this.pending.length > 0) this.settle();
			else if (this.garbage.length > 0) {
				this.names.store.remove(this.garbage[this.garbage.length - 1]!);
				this.garbage.pop();
			}
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.names.report("settings.writeFailed");
		}
	}

	get(key: number): Uint8Array | Fault | undefined {
		const waiting = this.pending.find((change) => change.key === key);
		if (waiting?.isRemoval === true) return undefined;
		const stored = waiting === undefined ? this.names.value(this.nameOf(key), key) : this.names.part(waiting.part);
		if (stored === undefined) return this.keys.includes(key) ? this.lost(key) : undefined;
		if ("code" in stored) return this.lost(key);
		if (stored.isSealed) {
			return this.secrets === undefined ? NO_SECRET_KEY : openValue(this.secrets, key, stored.bytes);
		}
		if (this.isSealed(key) && this.secrets?.acceptsPlain !== true) return NO_SECRET_KEY;
		return stored.bytes;
	}

	nextKey(after: number): number | undefined {
		return this.keys.find((key) => key > after && key !== schemaKey);
	}

	set(key: number, value: Uint8Array): Fault | undefined {
		const present = this.get(key);
		if (present instanceof Uint8Array && equalBytes(present, value)) return undefined;
		return this.commit([{ key, value }]);
	}

	remove(key: number): Fault | undefined {
		return this.keys.includes(key) ? this.commit([{ key, value: undefined }]) : undefined;
	}

	commit(changes: readonly Change[]): Fault | undefined {
		let count = this.keys.length;
		for (let index = 0; index < changes.length; index++) {
			const { key, value } = changes[index]!;
			assert(key >= schemaKey && key <= keyMax && Number.isInteger(key), "settings: no such key");
			if (value === undefined) continue;
			if (value.length + (this.isSealed(key) ? sealedMoreBytes : 0) > this.valueMaxBytes) return VALUE_SIZE;
			if (!this.keys.includes(key)) count++;
		}
		if (count > this.entriesMax && count > this.keys.length) return KEYS_FULL;
		assert(changes.length <= partsMax, "settings: a transaction of too many changes");
		if (this.pending.length > 0) this.settle();
		if (changes.length === 1) this.change(changes[0]!);
		else if (changes.length > 1) this.journal(changes);
		return undefined;
	}

	snapshot(slot: number): Fault | undefined {
		this.requireSlot(slot);
		if (this.pending.length > 0) this.settle();
		const { names } = this;
		const old = names.slots[slot]!;
		names.slots[slot] = this.copyGeneration(names.current);
		this.changeRoot(old, () => {
			names.slots[slot] = old;
		});
		return undefined;
	}

	restore(slot: number): Fault | undefined {
		if (!this.hasSnapshot(slot)) return NO_SNAPSHOT;
		if (this.pending.length > 0) this.settle();
		const { names } = this;
		const old = names.current;
		names.current = this.copyGeneration(names.slots[slot]!);
		this.changeRoot(old, () => {
			names.current = old;
		});
		this.readNames();
		return undefined;
	}

	forget(slot: number): Fault | undefined {
		if (!this.hasSnapshot(slot)) return undefined;
		const { names } = this;
		const old = names.slots[slot]!;
		names.slots[slot] = slotNone;
		this.changeRoot(old, () => {
			names.slots[slot] = old;
		});
		return undefined;
	}

	hasSnapshot(slot: number): boolean {
		this.requireSlot(slot);
		return this.names.slots[slot] !== slotNone;
	}

	private requireSlot(slot: number): void {
		assert(slot >= 0 && slot < slotsMax, "settings: no such slot");
	}

	private isSealed(key: number): boolean {
		return this.secrets !== undefined && (key & secretKey) !== 0;
	}

	private nameOf(key: number): string {
		return this.names.nameOf(this.names.current, key);
	}

	private lost(key: number): Fault {
		this.names.report("settings.rot", key);
		return ROT;
	}

	/** Fills keys and garbage from what names there are. */
	private readNames(): void {
		const { names } = this;
		this.keys = [];
		this.garbage = [];
		for (const name of names.store.names()) {
			const { generation, key } = names.parse(name);
			if (key >= 0 && (generation === names.current || (key & liveKey) !== 0)) this.addKey(key);
			else if (name !== rootName && name !== "n" && !names.isReferred(generation)) this.garbage.push(name);
		}
	}

	/** A journal with a valid head is decided, whether its changes have been made or not. */
	private readJournal(): void {
		const { names } = this;
		const count = names.journalSize();
		for (let part = 0; part < count; part++) {
			const change = names.part(part);
			if (change === undefined || "code" in change) {
				names.report("settings.rot");
				continue;
			}
			this.pending.push({ key: change.key, part, isRemoval: change.isRemoval });
		}
		this.pending.reverse(); // the last change of a key is the one that get() finds
		for (let at = this.pending.length - 1; at >= 0; at--) {
			const { key, isRemoval } = this.pending[at]!;
			this.note(key, isRemoval);
		}
		if (count > 0) this.garbage = this.garbage.filter((name) => !name.startsWith("j"));
	}

	private journal(changes: readonly Change[]): void {
		const { names } = this;
		for (let part = 0; part < changes.length; part++) names.setPart(part, this.stored(changes[part]!));
		names.setJournalSize(changes.length);
		for (let part = 0; part < changes.length; part++) {
			const { key, value } = changes[part]!;
			this.pending.unshift({ key, part, isRemoval: value === undefined });
			this.note(key, value === undefined);
		}
		try {
			this.settle();
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error; // it is decided: get() reads the journal until it is made
			names.report("settings.writeFailed");
		}
	}

	/** Makes the changes of the journal. May be done again from the beginning. @throws HostFailure */
	private settle(): void {
		const { names, pending } = this;
		for (let at = pending.length - 1; at >= 0; at--) {
			const { key, part } = pending[at]!;
			const stored = names.part(part);
			if (stored === undefined || "code" in stored) continue;
			if (stored.isRemoval) names.store.remove(this.nameOf(key));
			else names.setValue(this.nameOf(key), stored);
		}
		names.store.remove("j");
		this.pending = [];
		for (let index = 0; index < pending.length; index++) {
			const { part } = pending[index]!;
			this.garbage.push(names.partName(part));
		}
		this.sweepParts(pending.length);
	}

	/** Parts are overwritten by the next transaction; what is left of them is removed when there is time. */
	private sweepParts(count: number): void {
		for (let step = 0; step < count; step++) this.poll();
	}

	private change({ key, value }: Change): void {
		const { names } = this;
		if (value === undefined) names.store.remove(this.nameOf(key));
		else names.setValue(this.nameOf(key), this.stored({ key, value }));
		this.note(key, value === undefined);
	}

	private note(key: number, isRemoval: boolean): void {
		if (isRemoval) this.keys = this.keys.filter((each) => each !== key);
		else this.addKey(key);
	}

	private addKey(key: number): void {
		let at = this.keys.length;
		while (at > 0 && this.keys[at - 1]! > key) at--;
		if (this.keys[at - 1] !== key) this.keys.splice(at, 0, key);
	}

	private stored({ key, value }: Change): StoredValue {
		if (value === undefined) return { key, isRemoval: true, isSealed: false, bytes: new Uint8Array(0) };
		if (!this.isSealed(key)) return { key, isRemoval: false, isSealed: false, bytes: value };
		const bytes = sealValue(this.secrets!, key, this.takeNonce(), 0, 0, value);
		return { key, isRemoval: false, isSealed: true, bytes };
	}

	/** What was reserved before a restart is skipped: no number twice. @throws HostFailure */
	private takeNonce(): number {
		const { names } = this;
		if (this.nonce >= this.nonceLimit) {
			this.nonce = Math.max(this.nonce, names.nonceLimit());
			names.setNonceLimit(this.nonce + nonceStride);
			this.nonceLimit = this.nonce + nonceStride;
		}
		return this.nonce++;
	}

	/** @returns a generation that holds what `from` does, and that nothing refers to yet */
	private copyGeneration(from: number): number {
		const { names } = this;
		let to = 0;
		while (names.isReferred(to)) to++;
		// What an earlier copy left there is removed now, and must not be removed later.
		this.garbage = this.garbage.filter((name) => names.parse(name).generation !== to);
		const present = names.store.names();
		for (let index = 0; index < present.length; index++) {
			const name = present[index]!;
			const { generation, key } = names.parse(name);
			if (key >= 0 && (key & liveKey) === 0 && generation === to) names.store.remove(name);
		}
		for (let index = 0; index < present.length; index++) {
			const name = present[index]!;
			const { generation, key } = names.parse(name);
			if (key < 0 || (key & liveKey) !== 0 || generation !== from) continue;
			const bytes = names.store.get(name);
			if (bytes !== undefined) names.store.set(names.nameOf(to, key), bytes);
		}
		return to;
	}

	/** Writes the root, and what `old` generation held is garbage. @param undo if it can not be written */
	private changeRoot(old: number, undo: () => void): void {
		const { names } = this;
		try {
			names.writeRoot();
		} catch (error) {
			undo();
			throw error;
		}
		if (old === slotNone || names.isReferred(old)) return;
		for (const name of names.store.names()) {
			const { generation, key } = names.parse(name);
			if (key >= 0 && (key & liveKey) === 0 && generation === old) this.garbage.push(name);
		}
	}
}
