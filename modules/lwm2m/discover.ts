import { Code } from "../coap/code.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { type Link, type LinkAttribute, writeLinks } from "../formats/core-link.ts";
import { type Path, readId } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { type AttributeSet, type Attributes, attributeNames } from "./attributes.ts";
import { versionToTell } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { path as pathOf, pathText } from "./path.ts";
import type { ReadResponse } from "./read.ts";
import { RequestRefused } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isResource, locate } from "./target.ts";
import { idsOf, isInstances } from "./value.ts";

/** Resources of the Server Object (LwM2M Core 1.1 Appendix E.2). */
const serverResource = frozen({ shortServerId: 0, defaultMinimumPeriod: 2, defaultMaximumPeriod: 3 });

/**
 * Tells what is there and which attributes this server has attached (LwM2M Core 1.2 §6.3.2): an Object with its
 * Instances and Resources, an Object Instance with its Resources, or a Resource with its Resource Instances, or as far
 * down as `depth` says. Every link shows what is attached to it. The target itself also shows what it inherits: in
 * 1.2 from the Server Object's defaults, too (ETS 264); before, where it is a Resource (ETS 260). No right is needed.
 * @param query `depth` in 1.2; an earlier client passes over it
 * @throws RequestRefused 4.00 for another query, 4.04, and 4.05 for a Resource Instance
 */
export function discover(
	{ registry }: OperationContext,
	path: Path,
	{ attributes, enabler, shortServerId }: Asker,
	query: readonly string[],
): ReadResponse {
	const target = locate(registry, path);
	const { object, instance } = target;
	if (path.resourceInstanceId >= 0) throw new RequestRefused(Code.methodNotAllowed, "discover a resource instance");
	const depth = (enabler === "1.2" ? depthIn(query) : undefined) ?? (instance === undefined ? 2 : 1);
	const walk = new Walk(attributes);
	let own = attributes.attachedTo(path);
	if (enabler === "1.2") own = attributes.inForce(path, defaultsOf(registry, shortServerId));
	else if (isResource(target)) own = attributes.inForce(path);
	if (instance === undefined) {
		const version = versionToTell(object.facts, enabler);
		// Before 1.1 a version stood between quotes (LwM2M Core 1.0.2 §6.2).
		walk.add(path, version === undefined ? [] : [["ver", version, enabler === "1.0" ? "quoted" : undefined]], own);
		if (depth > 0)
			for (let index = 0; index < object.instances.length; index++)
				walk.addInstance(object.instances[index]!, depth - 1);
	} else if (!isResource(target)) walk.addInstance(instance, depth, own);
	else {
		if (!instance.isPresent(target.name)) throw new RequestRefused(Code.notFound, "no value");
		walk.addResource(instance, target.name, depth, own);
	}
	return { code: Code.content, contentFormat: ContentFormat.coreLink, payload: writeLinks(walk.links) };
}

/** @returns undefined when there is no query at all */
function depthIn(query: readonly string[]): number | undefined {
	if (query.length === 0) return undefined;
	const [only = ""] = query;
	const depth = only.startsWith("depth=") ? readId(only.slice("depth=".length)) : -1;
	if (query.length > 1 || depth < 0 || depth > 3) throw new RequestRefused(Code.badRequest, "depth");
	return depth;
}

/** What holds for this server where it has attached nothing, as far as its account says so. */
function defaultsOf(registry: Registry, shortServerId: number): AttributeSet {
	const accounts = registry.object(1)?.instances ?? [];
	const account = accounts.find((instance) => instance.at(serverResource.shortServerId) === shortServerId);
	const pmin = account?.at(serverResource.defaultMinimumPeriod);
	const pmax = account?.at(serverResource.defaultMaximumPeriod);
	return {
		...(typeof pmin === "number" ? { pmin } : {}),
		...(typeof pmax === "number" ? { pmax } : {}),
	};
}

/** The links of what is below a target, in ascending order of path. */
class Walk {
	readonly links: Link[] = [];
	readonly #attributes: Attributes;

	constructor(attributes: Attributes) {
		this.#attributes = attributes;
	}

	/** @param set what it shows, if not what is attached to it */
	add(path: Path, first: readonly LinkAttribute[], set: AttributeSet = this.#attributes.attachedTo(path)): void {
		this.links.push({ target: pathText(path), attributes: [...first, ...shown(set)] });
	}

	/** @param depth how many levels below it */
	addInstance(instance: Instance, depth: number, set?: AttributeSet): void {
		const { id: objectId, resources } = instance.facts;
		this.add(pathOf(objectId, instance.id), [], set);
		if (depth < 1) return;
		for (const name in resources) if (instance.isPresent(name)) this.addResource(instance, name, depth - 1);
	}

	/** With `dim`, the count of Resource Instances, for a multiple-instance one (LwM2M Core 1.1 §5.1.2). */
	addResource(instance: Instance, name: string, depth: number, set?: AttributeSet): void {
		const { id, multiple } = instance.factsOf(name);
		const path = pathOf(instance.facts.id, instance.id, id);
		// A hook that refuses to read keeps its value to itself, and how many there are; Discover goes on.
		const held = multiple === true ? instance.peek(name) : undefined;
		const instances = held !== undefined && isInstances(held) ? held : undefined;
		this.add(path, instances === undefined ? [] : [["dim", `${instances.size}`]], set);
		if (depth < 1 || instances === undefined) return;
		for (const instanceId of idsOf(instances)) this.add({ ...path, resourceInstanceId: instanceId }, []);
	}
}

function shown(set: AttributeSet): LinkAttribute[] {
	const attributes: LinkAttribute[] = [];
	for (let index = 0; index < attributeNames.length; index++) {
		const name = attributeNames[index]!;
		if (set[name] !== undefined) attributes.push([name, `${set[name]}`]);
	}
	return attributes;
}
