import type { InstanceNode, Node, NodeValue, ObjectNode, Resource, RootNode } from "../node.ts";
import type { BootstrapConfiguration, Fields, FieldValue } from "./configuration.ts";
import { type Field, partNames, parts } from "./field-table.ts";
import type { Step } from "./step.ts";

/**
 * What the configuration writes, Object by Object in Leshan's order.
 * @param bootstrapInstance the Security Instance of the Bootstrap-Server at the client, where the identifiers of
 * Security Instances are to be chosen around it
 */
export function configuredObjects(configuration: BootstrapConfiguration, bootstrapInstance?: number): ObjectNode[] {
	const objects = partNames.map((part): ObjectNode => {
		const { objectId } = parts[part];
		const instances = [...configuration.instances[part]].map(([id, fields]) =>
			instanceOf(id, parts[part].fields, fields),
		);
		const isNumbered = objectId === 0 && bootstrapInstance !== undefined;
		return { kind: "obj", id: objectId, instances: isNumbered ? numbered(instances, bootstrapInstance) : instances };
	});
	return [...objects.filter(({ instances }) => instances.length > 0), ...configuration.objects];
}

/** One node with all of it: the content of a Bootstrap-Pack. */
export function packNode(configuration: BootstrapConfiguration, bootstrapInstance?: number): RootNode {
	return { kind: "root", objects: configuredObjects(configuration, bootstrapInstance) };
}

/** The requests of a configuration, without the Finish. */
export function configuredSteps(configuration: BootstrapConfiguration, bootstrapInstance?: number): Step[] {
	const deletes = configuration.toDelete.map(
		(path): Step => ({ do: "delete", path: path.split("/").filter(Boolean).map(Number) }),
	);
	const { writeLevel } = configuration;
	const writes = configuredObjects(configuration, bootstrapInstance).flatMap((object) => {
		if (writeLevel === "object") return [write([object.id], object)];
		return object.instances.flatMap((instance) => {
			const path = [object.id, instance.id ?? 0];
			if (writeLevel === "instance") return [write(path, instance)];
			return instance.resources.map((resource) => write([...path, resource.id], resource));
		});
	});
	return [...deletes, ...writes];
}

const write = (path: readonly number[], node: Node): Step => ({ do: "write", path, node });

function instanceOf(id: number, fields: readonly Field[], values: Fields): InstanceNode {
	const resources = fields.flatMap((field): Resource[] => {
		const value = values[field.name];
		return value === undefined || value === null ? [] : [resourceOf(field, value)];
	});
	return { kind: "instance", id, resources: resources.sort((a, b) => a.id - b.id) };
}

function resourceOf(field: Field, value: NonNullable<FieldValue>): Resource {
	const { id, type, several } = field;
	if (several === undefined) return { kind: "singleResource", id, type, value: heldValue(field, value) };
	const entries = Object.entries(value) as [string, number | string][];
	const values = new Map(entries.map(([key, one]) => [Number(key), heldValue(field, one)]));
	return { kind: "multiResource", id, type, values };
}

function heldValue({ type, linkTo }: Field, value: NonNullable<FieldValue>): NodeValue {
	if (linkTo !== undefined) return { objectId: linkTo, objectInstanceId: value as number };
	const isInteger = type === "integer" || type === "unsigned_integer";
	return isInteger ? BigInt(value as number) : (value as string | boolean | Uint8Array);
}

/** The Bootstrap-Server's own account keeps its identifier, the others count round it, as Leshan does. */
function numbered(instances: readonly InstanceNode[], bootstrapInstance: number): InstanceNode[] {
	let next = 0;
	return instances.map((instance) => {
		const isBootstrap = instance.resources.some(({ id, kind, ...rest }) => {
			return id === 1 && kind === "singleResource" && (rest as { value?: NodeValue }).value === true;
		});
		if (isBootstrap) return { ...instance, id: bootstrapInstance };
		if (next === bootstrapInstance) next++;
		return { ...instance, id: next++ };
	});
}
