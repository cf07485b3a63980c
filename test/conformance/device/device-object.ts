import type { Host } from "../../../modules/host.ts";
import type { Client } from "../../../modules/lwm2m/client.ts";
import { type Device, type DevicePorts, device } from "../../../modules/objects/device-3.ts";
import { DEVICE as DEVICE_1_0 } from "../../../modules/objects/facts/device-3-v1-0.ts";
import { DEVICE as DEVICE_1_1 } from "../../../modules/objects/facts/device-3-v1-1.ts";
import { DEVICE as DEVICE_1_2 } from "../../../modules/objects/facts/device-3-v1-2.ts";
import type { Plan } from "./plan.ts";

/** What a test can turn in the power supply. */
export interface Supply {
	voltagesMv: readonly number[];
}

/** DEV alone, C.4 with power sources and battery, or C.6 with everything. */
export type DeviceExtent = "plain" | "powered" | "full";

const versions = { "1.0": DEVICE_1_0, "1.1": DEVICE_1_1, "1.2": DEVICE_1_2 };

export function deviceOf(client: Client, host: Host, supply: Supply, extent: DeviceExtent, plan: Plan): Device {
	const { clock, power, log } = host;
	const powered: Partial<DevicePorts> = {
		powerSources: () => [
			{ kind: 1, voltageMv: supply.voltagesMv[0]!, currentMa: 125 },
			{ kind: 5, voltageMv: supply.voltagesMv[1]!, currentMa: 900 },
		],
		battery: () => ({ levelPercent: 95, status: 0 }),
	};
	const full: Partial<DevicePorts> = {
		memory: { freeKb: () => 15, totalKb: 256 },
		factoryReset: () => log.write({ event: "factoryReset" }),
		errors: () => [],
	};
	const made = device(
		{
			manufacturer: "Open Mobile Alliance",
			modelNumber: "Lightweight M2M Client",
			serialNumber: "345000123",
			firmwareVersion: plan.configuration === "C.8" ? (host.slots?.image(host.slots.running)?.version ?? "") : "1.0",
			...(extent === "full" ? { deviceType: "sensor", hardwareVersion: "1.2", softwareVersion: "2.3.4" } : {}),
			...(extent === "full" && plan.enabler !== "1.0" ? { extDevInfo: [{ objectId: 4, instanceId: 0 }] } : {}),
		},
		{
			clock,
			power,
			log,
			after: (delayMs, run) => client.after(delayMs, run),
			...(extent === "plain" ? {} : powered),
			...(extent === "full" ? full : {}),
		},
		versions[plan.enabler as "1.1"] as typeof DEVICE_1_1,
	);
	if (extent === "full") {
		made.set("utcOffset", "+01:00");
		made.set("timezone", "Europe/Berlin");
	}
	return made;
}
