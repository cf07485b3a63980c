import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M Server, Object 1, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const SERVER = frozen({
	id: 1,
	version: "1.0",
	multiple: true,
	mandatory: true,
	resources: {
		shortServerId: { id: 0, operations: "R", type: "integer", mandatory: true, range: [1, 65535] },
		lifetime: { id: 1, operations: "RW", type: "integer", mandatory: true, units: "s" },
		defaultMinimumPeriod: { id: 2, operations: "RW", type: "integer", units: "s" },
		defaultMaximumPeriod: { id: 3, operations: "RW", type: "integer", units: "s" },
		disable: { id: 4, operations: "E" },
		disableTimeout: { id: 5, operations: "RW", type: "integer", units: "s" },
		notificationStoringWhenDisabledOrOffline: { id: 6, operations: "RW", type: "boolean", mandatory: true },
		binding: { id: 7, operations: "RW", type: "string", mandatory: true },
		registrationUpdateTrigger: { id: 8, operations: "E", mandatory: true },
	},
}) satisfies ObjectFacts;
