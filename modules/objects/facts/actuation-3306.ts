import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Actuation, Object 3306, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const ACTUATION = frozen({
	id: 3306,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onOff: { id: 5850, operations: "RW", type: "boolean", mandatory: true },
		dimmer: { id: 5851, operations: "RW", type: "integer", range: [0, 100], units: "/100" },
		onTime: { id: 5852, operations: "RW", type: "integer", units: "s" },
		multiStateOutput: { id: 5853, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
