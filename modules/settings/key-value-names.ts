/** What stands under which name in a platform's store, and as which bytes: FORMAT.md, "In a platform's store". */
import type { Fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { KeyValue, Log } from "../host.ts";
import { crc32 } from "./crc32.ts";
import { keyMax, liveKey, secretKey } from "./key.ts";
import { read32, slotsMax, write32 } from "./layout.ts";
import { ROT } from "./settings.ts";

/** Names. A value: "v", generation (2 hexadecimal digits), key (8). A live one: "l", key. A part: "j", number (4). */
export const rootName = "r";
export const journalName = "j";
export const nonceName = "n";

/** What a stored value begins with; its CRC-32 ends it. */
export const storedLayout = frozen({ kind: 0, key: 1, value: 5 });
export const storedKind = frozen({ plain: 1, sealed: 2, removal: 3 });
/** The root: version, generation in force, of the snapshot of slot 0 to 3, CRC-32. */
export const rootLayout = frozen({ version: 0, current: 1, slots: 2, crc: 6 });
export const rootVersion = 1;
const storedMoreBytes = 9;

/** A slot without a snapshot. */
export const slotNone = 0xff;

export interface StoredValue {
	readonly key: number;
	readonly isRemoval: boolean;
	readonly isSealed: boolean;
	readonly bytes: Uint8Array;
}

export interface ParsedName {
	/** -1: of no generation. */
	readonly generation: number;
	/** -1: no value's name. */
	readonly key: number;
}

function hex(value: number, digits: number): string {
	return (value + 0x1_0000_0000).toString(16).slice(-digits);
}

/** A platform's store, with what we mean by its names. */
export class KeyValueNames {
	readonly store: KeyValue;
	/** The generation in force. */
	current = 0;
	/** By slot: the generation of its snapshot, or slotNone. */
	readonly slots: number[] = [];
	private readonly log: Log | undefined;

	constructor(store: KeyValue, log: Log | undefined) {
		this.store = store;
		this.log = log;
	}

	get valueMaxBytes(): number {
		return Math.min(0xffff, this.store.valueMaxBytes - storedMoreBytes);
	}

	report(event: string, key?: number): void {
		this.log?.write(Object.freeze(key === undefined ? { event } : { event, key }));
	}

	nameOf(generation: number, key: number): string {
		return (key & liveKey) !== 0 ? `l${hex(key, 8)}` : `v${hex(generation, 2)}${hex(key, 8)}`;
	}

	partName(part: number): string {
		return `j${hex(part, 4)}`;
	}

	parse(name: string): ParsedName {
		const digits = name.startsWith("v") ? 10 : name.startsWith("l") ? 8 : 0;
		if (digits === 0 || name.length !== digits + 1) return { generation: -1, key: -1 };
		const key = Number.parseInt(name.slice(-8), 16);
		const generation = digits === 10 ? Number.parseInt(name.slice(1, 3), 16) : -1;
		if (!(key >= 0 && key <= keyMax) || this.nameOf(generation, key) !== name) return { generation: -1, key: -1 };
		return { generation, key };
	}

	isReferred(generation: number): boolean {
		return generation >= 0 && (generation === this.current || this.slots.includes(generation));
	}

	readRoot(): void {
		const bytes = this.store.get(rootName);
		this.current = 0;
		this.slots.length = 0;
		for (let slot = 0; slot < slotsMax; slot++) this.slots.push(slotNone);
		if (bytes === undefined) return;
		if (bytes.length !== rootLayout.crc + 4 || !isWhole(bytes) || bytes[rootLayout.version] !== rootVersion) {
			this.report("settings.rot");
			return;
		}
		this.current = bytes[rootLayout.current]!;
		for (let slot = 0; slot < slotsMax; slot++) this.slots[slot] = bytes[rootLayout.slots + slot]!;
	}

	writeRoot(): void {
		const bytes = new Uint8Array(rootLayout.crc + 4);
		bytes[rootLayout.version] = rootVersion;
		bytes[rootLayout.current] = this.current;
		for (let slot = 0; slot < slotsMax; slot++) bytes[rootLayout.slots + slot] = this.slots[slot]!;
		finish(bytes);
		this.store.set(rootName, bytes);
	}

	value(name: string, key: number): StoredValue | Fault | undefined {
		const bytes = this.store.get(name);
		if (bytes === undefined) return undefined;
		const stored = decode(bytes);
		return "code" in stored || stored.key === key ? stored : ROT;
	}

	setValue(name: string, value: StoredValue): void {
		this.store.set(name, encode(value));
	}

	part(part: number): StoredValue | Fault | undefined {
		const bytes = this.store.get(this.partName(part));
		return bytes === undefined ? undefined : decode(bytes);
	}

	setPart(part: number, value: StoredValue): void {
		this.store.set(this.partName(part), encode(value));
	}

	/** @returns how many changes were decided and may not have been made; 0: none */
	journalSize(): number {
		return this.number(journalName);
	}

	setJournalSize(parts: number): void {
		this.setNumber(journalName, parts);
	}

	/**
	 * @returns a number for nonces that was never used: the limit of the last reservation. Where that is not to be had,
	 * one beyond all that are seen in use
	 */
	nonceLimit(): number {
		const bytes = this.store.get(nonceName);
		if (bytes !== undefined && bytes.length === 8 && isWhole(bytes)) return read32(bytes, 0);
		let limit = 0;
		for (const name of this.store.names()) {
			const { key } = this.parse(name);
			if (key < 0 || (key & secretKey) === 0) continue;
			const stored = this.value(name, key);
			if (stored !== undefined && !("code" in stored) && stored.isSealed) {
				limit = Math.max(limit, read32(stored.bytes, 0) + 0x10000);
			}
		}
		return limit;
	}

	setNonceLimit(limit: number): void {
		this.setNumber(nonceName, limit);
	}

	private number(name: string): number {
		const bytes = this.store.get(name);
		return bytes !== undefined && bytes.length === 8 && isWhole(bytes) ? read32(bytes, 0) : 0;
	}

	private setNumber(name: string, value: number): void {
		const bytes = new Uint8Array(8);
		write32(value, bytes, 0);
		finish(bytes);
		this.store.set(name, bytes);
	}
}

function encode({ key, isRemoval, isSealed, bytes }: StoredValue): Uint8Array {
	const stored = new Uint8Array(bytes.length + storedMoreBytes);
	stored[storedLayout.kind] = isRemoval ? storedKind.removal : isSealed ? storedKind.sealed : storedKind.plain;
	write32(key, stored, storedLayout.key);
	stored.set(bytes, storedLayout.value);
	finish(stored);
	return stored;
}

/** Never throws, whatever the bytes are. */
function decode(bytes: Uint8Array): StoredValue | Fault {
	const kind = bytes[storedLayout.kind];
	if (bytes.length < storedMoreBytes || !isWhole(bytes)) return ROT;
	const isRemoval = kind === storedKind.removal;
	const isSealed = kind === storedKind.sealed;
	if (!isRemoval && !isSealed && kind !== storedKind.plain) return ROT;
	const key = read32(bytes, storedLayout.key);
	if (key < 0 || key > keyMax) return ROT;
	return { key, isRemoval, isSealed, bytes: bytes.slice(storedLayout.value, bytes.length - 4) };
}

function finish(bytes: Uint8Array): void {
	write32(crc32(bytes, 0, bytes.length - 4, 0), bytes, bytes.length - 4);
}

function isWhole(bytes: Uint8Array): boolean {
	return crc32(bytes, 0, bytes.length - 4, 0) === read32(bytes, bytes.length - 4);
}
