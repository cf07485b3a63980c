import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Colour, Object 3335, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const COLOUR = frozen({
	id: 3335,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		colour: { id: 5706, operations: "RW", type: "string", mandatory: true },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
