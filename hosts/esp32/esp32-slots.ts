/** The OTA partitions; esp32-slots.c has the other half. 0 is ota_0, 1 is ota_1. A failure is an Error. */

/** -1: there are not two, or the program runs from elsewhere. */
export function runningSlot(this: void): number {
	return native("xs_dormouse_esp_slot_running").call(this);
}

/** esp_ota_img_states_t: 0 new, 1 to be confirmed, 2 valid, 3 invalid, 4 aborted; -1 undefined, -2 none. */
export function slotState(this: void, slot: number): number {
	return native("xs_dormouse_esp_slot_state").call(this, slot);
}

/** Has the boot loader take what runs for good, which it knows nothing of. */
export function adoptRunning(this: void): void {
	native("xs_dormouse_esp_slot_adopt").call(this);
}

export function slotBytes(this: void): number {
	return native("xs_dormouse_esp_slot_size").call(this);
}

export function readSlot(this: void, slot: number, offset: number, into: Uint8Array): void {
	native("xs_dormouse_esp_slot_read").call(this, slot, offset, into);
}

export function eraseOther(this: void, offset: number, size: number): void {
	native("xs_dormouse_esp_slot_erase").call(this, offset, size);
}

export function writeOther(this: void, offset: number, bytes: Uint8Array): void {
	native("xs_dormouse_esp_slot_write").call(this, offset, bytes);
}

/** @returns 0 good, 1 no image or a damaged one, 2 its signature */
export function verifyOther(this: void): number {
	return native("xs_dormouse_esp_slot_verify").call(this);
}

export function pendOther(this: void): void {
	native("xs_dormouse_esp_slot_pend").call(this);
}

export function confirmRunning(this: void): void {
	native("xs_dormouse_esp_slot_confirm").call(this);
}

export function refuseRunning(this: void): void {
	native("xs_dormouse_esp_slot_refuse").call(this);
}

/** @param ms until a reset that nothing puts off; 0 ends it */
export function setDeadline(this: void, ms: number): void {
	native("xs_dormouse_esp_slot_deadline").call(this, ms);
}
