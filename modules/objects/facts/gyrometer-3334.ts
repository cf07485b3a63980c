import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Gyrometer, Object 3334, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const GYROMETER = frozen({
	id: 3334,
	version: "1.1",
	multiple: true,
	resources: {
		minXValue: { id: 5508, operations: "R", type: "float" },
		maxXValue: { id: 5509, operations: "R", type: "float" },
		minYValue: { id: 5510, operations: "R", type: "float" },
		maxYValue: { id: 5511, operations: "R", type: "float" },
		minZValue: { id: 5512, operations: "R", type: "float" },
		maxZValue: { id: 5513, operations: "R", type: "float" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		minRangeValue: { id: 5603, operations: "R", type: "float" },
		maxRangeValue: { id: 5604, operations: "R", type: "float" },
		resetMinAndMaxMeasuredValues: { id: 5605, operations: "E" },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		xValue: { id: 5702, operations: "R", type: "float", mandatory: true },
		yValue: { id: 5703, operations: "R", type: "float" },
		zValue: { id: 5704, operations: "R", type: "float" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
