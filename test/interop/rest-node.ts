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
export type RestNode = SingleResource | MultiResource | ResourceInstance | Instance | ObjectNode;

/** The values of a node by path, for comparison: what /3/0 holds does not depend on the format it came in. */
export function valuesOf(path: string, node: RestNode): Map<string, RestValue> {
	const found = new Map<string, RestValue>();
	const walk = (at: string, part: RestNode) => {
		if (part.kind === "obj") for (const instance of part.instances) walk(`${at}/${instance.id}`, instance);
		else if (part.kind === "instance") for (const resource of part.resources) walk(`${at}/${resource.id}`, resource);
		else if (part.kind === "multiResource")
			for (const [id, value] of Object.entries(part.values)) found.set(`${at}/${id}`, value);
		else found.set(at, part.value);
	};
	walk(path, node);
	return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)));
}
