import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import type { Configuration, ConfiguredInstance } from "./configuration.ts";
import type { Instance } from "./instance.ts";
import { Provenance } from "./provenance.ts";
import { RequestRefused } from "./refusal.ts";
import type { ObjectEntry, Registry } from "./registry.ts";
import { type Held, sameHeld } from "./value.ts";

/**
 * Security, Server, Access Control, OSCORE, COSE and MQTT Server: accounts and what belongs to them. A configuration
 * has all of their Instances, whole; of other Objects what was written.
 */
const accountObjects: readonly number[] = frozen([0, 1, 2, 21, 23, 24]);

/** Mostly there are none: a list of one's own takes two slots. */
const none: readonly ConfiguredInstance[] = frozen([]);

export function isAccountObject(objectId: number): boolean {
	return accountObjects.includes(objectId);
}

/** Where an Object Instance is. */
export type Placed = Pick<ConfiguredInstance, "objectId" | "instanceId">;

/** Which one of a list it is, by Object and Object Instance; -1 for none. */
export function indexOf(instances: readonly Placed[], objectId: number, instanceId: number): number {
	return instances.findIndex((each) => each.objectId === objectId && each.instanceId === instanceId);
}

/** Whether an Instance of this Object can be made out of data alone. */
function canMake(object: ObjectEntry | undefined): boolean {
	return object?.options.provide !== undefined || object?.options.create !== undefined;
}

function livingAccounts(registry: Registry): Instance[] {
	const living: Instance[] = [];
	for (const objectId of accountObjects) living.push(...(registry.object(objectId)?.instances ?? []));
	return living;
}

/** An Instance for this data, in no registry; undefined where the Object is not known, or does not make any. */
export function instanceOf(registry: Registry, configured: ConfiguredInstance): Instance | undefined {
	const options = registry.object(configured.objectId)?.options;
	const instance = options?.provide?.(configured.instanceId) ?? options?.create?.(configured.instanceId);
	if (instance !== undefined) fill(instance, configured.values, true);
	return instance;
}

/** @param isWhole Resources without a value have none afterwards; else they stay as they are */
function fill(instance: Instance, values: ReadonlyMap<number, Held>, isWhole: boolean): void {
	const { resources } = instance.facts;
	for (const name in resources) {
		const { id, type } = resources[name]!;
		if (type !== undefined && (isWhole || values.has(id))) instance.hold(name, values.get(id));
	}
}

/**
 * What of a client's registry is configuration, from whom, and the way from it to plain data and back. One for each
 * client: whoever keeps configurations and whoever bootstraps share it.
 */
export class ConfigurationState {
	readonly provenance: Provenance;
	/** What was written to Objects that have nothing to do with accounts. */
	#others = none;
	/** See Configuration. */
	formerBootstrap = none;

	constructor(provenance = new Provenance()) {
		this.provenance = provenance;
	}

	/** The configuration as it is; its lists and maps are the caller's own, their values are not to be changed. */
	capture(registry: Registry): Configuration {
		const living = livingAccounts(registry).map((each) => this.captured(each));
		const others = this.#others.filter((each) => registry.instance(each.objectId, each.instanceId) !== undefined);
		const copied = others.map((each) => ({ ...each, values: new Map(each.values) }));
		return { instances: sorted([...living, ...copied]), formerBootstrap: this.formerBootstrap };
	}

	/**
	 * Makes the registry what the configuration says: Object Instances of before stay the same ones with other values,
	 * those of accounts that it does not name go, as do others that an earlier configuration had brought. Of Objects that
	 * are not there, or have no room, nothing comes into being.
	 */
	apply(registry: Registry, { instances, formerBootstrap }: Configuration): void {
		const accounts = livingAccounts(registry).map(({ facts, id }) => ({ objectId: facts.id, instanceId: id }));
		const made = this.#others.filter(({ objectId }) => canMake(registry.object(objectId)));
		const isGone = (each: Placed) => indexOf(instances, each.objectId, each.instanceId) < 0;
		this.remove(registry, [...accounts, ...made].filter(isGone));
		instances.forEach((each) => {
			this.put(registry, each);
		});
		const others = instances.filter(({ objectId }) => !isAccountObject(objectId));
		this.#others = others.length === 0 ? none : others;
		this.formerBootstrap = formerBootstrap.length === 0 ? none : formerBootstrap;
	}

	/** Takes Instances out of the registry. The application may keep what it will not let a server delete. */
	remove(registry: Registry, gone: readonly Placed[]): void {
		gone.forEach(({ objectId, instanceId }) => {
			const instance = registry.instance(objectId, instanceId);
			if (instance === undefined) return;
			try {
				if (!isAccountObject(objectId)) registry.object(objectId)!.options.remove?.(instance);
			} catch (error) {
				if (error instanceof RequestRefused) return;
				throw error;
			}
			registry.remove(instance);
			this.provenance.forget(objectId, instanceId);
		});
	}

	private captured(instance: Instance): ConfiguredInstance {
		const { id: objectId, resources } = instance.facts;
		const values = new Map<number, Held>();
		for (const name in resources) {
			const { id, type } = resources[name]!;
			const held = type === undefined ? undefined : instance.peek(name);
			if (held !== undefined) values.set(id, held);
		}
		return { objectId, instanceId: instance.id, source: this.provenance.sourceOf(objectId, instance.id), values };
	}

	/** What was configured before, and is not any more, is as in an Instance that has just been made. */
	private reset(registry: Registry, living: Instance, values: ReadonlyMap<number, Held>): void {
		const { id: objectId } = living.facts;
		const before = this.#others[indexOf(this.#others, objectId, living.id)];
		if (before === undefined) return;
		const fresh = instanceOf(registry, { ...before, values: new Map() });
		before.values.forEach((_, id) => {
			if (!values.has(id)) living.hold(living.nameOf(id)!, fresh?.at(id));
		});
	}

	private put(registry: Registry, configured: ConfiguredInstance): void {
		const { objectId, instanceId, source, values } = configured;
		const living = registry.instance(objectId, instanceId);
		if (living === undefined) {
			const made = registry.room > 0 ? instanceOf(registry, configured) : undefined;
			if (made === undefined) return;
			registry.add(made);
		} else {
			if (!isAccountObject(objectId)) this.reset(registry, living, values);
			fill(living, values, isAccountObject(objectId));
		}
		this.provenance.note(objectId, instanceId, source);
		if (!isAccountObject(objectId)) tell(registry.instance(objectId, instanceId)!, values);
	}
}

/** Lets the application act on what was written, too late to refuse it. */
function tell(instance: Instance, values: ReadonlyMap<number, Held>): void {
	values.forEach((held, resourceId) => {
		try {
			instance.written(instance.nameOf(resourceId)!, held);
		} catch (error) {
			if (!(error instanceof RequestRefused || error instanceof HostFailure)) throw error;
		}
	});
}

/** Whether two lists say the same, whoever said it. */
export function sameConfigured(a: readonly ConfiguredInstance[], b: readonly ConfiguredInstance[]): boolean {
	const isIn = ({ objectId, instanceId, values }: ConfiguredInstance) => {
		const other = b[indexOf(b, objectId, instanceId)]?.values;
		return other?.size === values.size && [...values].every(([id, held]) => sameHeld(held, other.get(id)));
	};
	return a.length === b.length && a.every(isIn);
}

/** In place, in ascending order of Object, then Object Instance. */
export function sorted(instances: ConfiguredInstance[]): ConfiguredInstance[] {
	return instances.sort((a, b) => a.objectId - b.objectId || a.instanceId - b.instanceId);
}
