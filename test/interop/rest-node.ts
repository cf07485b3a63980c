/** Integers and floats are strings, times milliseconds, opaque values hexadecimal digits. */
export type RestValue = string | number | boolean | { readonly objectId: number; readonly objectInstanceId: number };

export interface SingleResource {
	readonly kind: "singleResource";
	readonly id: number;
	readonly type: string;
	readonly value: RestValue;
}
export interface MultiResource {
	readonly kind: "multiResource";
	readonly id: number;
	readonly type: string;
	readonly values: Readonly<Record<string, RestValue>>;
}
export interface ResourceInstance {
	readonly kind: "resourceInstance";
	readonly id: number;
	readonly type: string;
	readonly value: RestValue;
}
export interface Instance {
	readonly kind: "instance";
	/** Absent in a Create that lets the client choose. */
	readonly id?: number;
	readonly resources: readonly (SingleResource | MultiResource)[];
}
export interface ObjectNode {
	readonly kind: "obj";
	readonly id: number;
	readonly instances: readonly Instance[];
}
/** Everything that a client has. */
export interface Root {
	readonly kind: "root";
	readonly objects: readonly ObjectNode[];
}
export type RestNode = Root | SingleResource | MultiResource | ResourceInstance | Instance | ObjectNode;

/** Without what a server adds to a link: `nullLink`. */
function plain(value: RestValue): RestValue {
	if (typeof value !== "object") return value;
	return { objectId: value.objectId, objectInstanceId: value.objectInstanceId };
}

/** The values of a node by path, for comparison: what /3/0 holds does not depend on the format it came in. */
export function valuesOf(path: string, node: RestNode): Map<string, RestValue> {
	const found = new Map<string, RestValue>();
	const walk = (at: string, part: RestNode) => {
		if (part.kind === "root") for (const object of part.objects) walk(`${at === "/" ? "" : at}/${object.id}`, object);
		else if (part.kind === "obj") for (const instance of part.instances) walk(`${at}/${instance.id}`, instance);
		else if (part.kind === "instance") for (const resource of part.resources) walk(`${at}/${resource.id}`, resource);
		else if (part.kind === "multiResource")
			for (const [id, value] of Object.entries(part.values)) found.set(`${at}/${id}`, plain(value));
		else found.set(at, plain(part.value));
	};
	walk(path, node);
	return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The same of a composite's map, all of its paths together; what is null there is absent here. */
export function compositeValues(nodes: Readonly<Record<string, RestNode | null>>): Map<string, RestValue> {
	const found = new Map<string, RestValue>();
	for (const [path, node] of Object.entries(nodes)) {
		if (node !== null) for (const [at, value] of valuesOf(path, node)) found.set(at, value);
	}
	return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}
