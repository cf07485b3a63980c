import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LWM2M Software Management, Object 9, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const SOFTWARE_MANAGEMENT = frozen({
	id: 9,
	version: "1.0",
	multiple: true,
	resources: {
		pkgName: { id: 0, operations: "R", type: "string", mandatory: true, range: [0, 255] },
		pkgVersion: { id: 1, operations: "R", type: "string", mandatory: true, range: [0, 255] },
		package: { id: 2, operations: "W", type: "opaque" },
		packageUri: { id: 3, operations: "W", type: "string", range: [0, 255] },
		install: { id: 4, operations: "E", mandatory: true },
		checkpoint: { id: 5, operations: "R", type: "objectLink" },
		uninstall: { id: 6, operations: "E", mandatory: true },
		updateState: { id: 7, operations: "R", type: "integer", mandatory: true, range: [0, 4] },
		updateSupportedObjects: { id: 8, operations: "RW", type: "boolean" },
		updateResult: { id: 9, operations: "R", type: "integer", mandatory: true, range: [0, 200] },
		activate: { id: 10, operations: "E", mandatory: true },
		deactivate: { id: 11, operations: "E", mandatory: true },
		activationState: { id: 12, operations: "R", type: "boolean", mandatory: true },
		packageSettings: { id: 13, operations: "RW", type: "objectLink" },
		userName: { id: 14, operations: "W", type: "string", range: [0, 255] },
		password: { id: 15, operations: "W", type: "string", range: [0, 255] },
		statusReason: { id: 16, operations: "R", type: "string" },
		softwareComponentLink: { id: 17, operations: "R", type: "objectLink", multiple: true },
		softwareComponentTreeLength: { id: 18, operations: "R", type: "integer", range: [0, 255] },
	},
}) satisfies ObjectFacts;
