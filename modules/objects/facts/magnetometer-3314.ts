import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Magnetometer, Object 3314, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const MAGNETOMETER = frozen({
	id: 3314,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		xValue: { id: 5702, operations: "R", type: "float", mandatory: true },
		yValue: { id: 5703, operations: "R", type: "float" },
		zValue: { id: 5704, operations: "R", type: "float" },
		compassDirection: { id: 5705, operations: "R", type: "float", range: [0, 360], units: "deg" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
