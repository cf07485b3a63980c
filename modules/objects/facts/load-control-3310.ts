import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Load Control, Object 3310, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const LOAD_CONTROL = frozen({
	id: 3310,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		eventIdentifier: { id: 5823, operations: "RW", type: "string", mandatory: true },
		startTime: { id: 5824, operations: "RW", type: "time", mandatory: true },
		durationInMin: { id: 5825, operations: "RW", type: "integer", mandatory: true, units: "min" },
		criticalityLevel: { id: 5826, operations: "RW", type: "integer", range: [0, 3] },
		avgLoadAdjPct: { id: 5827, operations: "RW", type: "integer", range: [0, 100], units: "/100" },
		dutyCycle: { id: 5828, operations: "RW", type: "integer", range: [0, 100], units: "/100" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
