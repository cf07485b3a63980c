import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Analog Output, Object 3203, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const ANALOG_OUTPUT = frozen({
	id: 3203,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		minRangeValue: { id: 5603, operations: "R", type: "float" },
		maxRangeValue: { id: 5604, operations: "R", type: "float" },
		analogOutputCurrentValue: { id: 5650, operations: "RW", type: "float", mandatory: true, range: [0, 1] },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
