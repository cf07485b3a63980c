import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Addressable Text Display, Object 3341, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const ADDRESSABLE_TEXT_DISPLAY = frozen({
	id: 3341,
	version: "1.0",
	multiple: true,
	resources: {
		text: { id: 5527, operations: "RW", type: "string", mandatory: true },
		xCoordinate: { id: 5528, operations: "RW", type: "integer" },
		yCoordinate: { id: 5529, operations: "RW", type: "integer" },
		clearDisplay: { id: 5530, operations: "E" },
		contrast: { id: 5531, operations: "RW", type: "float", range: [0, 100], units: "/100" },
		maxXCoordinate: { id: 5545, operations: "R", type: "integer" },
		maxYCoordinate: { id: 5546, operations: "R", type: "integer" },
		level: { id: 5548, operations: "RW", type: "float", range: [0, 100], units: "/100" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
	},
}) satisfies ObjectFacts;
