import { frozen } from "../frozen.ts";
import { maxId, rightBits } from "../lwm2m/access-entry.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { ACCESS_CONTROL } from "./facts/access-control-2-v1-1.ts";

/** Rights as ACL values hold them: add up those that are granted. */
export const Rights = frozen({
	none: 0,
	read: rightBits.read,
	write: rightBits.write,
	execute: rightBits.execute,
	delete: rightBits.delete,
	create: rightBits.create,
	/** All that there is on an Object Instance. */
	all: 15,
});

/** Any version of the table: 1.1 holds an ACL value to its five bits, 1.0 to sixteen. */
type AccessControlFacts = ObjectFacts & { readonly id: 2 };

export interface AccessControlOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** The target: an Object Instance, or with `maxId` as Instance the Object, for Create. */
	readonly objectId: number;
	readonly objectInstanceId: number;
	/** Short Server ID of the server that may change these rights; the Bootstrap-Server alone when left out. */
	readonly owner?: number;
	/** Rights by Short Server ID; 0 is every server without an entry of its own but the owner. */
	readonly acl?: ReadonlyMap<number, number>;
}

const hooks = frozen({
	check: {
		acl(entries: ReadonlyMap<number, number>) {
			if (entries.has(maxId)) throw new RequestRefused(0x80, "65535 is no server");
		},
		accessControlOwner(owner: number) {
			if (owner === 0) throw new RequestRefused(0x80, "0 is no server");
		},
	},
});

/**
 * Who may do what with one Object Instance, or create Instances of one Object (LwM2M Core 1.2 Appendix E.3). It does
 * nothing by itself: a client enforces it that is given an AccessControl (modules/lwm2m/access-control.ts).
 * @param facts another version of the table: facts/access-control-2-v1-0.ts
 */
export function accessControl(
	options: AccessControlOptions,
	facts: AccessControlFacts = ACCESS_CONTROL,
): ObjectInstance<typeof ACCESS_CONTROL> {
	const { id = 0, objectId, objectInstanceId, owner = maxId, acl } = options;
	const values = { objectId, objectInstanceId, acl, accessControlOwner: owner };
	return new ObjectInstance(facts as typeof ACCESS_CONTROL, { id, values }, hooks);
}

/** For `client.addObject(…)`: Instances that a bootstrap or a kept configuration fills. */
export function accessControlObject(facts: AccessControlFacts = ACCESS_CONTROL): ObjectOptions {
	return new AccessControlObject(facts);
}

/** A class, because a closure would take some ten slots more. */
class AccessControlObject implements ObjectOptions {
	private readonly facts: AccessControlFacts;

	constructor(facts: AccessControlFacts) {
		this.facts = facts;
	}

	provide(id: number): ObjectInstance<typeof ACCESS_CONTROL> {
		return new ObjectInstance(this.facts as typeof ACCESS_CONTROL, { id }, hooks);
	}
}
