/**
 * What the ESP32 host asks of ESP-IDF itself; esp32-system.c, esp32-sleep.c and esp32-key.c have the other half.
 * Each body is exactly one native call, because XS then binds it to the C function without a closure.
 */

/** Milliseconds since the power came on, going on through resets where wentOn() says so; never back. */
export function nowMs(this: void): number {
	return native("xs_dormouse_esp_now").call(this);
}

/** Whether nowMs() has counted on through the reset before this boot. */
export function wentOn(this: void): boolean {
	return native("xs_dormouse_esp_went_on").call(this);
}

/** Seconds since 1970-01-01T00:00:00Z as ESP-IDF has kept them; undefined while nobody has set them. */
export function wallTimeS(this: void): number | undefined {
	return native("xs_dormouse_esp_wall").call(this);
}

export function setWallTimeS(this: void, seconds: number): void {
	native("xs_dormouse_esp_set_wall").call(this, seconds);
}

/** Fills `bytes` from the hardware's generator, with a true source of noise on, whatever the radio does. */
export function fillFromChip(this: void, bytes: Uint8Array): void {
	native("xs_dormouse_esp_entropy").call(this, bytes);
}

/** As ResetCause has it. */
export function resetCause(this: void): string {
	return native("xs_dormouse_esp_reset_cause").call(this);
}

/** Whether a trial's deadline ended the boot before this one. */
export function wasDeadline(this: void): boolean {
	return native("xs_dormouse_esp_was_deadline").call(this);
}

/** Restarts at once. Does not return. */
export function restartChip(this: void): void {
	native("xs_dormouse_esp_restart").call(this);
}

/** A panic, and a restart after it. Does not return. */
export function crashChip(this: void): void {
	native("xs_dormouse_esp_crash").call(this);
}

/** @param line with its end. @returns false where the debugger has the console */
export function printLine(this: void, line: string): boolean {
	return native("xs_dormouse_esp_print").call(this, line);
}

/** "esp32", "esp32c3", "esp32c6", "esp32s3". */
export function target(this: void): string {
	return native("xs_dormouse_esp_target").call(this);
}

/** Of the chip itself, in degrees Celsius; undefined: it has no sensor. */
export function chipCelsius(this: void): number | undefined {
	return native("xs_dormouse_esp_celsius").call(this);
}

/** @param into 16 bytes, the device's own AES key. @returns false: no key block of the eFuses is for HMAC_UP */
export function readDeviceKey(this: void, into: Uint8Array): boolean {
	return native("xs_dormouse_esp_device_key").call(this, into);
}

export function retainedBytes(this: void): number {
	return native("xs_dormouse_esp_retained_size").call(this);
}

export function readRetained(this: void, offset: number, into: Uint8Array): void {
	native("xs_dormouse_esp_retained_read").call(this, offset, into);
}

export function writeRetained(this: void, offset: number, bytes: Uint8Array): void {
	native("xs_dormouse_esp_retained_write").call(this, offset, bytes);
}

/** "alarm", "pin", or undefined. */
export function wakeReason(this: void): string | undefined {
	return native("xs_dormouse_esp_wake_reason").call(this);
}

/** @returns false when the pin can not end deep sleep on this chip */
export function wakeOnPin(this: void, pin: number, level: 0 | 1): boolean {
	return native("xs_dormouse_esp_wake_on_pin").call(this, pin, level);
}

/** @param ms below 0: not because of time. Returns, with false, only when the chip refuses */
export function deepSleep(this: void, ms: number): boolean {
	return native("xs_dormouse_esp_deep_sleep").call(this, ms);
}

/** @returns whether the image is built for automatic light sleep */
export function sleepLightly(this: void): boolean {
	return native("xs_dormouse_esp_sleep_lightly").call(this);
}
