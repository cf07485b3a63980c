import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M Access Control, Object 2, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const ACCESS_CONTROL = frozen({
	id: 2,
	version: "1.0",
	multiple: true,
	resources: {
		objectId: { id: 0, operations: "R", type: "integer", mandatory: true, range: [1, 65534] },
		objectInstanceId: { id: 1, operations: "R", type: "integer", mandatory: true, range: [0, 65535] },
		acl: { id: 2, operations: "RW", type: "integer", multiple: true, range: [0, 65535] },
		accessControlOwner: { id: 3, operations: "RW", type: "integer", mandatory: true, range: [0, 65535] },
	},
}) satisfies ObjectFacts;
