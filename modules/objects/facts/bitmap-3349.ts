import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Bitmap, Object 3349, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const BITMAP = frozen({
	id: 3349,
	version: "1.1",
	multiple: true,
	resources: {
		timestamp: { id: 5518, operations: "R", type: "time" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		bitmapInput: { id: 5910, operations: "R", type: "integer", mandatory: true },
		bitmapInputReset: { id: 5911, operations: "E" },
		elementDescription: { id: 5912, operations: "RW", type: "string", multiple: true },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
	},
}) satisfies ObjectFacts;
