import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Positioner, Object 3337, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const POSITIONER = frozen({
	id: 3337,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		minLimit: { id: 5519, operations: "R", type: "float" },
		maxLimit: { id: 5520, operations: "R", type: "float" },
		currentPosition: { id: 5536, operations: "RW", type: "float", mandatory: true, range: [0, 100], units: "/100" },
		transitionTime: { id: 5537, operations: "RW", type: "float", units: "s" },
		remainingTime: { id: 5538, operations: "R", type: "float", units: "s" },
		minMeasuredValue: { id: 5601, operations: "R", type: "float" },
		maxMeasuredValue: { id: 5602, operations: "R", type: "float" },
		resetMinAndMaxMeasuredValues: { id: 5605, operations: "E" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
