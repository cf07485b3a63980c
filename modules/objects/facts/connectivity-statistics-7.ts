import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Connectivity Statistics, Object 7, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const CONNECTIVITY_STATISTICS = frozen({
	id: 7,
	version: "1.0",
	resources: {
		smsTxCounter: { id: 0, operations: "R", type: "integer" },
		smsRxCounter: { id: 1, operations: "R", type: "integer" },
		txData: { id: 2, operations: "R", type: "integer" },
		rxData: { id: 3, operations: "R", type: "integer" },
		maxMessageSize: { id: 4, operations: "R", type: "integer", units: "B" },
		averageMessageSize: { id: 5, operations: "R", type: "integer", units: "B" },
		start: { id: 6, operations: "E", mandatory: true },
		stop: { id: 7, operations: "E", mandatory: true },
		collectionPeriod: { id: 8, operations: "RW", type: "integer", units: "s" },
	},
}) satisfies ObjectFacts;
