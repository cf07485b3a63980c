import type { Aes } from "./aes.ts";

/**
 * AES-CBC without padding (NIST SP 800-38A §6.2), in place over bytes[at .. end), with a key that is set in `aes`.
 * @param iv 16 bytes, left as they are
 */
export function encryptCbc(aes: Aes, iv: Uint8Array, bytes: Uint8Array, at: number, end: number): void {
	const block = aes.block;
	for (let index = 0; index < 4; index++) block[index] = readWord(iv, index * 4);
	for (let from = at; from < end; from += 16) {
		for (let index = 0; index < 4; index++) block[index]! ^= readWord(bytes, from + index * 4);
		aes.encrypt();
		for (let index = 0; index < 4; index++) writeWord(bytes, from + index * 4, block[index]!);
	}
}

/** The way back of encryptCbc(), from the last block to the first. */
export function decryptCbc(aes: Aes, iv: Uint8Array, bytes: Uint8Array, at: number, end: number): void {
	const block = aes.block;
	for (let from = end - 16; from >= at; from -= 16) {
		for (let index = 0; index < 4; index++) block[index] = readWord(bytes, from + index * 4);
		aes.decrypt();
		for (let index = 0; index < 4; index++) {
			const before = from === at ? readWord(iv, index * 4) : readWord(bytes, from - 16 + index * 4);
			writeWord(bytes, from + index * 4, block[index]! ^ before);
		}
	}
}

function readWord(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
	bytes[at] = word >> 24;
	bytes[at + 1] = word >> 16;
	bytes[at + 2] = word >> 8;
	bytes[at + 3] = word;
}
