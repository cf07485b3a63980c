import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M Gateway, Object 25, version 2.0: made from OMA's XML by `dormouse object`, not by hand. */
export const GATEWAY = frozen({
	id: 25,
	version: "2.0",
	lwm2mVersion: "1.1",
	multiple: true,
	resources: {
		deviceId: { id: 0, operations: "R", type: "string", mandatory: true },
		prefix: { id: 1, operations: "R", type: "string", mandatory: true },
		ioTDeviceObjects: { id: 3, operations: "R", type: "coreLink", mandatory: true },
	},
}) satisfies ObjectFacts;
