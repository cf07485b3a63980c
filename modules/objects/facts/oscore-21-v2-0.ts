import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LWM2M OSCORE, Object 21, version 2.0: made from OMA's XML by `dormouse object`, not by hand. */
export const OSCORE = frozen({
	id: 21,
	version: "2.0",
	lwm2mVersion: "1.1",
	multiple: true,
	resources: {
		oscoreMasterSecret: { id: 0, operations: "", type: "opaque", mandatory: true },
		oscoreSenderId: { id: 1, operations: "", type: "opaque", mandatory: true },
		oscoreRecipientId: { id: 2, operations: "", type: "opaque", mandatory: true },
		oscoreAeadAlgorithm: { id: 3, operations: "", type: "integer" },
		oscoreHmacAlgorithm: { id: 4, operations: "", type: "integer" },
		oscoreMasterSalt: { id: 5, operations: "", type: "opaque" },
		oscoreIdContext: { id: 6, operations: "", type: "opaque" },
	},
}) satisfies ObjectFacts;
