import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Portfolio, Object 16, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const PORTFOLIO = frozen({
	id: 16,
	version: "1.0",
	multiple: true,
	resources: {
		identity: { id: 0, operations: "RW", type: "string", multiple: true, mandatory: true },
		getAuthData: { id: 1, operations: "E" },
		authData: { id: 2, operations: "R", type: "opaque", multiple: true },
		authStatus: { id: 3, operations: "R", type: "integer", range: [0, 2] },
	},
}) satisfies ObjectFacts;
