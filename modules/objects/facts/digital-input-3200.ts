import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Digital Input, Object 3200, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const DIGITAL_INPUT = frozen({
	id: 3200,
	version: "1.1",
	multiple: true,
	resources: {
		digitalInputState: { id: 5500, operations: "R", type: "boolean", mandatory: true },
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		digitalInputPolarity: { id: 5502, operations: "RW", type: "boolean" },
		digitalInputDebounce: { id: 5503, operations: "RW", type: "integer", units: "ms" },
		digitalInputEdgeSelection: { id: 5504, operations: "RW", type: "integer", range: [1, 3] },
		digitalInputCounterReset: { id: 5505, operations: "E" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		sensorType: { id: 5751, operations: "R", type: "string" },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
