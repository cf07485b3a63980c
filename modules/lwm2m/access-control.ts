import { Code } from "../coap/code.ts";
import { frozen } from "../frozen.ts";
import type { AccessRights, Right } from "./access-rights.ts";
import type { Instance } from "./instance.ts";
import { RequestRefused } from "./refusal.ts";
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

/** Makes an Access Control Object Instance without ACL, not added yet: modules/objects/access-control-2.ts has one. */
export type MakeAccessControl = (target: {
	readonly id: number;
	readonly objectId: number;
	readonly objectInstanceId: number;
	readonly owner: number;
}) => Instance;

/**
 * Which server may do what (LwM2M Core 1.1 and 1.2 §8), out of the Instances of the Access Control Object in the
 * Registry. In force while there are two LwM2M Server accounts or more, registered or not; a single server may do
 * everything. A client that is not given it lets every server do everything, and has none of it in its image.
 */
export class AccessControl {
	readonly #make: MakeAccessControl;

	constructor(make: MakeAccessControl) {
		this.#make = make;
	}

	/** What one server may do. */
	rightsOf(registry: Registry, shortServerId: number): AccessRights {
		return new ServerRights(registry, shortServerId, this);
	}

	/** A server has created an Object Instance: it becomes its owner (§8.1.2.2). Without room nobody has rights on it. */
	created(registry: Registry, objectId: number, objectInstanceId: number, owner: number): void {
		if (registry.room < 1) return;
		let id = 0;
		while (registry.instance(accessControlObject, id) !== undefined) id++;
		registry.add(this.#make({ id, objectId, objectInstanceId, owner }));
	}

	/** An Object Instance is gone, and what says who may use it goes, too (§8.1.2.2). */
	gone(registry: Registry, objectId: number, instanceId: number): void {
		const entry = entryOf(registry, objectId, instanceId);
		if (entry !== undefined) registry.remove(entry);
	}
}

/** What one server may do; with the Registry and its number as all that it holds. */
class ServerRights implements AccessRights {
	readonly #registry: Registry;
	readonly #shortServerId: number;
	readonly #control: AccessControl;

	constructor(registry: Registry, shortServerId: number, control: AccessControl) {
		this.#registry = registry;
		this.#shortServerId = shortServerId;
		this.#control = control;
	}

	get instancesPerCreate(): number {
		return this.isActive ? 2 : 1;
	}

	require(right: Right, objectId: number, instanceId: number): void {
		if (!this.has(right, objectId, instanceId)) throw new RequestRefused(Code.unauthorized, "access control");
	}

	mayRead(objectId: number, instanceId: number): boolean {
		return this.has("read", objectId, instanceId);
	}

	created(objectId: number, instanceId: number): void {
		if (this.isActive) this.#control.created(this.#registry, objectId, instanceId, this.#shortServerId);
	}

	deleted(objectId: number, instanceId: number): void {
		this.#control.gone(this.#registry, objectId, instanceId);
	}

	/** Whether there is more than one account (§8: "Access Control-Enabled"). */
	private get isActive(): boolean {
		return (this.#registry.object(serverObject)?.instances.length ?? 0) > 1;
	}

	private has(right: Right, objectId: number, instanceId: number): boolean {
		if (right === "discover") return true;
		if (objectId === accessControlObject) return this.hasOnAccessControl(right, instanceId);
		if (!this.isActive) return true;
		if (right === "create") return this.mayCreate(objectId);
		// Read and Write-Attributes of an Object are done; which Instances a Read shows is asked for each (§8.2.3).
		if (instanceId < 0) return true;
		const entry = entryOf(this.#registry, objectId, instanceId);
		return entry !== undefined && (rightsIn(entry, this.#shortServerId) & rightBits[right]) !== 0;
	}

	/**
	 * On Access Control itself, which no entry is about. Every server may read and observe it, to hear of another owner
	 * (Transport 1.2 §5.2.5, note); only the owner of an Instance manages it (§8.1.2.2); it comes and goes with its
	 * target, or by a bootstrap.
	 */
	private hasOnAccessControl(right: Right, instanceId: number): boolean {
		if (right !== "write") return right === "read";
		return (
			this.#registry.instance(accessControlObject, instanceId)?.at(accessControlResource.owner) === this.#shortServerId
		);
	}

	/** Only an entry of its own in the Instance about the Object: there is no owner, and no default (§8.2.1). */
	private mayCreate(objectId: number): boolean {
		const entry = entryOf(this.#registry, objectId, maxId);
		const rights = entry === undefined ? 0 : Number(entriesOf(entry).get(this.#shortServerId) ?? 0);
		return (rights & rightBits.create) !== 0;
	}
}

/** The Access Control Object Instance about a target. */
function entryOf(registry: Registry, objectId: number, instanceId: number): Instance | undefined {
	const entries = registry.object(accessControlObject)?.instances;
	if (entries === undefined) return undefined;
	for (let index = 0; index < entries.length; index++) {
		const entry = entries[index]!;
		if (
			entry.at(accessControlResource.objectId) === objectId &&
			entry.at(accessControlResource.objectInstanceId) === instanceId
		)
			return entry;
	}
	return undefined;
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
