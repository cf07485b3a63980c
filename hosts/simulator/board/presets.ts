import { frozen } from "../../../modules/frozen.ts";
import type { ResetCause } from "../../../modules/host.ts";
import type { MachineMemory } from "../engine/memory.ts";
import type { FlashGeometry } from "./flash.ts";

/** A stretch of flash; offset and size in bytes, whole sectors. */
export interface Partition {
	readonly offset: number;
	readonly sizeBytes: number;
}

export interface FlashMap {
	readonly bootloader: Partition;
	/** What the boot loader remembers: modules/firmware/FORMAT.md. */
	readonly boot: Partition;
	readonly slotA: Partition;
	readonly slotB: Partition;
	readonly settings: Partition;
	/** What the factory says of this device (modules/lwm2m/FORMAT.md); programs only read it. */
	readonly factory: Partition;
	/** For software beside the program; absent where there is no room for it. */
	readonly mods?: Partition;
}

/** How a kind of board sleeps. */
export interface SleepPreset {
	/** RAM that outlives deep sleep and every reset but the loss of power. */
	readonly retainedBytes: number;
	/** The longest deep sleep in one go; what is longer ends early. */
	readonly longestMs: number;
	/** The resets through which Clock.nowMs() goes on. */
	readonly clockGoesOnThrough: readonly ResetCause[];
}

/** One kind of board, as far as a program on it can tell. */
export interface BoardPreset {
	readonly name: BoardName;
	/** What it stands for, for people. */
	readonly title: string;
	/** What the chip's firmware leaves to XS. */
	readonly memory: MachineMemory;
	readonly flash: FlashGeometry;
	readonly map: FlashMap;
	readonly sleep: SleepPreset;
	/** Computrons (bytecodes, roughly) that the chip gets through in a millisecond awake. */
	readonly computronsPerMs: number;
	/** Largest IP datagram its network carries in one piece. */
	readonly mtuBytes: number;
	/**
	 * Whether it has native cryptography (hardware, or mbedTLS beside XS), as these chips' systems all do. On a board
	 * without, the device computes in JavaScript.
	 */
	readonly accelerator: boolean;
	/**
	 * Whether its slots are too small for everything: then it runs src/main-compact.ts, and src/main.ts elsewhere.
	 */
	readonly isCompact?: true;
}

export type BoardName = "esp32" | "esp32c3" | "nrf52840" | "nrf9160";

const kib = 1024;
const watchdogMs = 5000;
/** What the application's manifest asks for ("creation"); the rest of the arena is there to grow into. */
const creation = {
	stackSlots: 576,
	heapSlots: 512,
	moreHeapSlots: 64,
	chunkBytes: 8 * kib,
	moreChunkBytes: kib,
	keys: 64,
	moreKeys: 32,
	cHeapBytes: 16 * kib,
};

/** The flash of ESP modules, and an ESP-IDF table on it. */
const espModule = {
	flash: { sizeBytes: 4096 * kib, sectorBytes: 4 * kib, writeBytes: 1, enduranceErases: 100_000 },
	map: {
		bootloader: { offset: 0, sizeBytes: 36 * kib },
		boot: { offset: 52 * kib, sizeBytes: 8 * kib },
		slotA: { offset: 64 * kib, sizeBytes: 1536 * kib },
		slotB: { offset: 1600 * kib, sizeBytes: 1536 * kib },
		settings: { offset: 3136 * kib, sizeBytes: 64 * kib },
		factory: { offset: 3200 * kib, sizeBytes: 8 * kib },
		mods: { offset: 3208 * kib, sizeBytes: 256 * kib },
	},
};

/**
 * ESP32: "8 KB of SRAM in RTC, called RTC SLOW Memory" (ESP32 Series Datasheet, "Internal Memory"); ESP32-C3: "8 KB of
 * SRAM in RTC", RTC FAST (ESP32-C3 Series Datasheet, "On-Chip Memory"). Half of it is left to the system: ESP-IDF keeps
 * its wake stub, time and PHY data there (Programming Guide, "Sleep Modes"; RTC_NOINIT_ATTR in "Memory Types" is what
 * stays over restarts and panics). The RTC timer counts 48 bits of a slow clock, and only power-on resets it.
 */
const espSleep: SleepPreset = {
	retainedBytes: 4 * kib,
	longestMs: 365 * 86_400_000,
	clockGoesOnThrough: ["deepSleep", "restart", "watchdog", "crash"],
};

/**
 * Sleep.deep(ms) of the SDK (documentation/devices/nRF52-low-power.md; modSleep.c): System ON with RAM off, woken by a
 * 24-bit RTC of 1024 Hz, then a reset; 32 values of 32 bits are retained. System OFF has no timer at all (nRF52840
 * Product Specification, POWER, "System OFF mode"). Every reset restarts the RTC; its count at the end of a deep
 * sleep is noted by the host beside those 128 bytes.
 */
const nrf52840Sleep: SleepPreset = { retainedBytes: 128, longestMs: 16_383_000, clockGoesOnThrough: ["deepSleep"] };

/**
 * Zephyr retains what a board's devicetree calls "zephyr,retained-ram" (zephyr,retained_mem, samples/boards/nordic/
 * system_off): here one of the sections of 4 KiB that the nRF9160's RAM is powered by (Product Specification, VMC). RTC
 * as on the nRF52840, extended over its overflows by Zephyr's timer driver while the processor is in System ON.
 */
const nrf9160Sleep: SleepPreset = {
	retainedBytes: 4 * kib,
	longestMs: 365 * 86_400_000,
	clockGoesOnThrough: ["deepSleep"],
};

/**
 * Where the numbers come from.
 *
 * memory: the arena of nrf52840 and esp32c3 is the Moddable SDK's own static machine of that chip ("static": 131072
 * and 94208 in its manifests). On the esp32 the SDK lets XS grow by malloc; 128 KiB is our cut of its 520 KB of SRAM
 * (ESP32 data sheet) beside Wi-Fi and lwIP. The SDK has no nRF9160: of its 256 KB (product specification) 64 KiB are
 * left to XS beside the modem library's share and Zephyr. `creation` is the same everywhere: a heap that begins as
 * small as the SDK's on Zephyr (512 slots, 8 KiB) and grows by the SDK's steps, so that the high-water mark tells
 * what is needed; a stack of 576 slots, because the application was measured to use 450 (it passes its tests with
 * 489), and the SDK's 256 to 512 are too few to leave some to spare.
 * turnComputrons: a watchdog of 5 s (ESP-IDF's default for its task watchdog) at the chip's speed.
 *
 * flash: the ESP modules carry 4 MiB of serial NOR with 4 KiB sectors, bytes writable one by one, 100,000 erases
 * (typical of those parts, e.g. W25Q32). nRF52840 and nRF9160: 1 MiB on chip (see map for the other one), 4 KiB pages,
 * 32-bit words, 10,000 erases (product specifications, NVMC).
 *
 * map: esp32 and esp32c3 as an ESP-IDF table with two OTA slots (first 36 KiB are boot loader and partition table;
 * app partitions begin on 64 KiB; the boot state lies where otadata does). nrf52840 and nrf9160 as Nordic's SDK lays
 * them out where an image takes more than half of the chip: MCUboot, the slot that runs, and 32 or 24 KiB of storage
 * in the chip's 1 MiB; the second slot in the development kit's external flash (nRF52840 DK; nRF9160 DK from 0.14.0
 * on), which is here the second MiB of one chip with one geometry. MCUboot keeps its state at the end of the slots;
 * here it has two pages of its own. A simulated slot holds bytecode alone; a real one also the native code of XS and
 * the system. The factory's record has a partition of its own behind the settings, on the nRF boards the last page of
 * what the boot loader has there.
 *
 * computronsPerMs: a measured ratio and a guess. Measured: SHA-256 and AES in JavaScript on XS for Cortex-M4 take 43
 * to 64 machine instructions for one computron. At 64 MHz, 1.3 clocks per instruction (flash wait states: an
 * assumption) and 50 instructions this gives about 1000 on the nRF52840. The others are scaled by CoreMark of one
 * core from the data sheets: nRF52840 212, nRF9160 243, ESP32-C3 407 (160 MHz), ESP32 505 (240 MHz). Good for
 * comparing one program with another on one board; not a promise about a real chip.
 *
 * mtuBytes: 1500 on Wi-Fi. 1280 on Thread (nrf52840: RFC 8200 §5's least, what 6LoWPAN carries) and on LTE-M/NB-IoT
 * networks to be safe.
 */
export const presets: Readonly<Record<BoardName, BoardPreset>> = frozen({
	esp32: {
		name: "esp32",
		title: "ESP32 (WROOM-32, 4 MB flash)",
		memory: {
			...creation,
			arenaBytes: 128 * kib,
			turnComputrons: watchdogMs * 2400,
		},
		...espModule,
		sleep: espSleep,
		computronsPerMs: 2400,
		mtuBytes: 1500,
		accelerator: true,
	},
	esp32c3: {
		name: "esp32c3",
		title: "ESP32-C3 (4 MB flash)",
		memory: {
			...creation,
			arenaBytes: 92 * kib,
			turnComputrons: watchdogMs * 1900,
		},
		...espModule,
		sleep: espSleep,
		computronsPerMs: 1900,
		mtuBytes: 1500,
		accelerator: true,
	},
	nrf52840: {
		name: "nrf52840",
		title: "nRF52840 (1 MB flash and 1 MB beside it, 256 KB RAM)",
		memory: {
			...creation,
			arenaBytes: 128 * kib,
			turnComputrons: watchdogMs * 1000,
		},
		flash: { sizeBytes: 2048 * kib, sectorBytes: 4 * kib, writeBytes: 4, enduranceErases: 10_000 },
		map: {
			bootloader: { offset: 0, sizeBytes: 36 * kib },
			boot: { offset: 36 * kib, sizeBytes: 8 * kib },
			factory: { offset: 44 * kib, sizeBytes: 4 * kib },
			slotA: { offset: 48 * kib, sizeBytes: 928 * kib },
			slotB: { offset: 1024 * kib, sizeBytes: 928 * kib },
			settings: { offset: 992 * kib, sizeBytes: 32 * kib },
		},
		sleep: nrf52840Sleep,
		computronsPerMs: 1000,
		mtuBytes: 1280,
		accelerator: true,
		isCompact: true,
	},
	nrf9160: {
		name: "nrf9160",
		title: "nRF9160 (LTE-M/NB-IoT, 1 MB flash and 1 MB beside it, 256 KB RAM)",
		memory: {
			...creation,
			arenaBytes: 64 * kib,
			turnComputrons: watchdogMs * 1150,
		},
		flash: { sizeBytes: 2048 * kib, sectorBytes: 4 * kib, writeBytes: 4, enduranceErases: 10_000 },
		map: {
			bootloader: { offset: 0, sizeBytes: 60 * kib },
			factory: { offset: 60 * kib, sizeBytes: 4 * kib },
			slotA: { offset: 64 * kib, sizeBytes: 888 * kib },
			slotB: { offset: 1024 * kib, sizeBytes: 888 * kib },
			boot: { offset: 960 * kib, sizeBytes: 8 * kib },
			settings: { offset: 1000 * kib, sizeBytes: 24 * kib },
		},
		sleep: nrf9160Sleep,
		computronsPerMs: 1150,
		mtuBytes: 1280,
		accelerator: true,
		isCompact: true,
	},
});

export const boardNames: readonly BoardName[] = frozen(["esp32", "esp32c3", "nrf52840", "nrf9160"]);

export function isBoardName(name: string): name is BoardName {
	return (boardNames as readonly string[]).includes(name);
}
