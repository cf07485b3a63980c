import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** BinaryAppDataContainer, Object 19, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const BINARY_APP_DATA_CONTAINER = frozen({
	id: 19,
	version: "1.0",
	multiple: true,
	resources: {
		data: { id: 0, operations: "RW", type: "opaque", multiple: true, mandatory: true },
		dataPriority: { id: 1, operations: "RW", type: "integer", range: [0, 255] },
		dataCreationTime: { id: 2, operations: "RW", type: "time" },
		dataDescription: { id: 3, operations: "RW", type: "string", range: [0, 32] },
		dataFormat: { id: 4, operations: "RW", type: "string", range: [0, 32] },
		appId: { id: 5, operations: "RW", type: "integer", range: [0, 65535] },
	},
}) satisfies ObjectFacts;
