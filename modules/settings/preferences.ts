import { type Fault, readUtf8, utf8 } from "../bytes.ts";

/** What a preference is of: its default says which. */
export type Preference = number | boolean | string;

/** By name: under which key of the settings it lies, and what holds while nobody has set it. */
export type PreferenceTable = { readonly [name: string]: { readonly key: number; readonly value: Preference } };

type ValueOf<T extends PreferenceTable, N extends keyof T> = T[N]["value"] extends number
	? number
	: T[N]["value"] extends boolean
		? boolean
		: string;

/** The part of a Settings that is needed here. */
export interface PreferenceStore {
	get(key: number): Uint8Array | Fault | undefined;
	set(key: number, value: Uint8Array): Fault | undefined;
	remove(key: number): Fault | undefined;
}

/**
 * What an owner sets at the device, and no server knows: typed, with the device's own values as defaults. It outlives
 * restarts, updates of the firmware and their reverts (snapshots have it), and a factory reset forgets it.
 *
 *     const preferences = new Preferences(frozen({ brightness: { key: 0x20, value: 80 } }), settings);
 *     preferences.set("brightness", 40);
 *
 * A number is eight bytes, big-endian, as IEEE 754 has them; a boolean one; a text its UTF-8. A value that can not be
 * read, or is another type's, counts as not set.
 */
export class Preferences<T extends PreferenceTable> {
	readonly #table: T;
	readonly #store: PreferenceStore | undefined;

	/** @param store undefined: nothing can be set, and the defaults hold */
	constructor(table: T, store: PreferenceStore | undefined) {
		this.#table = table;
		this.#store = store;
	}

	/** @throws HostFailure when the host can not read */
	get<N extends keyof T & string>(name: N): ValueOf<T, N> {
		const { key, value } = this.#table[name]!;
		const bytes = this.#store?.get(key);
		const kept = bytes instanceof Uint8Array ? readPreference(bytes, value) : undefined;
		return (kept ?? value) as ValueOf<T, N>;
	}

	/** For good when it returns undefined. @returns why not. @throws HostFailure likewise */
	set<N extends keyof T & string>(name: N, value: ValueOf<T, N>): Fault | undefined {
		return this.#store?.set(this.#table[name]!.key, bytesOf(value));
	}

	/** The device's own value holds again. */
	clear(name: keyof T & string): Fault | undefined {
		return this.#store?.remove(this.#table[name]!.key);
	}
}

function bytesOf(value: Preference): Uint8Array {
	if (typeof value === "string") return utf8(value);
	if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
	const bytes = new Uint8Array(8);
	new DataView(bytes.buffer).setFloat64(0, value);
	return bytes;
}

function readPreference(bytes: Uint8Array, like: Preference): Preference | undefined {
	if (typeof like === "string") return readUtf8(bytes);
	if (typeof like === "boolean") return bytes.length === 1 ? bytes[0] === 1 : undefined;
	if (bytes.length !== 8) return undefined;
	const number = new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
	return Number.isFinite(number) ? number : undefined;
}
