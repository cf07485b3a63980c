import type { InstanceNode, Node, NodeValue, ObjectNode, Resource, ResourceType } from "../node.ts";
import { type Path, pathText, startsWith } from "../path.ts";
import { refuse } from "./codec-failure.ts";

interface Slot {
	type: ResourceType;
	single: NodeValue | undefined;
	values: Map<number, NodeValue> | undefined;
}

type Instances = Map<number, Map<number, Slot>>;

/** Puts decoded values together as the node of the path that was asked for; lower identifiers first. */
export class TreeBuilder {
	readonly #base: Path;
	readonly #objects = new Map<number, Instances>();

	/** @param base the path of the request: all values must stand at it or below */
	constructor(base: Path) {
		this.#base = base;
	}

	/** @throws CodecFailure for a value outside of the base, twice given, or both single and multiple */
	value(path: Path, type: ResourceType, value: NodeValue): void {
		if (path.length < 3 || !startsWith(path, this.#base))
			refuse(`${pathText(path)} is not below ${pathText(this.#base)}`);
		const slot = this.#slot(path, type);
		if (path.length === 3) {
			if (slot.single !== undefined || slot.values !== undefined) refuse(`${pathText(path)} is there twice`);
			slot.single = value;
			return;
		}
		slot.values ??= new Map();
		if (slot.single !== undefined || slot.values.has(path[3]!)) refuse(`${pathText(path)} is there twice`);
		slot.values.set(path[3]!, value);
	}

	/** An Object Instance (2 levels) or multiple Resource (3 levels) that may be without content. */
	empty(path: Path, type: ResourceType = "opaque"): void {
		if (!startsWith(path, this.#base) && !startsWith(this.#base, path)) {
			refuse(`${pathText(path)} is not below ${pathText(this.#base)}`);
		}
		if (path.length === 2) this.#instance(path);
		else this.#slot(path, type).values ??= new Map();
	}

	/** @throws CodecFailure when a Resource or Resource Instance was asked for and is not there */
	finish(): Node {
		const [objectId, instanceId, resourceId, resourceInstanceId] = this.#base;
		if (objectId === undefined) {
			return { kind: "root", objects: inOrder(this.#objects).map(([id, instances]) => objectNode(id, instances)) };
		}
		const object = this.#objects.get(objectId) ?? new Map();
		if (instanceId === undefined) return objectNode(objectId, object);
		const instance: Map<number, Slot> = object.get(instanceId) ?? new Map();
		if (resourceId === undefined) return instanceNode(instanceId, instance);
		const slot = instance.get(resourceId) ?? refuse(`nothing stands at ${pathText(this.#base)}`);
		if (resourceInstanceId === undefined) return resourceNode(resourceId, slot);
		const value = slot.values?.get(resourceInstanceId) ?? refuse(`nothing stands at ${pathText(this.#base)}`);
		return { kind: "resourceInstance", id: resourceInstanceId, type: slot.type, value };
	}

	#instance(path: Path): Map<number, Slot> {
		const [objectId, instanceId] = path as readonly [number, number];
		let object = this.#objects.get(objectId);
		if (object === undefined) this.#objects.set(objectId, (object = new Map()));
		let instance = object.get(instanceId);
		if (instance === undefined) object.set(instanceId, (instance = new Map()));
		return instance;
	}

	#slot(path: Path, type: ResourceType): Slot {
		const instance = this.#instance(path);
		let slot = instance.get(path[2]!);
		if (slot === undefined) instance.set(path[2]!, (slot = { type, single: undefined, values: undefined }));
		return slot;
	}
}

function inOrder<T>(map: ReadonlyMap<number, T>): [number, T][] {
	return [...map].sort(([a], [b]) => a - b);
}

function objectNode(id: number, instances: Instances): ObjectNode {
	return { kind: "obj", id, instances: inOrder(instances).map(([id, slots]) => instanceNode(id, slots)) };
}

function instanceNode(id: number, slots: ReadonlyMap<number, Slot>): InstanceNode {
	return { kind: "instance", id, resources: inOrder(slots).map(([id, slot]) => resourceNode(id, slot)) };
}

function resourceNode(id: number, slot: Slot): Resource {
	const { type } = slot;
	if (slot.single !== undefined) return { kind: "singleResource", id, type, value: slot.single };
	return { kind: "multiResource", id, type, values: new Map(inOrder(slot.values ?? new Map())) };
}
