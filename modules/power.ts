/** The port to power: resets, sleep, and the RAM that outlives both. host.ts gives it to importers too. */

/** Why this boot. "restart": Power.restart(); "deepSleep": the end of a deep sleep, whatever ended it. */
export type ResetCause = "powerOn" | "restart" | "watchdog" | "crash" | "deepSleep";

/**
 * How deep a sleep is. idle: the processor waits, the radio hears. light: the radio is off; RAM, program and sockets
 * stay. deep: RAM is lost but for what is retained, and the program begins anew. off: nothing but a person or a pin
 * ends it.
 */
export type SleepDepth = "idle" | "light" | "deep" | "off";

/** What ended a sleep: the time that was given, a pin (a button, a sensor), or the radio's own call. */
export type WakeReason = "alarm" | "pin" | "radio";

/**
 * RAM that outlives deep sleep, and on most chips every reset but power loss: the RTC memory of an ESP32, a retained
 * section of an nRF's. It may hold anything: whoever reads it has to tell its own bytes from others'.
 */
export interface RetainedMemory {
	readonly sizeBytes: number;
	read(offset: number, into: Uint8Array): void;
	/** Costs no more than RAM does, and wears nothing out; but a reset may come between any two bytes. */
	write(offset: number, bytes: Uint8Array): void;
}

export interface Power {
	readonly resetCause: ResetCause;
	/** What ended the deep sleep before this boot, or the last light one; absent without one, or where nobody knows. */
	readonly wakeReason?: WakeReason | undefined;
	/**
	 * Whether Clock.nowMs() has counted on through the reset before this boot, so that times noted before it still hold.
	 * Left out: it has not, and only wall time tells how long ago that was, where somebody has set it.
	 */
	readonly clockWentOn?: boolean;
	/** Absent where there is none. */
	readonly retained?: RetainedMemory;
	/** The depths that sleep() knows, besides idle, which is what happens between turns anyway. Left out: none. */
	readonly depths?: readonly SleepDepth[];
	/**
	 * From how many milliseconds on a deep sleep takes less charge than a light one, boot and the way back to the network
	 * included; Infinity for never. Left out: nobody has measured it.
	 */
	readonly deepPaysMs?: number;
	/**
	 * Sleeps from the end of the current turn on. The caller has saved what is to be saved.
	 * light: datagrams that come are lost; the next write() or `untilMs` ends it, and Clock.setAlarm() rings as ever.
	 * deep: at `untilMs`, or for another WakeReason, there is a boot with resetCause "deepSleep". off: as off().
	 * @param untilMs on the scale of Clock.nowMs(); undefined: not because of time. A host whose timer does not reach so
	 * far boots sooner, once or often: whoever finds that nothing is due sleeps on
	 * @throws HostFailure when the host can not; then it does not sleep
	 */
	sleep?(untilMs: number | undefined, depth: SleepDepth): void;
	/** Restarts the device, after the current turn at the latest. */
	restart(): void;
	/**
	 * `shutDown` is called once when power will go soon (Ctrl-C in the simulator, a product's switch): de-register,
	 * save, then call off().
	 */
	onShutdown(shutDown: () => void): void;
	/** Says that all is said and saved: power may go. */
	off(): void;
}
