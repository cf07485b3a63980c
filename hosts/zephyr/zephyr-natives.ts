/**
 * What the Zephyr host asks of Zephyr itself; zephyr-system.c, zephyr-flash.c, zephyr-boot.c and zephyr-link-*.c have
 * the other half. Each body is exactly one native call, because XS then binds it to the C function without a closure.
 * Numbers below zero are errors of Zephyr (errno.h) unless a line says otherwise.
 */

/** Milliseconds since this boot (k_uptime_get). */
export function uptimeMs(this: void): number {
	return native("xs_dormouse_uptime").call(this);
}

/** Fills `bytes` by sys_csrand_get. @throws Error when it fails; the bytes are then unspecified */
export function fillFromSystem(this: void, bytes: Uint8Array): void {
	native("xs_dormouse_random").call(this, bytes);
}

/** Prints to the console (printk), whole lines. */
export function print(this: void, text: string): void {
	native("xs_dormouse_print").call(this, text);
}

/** The causes of the last reset, RESET_… of hwinfo.h; takes them: the next call says 0. Below zero: nobody knows. */
export function takeResetFlags(this: void): number {
	return native("xs_dormouse_reset_flags").call(this);
}

/** Restarts at once (sys_reboot, cold). Does not return. */
export function reboot(this: void): void {
	native("xs_dormouse_reboot").call(this);
}

/** System off (sys_poweroff), with the board's wake-up pins armed. Does not return. @throws Error: not in this image */
export function powerOff(this: void): void {
	native("xs_dormouse_power_off").call(this);
}

/** @returns whether a pin of the board ends system off */
export function canPowerOff(this: void): boolean {
	return native("xs_dormouse_can_power_off").call(this);
}

/**
 * Starts the watchdog, for ever; it stands still while the processor sleeps, so it watches turns, not pauses.
 * @returns whether there is one that does so
 */
export function startWatchdog(this: void, timeoutMs: number): boolean {
	return native("xs_dormouse_watchdog_start").call(this, timeoutMs);
}

export function feedWatchdog(this: void): void {
	native("xs_dormouse_watchdog_feed").call(this);
}

/** Restarts the chip after `delayMs` whatever the program does, unless asked again; 0: never. */
export function setDeadline(this: void, delayMs: number): void {
	native("xs_dormouse_deadline").call(this, delayMs);
}

/** Size of the RAM that outlives resets; 0: there is none. */
export function retainedSize(this: void): number {
	return native("xs_dormouse_retained_size").call(this);
}

export function readRetained(this: void, offset: number, into: Uint8Array): void {
	native("xs_dormouse_retained_read").call(this, offset, into);
}

export function writeRetained(this: void, offset: number, bytes: Uint8Array): void {
	native("xs_dormouse_retained_write").call(this, offset, bytes);
}

/** The die's temperature in hundredths of a degree Celsius; -100000: there is no sensor, or it fails. */
export function dieCentiCelsius(this: void): number {
	return native("xs_dormouse_temperature").call(this);
}

/**
 * @param area 0: settings, 1: factory, 2: slot0, 3: slot1
 * @param what 0: size, 1: largest sector, 2: what a write works on, 3: the erased byte
 */
export function flashFact(this: void, area: number, what: number): number {
	return native("xs_dormouse_flash_fact").call(this, area, what);
}

export function flashRead(this: void, area: number, offset: number, into: Uint8Array): number {
	return native("xs_dormouse_flash_read").call(this, area, offset, into);
}

export function flashWrite(this: void, area: number, offset: number, bytes: Uint8Array): number {
	return native("xs_dormouse_flash_write").call(this, area, offset, bytes);
}

export function flashErase(this: void, area: number, offset: number, size: number): number {
	return native("xs_dormouse_flash_erase").call(this, area, offset, size);
}

/**
 * What MCUboot says.
 * @param what 0: whether the image was started by MCUboot in a mode that swaps (1) or not (0), 1: what it does at the
 * next boot (BOOT_SWAP_TYPE_…), 2: whether the running image is confirmed (0, 1), 3: the last swap, BOOT_SWAP_TYPE_… of
 * the primary slot's trailer, 4: largest image in the secondary slot, bytes, 5: where it begins in its partition
 */
export function bootFact(this: void, what: number): number {
	return native("xs_dormouse_boot_fact").call(this, what);
}

/** @param what 0: try the other slot's image at the next boot, 1: confirm the running one */
export function bootMark(this: void, what: number): number {
	return native("xs_dormouse_boot_mark").call(this, what);
}

/** Brings the network up. @param changed is called, in a turn of its own, after linkState() has changed */
export function startLink(this: void, changed: () => void): void {
	native("xs_dormouse_link_start").call(this, changed);
}

/** @returns 0: offline, 1: online */
export function linkState(this: void): number {
	return native("xs_dormouse_link_state").call(this);
}

/**
 * Tells the radio how it may rest.
 * @param restMs how long nobody listens; 0: listen again
 * @returns 0 when the radio rests so, below zero when it can not
 */
export function restLink(this: void, restMs: number): number {
	return native("xs_dormouse_link_rest").call(this, restMs);
}
