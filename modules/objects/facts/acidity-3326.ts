import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Acidity, Object 3326, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const ACIDITY = frozen({
	id: 3326,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		minMeasuredValue: { id: 5601, operations: "R", type: "float" },
		maxMeasuredValue: { id: 5602, operations: "R", type: "float" },
		minRangeValue: { id: 5603, operations: "R", type: "float" },
		maxRangeValue: { id: 5604, operations: "R", type: "float" },
		resetMinAndMaxMeasuredValues: { id: 5605, operations: "E" },
		sensorValue: { id: 5700, operations: "R", type: "float", mandatory: true },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		currentCalibration: { id: 5821, operations: "RW", type: "float" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
