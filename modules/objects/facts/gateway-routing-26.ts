import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M Gateway Routing, Object 26, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const GATEWAY_ROUTING = frozen({
	id: 26,
	version: "1.0",
	lwm2mVersion: "1.2",
	multiple: true,
	resources: {
		objectId: { id: 0, operations: "R", type: "unsignedInteger", mandatory: true },
		mappingInfo: { id: 1, operations: "R", type: "coreLink", mandatory: true },
	},
}) satisfies ObjectFacts;
