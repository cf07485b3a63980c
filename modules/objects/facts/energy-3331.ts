import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Energy, Object 3331, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const ENERGY = frozen({
	id: 3331,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		sensorValue: { id: 5700, operations: "R", type: "float", mandatory: true },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		resetCumulativeEnergy: { id: 5822, operations: "E" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
