import {
	accessControlObject,
	accessControlResource,
	entriesOf,
	maxId,
	rightBits,
	rightsIn,
	serverObject,
} from "./access-control.ts";
import type { Instance } from "./instance.ts";
import { RequestRefused } from "./refusal.ts";
import type { Registry } from "./registry.ts";

/** Short Server ID of the Server Object (LwM2M Core 1.2 Appendix E.2). */
const serverShortServerId = 0;

/**
 * Steps 2 and 3 of unbootstrapping (LwM2M Transport 1.2 §5.2.5): the account of a server has been, or is being, taken
 * away. What it alone could use is deleted; what others can use gets another owner where it was this one: the one with
 * the most of the rights Write and Delete, among equals the lowest Short Server ID. Its session and its Security and
 * Server Instances (steps 1 and 4) are the caller's to end; a Server Instance that it alone could use goes here.
 */
export function unbootstrap(registry: Registry, shortServerId: number): void {
	const others = accounts(registry).filter((other) => other !== shortServerId);
	const entries = registry.object(accessControlObject)?.instances ?? [];
	for (const entry of entries.slice()) {
		const isOwner = entry.at(accessControlResource.owner) === shortServerId;
		if (isOwner && !others.some((other) => rightsIn(entry, other) !== 0)) abandon(registry, entry);
		else leave(entry, shortServerId, isOwner ? heirOf(entry, others) : undefined);
	}
}

function accounts(registry: Registry): number[] {
	const instances = registry.object(serverObject)?.instances ?? [];
	return instances.map((instance) => Number(instance.at(serverShortServerId)));
}

/** Nobody is left who could use the target: it goes, unless it is the device's own to keep. */
function abandon(registry: Registry, entry: Instance): void {
	const objectId = Number(entry.at(accessControlResource.objectId));
	const object = registry.object(objectId);
	const target = registry.instance(objectId, Number(entry.at(accessControlResource.objectInstanceId)));
	if (object === undefined || target === undefined || removes(object.options.remove, target)) {
		if (target !== undefined) registry.remove(target);
		registry.remove(entry);
		return;
	}
	// It stays, as the Device Object must: nobody's but the next bootstrap's.
	entry.hold(entry.nameOf(accessControlResource.acl)!, undefined);
	entry.hold(entry.nameOf(accessControlResource.owner)!, maxId);
}

/** Whether the application lets the Instance go. */
function removes(remove: ((instance: Instance) => void) | undefined, target: Instance): boolean {
	if (remove === undefined) return target.facts.id === serverObject;
	try {
		remove(target);
		return true;
	} catch (error) {
		if (error instanceof RequestRefused) return false;
		throw error;
	}
}

/** Takes the server's entry away, and makes the heir the owner. */
function leave(entry: Instance, shortServerId: number, heir: number | undefined): void {
	const entries = new Map(entriesOf(entry));
	if (entries.delete(shortServerId)) entry.hold(entry.nameOf(accessControlResource.acl)!, entries);
	if (heir !== undefined) entry.hold(entry.nameOf(accessControlResource.owner)!, heir);
}

function heirOf(entry: Instance, others: readonly number[]): number {
	let heir = maxId;
	let most = -1;
	for (let index = 0; index < others.length; index++) {
		const other = others[index]!;
		const rights = rightsIn(entry, other);
		const sum = ((rights & rightBits.write) === 0 ? 0 : 1) + ((rights & rightBits.delete) === 0 ? 0 : 1);
		if (rights === 0 || sum < most || (sum === most && other > heir)) continue;
		heir = other;
		most = sum;
	}
	return heir;
}
