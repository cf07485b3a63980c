import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Firmware Update, Object 5, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const FIRMWARE_UPDATE = frozen({
	id: 5,
	version: "1.0",
	resources: {
		package: { id: 0, operations: "W", type: "opaque", mandatory: true },
		packageUri: { id: 1, operations: "RW", type: "string", mandatory: true, range: [0, 255] },
		update: { id: 2, operations: "E", mandatory: true },
		state: { id: 3, operations: "R", type: "integer", mandatory: true, range: [0, 3] },
		updateResult: { id: 5, operations: "R", type: "integer", mandatory: true, range: [0, 9] },
		pkgName: { id: 6, operations: "R", type: "string", range: [0, 255] },
		pkgVersion: { id: 7, operations: "R", type: "string", range: [0, 255] },
		firmwareUpdateProtocolSupport: { id: 8, operations: "R", type: "integer", multiple: true, range: [0, 5] },
		firmwareUpdateDeliveryMethod: { id: 9, operations: "R", type: "integer", mandatory: true, range: [0, 2] },
	},
}) satisfies ObjectFacts;
