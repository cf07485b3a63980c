import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Connectivity Monitoring, Object 4, version 1.3: made from OMA's XML by `dormouse object`, not by hand. */
export const CONNECTIVITY_MONITORING = frozen({
	id: 4,
	version: "1.3",
	lwm2mVersion: "1.1",
	resources: {
		networkBearer: { id: 0, operations: "R", type: "integer", mandatory: true, range: [0, 50] },
		availableNetworkBearer: {
			id: 1,
			operations: "R",
			type: "integer",
			multiple: true,
			mandatory: true,
			range: [0, 50],
		},
		radioSignalStrength: { id: 2, operations: "R", type: "integer", mandatory: true, units: "dBm" },
		linkQuality: { id: 3, operations: "R", type: "integer" },
		ipAddresses: { id: 4, operations: "R", type: "string", multiple: true, mandatory: true },
		routerIpAddresses: { id: 5, operations: "R", type: "string", multiple: true },
		linkUtilization: { id: 6, operations: "R", type: "integer", range: [0, 100], units: "/100" },
		apn: { id: 7, operations: "R", type: "string", multiple: true },
		cellId: { id: 8, operations: "R", type: "integer" },
		smnc: { id: 9, operations: "R", type: "integer", range: [0, 999] },
		smcc: { id: 10, operations: "R", type: "integer", range: [0, 999] },
		signalSnr: { id: 11, operations: "R", type: "integer", units: "dB" },
		lac: { id: 12, operations: "R", type: "integer" },
		coverageEnhancementLevel: { id: 13, operations: "R", type: "integer", range: [0, 4] },
	},
}) satisfies ObjectFacts;
