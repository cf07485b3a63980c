/** What a byte does to the checksum: 1 KiB of ROM, worked out where modules are preloaded. Read-only. */
const steps = byteSteps();

function byteSteps(): Int32Array {
	const table = new Int32Array(256);
	for (let byte = 0; byte < 256; byte++) {
		let crc = byte;
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
		table[byte] = crc;
	}
	return table;
}

/**
 * CRC-32 (ISO/IEC 13239, as in Ethernet) of bytes[at .. end).
 * @param seed 0, or the CRC of what stands in front
 * @returns an int32
 */
export function crc32(bytes: Uint8Array, at: number, end: number, seed: number): number {
	let crc = ~seed;
	for (let index = at; index < end; index++) crc = (crc >>> 8) ^ steps[(crc ^ bytes[index]!) & 255]!;
	return ~crc;
}
