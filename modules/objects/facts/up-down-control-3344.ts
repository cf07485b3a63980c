import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Up/Down Control, Object 3344, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const UP_DOWN_CONTROL = frozen({
	id: 3344,
	version: "1.0",
	multiple: true,
	resources: {
		increaseInputState: { id: 5532, operations: "R", type: "boolean", mandatory: true },
		decreaseInputState: { id: 5533, operations: "R", type: "boolean", mandatory: true },
		upCounter: { id: 5541, operations: "RW", type: "integer" },
		downCounter: { id: 5542, operations: "RW", type: "integer" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
	},
}) satisfies ObjectFacts;
