import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** LWM2M Cellular Connectivity, Object 10, version 1.1: made from OMA's XML by `dormouse object`, not by hand. */
export const CELLULAR_CONNECTIVITY = frozen({
	id: 10,
	version: "1.1",
	lwm2mVersion: "1.1",
	resources: {
		smscAddress: { id: 0, operations: "RW", type: "string" },
		disableRadioPeriod: { id: 1, operations: "RW", type: "integer", range: [0, 65535] },
		moduleActivationCode: { id: 2, operations: "RW", type: "string" },
		vendorSpecificExtensions: { id: 3, operations: "R", type: "objectLink" },
		psmTimer: { id: 4, operations: "RW", type: "integer", units: "s" },
		activeTimer: { id: 5, operations: "RW", type: "integer", units: "s" },
		eDrxParametersForIuMode: { id: 7, operations: "RW", type: "opaque", range: [0, 255] },
		eDrxParametersForWbS1Mode: { id: 8, operations: "RW", type: "opaque", range: [0, 255] },
		eDrxParametersForNbS1Mode: { id: 9, operations: "RW", type: "opaque", range: [0, 255] },
		eDrxParametersForAGbMode: { id: 10, operations: "RW", type: "opaque", range: [0, 255] },
		activatedProfileNames: { id: 11, operations: "R", type: "objectLink", multiple: true, mandatory: true },
		supportedPowerSavingModes: { id: 12, operations: "R", type: "unsignedInteger", range: [0, 255] },
		activePowerSavingModes: { id: 13, operations: "RW", type: "unsignedInteger", range: [0, 255] },
		releaseAssistanceIndicationUsage: { id: 14, operations: "RW", type: "unsignedInteger", range: [0, 255] },
	},
}) satisfies ObjectFacts;
