/** The data types of a Resource (Core 1.1 Appendix C), named as the REST interface names them. */
export type ResourceType =
	| "string"
	| "integer"
	| "unsigned_integer"
	| "float"
	| "boolean"
	| "opaque"
	| "time"
	| "objlnk"
	| "corelink";

export interface Objlnk {
	readonly objectId: number;
	readonly objectInstanceId: number;
}

/**
 * Integers of every kind are bigint, so that 64 bits survive; time is bigint seconds since 1970; corelink is link-
 * format text.
 */
export type NodeValue = string | bigint | number | boolean | Uint8Array | Objlnk;

export interface SingleResource {
	readonly kind: "singleResource";
	readonly id: number;
	readonly type: ResourceType;
	readonly value: NodeValue;
}

export interface MultiResource {
	readonly kind: "multiResource";
	readonly id: number;
	readonly type: ResourceType;
	readonly values: ReadonlyMap<number, NodeValue>;
}

export interface ResourceInstance {
	readonly kind: "resourceInstance";
	readonly id: number;
	readonly type: ResourceType;
	readonly value: NodeValue;
}

export type Resource = SingleResource | MultiResource;

export interface InstanceNode {
	readonly kind: "instance";
	/** Absent in a Create that leaves the choice to the client. */
	readonly id?: number;
	readonly resources: readonly Resource[];
}

export interface ObjectNode {
	readonly kind: "obj";
	readonly id: number;
	readonly instances: readonly InstanceNode[];
}

export interface RootNode {
	readonly kind: "root";
	readonly objects: readonly ObjectNode[];
}

/** A piece of a client's tree with its values; what the level is called follows leshan-demo-server's JSON. */
export type Node = RootNode | ObjectNode | InstanceNode | Resource | ResourceInstance;

/** A value at the path of its Resource or Resource Instance: what every payload format comes down to. */
export interface Leaf {
	readonly path: readonly number[];
	readonly type: ResourceType;
	readonly value: NodeValue;
}

/**
 * All values of `node`, which stands at `path`, in the order of the node. An Object Instance or multiple Resource
 * without content has none.
 * @param unnamed identifier for an Object Instance without one
 */
export function leavesOf(node: Node, path: readonly number[], unnamed = 0): Leaf[] {
	switch (node.kind) {
		case "root":
			return node.objects.flatMap((object) => leavesOf(object, [object.id]));
		case "obj":
			return node.instances.flatMap((instance) => leavesOf(instance, [...path, instance.id ?? unnamed]));
		case "instance":
			return node.resources.flatMap((resource) => leavesOf(resource, [...path, resource.id]));
		case "multiResource":
			return [...node.values].map(([id, value]) => ({ path: [...path, id], type: node.type, value }));
		default:
			return [{ path, type: node.type, value: node.value }];
	}
}
