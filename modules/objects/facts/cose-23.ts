import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M COSE, Object 23, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const COSE = frozen({
	id: 23,
	version: "1.0",
	lwm2mVersion: "1.2",
	multiple: true,
	resources: {
		kid: { id: 0, operations: "", type: "string", mandatory: true },
		aeadAlgorithm: { id: 1, operations: "", type: "integer", mandatory: true },
		key: { id: 2, operations: "", type: "string", mandatory: true },
	},
}) satisfies ObjectFacts;
