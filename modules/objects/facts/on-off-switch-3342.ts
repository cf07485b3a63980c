import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** On/Off switch, Object 3342, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const ON_OFF_SWITCH = frozen({
	id: 3342,
	version: "1.1",
	multiple: true,
	resources: {
		digitalInputState: { id: 5500, operations: "R", type: "boolean", mandatory: true },
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onTime: { id: 5852, operations: "RW", type: "integer", units: "s" },
		offTime: { id: 5854, operations: "RW", type: "integer", units: "s" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
