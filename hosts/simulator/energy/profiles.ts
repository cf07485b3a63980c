import { frozen } from "../../../modules/frozen.ts";
import type { BoardName } from "../board/presets.ts";

/** What the processor draws, with every radio off. */
export interface ProcessorProfile {
	/** Running from flash, milliamperes. */
	readonly activeMa: number;
	/** Waiting with the clocks on, RAM and program as they are. */
	readonly idleMa: number;
	/** Clocks off, RAM kept, a timer running. */
	readonly lightMa: number;
	/** RAM lost but for what is retained, a timer running. */
	readonly deepMa: number;
	/** From the wake-up out of deep sleep, or from reset, to the first bytecode. */
	readonly bootMs: number;
}

/** One radio and the network that it is in, as a machine with four states: off, resting, on the air, lingering. */
export interface RadioProfile {
	readonly name: RadioName;
	readonly title: string;
	/** From off to where datagrams pass: joining, security, an address. */
	readonly attachMs: number;
	readonly attachMa: number;
	/** From resting to the first datagram: a beacon, a random access and an RRC set-up. */
	readonly wakeMs: number;
	readonly wakeMa: number;
	/** Bytes in a millisecond, with the IP and UDP headers, and what each frame adds. */
	readonly upBytesPerMs: number;
	readonly downBytesPerMs: number;
	readonly frameBytes: number;
	readonly frameMs: number;
	readonly sendMa: number;
	readonly receiveMa: number;
	/** How long the radio stays up after the last datagram, and what it draws then. */
	readonly tailMs: number;
	readonly tailMa: number;
	/** Attached, nothing to say: beacons, polls, paging. */
	readonly restMa: number;
	/** Whether the network still knows it after the processor's deep sleep. */
	readonly staysAttached: boolean;
	/** Whether datagrams reach it while it rests; in PSM they do not. */
	readonly isReachable: boolean;
}

export type RadioName = "wifi" | "thread" | "ltem" | "ltem-edrx" | "nbiot";

/** What a board draws, and at which voltage its figures hold. */
export interface EnergyProfile {
	readonly volts: number;
	readonly processor: ProcessorProfile;
	/** The radio it has when nothing else is asked for. */
	readonly radio: RadioName;
	readonly radios: readonly RadioProfile[];
}

/**
 * Where the numbers come from; "assumed" is ours, and the place to put measurements of your own.
 *
 * ESP32: Espressif, ESP32 Series Datasheet, "Current Consumption" and "RF Power-Consumption Specifications":
 * modem-sleep at 240 MHz 30 to 68 mA (40), at 80 MHz 20 mA, light sleep 0.8 mA, deep sleep with RTC timer and RTC
 * memory 10 µA, Tx 802.11n at MCS7 180 mA, Rx 95 to 100 mA; ESP-WROOM-32 user's manual, table 5: 1.2 mA when a
 * connection is kept by light sleep at DTIM 1. ESP32-C3 Series Datasheet, the same tables: 23 mA at 160 MHz, 16 mA
 * with the CPU idle, light sleep 130 µA, deep sleep 5 µA, Tx 802.11n HT20 at MCS7 276 mA, Rx 84 mA. Joining takes 0.3
 * to 1 s (ESP8266EX Datasheet, table 3-4): 0.7 s at the current of reception. Assumed: boot 300 and 200 ms
 * (ROM, boot loader, image check), 6.5 Mbit/s, 0.5 ms of channel access and acknowledgement for a frame, up for
 * 100 ms after the last frame, 10 ms to the next beacon's end before the first.
 *
 * nRF52840: Nordic, nRF52840 Product Specification v1.7 at 3 V with DC/DC: CPU from flash with cache 3.3 mA, System ON
 * with all RAM and RTC 3.2 µA, System OFF 0.4 µA and some RAM retained 1 µA; 802.15.4 at 0 dBm 6.4 mA, reception
 * 6.5 mA (both with the 64 MHz clock). Thread: 250 kbit/s; frames carry 80 bytes of what is above 6LoWPAN (assumed),
 * with channel access and acknowledgement 3 ms; a sleepy end device polls its parent every 10 s (assumed), 6 ms of
 * radio each: 4 µA. After a datagram it polls every 190 ms for 2 s (assumed): 0.2 mA. Joining 2 s of reception.
 *
 * nRF9160: Nordic, nRF9160 Product Specification, "Modem current consumption", with 3.7 V: PSM floor 2.7 µA; an LTE-M
 * tracking area update out of PSM 105 mJ in 1.5 s, NB-IoT 550 mJ in 2.7 s (taken as what it costs to get through to the
 * network, 19 and 55 mA); LTE-M uplink of 180 kbit/s at 23 dBm 105 mA; eDRX with 81.92 s 18 µA. NB-IoT uplink of
 * 20 kbit/s at 120 mA and downlink of 25 kbit/s (assumed). Assumed: released 5 s after the last datagram at 10 mA of
 * connected DRX, which the network says (release assistance makes it 0: `tailMs`), joining 10 s at 45 mA, 60 s in
 * NB-IoT. Its processor: CPU 2.2 mA at 64 MHz (as the nRF52840's tables, DC/DC), System ON with RAM and RTC 2.2 µA,
 * System OFF 1.4 µA.
 */
const wifi = {
	name: "wifi",
	title: "Wi-Fi, DTIM 1",
	attachMs: 700,
	wakeMs: 10,
	upBytesPerMs: 812,
	downBytesPerMs: 812,
	frameBytes: 1500,
	frameMs: 0.5,
	tailMs: 100,
	restMa: 1.2,
	staysAttached: false,
	isReachable: true,
} as const;

const cellular = {
	frameBytes: 1500,
	frameMs: 0,
	tailMs: 5000,
	tailMa: 10,
	attachMa: 45,
	staysAttached: true,
} as const;

const ltem: RadioProfile = {
	...cellular,
	name: "ltem",
	title: "LTE-M, PSM",
	attachMs: 10_000,
	wakeMs: 1500,
	wakeMa: 19,
	upBytesPerMs: 22.5,
	downBytesPerMs: 37.5,
	sendMa: 105,
	receiveMa: 45,
	restMa: 0.0027,
	isReachable: false,
};

export const energyProfiles: { readonly [board in BoardName]: EnergyProfile } = frozen({
	esp32: {
		volts: 3.3,
		processor: { activeMa: 40, idleMa: 20, lightMa: 0.8, deepMa: 0.01, bootMs: 300 },
		radio: "wifi",
		radios: [{ ...wifi, attachMa: 100, wakeMa: 100, sendMa: 180, receiveMa: 100, tailMa: 100 }],
	},
	esp32c3: {
		volts: 3.3,
		processor: { activeMa: 23, idleMa: 16, lightMa: 0.13, deepMa: 0.005, bootMs: 200 },
		radio: "wifi",
		radios: [{ ...wifi, attachMa: 84, wakeMa: 84, sendMa: 276, receiveMa: 84, tailMa: 84 }],
	},
	nrf52840: {
		volts: 3,
		processor: { activeMa: 3.3, idleMa: 0.0032, lightMa: 0.0032, deepMa: 0.001, bootMs: 10 },
		radio: "thread",
		radios: [
			{
				name: "thread",
				title: "Thread, sleepy end device, polls every 10 s",
				attachMs: 2000,
				attachMa: 6.5,
				wakeMs: 2,
				wakeMa: 6.5,
				upBytesPerMs: 31.25,
				downBytesPerMs: 31.25,
				frameBytes: 80,
				frameMs: 3,
				sendMa: 6.4,
				receiveMa: 6.5,
				tailMs: 2000,
				tailMa: 0.2,
				restMa: 0.004,
				staysAttached: true,
				isReachable: true,
			},
		],
	},
	nrf9160: {
		volts: 3.7,
		processor: { activeMa: 2.2, idleMa: 0.0022, lightMa: 0.0022, deepMa: 0.0014, bootMs: 10 },
		radio: "ltem",
		radios: [
			ltem,
			{ ...ltem, name: "ltem-edrx", title: "LTE-M, eDRX of 81.92 s", restMa: 0.018, isReachable: true },
			{
				...ltem,
				name: "nbiot",
				title: "NB-IoT, PSM",
				attachMs: 60_000,
				wakeMs: 2700,
				wakeMa: 55,
				upBytesPerMs: 2.5,
				downBytesPerMs: 3.1,
				sendMa: 120,
			},
		],
	},
});

/** @returns undefined when this board has no such radio */
export function radioOf(board: BoardName, name?: RadioName): RadioProfile | undefined {
	const { radio, radios } = energyProfiles[board];
	return radios.find((profile) => profile.name === (name ?? radio));
}
