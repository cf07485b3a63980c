import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LwM2M Server, Object 1, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const SERVER = frozen({
	id: 1,
	version: "1.1",
	lwm2mVersion: "1.1",
	multiple: true,
	mandatory: true,
	resources: {
		shortServerId: { id: 0, operations: "R", type: "integer", mandatory: true, range: [1, 65534] },
		lifetime: { id: 1, operations: "RW", type: "integer", mandatory: true, units: "s" },
		defaultMinimumPeriod: { id: 2, operations: "RW", type: "integer", units: "s" },
		defaultMaximumPeriod: { id: 3, operations: "RW", type: "integer", units: "s" },
		disable: { id: 4, operations: "E" },
		disableTimeout: { id: 5, operations: "RW", type: "integer", units: "s" },
		notificationStoringWhenDisabledOrOffline: { id: 6, operations: "RW", type: "boolean", mandatory: true },
		binding: { id: 7, operations: "RW", type: "string", mandatory: true },
		registrationUpdateTrigger: { id: 8, operations: "E", mandatory: true },
		bootstrapRequestTrigger: { id: 9, operations: "E" },
		apnLink: { id: 10, operations: "RW", type: "objectLink" },
		tlsDtlsAlertCode: { id: 11, operations: "R", type: "unsignedInteger", range: [0, 255] },
		lastBootstrapped: { id: 12, operations: "R", type: "time" },
		registrationPriorityOrder: { id: 13, operations: "", type: "unsignedInteger" },
		initialRegistrationDelayTimer: { id: 14, operations: "", type: "unsignedInteger", units: "s" },
		registrationFailureBlock: { id: 15, operations: "", type: "boolean" },
		bootstrapOnRegistrationFailure: { id: 16, operations: "", type: "boolean" },
		communicationRetryCount: { id: 17, operations: "", type: "unsignedInteger" },
		communicationRetryTimer: { id: 18, operations: "", type: "unsignedInteger", units: "s" },
		communicationSequenceDelayTimer: { id: 19, operations: "", type: "unsignedInteger" },
		communicationSequenceRetryCount: { id: 20, operations: "", type: "unsignedInteger" },
		trigger: { id: 21, operations: "RW", type: "boolean" },
		preferredTransport: { id: 22, operations: "RW", type: "string" },
		muteSend: { id: 23, operations: "RW", type: "boolean" },
	},
}) satisfies ObjectFacts;
