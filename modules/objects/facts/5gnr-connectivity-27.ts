import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** 5GNR Connectivity, Object 27, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const FIVEGNR_CONNECTIVITY = frozen({
	id: 27,
	version: "1.0",
	lwm2mVersion: "1.2",
	multiple: true,
	resources: {
		connectivityOption: { id: 0, operations: "R", type: "integer", mandatory: true },
		nrBandSupportAvailable: { id: 1, operations: "R", type: "integer", multiple: true },
		nrBandAttached: { id: 2, operations: "R", type: "integer", multiple: true },
		sNssai: { id: 3, operations: "R", type: "integer", multiple: true },
		dnnName: { id: 4, operations: "R", type: "string" },
		pduSessionId: { id: 5, operations: "R", type: "integer", range: [1, 15] },
		sscMode: { id: 6, operations: "R", type: "integer", range: [1, 3] },
		pduSessionType: { id: 7, operations: "R", type: "integer" },
		fiveQi: { id: 8, operations: "R", type: "integer" },
		sdapEnablement: { id: 9, operations: "R", type: "integer" },
		qfi: { id: 10, operations: "R", type: "integer", range: [1, 63] },
		sessionAmbr: { id: 11, operations: "R", type: "integer", range: [1, 25] },
		apnAmbr: { id: 12, operations: "R", type: "integer", units: "dB" },
		nasReflectiveQos: { id: 13, operations: "R", type: "boolean" },
		accessStratumReflectiveQoS: { id: 14, operations: "R", type: "boolean" },
		pCscfAddressIndex: { id: 15, operations: "R", type: "integer" },
		pduSessionAuthentication: { id: 16, operations: "R", type: "integer" },
		plmnId: { id: 17, operations: "R", type: "string" },
		ladnSupport: { id: 18, operations: "R", type: "boolean" },
		integrityProtectionOnDrb: { id: 19, operations: "R", type: "integer" },
		accessTypePreference: { id: 20, operations: "R", type: "boolean" },
	},
}) satisfies ObjectFacts;
