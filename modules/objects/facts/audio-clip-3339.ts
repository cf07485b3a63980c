import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Audio Clip, Object 3339, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const AUDIO_CLIP = frozen({
	id: 3339,
	version: "1.0",
	multiple: true,
	resources: {
		clip: { id: 5522, operations: "RW", type: "opaque", mandatory: true },
		trigger: { id: 5523, operations: "E" },
		duration: { id: 5524, operations: "RW", type: "float", units: "s" },
		level: { id: 5548, operations: "RW", type: "float", range: [0, 100], units: "/100" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
	},
}) satisfies ObjectFacts;
