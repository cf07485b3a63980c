import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Digital Output, Object 3201, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const DIGITAL_OUTPUT = frozen({
	id: 3201,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		digitalOutputState: { id: 5550, operations: "RW", type: "boolean", mandatory: true },
		digitalOutputPolarity: { id: 5551, operations: "RW", type: "boolean" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
