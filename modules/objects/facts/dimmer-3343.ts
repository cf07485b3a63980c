import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Dimmer, Object 3343, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const DIMMER = frozen({
	id: 3343,
	version: "1.0",
	multiple: true,
	resources: {
		level: { id: 5548, operations: "RW", type: "float", mandatory: true, range: [0, 100], units: "/100" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		onTime: { id: 5852, operations: "RW", type: "integer", units: "s" },
		offTime: { id: 5854, operations: "RW", type: "integer", units: "s" },
	},
}) satisfies ObjectFacts;
