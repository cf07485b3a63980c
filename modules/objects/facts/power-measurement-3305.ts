import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Power Measurement, Object 3305, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const POWER_MEASUREMENT = frozen({
	id: 3305,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		resetMinAndMaxMeasuredValues: { id: 5605, operations: "E" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		instantaneousActivePower: { id: 5800, operations: "R", type: "float", mandatory: true, units: "W" },
		minMeasuredActivePower: { id: 5801, operations: "R", type: "float", units: "W" },
		maxMeasuredActivePower: { id: 5802, operations: "R", type: "float", units: "W" },
		minRangeActivePower: { id: 5803, operations: "R", type: "float", units: "W" },
		maxRangeActivePower: { id: 5804, operations: "R", type: "float", units: "W" },
		cumulativeActivePower: { id: 5805, operations: "R", type: "float", units: "Wh" },
		activePowerCalibration: { id: 5806, operations: "W", type: "float", units: "W" },
		instantaneousReactivePower: { id: 5810, operations: "R", type: "float", units: "var" },
		minMeasuredReactivePower: { id: 5811, operations: "R", type: "float", units: "var" },
		maxMeasuredReactivePower: { id: 5812, operations: "R", type: "float", units: "var" },
		minRangeReactivePower: { id: 5813, operations: "R", type: "float", units: "var" },
		maxRangeReactivePower: { id: 5814, operations: "R", type: "float", units: "var" },
		cumulativeReactivePower: { id: 5815, operations: "R", type: "float", units: "varh" },
		reactivePowerCalibration: { id: 5816, operations: "W", type: "float", units: "var" },
		powerFactor: { id: 5820, operations: "R", type: "float" },
		currentCalibration: { id: 5821, operations: "RW", type: "float" },
		resetCumulativeEnergy: { id: 5822, operations: "E" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
