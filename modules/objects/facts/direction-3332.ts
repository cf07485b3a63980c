import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Direction, Object 3332, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const DIRECTION = frozen({
	id: 3332,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		minMeasuredValue: { id: 5601, operations: "R", type: "float" },
		maxMeasuredValue: { id: 5602, operations: "R", type: "float" },
		resetMinAndMaxMeasuredValues: { id: 5605, operations: "E" },
		compassDirection: { id: 5705, operations: "R", type: "float", mandatory: true, range: [0, 360], units: "deg" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
