/** Four bits at a time: 64 bytes of table, where the table of bytes takes 1 KiB. Read-only. */
const nibbles = new Int32Array([
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320,
	0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
]);

/**
 * CRC-32 (ISO/IEC 13239, as in Ethernet) of bytes[at .. end).
 * @param seed 0, or the CRC of what stands in front
 * @returns an int32
 */
export function crc32(bytes: Uint8Array, at: number, end: number, seed: number): number {
	let crc = ~seed;
	for (let index = at; index < end; index++) {
		crc ^= bytes[index]!;
		crc = (crc >>> 4) ^ nibbles[crc & 15]!;
		crc = (crc >>> 4) ^ nibbles[crc & 15]!;
	}
	return ~crc;
}
