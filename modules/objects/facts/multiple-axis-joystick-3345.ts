import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Multiple Axis Joystick, Object 3345, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const MULTIPLE_AXIS_JOYSTICK = frozen({
	id: 3345,
	version: "1.0",
	multiple: true,
	resources: {
		digitalInputState: { id: 5500, operations: "R", type: "boolean" },
		digitalInputCounter: { id: 5501, operations: "R", type: "integer" },
		xValue: { id: 5702, operations: "R", type: "float" },
		yValue: { id: 5703, operations: "R", type: "float" },
		zValue: { id: 5704, operations: "R", type: "float" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
	},
}) satisfies ObjectFacts;
