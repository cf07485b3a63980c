/**
 * What this host asks of the nRF52840 and of the SDK's port: nrf52-system.c and the SDK's sleep module (modSleep.c)
 * have the other half. Each body is exactly one native call, because XS then binds it to the C function without a
 * closure.
 */

/** Milliseconds since this boot, beyond the 32 bits of the SDK's; asked for at least once in 49 days. */
export function uptimeMs(this: void): number {
	return native("xs_dormouse_nrf52_uptime").call(this);
}

/** The SDK's time of day, whole seconds: it goes on through Sleep.deep(ms), and begins anew with power. */
export function timeOfDayS(this: void): number {
	return native("xs_dormouse_nrf52_time").call(this);
}

/** Fills `bytes` from the chip's generator (CryptoCell). @throws Error when it fails; the bytes are then unspecified */
export function fillFromSystem(this: void, bytes: Uint8Array): void {
	native("xs_dormouse_nrf52_random").call(this, bytes);
}

export function reboot(this: void): void {
	native("xs_dormouse_nrf52_reboot").call(this);
}

/** RESETREAS of the chip (product specification, POWER) as the boot loader saw it, and the SDK's marks for sleeps. */
export function resetReason(this: void): number {
	return native("xs_dormouse_nrf52_reset_reason").call(this);
}

/** @param what 0: size of the settings' flash, 1: its sectors; 0: there is no room behind the program */
export function flashFact(this: void, what: number): number {
	return native("xs_dormouse_nrf52_flash_fact").call(this, what);
}

export function flashRead(this: void, offset: number, into: Uint8Array): boolean {
	return native("xs_dormouse_nrf52_flash_read").call(this, offset, into);
}

export function flashWrite(this: void, offset: number, bytes: Uint8Array): boolean {
	return native("xs_dormouse_nrf52_flash_write").call(this, offset, bytes);
}

export function flashErase(this: void, offset: number, size: number): boolean {
	return native("xs_dormouse_nrf52_flash_erase").call(this, offset, size);
}

/** One of the 32 words that outlive deep sleep and resets. @param index 0 to 31 @returns an int32 */
export function retainedWord(this: void, index: number): number {
	return native("xs_sleep_get_retained_value").call(this, index);
}

export function setRetainedWord(this: void, index: number, word: number): void {
	native("xs_sleep_set_retained_value").call(this, index, word);
}

/** RAM off until the time has come or a configured pin calls, then a reset. Does not return in a release build. */
export function sleepFor(this: void, ms: number): void {
	native("xs_sleep_deep").call(this, ms);
}

/** System off, until a configured pin or a reset. Does not return in a release build. */
export function sleepForEver(this: void): void {
	native("xs_sleep_deep").call(this);
}
