import type { Fault } from "../bytes.ts";
import { schemaKey } from "./key.ts";
import { read32, write32 } from "./layout.ts";
import { SCHEMA_UNKNOWN, type Settings } from "./settings.ts";
import { Transaction } from "./transaction.ts";

/** One step between two versions of what the values mean. */
export interface Migration {
	/** Brings values of version `to - 1` to `to`. */
	readonly to: number;
	up(settings: Transaction): void;
	/** Brings them back, for an image that knows no more than `to - 1`. Absent: there is no way back but a snapshot. */
	down?(settings: Transaction): void;
}

/** The version that the values are of; 0 where nobody has said. */
export function schemaVersion(settings: Settings): number {
	const bytes = settings.get(schemaKey);
	return bytes instanceof Uint8Array && bytes.length === 4 ? read32(bytes, 0) : 0;
}

/**
 * Brings all values to `version`, forward or back, in one transaction: after a power cut they are of the old version
 * or of the new one, and say which. Values of a fresh store are of version 0.
 * @param migrations one for each step on the way, in any order
 * @returns SCHEMA_UNKNOWN when one is missing, or the values are of a version that this image has never heard of; what
 * commit() returns; and then nothing has changed
 */
export function migrate(settings: Settings, version: number, migrations: readonly Migration[]): Fault | undefined {
	const stored = settings.get(schemaKey);
	if (stored !== undefined && "code" in stored) return stored;
	let at = schemaVersion(settings);
	if (at === version) return undefined;
	const transaction = new Transaction(settings);
	while (at !== version) {
		const isUp = at < version;
		const to = isUp ? at + 1 : at;
		const step = migrations.find((migration) => migration.to === to);
		if (step === undefined || (!isUp && step.down === undefined)) return SCHEMA_UNKNOWN;
		if (isUp) step.up(transaction);
		else step.down?.(transaction);
		at += isUp ? 1 : -1;
	}
	const bytes = new Uint8Array(4);
	write32(version, bytes, 0);
	transaction.set(schemaKey, bytes);
	return transaction.commit();
}
