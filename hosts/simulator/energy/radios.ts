import { frozen } from "../../../modules/frozen.ts";

export type RadioName = "wifi" | "thread" | "ltem" | "ltem-edrx" | "nbiot";

/** So long at such a current. */
export interface Burst {
	readonly ms: number;
	readonly ma: number;
}

/** One radio and the network that it is in, as a machine with four states: off, resting, on the air, lingering. */
export interface RadioProfile {
	readonly name: RadioName;
	readonly title: string;
	/** From off to where datagrams pass: search, security, an address. */
	readonly join: Burst;
	/** The same behind a sleep or a reset that the radio did not outlive: it knows where its network was. */
	readonly rejoin: Burst;
	/** From resting to the first datagram: a beacon, a random access and a connection. */
	readonly wake: Burst;
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
	/** Attached, nothing to say, and datagrams are to come through: beacons, polls, paging. */
	readonly listenMa: number;
	/** Attached, and nobody listens: the processor is in light sleep. */
	readonly restMa: number;
	/** Up to which sleep of the processor the network knows the radio. */
	readonly keeps: "never" | "light";
}

/**
 * Where the numbers come from; "assumed" is ours.
 *
 * Wi-Fi: ESP32 Series Datasheet, table "RF Power-Consumption Specifications": Tx 802.11n at MCS7 180 mA, Rx 95 to 100
 * mA; ESP32-C3 Series Datasheet, table "Current Consumption Depending on RF Modes": Tx 276 mA, Rx 84 mA. Beacons: 3 ms
 * of reception in each 102.4 ms (DTIM 1; the 3 ms are the note to table 3-4 of the ESP8266EX Datasheet). Joining takes
 * 0.3 to 1 s (there, too): 0.7 s at the current of reception, and the same after every sleep, because "wireless
 * peripherals are powered down" in light and deep sleep (ESP-IDF Programming Guide, "Sleep Modes"). Assumed: 6.5
 * Mbit/s, 0.5 ms of channel access and acknowledgement for a frame, up for 100 ms after the last frame, 10 ms to the
 * next beacon's end before the first.
 *
 * Thread: nRF52840 Product Specification §5.2.1.5: 802.15.4 at 0 dBm 6.40 mA, reception 6.53 mA with the 64 MHz clock;
 * 250 kbit/s. A poll takes 16 µC (nRF Connect SDK, "OpenThread power consumption", nRF52840 DK, sleepy end device):
 * once in 10 s while datagrams are to come (assumed), once in 236 s in sleep, to stay a child
 * (CONFIG_OPENTHREAD_POLL_PERIOD). After a datagram it polls every 190 ms for 2 s (assumed): 16 µC / 190 ms. Back after
 * a reset: 1.5 s at 2 mA (measured by HomeSmartMesh, sdk-hsm-sensortag, discussion 20); joining 2 s of reception
 * (assumed). Frames carry 80 bytes of what is above 6LoWPAN (assumed), with channel access and acknowledgement 3 ms.
 *
 * LTE-M and NB-IoT: nRF9160 Product Specification, table "Modem current consumption", at 3.7 V: PSM floor 2.7 µA; a
 * tracking area update out of PSM 105 mJ in 1.5 s, in NB-IoT 550 mJ in 2.7 s, taken as what it costs to get through to
 * the network (19 and 55 mA); LTE-M uplink of 180 kbit/s at 23 dBm 105 mA; eDRX of 81.92 s 18 µA, in NB-IoT 37 µA, so
 * that one paging occasion takes 1.25 mC, in NB-IoT 2.8 mC: 0.49 and 1.1 mA when listened for each 2.56 s of idle DRX.
 * NB-IoT uplink of 20 kbit/s at 120 mA and downlink of 25 kbit/s (assumed). Released 5 s after the last datagram at 10
 * mA of connected DRX (assumed; the network's choice; release assistance would make it 0). Attaching takes 10 s at 45
 * mA, 30 s in NB-IoT (assumed), and again after every reset of the processor: the modem goes with it.
 */
const wifi = {
	name: "wifi",
	title: "Wi-Fi, DTIM 1",
	upBytesPerMs: 812,
	downBytesPerMs: 812,
	frameBytes: 1500,
	frameMs: 0.5,
	tailMs: 100,
	restMa: 0,
	keeps: "never",
} as const;

export const esp32Wifi: RadioProfile = frozen({
	...wifi,
	join: { ms: 700, ma: 100 },
	rejoin: { ms: 700, ma: 100 },
	wake: { ms: 10, ma: 100 },
	sendMa: 180,
	receiveMa: 100,
	tailMa: 100,
	listenMa: 2.9,
});

export const esp32c3Wifi: RadioProfile = frozen({
	...wifi,
	join: { ms: 700, ma: 84 },
	rejoin: { ms: 700, ma: 84 },
	wake: { ms: 10, ma: 84 },
	sendMa: 276,
	receiveMa: 84,
	tailMa: 84,
	listenMa: 2.5,
});

export const thread: RadioProfile = frozen({
	name: "thread",
	title: "Thread, sleepy end device",
	join: { ms: 2000, ma: 6.53 },
	rejoin: { ms: 1500, ma: 2 },
	wake: { ms: 2, ma: 6.53 },
	upBytesPerMs: 31.25,
	downBytesPerMs: 31.25,
	frameBytes: 80,
	frameMs: 3,
	sendMa: 6.4,
	receiveMa: 6.53,
	tailMs: 2000,
	tailMa: 0.084,
	listenMa: 0.0016,
	restMa: 0.00007,
	keeps: "light",
});

export const ltem: RadioProfile = frozen({
	name: "ltem",
	title: "LTE-M, PSM",
	join: { ms: 10_000, ma: 45 },
	rejoin: { ms: 10_000, ma: 45 },
	wake: { ms: 1500, ma: 19 },
	upBytesPerMs: 22.5,
	downBytesPerMs: 37.5,
	frameBytes: 1500,
	frameMs: 0,
	sendMa: 105,
	receiveMa: 45,
	tailMs: 5000,
	tailMa: 10,
	listenMa: 0.49,
	restMa: 0.0027,
	keeps: "light",
});

export const ltemEdrx: RadioProfile = frozen({
	...ltem,
	name: "ltem-edrx",
	title: "LTE-M, eDRX of 81.92 s",
	listenMa: 0.018,
	restMa: 0.018,
});

export const nbiot: RadioProfile = frozen({
	...ltem,
	name: "nbiot",
	title: "NB-IoT, PSM",
	join: { ms: 30_000, ma: 45 },
	rejoin: { ms: 30_000, ma: 45 },
	wake: { ms: 2700, ma: 55 },
	upBytesPerMs: 2.5,
	downBytesPerMs: 3.1,
	sendMa: 120,
	listenMa: 1.1,
});

export const radioNames: readonly RadioName[] = frozen(["wifi", "thread", "ltem", "ltem-edrx", "nbiot"]);

export function isRadioName(name: string): name is RadioName {
	return (radioNames as readonly string[]).includes(name);
}
