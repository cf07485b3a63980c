import { frozen } from "../../frozen.ts";
import type { ObjectFacts } from "../../lwm2m/facts.ts";

/** Device, Object 3, version 1.0: made from OMA's XML by `dormouse object`, not by hand. */
export const DEVICE = frozen({
	id: 3,
	version: "1.0",
	mandatory: true,
	resources: {
		manufacturer: { id: 0, operations: "R", type: "string" },
		modelNumber: { id: 1, operations: "R", type: "string" },
		serialNumber: { id: 2, operations: "R", type: "string" },
		firmwareVersion: { id: 3, operations: "R", type: "string" },
		reboot: { id: 4, operations: "E", mandatory: true },
		factoryReset: { id: 5, operations: "E" },
		availablePowerSources: { id: 6, operations: "R", type: "integer", multiple: true, range: [0, 7] },
		powerSourceVoltage: { id: 7, operations: "R", type: "integer", multiple: true, units: "mV" },
		powerSourceCurrent: { id: 8, operations: "R", type: "integer", multiple: true, units: "mA" },
		batteryLevel: { id: 9, operations: "R", type: "integer", range: [0, 100], units: "%" },
		memoryFree: { id: 10, operations: "R", type: "integer", units: "KB" },
		errorCode: { id: 11, operations: "R", type: "integer", multiple: true, mandatory: true, range: [0, 8] },
		resetErrorCode: { id: 12, operations: "E" },
		currentTime: { id: 13, operations: "RW", type: "time" },
		utcOffset: { id: 14, operations: "RW", type: "string" },
		timezone: { id: 15, operations: "RW", type: "string" },
		supportedBindingAndModes: { id: 16, operations: "R", type: "string", mandatory: true },
		deviceType: { id: 17, operations: "R", type: "string" },
		hardwareVersion: { id: 18, operations: "R", type: "string" },
		softwareVersion: { id: 19, operations: "R", type: "string" },
		batteryStatus: { id: 20, operations: "R", type: "integer", range: [0, 6] },
		memoryTotal: { id: 21, operations: "R", type: "integer" },
		extDevInfo: { id: 22, operations: "R", type: "objectLink", multiple: true },
	},
}) satisfies ObjectFacts;
