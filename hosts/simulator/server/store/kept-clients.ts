import type { Timekeeper } from "../../time.ts";
import type { ServerLimits } from "../limits.ts";
import type { Models } from "../models/models.ts";
import type { Observations } from "../observations.ts";
import type { PeerTable } from "../peer-table.ts";
import type { Registration } from "../registration.ts";
import type { Registry } from "../registry.ts";
import { keepObservation, type ReturnedObservation, returnObservation } from "./kept-observation.ts";
import { keepRegistration, returnRegistration } from "./kept-registration.ts";
import type { Store } from "./store.ts";

export interface KeptClientsOptions {
	readonly store: Store | undefined;
	readonly time: Timekeeper;
	readonly limits: ServerLimits;
	readonly models: Models;
	readonly registry: Registry;
	readonly peers: PeerTable;
	readonly observations: Observations;
}

/** A server's registrations and observations in its store: put there as they change, and taken up by the next start. */
export class KeptClients {
	readonly #options: KeptClientsOptions;
	/** From start to stop; what is forgotten because the server stops is not to be struck. */
	#isKeeping = false;

	constructor(options: KeptClientsOptions) {
		this.#options = options;
	}

	changed(registration: Registration): void {
		if (!this.#isKeeping) return;
		const { store, peers } = this.#options;
		const proven = peers.at(registration.address)?.proven;
		store?.put("registration", registration.id, keepRegistration(registration, proven));
	}

	removed({ id }: Registration): void {
		if (this.#isKeeping) this.#options.store?.remove("registration", id);
	}

	observed(key: string, observation: ReturnedObservation | undefined): void {
		if (!this.#isKeeping) return;
		const { store } = this.#options;
		if (observation === undefined) store?.remove("observation", key);
		else store?.put("observation", key, keepObservation(observation));
	}

	/** @returns registrations whose lifetime has passed meanwhile */
	restore(): Registration[] {
		this.#isKeeping = true;
		const { store } = this.#options;
		if (store === undefined) return [];
		const ended: Registration[] = [];
		for (const [id, kept] of store.all("registration")) {
			const { limits, models } = this.#options;
			const returned = returnRegistration(kept, limits, models);
			if (returned !== undefined && this.#enter(returned)) continue;
			store.remove("registration", id);
			if (returned !== undefined) ended.push(returned.registration);
		}
		for (const [key, kept] of store.all("observation")) {
			if (!this.#observe(returnObservation(kept))) store.remove("observation", key);
		}
		return ended;
	}

	/** Keeps nothing more, and what was to be kept is written. */
	stop(): void {
		this.#isKeeping = false;
		this.#options.store?.flush();
	}

	#enter({ registration, proven }: NonNullable<ReturnType<typeof returnRegistration>>): boolean {
		const { registry, peers, time } = this.#options;
		const ageMs = Math.max(0, time.wallTimeMs() - registration.updatedMs);
		const correspondent = peers.reach(registration.address);
		if (correspondent === undefined || !registry.restore(registration, ageMs)) return false;
		correspondent.proven = proven;
		correspondent.registrationIds.add(registration.id);
		return true;
	}

	#observe(observation: ReturnedObservation): boolean {
		const { registry, peers, observations } = this.#options;
		const registration = registry.byId(observation.registrationId);
		const correspondent = registration === undefined ? undefined : peers.at(registration.address);
		if (registration === undefined || correspondent === undefined) return false;
		observations.restore(registration, observation, correspondent);
		return true;
	}
}
