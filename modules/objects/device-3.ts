import { frozen } from "../frozen.ts";
import type { Clock, Log, Power } from "../host.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import { DEVICE } from "./facts/device-3-v1-1.ts";

/** Error Code 0: all is well (LwM2M Device, Resource 11). */
const noError = 0;

/**
 * How long a restart waits behind its answer: if that is lost, the server asks again within ACK_TIMEOUT ×
 * ACK_RANDOM_FACTOR (RFC 7252 §4.8), and must still find us, or it would restart us twice.
 */
const restartAfterMs = 3500;

export interface DeviceOptions {
	readonly manufacturer: string;
	readonly modelNumber: string;
	readonly firmwareVersion: string;
	readonly serialNumber?: string | undefined;
	readonly deviceType?: string | undefined;
	readonly hardwareVersion?: string | undefined;
}

/** What the Device Object needs of the device it stands for. */
export interface DevicePorts {
	readonly clock: Clock;
	readonly power: Power;
	readonly log: Log;
	/** Calls `run` once, `delayMs` after this turn. */
	after(delayMs: number, run: () => void): void;
}

/** What a server's requests do here, the same for every Device: in ROM, as functions of the instance. */
const hooks = frozen({
	read: { currentTime: ({ ports }: Device) => ports.clock.wallTimeS() },
	check: {
		currentTime(seconds: number) {
			if (seconds < 0) throw new RequestRefused(0x80, "before 1970");
		},
	},
	written: { currentTime: (seconds: number, { ports }: Device) => ports.clock.setWallTimeS(seconds) },
	execute: {
		reboot({ ports }: Device) {
			ports.log.write({ event: "restarting", why: "reboot" });
			ports.after(restartAfterMs, () => ports.power.restart());
		},
		resetErrorCode: (it: Device) => it.set("errorCode", [noError]),
	},
});

class Device extends ObjectInstance<typeof DEVICE, Device> {
	readonly ports: DevicePorts;

	constructor(options: DeviceOptions, ports: DevicePorts) {
		const values = {
			manufacturer: options.manufacturer,
			modelNumber: options.modelNumber,
			serialNumber: options.serialNumber,
			firmwareVersion: options.firmwareVersion,
			deviceType: options.deviceType,
			hardwareVersion: options.hardwareVersion,
			errorCode: [noError],
			utcOffset: undefined,
			timezone: undefined,
			supportedBindingAndModes: "U",
		};
		super(DEVICE, { ...hooks, values });
		this.ports = ports;
	}
}

/**
 * The device as a server sees it (LwM2M Core 1.1 Appendix E.4); its application reports trouble with
 * `set("errorCode", …)`.
 */
export function device(options: DeviceOptions, ports: DevicePorts): ObjectInstance<typeof DEVICE> {
	return new Device(options, ports);
}
