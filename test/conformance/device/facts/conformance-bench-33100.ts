import { frozen } from "../../../../modules/frozen.ts";
import type { ObjectFacts } from "../../../../modules/lwm2m/facts.ts";

/** Conformance Bench, Object 33100, version 1.2: made from OMA's XML by `dormouse object`, not by hand. */
export const CONFORMANCE_BENCH = frozen({
	id: 33100,
	version: "1.2",
	multiple: true,
	resources: {
		kept: { id: 0, operations: "RW", type: "integer", mandatory: true, range: [-100, 100] },
		note: { id: 1, operations: "RW", type: "string" },
		fixed: { id: 2, operations: "R", type: "string" },
		secret: { id: 3, operations: "W", type: "string" },
		gauge: { id: 4, operations: "R", type: "float" },
		gauges: { id: 5, operations: "R", type: "float", multiple: true },
		switch: { id: 6, operations: "RW", type: "boolean" },
		switches: { id: 7, operations: "RW", type: "boolean", multiple: true },
		notes: { id: 8, operations: "RW", type: "string", multiple: true },
		assign: { id: 9, operations: "E" },
		later: { id: 10, operations: "E" },
		add: { id: 11, operations: "E" },
		voltages: { id: 12, operations: "E" },
		series: { id: 13, operations: "R", type: "float" },
		forget: { id: 14, operations: "E" },
	},
}) satisfies ObjectFacts;
