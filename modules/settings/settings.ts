import { type Fault, fault } from "../bytes.ts";
import type { Crypto, KeyHandle } from "../host.ts";

/** A key and what it is to hold; undefined removes it. The value is borrowed until commit() returns. */
export interface Change {
	readonly key: number;
	readonly value: Uint8Array | undefined;
}

/** What seals the values of secret keys. */
export interface Secrets {
	readonly crypto: Crypto;
	/** AES-128, of this device alone. It stays the owner's. */
	readonly key: KeyHandle;
	/** Reads values too that were written before there was a key. Whoever can write flash can then put his own there. */
	readonly acceptsPlain?: boolean;
}

/**
 * Settings that survive: byte strings by key. Whatever happens to power, either all changes of a commit() are there or
 * none, and all of those before.
 */
export interface Settings {
	/**
	 * @returns bytes of their own; undefined: there is none; a Fault: there is one, but it can not be read: ROT, FORGED,
	 * NO_SECRET_KEY. Never an older value in its place
	 * @throws HostFailure when the host can not read
	 */
	get(key: number): Uint8Array | Fault | undefined;
	/** @returns the lowest key above `after` that has a value, readable or not; 0 begins. undefined: none */
	nextKey(after: number): number | undefined;
	/** One change. Costs a comparison instead of a write where the value is there already. See commit() */
	set(key: number, value: Uint8Array): Fault | undefined;
	remove(key: number): Fault | undefined;
	/**
	 * Makes all changes, in order, or none. When it returns undefined they are there for good.
	 * @returns why not, and then nothing has changed: FULL, KEYS_FULL, VALUE_SIZE, WORN
	 * @throws HostFailure when flash refuses; then nothing has changed
	 */
	commit(changes: readonly Change[]): Fault | undefined;
	/** Binds what holds now to a slot, in place of what was bound to it; live keys excepted. @param slot 0 to 3 */
	snapshot(slot: number): Fault | undefined;
	/** Brings back what held at snapshot(slot); live keys excepted. The snapshot stays. @returns NO_SNAPSHOT too */
	restore(slot: number): Fault | undefined;
	/** Drops the snapshot, if there is one. */
	forget(slot: number): Fault | undefined;
	hasSnapshot(slot: number): boolean;
	/** Whether there is nothing to tidy up. */
	readonly isIdle: boolean;
	/** One bounded step of tidying up. Whoever calls it until isIdle waits for none of it in commit(). */
	poll(): void;
}

const see = "modules/settings/README.md";

/** No room for the values, now and after tidying up. */
export const FULL = fault("settings.full", "silence", see);
/** No room in the index: more values than `entriesMax`. */
export const KEYS_FULL = fault("settings.keysFull", "silence", see);
export const VALUE_SIZE = fault("settings.valueSize", "silence", see);
/** Too few sectors are left that take writes; what is there can be read. */
export const WORN = fault("settings.worn", "silence", see);
/** The value's check sum does not fit it: its flash has changed. */
export const ROT = fault("settings.rot", "silence", see);
/** A sealed value that does not verify with our key. */
export const FORGED = fault("settings.forged", "silence", see);
/** A sealed value, and no key was given; or one that ought to be sealed. */
export const NO_SECRET_KEY = fault("settings.noSecretKey", "silence", see);
export const NO_SNAPSHOT = fault("settings.noSnapshot", "silence", see);
export const SCHEMA_UNKNOWN = fault("settings.schemaUnknown", "silence", see);
