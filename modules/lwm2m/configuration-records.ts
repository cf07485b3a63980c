import { equalBytes, type Fault, fault } from "../bytes.ts";
import { secretKey } from "../settings/key.ts";
import type { Change } from "../settings/settings.ts";
import type { Configuration, ConfiguredInstance } from "./configuration.ts";
import { decodeHeader, decodeInstance, encodeHeader, encodeInstance, type KeptUnder } from "./configuration-codec.ts";
import { isAccountObject } from "./configuration-state.ts";
import type { ClientLimits } from "./limits.ts";
import type { Registry } from "./registry.ts";

/** Where configurations outlive resets: a FlashSettings or KeyValueSettings of modules/settings is one. */
export interface ConfigurationSettings {
	readonly valueMaxBytes: number;
	get(key: number): Uint8Array | Fault | undefined;
	nextKey(after: number): number | undefined;
	/** All or nothing, for good. @returns why not */
	commit(changes: readonly Change[]): Fault | undefined;
}

/** How many keys a configuration may take, from its first on; and as many with the bit for secrets. */
export const keyCount = 0x1000;
/** A record takes as many values as it needs, its parts in order; the first byte of the first says how many. */
const partsMax = 16;
const recordsMax = keyCount / partsMax - 1;
/** Of seal and record, in each part: settings/README.md "Limits". */
const spareBytes = 32;

const malformed = fault("configuration.malformed", "silence", "modules/lwm2m/FORMAT.md");
const tooLarge = fault("configuration.limit", "silence", "modules/lwm2m/FORMAT.md");

export interface Kept {
	readonly under: KeptUnder;
	readonly configuration: Configuration;
}

/** A configuration among the settings, a record for each Object Instance: FORMAT.md, "A kept configuration". */
export class ConfigurationRecords {
	readonly #store: ConfigurationSettings;
	readonly #key: number;
	readonly #registry: Registry;
	readonly #limits: ClientLimits;
	/** By place among the keys: which Instance lies there, as nameOf() says. */
	#places: (number | undefined)[] = [];

	/** @param key the first of `keyCount`, without the bits of settings/key.ts */
	constructor(store: ConfigurationSettings, key: number, registry: Registry, limits: ClientLimits) {
		this.#store = store;
		this.#key = key;
		this.#registry = registry;
		this.#limits = limits;
	}

	/**
	 * @returns undefined: nothing is kept; a Fault: what is can not be used. It stays until the next write()
	 * @throws HostFailure when the host can not read
	 */
	read(): Kept | Fault | undefined {
		const head = this.#store.get(this.#key);
		if (head === undefined) return undefined;
		const under = "code" in head ? head : decodeHeader(head);
		const configuration = "code" in under ? under : this.readAll();
		if ("code" in under) return under;
		if (!("code" in configuration)) return { under, configuration };
		this.#places = [];
		return configuration;
	}

	/**
	 * In one commit, and only what differs from what lies there.
	 * @returns why not: then nothing has changed
	 * @throws HostFailure likewise
	 */
	write(under: KeptUnder, { instances, formerBootstrap }: Configuration): Fault | undefined {
		const changes: Change[] = [];
		const keys = [this.#key];
		const places: (number | undefined)[] = [];
		this.put(this.#key, encodeHeader(under), changes);
		for (const isFormer of [false, true]) {
			for (const instance of isFormer ? formerBootstrap : instances) {
				const place = this.place(nameOf(instance, isFormer), places);
				if (place > recordsMax) return tooLarge;
				const at = (this.#key + place * partsMax) | (isSecret(instance.objectId) ? secretKey : 0);
				const bytes = encodeInstance({ instance, isFormer }, this.#registry);
				if (!this.putRecord(at, bytes, changes, keys)) return tooLarge;
			}
		}
		changes.push(...this.removals(keys));
		const refusal = this.#store.commit(changes);
		changes.forEach(({ value }) => void value?.fill(0)); // keys are among them
		if (refusal === undefined) this.#places = places;
		return refusal;
	}

	/** Removes all of it. @returns why not. @throws HostFailure likewise */
	clear(): Fault | undefined {
		this.#places = [];
		return this.#store.commit(this.removals([]));
	}

	private readAll(): Configuration | Fault {
		const instances: ConfiguredInstance[] = [];
		const formerBootstrap: ConfiguredInstance[] = [];
		for (const secret of [0, secretKey]) {
			for (let at = this.next((this.#key | secret) + partsMax - 1); at !== undefined; at = this.next(at)) {
				const place = ((at & ~secretKey) - this.#key) / partsMax;
				if (!Number.isInteger(place)) continue;
				const bytes = this.record(at);
				const kept = "code" in bytes ? bytes : decodeInstance(bytes, this.#registry, this.#limits);
				if ("code" in kept) return kept;
				this.#places[place] = nameOf(kept.instance, kept.isFormer);
				(kept.isFormer ? formerBootstrap : instances).push(kept.instance);
			}
		}
		return { instances, formerBootstrap };
	}

	/** The next key of ours, with or without the bit for secrets as `after` is. */
	private next(after: number): number | undefined {
		const next = this.#store.nextKey(after);
		return next !== undefined && next < (this.#key | (after & secretKey)) + keyCount ? next : undefined;
	}

	/** All parts of a record; the first byte is gone. */
	private record(at: number): Uint8Array | Fault {
		const parts: Uint8Array[] = [];
		let size = -1;
		for (let count = 1; parts.length < count; ) {
			const part = this.#store.get(at + parts.length);
			if (part === undefined) return malformed;
			if ("code" in part) return part;
			if (parts.length === 0) count = part[0] ?? 0;
			if (count === 0 || count > partsMax) return malformed;
			parts.push(part);
			size += part.length;
		}
		const bytes = new Uint8Array(size);
		let to = 0;
		parts.forEach((part, index) => {
			bytes.set(index === 0 ? part.subarray(1) : part, to);
			to += index === 0 ? part.length - 1 : part.length;
		});
		return bytes;
	}

	/** Where it lies already, or a free place. */
	private place(name: number, places: (number | undefined)[]): number {
		let place = this.#places.indexOf(name);
		if (place < 0) {
			place = 1;
			while (this.#places[place] !== undefined || places[place] !== undefined) place++;
		}
		places[place] = name;
		return place;
	}

	private putRecord(at: number, bytes: Uint8Array, changes: Change[], keys: number[]): boolean {
		const most = this.#store.valueMaxBytes - spareBytes;
		const count = Math.ceil((bytes.length + 1) / most);
		if (count > partsMax) return false;
		for (let part = 0; part < count; part++) {
			const from = part * most;
			const end = Math.min(bytes.length + 1, from + most);
			const value = new Uint8Array(end - from);
			if (part === 0) value[0] = count;
			value.set(bytes.subarray(Math.max(from - 1, 0), end - 1), part === 0 ? 1 : 0);
			keys.push(at + part);
			this.put(at + part, value, changes);
		}
		bytes.fill(0);
		return true;
	}

	/** Leaves out what is there already. */
	private put(key: number, value: Uint8Array, changes: Change[]): void {
		const present = this.#store.get(key);
		if (!(present instanceof Uint8Array && equalBytes(present, value))) changes.push({ key, value });
	}

	/** Of all keys of ours but those. */
	private removals(but: readonly number[]): Change[] {
		const changes: Change[] = [];
		for (const secret of [0, secretKey]) {
			for (let at = this.next((this.#key | secret) - 1); at !== undefined; at = this.next(at)) {
				if (!but.includes(at)) changes.push({ key: at, value: undefined });
			}
		}
		return changes;
	}
}

/** Objects with keys in them are sealed as a whole: Security, OSCORE, COSE, MQTT Server. */
function isSecret(objectId: number): boolean {
	return isAccountObject(objectId) && objectId !== 1 && objectId !== 2;
}

/** One number for an Instance; another one for the same of the former Bootstrap-Server's account. */
function nameOf({ objectId, instanceId }: ConfiguredInstance, isFormer: boolean): number {
	return (objectId * 0x10000 + instanceId) * 2 + (isFormer ? 1 : 0);
}
