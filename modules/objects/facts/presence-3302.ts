import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Presence, Object 3302, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const PRESENCE = frozen({
	id: 3302,
	version: "1.1",
	multiple: true,
	resources: {
		digitalInputState: { id: 5500, operations: "R", type: "boolean", mandatory: true },
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		digitalInputCounterReset: { id: 5505, operations: "E" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		sensorType: { id: 5751, operations: "R", type: "string" },
		busyToClearDelay: { id: 5903, operations: "RW", type: "integer", units: "ms" },
		clearToBusyDelay: { id: 5904, operations: "RW", type: "integer", units: "ms" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
