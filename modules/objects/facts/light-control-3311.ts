import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Light Control, Object 3311, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const LIGHT_CONTROL = frozen({
	id: 3311,
	version: "1.0",
	multiple: true,
	resources: {
		sensorUnits: { id: 5701, operations: "R", type: "string" },
		colour: { id: 5706, operations: "RW", type: "string" },
		applicationType: { id: 5750, operations: "RW", type: "string" },
		cumulativeActivePower: { id: 5805, operations: "R", type: "float", units: "Wh" },
		powerFactor: { id: 5820, operations: "R", type: "float" },
		onOff: { id: 5850, operations: "RW", type: "boolean", mandatory: true },
		dimmer: { id: 5851, operations: "RW", type: "integer", range: [0, 100], units: "/100" },
		onTime: { id: 5852, operations: "RW", type: "integer", units: "s" },
	},
}) satisfies ObjectFacts;
