import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Multi-state Selector, Object 3348, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const MULTI_STATE_SELECTOR = frozen({
	id: 3348,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		multiStateInput: { id: 5547, operations: "R", type: "integer", mandatory: true },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
