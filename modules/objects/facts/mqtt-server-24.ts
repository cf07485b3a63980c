import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** MQTT Server, Object 24, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const MQTT_SERVER = frozen({
	id: 24,
	version: "1.0",
	lwm2mVersion: "1.2",
	multiple: true,
	resources: {
		willRetain: { id: 0, operations: "RW", type: "boolean" },
		willTopic: { id: 1, operations: "RW", type: "string" },
		willMessage: { id: 2, operations: "RW", type: "string" },
		cleanSession: { id: 3, operations: "RW", type: "boolean" },
		willQoS: { id: 4, operations: "RW", type: "unsignedInteger", range: [0, 3] },
		keepAlive: { id: 5, operations: "RW", type: "unsignedInteger", range: [0, 65535] },
		clientIdentifier: { id: 6, operations: "RW", type: "string", mandatory: true },
		userName: { id: 7, operations: "RW", type: "string" },
		password: { id: 8, operations: "RW", type: "opaque" },
	},
}) satisfies ObjectFacts;
