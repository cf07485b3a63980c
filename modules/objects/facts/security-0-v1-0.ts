import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LWM2M Security, Object 0, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const SECURITY = frozen({
	id: 0,
	version: "1.0",
	multiple: true,
	mandatory: true,
	resources: {
		serverUri: { id: 0, operations: "", type: "string", mandatory: true, range: [0, 255] },
		bootstrapServer: { id: 1, operations: "", type: "boolean", mandatory: true },
		securityMode: { id: 2, operations: "", type: "integer", mandatory: true, range: [0, 4] },
		publicKeyOrIdentity: { id: 3, operations: "", type: "opaque", mandatory: true },
		serverPublicKey: { id: 4, operations: "", type: "opaque", mandatory: true },
		secretKey: { id: 5, operations: "", type: "opaque", mandatory: true },
		smsSecurityMode: { id: 6, operations: "", type: "integer", range: [0, 255] },
		smsBindingKeyParameters: { id: 7, operations: "", type: "opaque", range: [0, 6] },
		smsBindingSecretKeys: { id: 8, operations: "", type: "opaque", among: [16, 32, 48] },
		serverSmsNumber: { id: 9, operations: "", type: "string" },
		shortServerId: { id: 10, operations: "", type: "integer", range: [1, 65534] },
		clientHoldOffTime: { id: 11, operations: "", type: "integer", units: "s" },
		bootstrapServerAccountTimeout: { id: 12, operations: "", type: "integer", units: "s" },
	},
}) satisfies ObjectFacts;
