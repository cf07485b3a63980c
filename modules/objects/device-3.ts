import type { ObjectLink } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Clock, Log, Power } from "../host.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
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

/** How often to look for news in the supply and the memory. */
const lookEveryS = 60;

export interface DeviceOptions {
	readonly manufacturer: string;
	readonly modelNumber: string;
	readonly firmwareVersion: string;
	readonly serialNumber?: string | undefined;
	readonly deviceType?: string | undefined;
	readonly hardwareVersion?: string | undefined;
	readonly softwareVersion?: string | undefined;
	/** Objects that tell more of the device this one is part of. */
	readonly extDevInfo?: readonly ObjectLink[] | undefined;
	/** Resource 16; "U" when left out, and "UQ" for a client of 1.0 with queue mode. */
	readonly bindings?: string | undefined;
}

/** One source of power. */
export interface PowerSource {
	/** 0 DC, 1 internal battery, 2 external battery, 3 fuel cell, 4 Ethernet, 5 USB, 6 mains, 7 solar (Resource 6). */
	readonly kind: number;
	readonly voltageMv?: number;
	readonly currentMa?: number;
}

/** What the Device Object needs of the device it stands for; it does not show what a host leaves out. */
export interface DevicePorts {
	readonly clock: Clock;
	readonly power: Power;
	readonly log: Log;
	/** Calls `run` once, `delayMs` after this turn. */
	after(delayMs: number, run: () => void): void;
	/**
	 * Forgets everything but what a bootstrap needs (LwM2M Core 1.1 Appendix E.4, Resource 5); the device restarts
	 * after that.
	 */
	factoryReset?(): void;
	/** In an order that stays: the position is the Resource Instance ID in Resources 6, 7 and 8. */
	readonly powerSources?: () => readonly PowerSource[];
	/** Of the internal battery. Status: 0 normal, 1 charging, 2 full, 3 damaged, 4 low, 5 not installed, 6 unknown. */
	readonly battery?: () => { readonly levelPercent: number; readonly status: number };
	/** Kilobytes. */
	readonly memory?: { freeKb(): number; readonly totalKb: number };
	/** The Error Codes that hold now, without 0. Asked when a server resets the list. */
	readonly errors?: () => readonly number[];
}

const looks = frozen([
	"availablePowerSources",
	"powerSourceVoltage",
	"powerSourceCurrent",
	"batteryLevel",
	"batteryStatus",
	"memoryFree",
]);

/** What a device may do without, or a server brings into being. */
const optional = frozen(["hardwareVersion", "softwareVersion", "utcOffset", "timezone", "extDevInfo"]);

/** What a server's requests do here, the same for every Device: in ROM, as functions of the instance. */
const hooks = frozen({
	read: {
		currentTime: ({ ports }: Device) => ports.clock.wallTimeS(),
		availablePowerSources: ({ ports }: Device) => ofSources(ports, "kind"),
		powerSourceVoltage: ({ ports }: Device) => ofSources(ports, "voltageMv"),
		powerSourceCurrent: ({ ports }: Device) => ofSources(ports, "currentMa"),
		batteryLevel: ({ ports }: Device) => ports.battery?.().levelPercent,
		batteryStatus: ({ ports }: Device) => ports.battery?.().status,
		memoryFree: ({ ports }: Device) => ports.memory?.freeKb(),
		memoryTotal: ({ ports }: Device) => ports.memory?.totalKb,
	},
	check: {
		currentTime(seconds: number) {
			if (seconds < 0) throw new RequestRefused(0x80, "before 1970");
		},
	},
	written: { currentTime: (seconds: number, { ports }: Device) => ports.clock.setWallTimeS(seconds) },
	execute: {
		reboot: (it: Device) => it.restart("reboot"),
		resetErrorCode: (it: Device) => it.resetErrors(),
	},
	absent: optional,
});

const hooksWithReset = frozen({
	...hooks,
	execute: { ...hooks.execute, factoryReset: (it: Device) => it.restart("factoryReset") },
});

/** Looks at what may change by itself, where there is anything. */
const sample = frozen({
	everyS: lookEveryS,
	take(it: Device) {
		for (let index = 0; index < looks.length; index++) it.look(looks[index]!);
	},
});

/** Any version of the table. */
type DeviceFacts = ObjectFacts & { readonly id: 3 };

/** The Device Object: one in every device. */
export class Device extends ObjectInstance<typeof DEVICE, Device> {
	readonly ports: DevicePorts;

	constructor(options: DeviceOptions, ports: DevicePorts, facts: DeviceFacts) {
		const values = {
			manufacturer: options.manufacturer,
			modelNumber: options.modelNumber,
			serialNumber: options.serialNumber,
			firmwareVersion: options.firmwareVersion,
			deviceType: options.deviceType,
			errorCode: [noError],
			supportedBindingAndModes: options.bindings ?? "U",
		};
		const all = ports.factoryReset === undefined ? hooks : hooksWithReset;
		const moves = ports.powerSources !== undefined || ports.battery !== undefined || ports.memory !== undefined;
		// The versions of the table differ in ranges and units only.
		super(facts as typeof DEVICE, { values }, moves ? { ...all, sample } : all);
		this.ports = ports;
		const { hardwareVersion, softwareVersion, extDevInfo } = options;
		this.hold("hardwareVersion", hardwareVersion);
		this.hold("softwareVersion", softwareVersion);
		if (extDevInfo !== undefined) this.set("extDevInfo", extDevInfo);
		if (moves) sample.take(this); // the first look: nobody listens yet
	}

	/**
	 * Says that something is wrong, until resolve() (LwM2M Core 1.1 Appendix E.4, Resource 11): the first error takes
	 * the place of "no error", each other one a Resource Instance of its own.
	 */
	raise(code: number): void {
		const codes = this.errors();
		for (const each of codes.values()) if (each === code) return;
		if (codes.get(0) === noError) codes.delete(0);
		let id = 0;
		while (codes.has(id)) id++;
		this.set("errorCode", codes.set(id, code));
	}

	/** Says that this is no longer wrong. */
	resolve(code: number): void {
		const codes = this.errors();
		for (const [id, each] of codes) if (each === code) codes.delete(id);
		if (codes.size === 0) codes.set(0, noError);
		this.set("errorCode", codes);
	}

	/** Resource 12: no error, then those that hold still. */
	resetErrors(): void {
		this.set("errorCode", [noError]);
		for (const code of this.ports.errors?.() ?? []) this.raise(code);
	}

	/** Restarts when the answer has had its time; a factory reset comes before that. */
	restart(why: "reboot" | "factoryReset"): void {
		const { ports } = this;
		ports.log.write({ event: "restarting", why });
		ports.after(restartAfterMs, () => {
			if (why === "factoryReset") ports.factoryReset?.();
			ports.power.restart();
		});
	}

	private errors(): Map<number, number> {
		return new Map(this.get("errorCode") ?? []);
	}
}

/** One column of the power sources, by position; undefined where the host tells of none. */
function ofSources({ powerSources }: DevicePorts, column: keyof PowerSource): Map<number, number> | undefined {
	if (powerSources === undefined) return undefined;
	const values = new Map<number, number>();
	powerSources().forEach((source, id) => {
		const value = source[column];
		if (value !== undefined) values.set(id, value);
	});
	return values.size === 0 ? undefined : values;
}

/**
 * The device as a server sees it (LwM2M Core 1.1 Appendix E.4); its application reports trouble with raise() and
 * resolve().
 * @param facts another version of the table: facts/device-3-v1-0.ts, facts/device-3-v1-2.ts
 */
export function device(options: DeviceOptions, ports: DevicePorts, facts: DeviceFacts = DEVICE): Device {
	return new Device(options, ports, facts);
}
