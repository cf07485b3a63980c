import { Code } from "../coap/code.ts";
import type { Path } from "../formats/value.ts";
import type { ResourceFacts } from "./facts.ts";
import type { Instance } from "./instance.ts";
import { RequestRefused } from "./refusal.ts";
import type { ObjectEntry, Registry } from "./registry.ts";
import { type Held, isInstances } from "./value.ts";

/** What a path leads to; the levels it does not name are undefined. */
export interface Target {
	readonly path: Path;
	readonly object: ObjectEntry;
	readonly instance: Instance | undefined;
	/** The Resource's name in the Object's facts. */
	readonly name: string | undefined;
	readonly facts: ResourceFacts | undefined;
}

/** A Target that is a Resource or a Resource Instance. */
export interface ResourceTarget extends Target {
	readonly instance: Instance;
	readonly name: string;
	readonly facts: ResourceFacts;
}

/**
 * Follows a path of at least one level as far as it goes. A Resource is found when it is supported, present or not.
 * @throws RequestRefused 4.04 where a level does not exist; 4.05 for a Resource Instance of a single-instance Resource
 * (LwM2M Transport 1.1 §6.4.4: a path against the rules)
 */
export function locate(registry: Registry, path: Path): Target {
	const object = registry.object(path.objectId);
	if (object === undefined) throw new RequestRefused(Code.notFound, "no such object");
	if (path.instanceId < 0) return { path, object, instance: undefined, name: undefined, facts: undefined };
	const instance = registry.instance(path.objectId, path.instanceId);
	if (instance === undefined) throw new RequestRefused(Code.notFound, "no such object instance");
	if (path.resourceId < 0) return { path, object, instance, name: undefined, facts: undefined };
	const name = instance.nameOf(path.resourceId);
	if (name === undefined || !instance.isSupported(name)) throw new RequestRefused(Code.notFound, "no such resource");
	const facts = instance.factsOf(name);
	if (path.resourceInstanceId >= 0 && facts.multiple !== true) {
		throw new RequestRefused(Code.methodNotAllowed, "not a multiple-instance resource");
	}
	return { path, object, instance, name, facts };
}

export function isResource(target: Target): target is ResourceTarget {
	return target.name !== undefined;
}

/**
 * Security, OSCORE and COSE are the Bootstrap-Server's alone: no operation of a LwM2M Server may touch them (LwM2M Core
 * 1.1 §6.3; 1.2.1 adds Object 23).
 */
export function isSecret(objectId: number): boolean {
	return objectId === 0 || objectId === 21 || objectId === 23;
}

/**
 * The value at a Resource or Resource Instance.
 * @throws RequestRefused 4.04 when it is absent
 */
export function presentValue({ path, instance, name }: ResourceTarget): Held {
	const held = instance.read(name);
	const value =
		path.resourceInstanceId < 0 || held === undefined || !isInstances(held) ? held : held.get(path.resourceInstanceId);
	if (value === undefined) throw new RequestRefused(Code.notFound, "no value");
	return value;
}
