import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Location, Object 3336, version 2.0: made from OMA's XML by `dormouse object`, not by hand. */
export const LOCATION = frozen({
	id: 3336,
	version: "2.0",
	multiple: true,
	resources: {
		velocity: { id: 5517, operations: "R", type: "opaque" },
		timestamp: { id: 5518, operations: "R", type: "time" },
		compassDirection: { id: 5705, operations: "R", type: "float", range: [0, 360], units: "deg" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		measurementQualityIndicator: { id: 6042, operations: "R", type: "integer", range: [0, 23] },
		measurementQualityLevel: { id: 6049, operations: "R", type: "integer", range: [0, 100] },
		fractionalTimestamp: { id: 6050, operations: "R", type: "float", range: [0, 1], units: "s" },
		numericLatitude: { id: 6051, operations: "R", type: "float", mandatory: true, units: "lat" },
		numericLongitude: { id: 6052, operations: "R", type: "float", mandatory: true, units: "lon" },
		numericUncertainty: { id: 6053, operations: "R", type: "float", units: "m" },
	},
}) satisfies ObjectFacts;
