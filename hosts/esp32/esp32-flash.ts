/** Data partitions by label, and values in NVS; esp32-flash.c has the other half. A failure of flash is an Error. */

/** 0 where there is no such partition. */
export function partitionBytes(this: void, label: string): number {
	return native("xs_dormouse_esp_flash_size").call(this, label);
}

export function sectorBytes(this: void, label: string): number {
	return native("xs_dormouse_esp_flash_sector").call(this, label);
}

export function isEncrypted(this: void, label: string): boolean {
	return native("xs_dormouse_esp_flash_encrypted").call(this, label);
}

export function readPartition(this: void, label: string, offset: number, into: Uint8Array): void {
	native("xs_dormouse_esp_flash_read").call(this, label, offset, into);
}

export function writePartition(this: void, label: string, offset: number, bytes: Uint8Array): void {
	native("xs_dormouse_esp_flash_write").call(this, label, offset, bytes);
}

export function erasePartition(this: void, label: string, offset: number, size: number): void {
	native("xs_dormouse_esp_flash_erase").call(this, label, offset, size);
}

/** @param name 15 characters at most. @returns undefined: never set */
export function readNote(this: void, name: string): string | undefined {
	return native("xs_dormouse_esp_note").call(this, name);
}

/** @param value 71 bytes at most. Whatever happens to power, the old one or this one is there */
export function writeNote(this: void, name: string, value: string): void {
	native("xs_dormouse_esp_set_note").call(this, name, value);
}
