/** What a server may do, as the Access Control Object has it, and discovering (LwM2M Core 1.2 §8.2, Table 8.2-1). */
export type Right = "read" | "write" | "execute" | "delete" | "create" | "discover";

/** The rights of one LwM2M Server; the operations ask before they do anything. */
export interface AccessRights {
	/** How many Object Instances a Create takes: 2 where its Access Control Object Instance comes with it. */
	readonly instancesPerCreate: number;
	/**
	 * @param instanceId -1 asks about the Object, for a Create
	 * @throws RequestRefused 4.01 when the server has not got the right
	 */
	require(right: Right, objectId: number, instanceId: number): void;
	/**
	 * Whether the server may read the Instance: those it may not are left out of what is told of an Object or of several
	 * paths (LwM2M Core 1.2 §8.2.3).
	 */
	mayRead(objectId: number, instanceId: number): boolean;
	/** The server has created the Instance: it is its owner. */
	created(objectId: number, instanceId: number): void;
	/** The server has deleted the Instance. */
	deleted(objectId: number, instanceId: number): void;
}
