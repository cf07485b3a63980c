import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Location, Object 6, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const LOCATION = frozen({
	id: 6,
	version: "1.0",
	resources: {
		latitude: { id: 0, operations: "R", type: "float", mandatory: true, units: "lat" },
		longitude: { id: 1, operations: "R", type: "float", mandatory: true, units: "lon" },
		altitude: { id: 2, operations: "R", type: "float", units: "m" },
		radius: { id: 3, operations: "R", type: "float", units: "m" },
		velocity: { id: 4, operations: "R", type: "opaque" },
		timestamp: { id: 5, operations: "R", type: "time", mandatory: true },
		speed: { id: 6, operations: "R", type: "float", units: "m/s" },
	},
}) satisfies ObjectFacts;
