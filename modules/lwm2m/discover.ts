import { Code } from "../coap/code.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { type Link, writeLinks } from "../formats/core-link.ts";
import type { Path } from "../formats/value.ts";
import { type AttributeSet, type Attributes, attributeNames } from "./attributes.ts";
import { type EnablerVersion, versionToTell } from "./facts.ts";
import type { Instance } from "./instance.ts";
import { path as pathOf, pathText } from "./path.ts";
import type { ReadResponse } from "./read.ts";
import { RequestRefused } from "./refusal.ts";
import type { ObjectEntry, Registry } from "./registry.ts";
import { isResource, locate } from "./target.ts";
import { idsOf, isInstances } from "./value.ts";

type LinkAttribute = readonly [name: string, value: string | undefined];

/**
 * Tells what is there and which attributes this server has attached (LwM2M Core 1.1 §6.3.2): an Object with its
 * Instances and Resources, an Object Instance with its Resources, or a Resource with its Resource Instances. Every
 * link shows what is attached to it; a Resource that is itself the target also shows what it inherits.
 * @throws RequestRefused 4.04, and 4.05 for a Resource Instance
 */
export function discover(
	registry: Registry,
	path: Path,
	attributes: Attributes,
	enabler: EnablerVersion,
): ReadResponse {
	const target = locate(registry, path);
	const { object, instance } = target;
	const links: Link[] = [];
	if (path.resourceInstanceId >= 0) throw new RequestRefused(Code.methodNotAllowed, "discover a resource instance");
	if (instance === undefined) {
		const version = versionToTell(object.facts, enabler);
		const ver: LinkAttribute[] = version === undefined ? [] : [["ver", version]];
		links.push({ target: pathText(path), attributes: [...ver, ...shown(attributes.attachedTo(path))] });
		for (const each of object.instances) addInstance(links, each, attributes);
	} else if (!isResource(target)) addInstance(links, instance, attributes);
	else {
		if (!instance.isPresent(target.name)) throw new RequestRefused(Code.notFound, "no value");
		const { name } = target;
		links.push({
			target: pathText(path),
			attributes: [...dimension(instance, name), ...shown(attributes.inForce(path))],
		});
		const held = instance.read(name);
		if (held !== undefined && isInstances(held)) {
			for (const id of idsOf(held)) {
				const at = { ...path, resourceInstanceId: id };
				links.push({ target: pathText(at), attributes: shown(attributes.attachedTo(at)) });
			}
		}
	}
	return { code: Code.content, contentFormat: ContentFormat.coreLink, payload: writeLinks(links) };
}

/**
 * The object list of Register and Update (LwM2M Core 1.1 §6.2.1): a link per Object Instance; per Object only where
 * it has no Instance or a version to tell. Security and OSCORE stay out. No link for the root: it would tell formats
 * or an alternate path, and we have the usual ones.
 */
export function objectList(objects: readonly ObjectEntry[], enabler: EnablerVersion): Uint8Array {
	const links: Link[] = [];
	for (const { facts, instances } of objects) {
		if (facts.id === 0 || facts.id === 21) continue;
		const version = versionToTell(facts, enabler);
		if (version !== undefined) links.push({ target: `/${facts.id}`, attributes: [["ver", version]] });
		else if (instances.length === 0) links.push({ target: `/${facts.id}`, attributes: [] });
		for (const { id } of instances) links.push({ target: `/${facts.id}/${id}`, attributes: [] });
	}
	return writeLinks(links);
}

function addInstance(links: Link[], instance: Instance, attributes: Attributes): void {
	const { id: objectId, resources } = instance.facts;
	const at = pathOf(objectId, instance.id);
	links.push({ target: pathText(at), attributes: shown(attributes.attachedTo(at)) });
	for (const name in resources) {
		if (!instance.isPresent(name)) continue;
		const below = pathOf(objectId, instance.id, resources[name]!.id);
		links.push({
			target: pathText(below),
			attributes: [...dimension(instance, name), ...shown(attributes.attachedTo(below))],
		});
	}
}

/** `dim`, the count of Resource Instances, for a multiple-instance Resource (LwM2M Core 1.1 §5.1.2, Table 5.1.2-1). */
function dimension(instance: Instance, name: string): LinkAttribute[] {
	if (instance.factsOf(name).multiple !== true) return [];
	const held = instance.read(name);
	return held !== undefined && isInstances(held) ? [["dim", `${held.size}`]] : [];
}

function shown(set: AttributeSet): LinkAttribute[] {
	const attributes: LinkAttribute[] = [];
	for (const name of attributeNames) if (set[name] !== undefined) attributes.push([name, `${set[name]}`]);
	return attributes;
}
