import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Timer, Object 3340, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const TIMER = frozen({
	id: 3340,
	version: "1.0",
	multiple: true,
	resources: {
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		delayDuration: { id: 5521, operations: "RW", type: "float", mandatory: true, units: "s" },
		trigger: { id: 5523, operations: "E" },
		minimumOffTime: { id: 5525, operations: "RW", type: "float", units: "s" },
		timerMode: { id: 5526, operations: "RW", type: "integer", range: [0, 4] },
		counter: { id: 5534, operations: "RW", type: "integer" },
		remainingTime: { id: 5538, operations: "R", type: "float", units: "s" },
		digitalState: { id: 5543, operations: "R", type: "boolean" },
		cumulativeTime: { id: 5544, operations: "RW", type: "float", units: "s" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onOff: { id: 5850, operations: "RW", type: "boolean" },
	},
}) satisfies ObjectFacts;
