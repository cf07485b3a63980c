import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Push button, Object 3347, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const PUSH_BUTTON = frozen({
	id: 3347,
	version: "1.1",
	multiple: true,
	resources: {
		digitalInputState: { id: 5500, operations: "R", type: "boolean", mandatory: true },
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
