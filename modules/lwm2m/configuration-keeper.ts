import { fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { HostFailure, type Log, type SmartCard } from "../host.ts";
import { crc32 } from "../settings/crc32.ts";
import type { Client } from "./client.ts";
import type { Configuration, ConfigurationStore, ConfiguredInstance } from "./configuration.ts";
import { encodeInstance, type KeptUnder } from "./configuration-codec.ts";
import { ConfigurationRecords, type ConfigurationSettings, type Kept } from "./configuration-records.ts";
import { type ConfigurationState, indexOf, isAccountObject } from "./configuration-state.ts";
import type { Instance } from "./instance.ts";
import type { Keeper } from "./loop.ts";
import { readCollection } from "./object-collection.ts";
import { provisioned } from "./provisioning.ts";
import type { Held } from "./value.ts";

/** Resources that are kept although they belong to no account: what an owner or a server sets. */
export interface KeptResources {
	readonly objectId: number;
	readonly instanceId: number;
	readonly resourceIds: readonly number[];
}

export interface ConfigurationKeeperOptions {
	/** Absent: nothing outlives a reset but what the factory and the card say. */
	readonly store?: ConfigurationSettings | undefined;
	/** The first of `keyCount` keys (configuration-records.ts), which are nobody else's. */
	readonly key: number;
	readonly log: Log;
	readonly state: ConfigurationState;
	/** What the factory says, anew at each call: it is asked when need be. The registry has its Objects by then. */
	factory(): readonly ConfiguredInstance[];
	readonly card?: SmartCard | undefined;
	/** Makes a turn, when a card was put in or taken out. */
	wake(): void;
	/** Whether the factory's accounts hold beside those of a card; else in their absence alone (Core 1.2 §6.1.4). */
	readonly isFactoryBeside?: boolean;
	readonly also?: readonly KeptResources[];
}

/** A card's file may have 32 KiB (Core 1.2 Appendix G.3.3); a larger one than this is refused. */
const cardBytesMax = 8192;

const cardTooLong = fault("smartCard.tooLong", "silence", "LwM2M Core 1.2 Appendix G.3.3");

const nobody: readonly number[] = frozen([]);
const nothing: KeptUnder = frozen({ factory: 0, card: undefined, registered: nobody });

/** What the card says now. */
interface CardNow {
	readonly crc: number | undefined;
	/** undefined: there is no card, or it can not be used. */
	readonly instances: readonly ConfiguredInstance[] | undefined;
}

/**
 * Configures a client at its start, out of what was kept, the smart card and the factory (provisioning.ts), and keeps
 * its configuration from then on: what a bootstrap brings, what servers change while it runs, what cards bring and
 * take. Each time in one commit: power may go at any time, and it is the one configuration or the other. FORMAT.md
 * says which byte.
 */
export class ConfigurationKeeper implements Keeper, ConfigurationStore {
	readonly #options: ConfigurationKeeperOptions;
	#client: Client | undefined;
	#records: ConfigurationRecords | undefined;
	#under = nothing;
	#isForgotten = false;
	#isDirty = false;
	#isCardDue = false;
	#isRefused = false;
	/** Servers of a card that are just registering or updating. */
	#busy = nobody;

	constructor(options: ConfigurationKeeperOptions) {
		this.#options = options;
	}

	/**
	 * Gives the client, which is not started yet and has all of its Objects, its configuration.
	 * @returns whether it is a new one, and not one that was kept
	 */
	configure(client: Client): boolean {
		const options = this.#options;
		const { log, state, card, isFactoryBeside = false, store, key } = options;
		this.#client = client;
		if (store !== undefined) this.#records = new ConfigurationRecords(store, key, client.registry, client.limits);
		const made = options.factory();
		const factoryCrc = this.crcOf(made);
		const kept = this.load(factoryCrc);
		const now = this.readCard(kept?.under.card);
		this.#under = { factory: factoryCrc, card: now.crc, registered: kept?.under.registered ?? nobody };
		const instances = provisioned({
			factory: made,
			card: now.instances,
			isCardSame: kept !== undefined && kept.under.card === now.crc,
			kept: kept?.configuration.instances,
			isFactoryBeside,
			provenance: state.provenance,
		});
		state.apply(client.registry, { instances, formerBootstrap: kept?.configuration.formerBootstrap ?? [] });
		// What is as the factory says needs no keeping: it says so again next time.
		this.#isDirty = now.crc !== kept?.under.card;
		if (kept !== undefined || now.instances !== undefined) {
			const from = kept === undefined ? "factory" : "kept";
			log.write({ event: "configured", from, card: now.instances !== undefined, instances: instances.length });
		}
		card?.onChanged(() => {
			this.#isCardDue = true;
			options.wake();
		});
		return kept === undefined;
	}

	/** To be called for every change of the registry: `ClientOptions.changed`. */
	changed({ facts: { id } }: Instance): void {
		if (isAccountObject(id) || this.#options.also?.some(({ objectId }) => objectId === id) === true)
			this.#isDirty = true;
	}

	/** Whether we have registered with this server since the last bootstrap: `ClientOptions.hasRegistered`. */
	hasRegistered(shortServerId: number): boolean {
		return this.#under.registered.includes(shortServerId);
	}

	/** What a bootstrap has brought; servers register for the first time again. */
	keep(configuration: Configuration): boolean {
		const before = this.#under;
		this.#under = { ...before, registered: [] };
		const isKept = this.write(configuration);
		if (!isKept) this.#under = before;
		return isKept;
	}

	private write(configuration: Configuration): boolean {
		try {
			const refusal = this.#records?.write(this.#under, configuration);
			if (refusal !== undefined) return this.refused(refusal.code);
			this.#isRefused = false;
			return true;
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			return this.refused(error.message);
		}
	}

	/**
	 * Forgets all, as a factory reset does (LwM2M Device, Resource 5); the client goes on with what it has until it
	 * restarts. @throws HostFailure when the host can not do it
	 */
	forget(): boolean {
		this.#isForgotten = true;
		return this.#records?.clear() === undefined;
	}

	started(): void {}

	/** Looks at the card, where there is reason to, and keeps what the turn has changed. */
	turnEnded(nowMs: number): void {
		if (this.#isForgotten) return;
		if (this.isCardDue()) this.changeCard(nowMs);
		this.#client!.sessions.forEach(({ isRegistered, shortServerId }) => {
			if (!isRegistered || this.hasRegistered(shortServerId)) return;
			this.#under = { ...this.#under, registered: [...this.#under.registered, shortServerId] };
			this.#isDirty = true;
		});
		if (!this.#isDirty) return;
		this.#isDirty = false;
		this.write(this.capture());
	}

	/** When it says so, and when one of its servers is told of us (LwM2M Core 1.2 §6.1.3.2). */
	private isCardDue(): boolean {
		const { card, state } = this.#options;
		if (card === undefined) return false;
		const busy: number[] = [];
		let isDue = this.#isCardDue;
		this.#isCardDue = false;
		this.#client!.sessions.forEach((session) => {
			const isBusy = session.state === "registering" || session.state === "updating";
			if (!isBusy || state.provenance.sourceOf(0, session.account.security.id) !== "smartCard") return;
			busy.push(session.shortServerId);
			if (!this.#busy.includes(session.shortServerId)) isDue = true;
		});
		this.#busy = busy;
		return isDue;
	}

	private changeCard(nowMs: number): void {
		const { log, state, isFactoryBeside = false } = this.#options;
		const client = this.#client!;
		const now = this.readCard(this.#under.card);
		if (now.crc === this.#under.card) return;
		const { instances: kept, formerBootstrap } = this.capture();
		const instances = provisioned({
			factory: this.#options.factory(),
			card: now.instances,
			isCardSame: false,
			kept,
			isFactoryBeside,
			provenance: state.provenance,
		});
		this.#under = { ...this.#under, card: now.crc };
		this.#isDirty = true;
		log.write({
			event: "configured",
			from: "smartCard",
			card: now.instances !== undefined,
			instances: instances.length,
		});
		state.apply(client.registry, { instances, formerBootstrap });
		client.poll(nowMs); // it has seen that its accounts are others now
	}

	/** @param before what a card that can not be read counts as: it was not changed as far as we know */
	private readCard(before: number | undefined): CardNow {
		const { card, log } = this.#options;
		const { registry, limits } = this.#client!;
		try {
			const bytes = card?.read();
			if (bytes === undefined) return { crc: undefined, instances: undefined };
			const crc = crc32(bytes, 0, bytes.length, 0);
			const instances =
				bytes.length > cardBytesMax
					? cardTooLong
					: readCollection(bytes, 0, bytes.length, "smartCard", registry, limits);
			bytes.fill(0);
			if (!("code" in instances)) return { crc, instances };
			log.write({ event: "smartCardRefused", reason: instances.code });
			return { crc, instances: undefined };
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			log.write({ event: "hostFailure", what: error.message });
			return { crc: before, instances: [] };
		}
	}

	/** The configuration as it is, values of Resources that are nobody's account among them. */
	private capture(): Configuration {
		const { state, also = [] } = this.#options;
		const { registry } = this.#client!;
		const { instances, formerBootstrap } = state.capture(registry);
		const all = instances.slice();
		also.forEach(({ objectId, instanceId, resourceIds }) => {
			if (registry.instance(objectId, instanceId) === undefined) return;
			const at = indexOf(all, objectId, instanceId);
			const source = state.provenance.sourceOf(objectId, instanceId);
			const values = new Map<number, Held>(all[at]?.values);
			resourceIds.forEach((id) => void values.set(id, true)); // filled below
			const configured = { objectId, instanceId, source, values };
			if (at < 0) all.push(configured);
			else all[at] = configured;
		});
		all.forEach(({ objectId, instanceId, values }) => {
			if (isAccountObject(objectId)) return;
			const instance = registry.instance(objectId, instanceId)!;
			const living = values as Map<number, Held>;
			[...values.keys()].forEach((id) => {
				const held = instance.at(id);
				if (held === undefined) living.delete(id);
				else living.set(id, held);
			});
		});
		return { instances: all, formerBootstrap };
	}

	private crcOf(instances: readonly ConfiguredInstance[]): number {
		let crc = 0;
		instances.forEach((instance) => {
			const bytes = encodeInstance({ instance, isFormer: false }, this.#client!.registry);
			crc = crc32(bytes, 0, bytes.length, crc);
			bytes.fill(0);
		});
		return crc;
	}

	/** @returns undefined: nothing is kept, or nothing that can be used */
	private load(factoryCrc: number): Kept | undefined {
		const { log } = this.#options;
		try {
			const kept = this.#records?.read();
			if (kept === undefined) return undefined;
			if ("code" in kept) log.write({ event: "configurationLost", reason: kept.code });
			else if (kept.under.factory === factoryCrc) return kept;
			else log.write({ event: "configurationForgotten", reason: "factory" });
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			log.write({ event: "configurationLost", reason: error.message });
		}
		return undefined;
	}

	private refused(reason: string): boolean {
		if (!this.#isRefused) this.#options.log.write({ event: "configurationNotKept", reason });
		this.#isRefused = true;
		return false;
	}
}
