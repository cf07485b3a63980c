import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Power Control, Object 3312, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const POWER_CONTROL = frozen({
	id: 3312,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		cumulativeActivePower: { id: 5805, operations: "R", type: "float", units: "Wh" },
		powerFactor: { id: 5820, operations: "R", type: "float" },
		onOff: { id: 5850, operations: "RW", type: "boolean", mandatory: true },
		dimmer: { id: 5851, operations: "RW", type: "integer", range: [0, 100], units: "/100" },
		onTime: { id: 5852, operations: "RW", type: "integer", units: "s" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
