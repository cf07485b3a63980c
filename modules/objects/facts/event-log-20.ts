import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Event Log, Object 20, version 2.1: made from OMA's XML by `dormouse object`, not by hand. */
export const EVENT_LOG = frozen({
	id: 20,
	version: "2.1",
	lwm2mVersion: "1.1",
	multiple: true,
	resources: {
		logClass: { id: 4010, operations: "RW", type: "integer", range: [0, 255] },
		logStart: { id: 4011, operations: "E" },
		logStop: { id: 4012, operations: "E" },
		logStatus: { id: 4013, operations: "R", type: "integer", range: [0, 255] },
		logData: { id: 4014, operations: "R", type: "opaque", mandatory: true },
		logDataFormat: { id: 4015, operations: "RW", type: "integer", range: [0, 255] },
		logDataIncremental: { id: 4016, operations: "", type: "opaque" },
		logDataIncrementalMinimumSendInterval: { id: 4017, operations: "RW", type: "unsignedInteger" },
	},
}) satisfies ObjectFacts;
