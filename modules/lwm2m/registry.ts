import { assert } from "../bytes.ts";
import type { ResourceType } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { ObjectFacts, ResourceFacts } from "./facts.ts";
import type { ChangeListener, Instance } from "./instance.ts";
import type { Held } from "./value.ts";

/**
 * How an Object behaves as a whole: what a server may do to its Instances.
 * @typeParam It what create makes, and remove gets; the application adds no others
 */
export interface ObjectOptions<It extends Instance = Instance> {
	/**
	 * Makes the Instance for a server's Create, with whatever the server may leave out already filled in; it is not
	 * added yet, and is dropped where the Create is refused after all. May throw RequestRefused. Absent: Create is
	 * refused with 4.05.
	 */
	create?(id: number): It;
	/**
	 * Makes an Instance for a bootstrap or a kept configuration (LwM2M Core 1.2 §6.1.7.5), not added yet and without
	 * values: all that the Object's table has may be held by it. Absent: `create` makes it, else there are no new ones.
	 */
	provide?(id: number): It;
	/**
	 * Sets what a server's Create has left out, or refuses it (throw RequestRefused), where that depends on what it says.
	 * @param instance what create() has made: not added yet, and without the server's values
	 * @param given those values by the Resources' names; they are checked already, but not set
	 */
	fill?(instance: It, given: ReadonlyMap<string, Held>): void;
	/**
	 * Called when a server deletes an Instance, before it goes; may throw RequestRefused. Absent: Delete is refused
	 * with 4.05.
	 */
	remove?(instance: It): void;
}

/** Servers may neither create nor delete. */
const noOptions: ObjectOptions = frozen({});

/** One Object and its Instances, in ascending order of ID. */
export interface ObjectEntry {
	readonly facts: ObjectFacts;
	readonly options: ObjectOptions;
	readonly instances: readonly Instance[];
}

interface OpenEntry extends ObjectEntry {
	readonly instances: Instance[];
}

/** The Objects and Object Instances of the device, in ascending order. One for all servers. */
export class Registry {
	readonly #objects: OpenEntry[] = [];
	readonly #limit: number;
	readonly #listener: ChangeListener;
	#count = 0;
	#listVersion = 0;

	/** @param limit how many Object Instances there may be */
	constructor(limit: number, listener: ChangeListener) {
		this.#limit = limit;
		this.#listener = listener;
	}

	get objects(): readonly ObjectEntry[] {
		return this.#objects;
	}

	/** Counts the changes of the list of Objects and Instances: another number, another list. */
	get listVersion(): number {
		return this.#listVersion;
	}

	/** How many more Instances fit. */
	get room(): number {
		return this.#limit - this.#count;
	}

	/** Adds an Object, so that it is known while it has no Instance. */
	addObject(facts: ObjectFacts, options = noOptions): void {
		assert(this.object(facts.id) === undefined, `object ${facts.id} is there already`);
		this.insert({ facts, options, instances: [] });
	}

	/** Adds an Instance, and its Object where need be. A second one with the same ID is our own bug. */
	add(instance: Instance): void {
		const { facts, id } = instance;
		assert(this.room > 0, "limit: instances");
		assert(facts.multiple === true || id === 0, `object ${facts.id} has one instance, 0`);
		let entry = this.#objects.find((candidate) => candidate.facts.id === facts.id);
		if (entry === undefined) {
			entry = { facts, options: noOptions, instances: [] };
			this.insert(entry);
		}
		assert(!entry.instances.some((other) => other.id === id), `/${facts.id}/${id} is there already`);
		let at = entry.instances.length;
		while (at > 0 && entry.instances[at - 1]!.id > id) at--;
		entry.instances.splice(at, 0, instance);
		instance.listen(this.#listener);
		this.#count++;
		this.listChanged(instance);
	}

	/** Takes an Instance away; its Object stays. */
	remove(instance: Instance): void {
		const instances = this.#objects.find(({ facts }) => facts.id === instance.facts.id)?.instances;
		const at = instances === undefined ? -1 : instances.indexOf(instance);
		if (instances === undefined || at < 0) return;
		instances.splice(at, 1);
		instance.listen(undefined);
		this.#count--;
		this.listChanged(instance);
	}

	object(objectId: number): ObjectEntry | undefined {
		for (let index = 0; index < this.#objects.length; index++) {
			const entry = this.#objects[index]!;
			if (entry.facts.id === objectId) return entry;
		}
		return undefined;
	}

	instance(objectId: number, instanceId: number): Instance | undefined {
		const instances = this.object(objectId)?.instances;
		if (instances !== undefined)
			for (let index = 0; index < instances.length; index++) {
				const instance = instances[index]!;
				if (instance.id === instanceId) return instance;
			}
		return undefined;
	}

	/** The facts of a Resource, or undefined when the Object or the Resource is not known. */
	resource(objectId: number, resourceId: number): ResourceFacts | undefined {
		const resources = this.object(objectId)?.facts.resources;
		for (const name in resources) if (resources[name]!.id === resourceId) return resources[name];
		return undefined;
	}

	/** For the payload readers: formats that carry no type ask for it. */
	typeOf(objectId: number, resourceId: number): ResourceType | undefined {
		return this.resource(objectId, resourceId)?.type;
	}

	isMultiple(objectId: number, resourceId: number): boolean | undefined {
		const facts = this.resource(objectId, resourceId);
		return facts === undefined ? undefined : facts.multiple === true;
	}

	private insert(entry: OpenEntry): void {
		let at = this.#objects.length;
		while (at > 0 && this.#objects[at - 1]!.facts.id > entry.facts.id) at--;
		this.#objects.splice(at, 0, entry);
		this.#listVersion++;
	}

	private listChanged(instance: Instance): void {
		this.#listVersion++;
		this.#listener.instanceChanged(instance, -1, -1);
	}
}
