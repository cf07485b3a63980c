import { CodecFailure } from "./formats/codec-failure.ts";
import { attributeText, type Link, readLinks } from "./formats/link.ts";
import { defaultVersion } from "./models/models.ts";
import { parsePath } from "./path.ts";
import { badRequest } from "./refusal.ts";

/** What a client's list of Objects and Object Instances says (Core 1.1 §7.2.2 in Register, RFC 6690 in form). */
export interface ObjectList {
	/** All links as given. */
	readonly links: readonly Link[];
	/** Where the client's tree hangs: "/" or "/lwm2m/", ending in a slash. */
	readonly rootPath: string;
	/** Content formats of the root link's `ct`. */
	readonly formats: readonly number[];
	/** Object identifier → version. */
	readonly versions: ReadonlyMap<number, string>;
	/** Object identifier → its Instances. */
	readonly instances: ReadonlyMap<number, readonly number[]>;
}

/**
 * Reads the payload of a Register or Update.
 * @throws Refusal 4.00 for what is not link format, too long, or names no Object
 */
export function readObjectList(payload: Uint8Array, lwm2mVersion: string, linksMax: number): ObjectList {
	const links = linksOf(payload);
	if (links.length > linksMax) badRequest(`more than ${linksMax} links in the object list`);
	const root = rootLink(links);
	const rootPath = root === undefined ? "/" : root.target.replace(/\/?$/, "/");
	const versions = new Map<number, string>();
	const instances = new Map<number, number[]>();
	for (const link of links) {
		const target =
			rootPath !== "/" && link.target.startsWith(rootPath) ? link.target.slice(rootPath.length) : link.target;
		const [objectId, instanceId, ...rest] = parsePath(target) ?? [];
		if (objectId === undefined || rest.length > 0) continue;
		const version = attributeText(link, "ver"); // quoted or not: clients do both
		if (version !== undefined) versions.set(objectId, version);
		else if (!versions.has(objectId)) versions.set(objectId, defaultVersion(lwm2mVersion, objectId));
		if (instanceId === undefined) continue;
		const known = instances.get(objectId) ?? [];
		if (!known.includes(instanceId)) known.push(instanceId);
		instances.set(objectId, known);
	}
	if (versions.size === 0) badRequest("the object list is mandatory and names no Object");
	return { links, rootPath, formats: contentFormats(root), versions, instances };
}

function linksOf(payload: Uint8Array): Link[] {
	try {
		return readLinks(payload);
	} catch (error) {
		if (error instanceof CodecFailure) return badRequest(error.message);
		throw error;
	}
}

/** The link that says where the LwM2M tree hangs: by its resource type, else "/" (Core 1.1 §7.2.1). */
function rootLink(links: readonly Link[]): Link | undefined {
	const typed = links.find((link) => attributeText(link, "rt")?.split(" ").includes("oma.lwm2m"));
	return typed ?? links.find(({ target }) => target === "/");
}

function contentFormats(root: Link | undefined): number[] {
	const ct = root === undefined ? undefined : attributeText(root, "ct");
	return (ct ?? "")
		.split(" ")
		.filter((number) => /^\d{1,5}$/.test(number))
		.map(Number);
}
