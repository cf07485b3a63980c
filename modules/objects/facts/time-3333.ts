import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Time, Object 3333, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const TIME = frozen({
	id: 3333,
	version: "1.1",
	multiple: true,
	resources: {
		currentTime: { id: 5506, operations: "RW", type: "time", mandatory: true },
		fractionalTime: { id: 5507, operations: "RW", type: "float", range: [0, 1], units: "s" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
	},
}) satisfies ObjectFacts;
