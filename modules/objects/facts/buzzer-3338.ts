import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Buzzer, Object 3338, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const BUZZER = frozen({
	id: 3338,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		delayDuration: { id: 5521, operations: "RW", type: "float", units: "s" },
		minimumOffTime: { id: 5525, operations: "RW", type: "float", mandatory: true, units: "s" },
		level: { id: 5548, operations: "RW", type: "float", range: [0, 100], units: "/100" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onOff: { id: 5850, operations: "RW", type: "boolean", mandatory: true },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
