import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Set Point, Object 3308, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const SET_POINT = frozen({
	id: 3308,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		colour: { id: 5706, operations: "RW", type: "string" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		setPointValue: { id: 5900, operations: "RW", type: "float", mandatory: true },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
