import type { Entropy } from "../../../modules/host.ts";
import type { Timekeeper } from "../time.ts";
import { Alarm } from "./alarm.ts";
import type { Registration } from "./registration.ts";

interface Entry {
	registration: Registration;
	readonly lifetime: Alarm;
	/** Rings when a queue-mode client may have fallen asleep. */
	readonly sleep: Alarm;
	isAwake: boolean;
}

/**
 * Size of a location. Four characters of 64 are 24 bits: "/rd/xxxx" keeps an Update with a two-byte token at 14
 * bytes, and a client that comes back
 * with the location of a server's earlier life meets somebody else's only once in 16,000 times among 1,000
 * registrations. It is drawn, not
 * counted, for that reason; it is no secret (NoSec has none) and no protection: that is DTLS's.
 */
const locationCharacters = 4;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** What a queue-mode client's listening lasts by default: MAX_TRANSMIT_WAIT (Core 1.1 §6.5, RFC 7252 §4.8.2). */
export const defaultAwakeMs = 93_000;

export interface RegistryOptions {
	readonly time: Timekeeper;
	/** How long a queue-mode client listens after it was heard. */
	readonly awakeMs: number;
	readonly entropy: Entropy;
	expired(registration: Registration): void;
	asleep(registration: Registration): void;
	/** One that slept was heard. */
	awake(registration: Registration): void;
	/** A registration is new, or another one than before. */
	changed(registration: Registration): void;
	removed(registration: Registration): void;
}

/** All registrations, by location and by endpoint client name; ends those whose lifetime passes. */
export class Registry {
	readonly #options: RegistryOptions;
	readonly #byId = new Map<string, Entry>();
	readonly #byEndpoint = new Map<string, Entry>();

	constructor(options: RegistryOptions) {
		this.#options = options;
	}

	get size(): number {
		return this.#byId.size;
	}

	/** In order of registering. */
	*all(): IterableIterator<Registration> {
		for (const { registration } of this.#byId.values()) yield registration;
	}

	byId(id: string): Registration | undefined {
		return this.#byId.get(id)?.registration;
	}

	byEndpoint(endpoint: string): Registration | undefined {
		return this.#byEndpoint.get(endpoint)?.registration;
	}

	isAwake(registration: Registration): boolean {
		return this.#byId.get(registration.id)?.isAwake ?? false;
	}

	/** @returns a location that no registration has */
	newId(): string {
		const bytes = new Uint8Array(locationCharacters);
		for (;;) {
			this.#options.entropy.fill(bytes);
			const id = Array.from(bytes, (byte) => alphabet[byte & 63]).join("");
			if (!this.#byId.has(id)) return id;
		}
	}

	/** Holds a new registration. The endpoint's earlier one is not touched: remove it first. */
	add(registration: Registration): void {
		this.#wind(this.#enter(registration), 0);
		this.#options.changed(registration);
	}

	/**
	 * Takes up a registration of an earlier life.
	 * @param ageMs since when nothing has been heard of it
	 * @returns false where its lifetime is over
	 */
	restore(registration: Registration, ageMs: number): boolean {
		const { lifetimeS } = registration;
		if (lifetimeS !== 0 && ageMs >= lifetimeS * 1000) return false;
		const entry = this.#enter(registration);
		entry.isAwake = ageMs < this.#options.awakeMs;
		this.#wind(entry, ageMs);
		return true;
	}

	#enter(registration: Registration): Entry {
		const { time, expired, asleep } = this.#options;
		const entry: Entry = {
			registration,
			lifetime: new Alarm(time, () => {
				this.remove(entry.registration);
				expired(entry.registration);
			}),
			sleep: new Alarm(time, () => {
				entry.isAwake = false;
				asleep(entry.registration);
			}),
			isAwake: true,
		};
		this.#byId.set(registration.id, entry);
		this.#byEndpoint.set(registration.endpoint, entry);
		return entry;
	}

	/** Puts the updated registration in its place; its lifetime begins anew. */
	replace(registration: Registration): void {
		const entry = this.#byId.get(registration.id);
		if (entry === undefined) return;
		entry.registration = registration;
		entry.isAwake = true;
		this.#wind(entry, 0);
		this.#options.changed(registration);
	}

	/** The client is elsewhere now; its lifetime goes on as it was. */
	relocate(id: string, address: Registration["address"]): void {
		const entry = this.#byId.get(id);
		if (entry === undefined) return;
		entry.registration = { ...entry.registration, address };
		this.#options.changed(entry.registration);
	}

	remove(registration: Registration): void {
		const entry = this.#byId.get(registration.id);
		if (entry === undefined) return;
		this.#release(entry);
		this.#options.removed(entry.registration);
	}

	#release(entry: Entry): void {
		const { registration } = entry;
		entry.lifetime.stop();
		entry.sleep.stop();
		this.#byId.delete(registration.id);
		if (this.#byEndpoint.get(registration.endpoint) === entry) this.#byEndpoint.delete(registration.endpoint);
	}

	/** A client was heard: one in queue mode listens for a while (Transport 1.2 §6.4.8). */
	heard(id: string): void {
		const entry = this.#byId.get(id);
		if (!entry?.registration.queueMode) return;
		const slept = !entry.isAwake;
		entry.isAwake = true;
		entry.sleep.set(this.#options.time.nowMs() + this.#options.awakeMs);
		if (slept) this.#options.awake(entry.registration);
	}

	/** A queue-mode client did not answer: it is taken to sleep from now on. */
	unheard(id: string): void {
		const entry = this.#byId.get(id);
		if (!entry?.registration.queueMode || !entry.isAwake) return;
		entry.isAwake = false;
		entry.sleep.set(Number.POSITIVE_INFINITY);
		this.#options.asleep(entry.registration);
	}

	/** Stops all clocks and forgets everything. */
	clear(): void {
		for (const entry of [...this.#byId.values()]) this.#release(entry);
	}

	#wind({ registration, lifetime, sleep, isAwake }: Entry, ageMs: number): void {
		const sinceMs = this.#options.time.nowMs() - ageMs;
		const { lifetimeS, queueMode } = registration;
		lifetime.set(lifetimeS === 0 ? Number.POSITIVE_INFINITY : sinceMs + lifetimeS * 1000);
		sleep.set(queueMode && isAwake ? sinceMs + this.#options.awakeMs : Number.POSITIVE_INFINITY);
	}
}
