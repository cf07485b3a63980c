import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Stopwatch, Object 3350, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const STOPWATCH = frozen({
	id: 3350,
	version: "1.1",
	multiple: true,
	resources: {
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		cumulativeTime: { id: 5544, operations: "RW", type: "float", mandatory: true, units: "s" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onOff: { id: 5850, operations: "RW", type: "boolean" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
