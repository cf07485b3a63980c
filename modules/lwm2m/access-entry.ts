import { frozen } from "../frozen.ts";
import type { Right } from "./access-rights.ts";
import type { Instance } from "./instance.ts";
import type { Registry } from "./registry.ts";
import { type Instances, isInstances } from "./value.ts";

/** The Objects that this is about: Server, whose Instances are the accounts, and Access Control. */
export const serverObject = 1;
export const accessControlObject = 2;

/** Resources of the Access Control Object (LwM2M Core 1.2 Appendix E.3). */
export const accessControlResource = frozen({ objectId: 0, objectInstanceId: 1, acl: 2, owner: 3 });

/** The bits of an ACL value (Appendix E.3). Discover needs none (LwM2M Core 1.2 §8.2, Table 8.2-1). */
export const rightBits: { readonly [right in Right]: number } = frozen({
	discover: 0,
	read: 1,
	write: 2,
	execute: 4,
	delete: 8,
	create: 16,
});

/** What an owner without an entry of its own has: everything but Create, which is a right on Objects. */
const ownersRights = 15;

/** MAX_ID as Object Instance ID: the Object itself; as owner: the Bootstrap-Server (LwM2M Core 1.2 §8.1.2.1). */
export const maxId = 65535;

/** ACL Resource Instance of the default rights (LwM2M Core 1.2 §8.1.2.2). */
const defaultEntry = 0;

const noEntries: Instances = new Map();

/** The Access Control Object Instance about a target. */
export function entryOf(registry: Registry, objectId: number, instanceId: number): Instance | undefined {
	const { objectId: object, objectInstanceId: instance } = accessControlResource;
	const entries = registry.object(accessControlObject)?.instances;
	return entries?.find((entry) => entry.at(object) === objectId && entry.at(instance) === instanceId);
}

/** The ACL of an Access Control Object Instance. */
export function entriesOf(entry: Instance): Instances {
	const acl = entry.at(accessControlResource.acl);
	return acl !== undefined && isInstances(acl) ? acl : noEntries;
}

/** The rights that an Access Control Object Instance gives a server, in the order of LwM2M Core 1.2 §8.2.1. */
export function rightsIn(entry: Instance, shortServerId: number): number {
	const entries = entriesOf(entry);
	const own = entries.get(shortServerId);
	if (own !== undefined) return Number(own);
	if (entry.at(accessControlResource.owner) === shortServerId) return ownersRights;
	return Number(entries.get(defaultEntry) ?? 0);
}
