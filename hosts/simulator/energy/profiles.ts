import { frozen } from "../../../modules/frozen.ts";
import type { BoardName } from "../board/presets.ts";
import { esp32c3Wifi, esp32Wifi, ltem, ltemEdrx, nbiot, type RadioName, type RadioProfile, thread } from "./radios.ts";

export type { RadioName, RadioProfile } from "./radios.ts";

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

/** What writing flash takes. */
export interface FlashProfile {
	readonly writeMsPerByte: number;
	/** Of one sector. */
	readonly eraseMs: number;
	readonly ma: number;
}

/** What a board draws, and at which voltage its figures hold. */
export interface EnergyProfile {
	readonly volts: number;
	readonly processor: ProcessorProfile;
	readonly flash: FlashProfile;
	/** The radio it has when nothing else is asked for. */
	readonly radio: RadioName;
	readonly radios: readonly RadioProfile[];
}

/**
 * Where the numbers come from; "assumed" is ours, and the place to put measurements of your own.
 *
 * ESP32: Espressif, ESP32 Series Datasheet, table "Current Consumption by Power Modes", as in table 5 of the
 * ESP-WROOM-32 user's manual: modem-sleep at 240 MHz 30 to 68 mA (40), waiting at 80 MHz 20 mA, light sleep 0.8 mA,
 * deep sleep with RTC timer and RTC memory 10 µA. Boot: 270 ms measured by T. von Eicken ("ESP32 Deep-Sleep with
 * Periodic Wake-up", 2018; most of it is the check of the image). ESP32-C3: ESP32-C3 Series Datasheet, the same tables:
 * 23 mA at 160 MHz, 16 mA with the CPU idle, light sleep 130 µA, deep sleep 5 µA; boot 200 ms (assumed). Flash of both:
 * Winbond W25Q32JV, tables "DC" and "AC Electrical Characteristics": 0.7 ms for a page of 256 bytes, 45 ms for a
 * sector, 20 mA, beside a waiting processor.
 *
 * nRF52840: Nordic, nRF52840 Product Specification v1.7 §5.2.1.1 "Sleep" and §5.2.1.3 "CPU running" at 3 V with DC/DC:
 * CPU from flash with cache 3.3 mA; System ON with all RAM and RTC 3.16 µA (ION_RAMON_RTC), without RAM 1.5 µA
 * (ION_RAMOFF_RTC; the SDK's deep sleep with a time is System ON, see board/presets.ts). NVMC §4.3.9: 41 µs a word, 85
 * ms a page, at the current of a running CPU (assumed).
 *
 * nRF9160: Nordic, nRF9160 Product Specification, table "MCU current consumption, sleep": System ON with RTC 2.2 µA
 * (IMCUON1), 0.1 µA for each retained block of 32 kB: without RAM 1.5 µA; CPU 2.2 mA at 64 MHz; 43 µs a word, 87 ms a
 * page (assumed as above).
 */
export const energyProfiles: { readonly [board in BoardName]: EnergyProfile } = frozen({
	esp32: {
		volts: 3.3,
		processor: { activeMa: 40, idleMa: 20, lightMa: 0.8, deepMa: 0.01, bootMs: 270 },
		flash: { writeMsPerByte: 0.7 / 256, eraseMs: 45, ma: 40 },
		radio: "wifi",
		radios: [esp32Wifi],
	},
	esp32c3: {
		volts: 3.3,
		processor: { activeMa: 23, idleMa: 16, lightMa: 0.13, deepMa: 0.005, bootMs: 200 },
		flash: { writeMsPerByte: 0.7 / 256, eraseMs: 45, ma: 36 },
		radio: "wifi",
		radios: [esp32c3Wifi],
	},
	nrf52840: {
		volts: 3,
		processor: { activeMa: 3.3, idleMa: 0.00316, lightMa: 0.00316, deepMa: 0.0015, bootMs: 10 },
		flash: { writeMsPerByte: 0.041 / 4, eraseMs: 85, ma: 3.3 },
		radio: "thread",
		radios: [thread],
	},
	nrf9160: {
		volts: 3.7,
		processor: { activeMa: 2.2, idleMa: 0.0022, lightMa: 0.0022, deepMa: 0.0015, bootMs: 10 },
		flash: { writeMsPerByte: 0.043 / 4, eraseMs: 87, ma: 2.2 },
		radio: "ltem",
		radios: [ltem, ltemEdrx, nbiot],
	},
});

/** @returns undefined when this board has no such radio */
export function radioOf(board: BoardName, name?: RadioName): RadioProfile | undefined {
	const { radio, radios } = energyProfiles[board];
	return radios.find((profile) => profile.name === (name ?? radio));
}

/**
 * How long a deep sleep must be, milliseconds, to cost less than a light one: what it takes to boot, to compute until
 * all is as it was, and to get back into the network, against what it draws less. Infinity: never.
 * @param startMs what the processor works from the first bytecode until it is where it was
 */
export function breakEvenMs({ processor }: EnergyProfile, { keeps, rejoin, restMa }: RadioProfile, startMs: number) {
	const { activeMa, bootMs, lightMa, deepMa } = processor;
	const keepsRadio = keeps === "light";
	const dearerUas = activeMa * (bootMs + startMs) + (keepsRadio ? rejoin.ma * rejoin.ms : 0);
	const saves = lightMa - deepMa + (keepsRadio ? restMa : 0);
	return saves <= 0 ? Infinity : dearerUas / saves;
}
