/** Application images as ESP-IDF writes them, as far as their headers go. */
export interface ImageOptions {
	readonly name?: string;
	readonly version?: string;
	readonly counter?: number;
	readonly chip?: number;
	readonly segments?: readonly number[];
}

export function image(options: ImageOptions = {}): Uint8Array {
	const { name = "dormouse", version = "1.0.0", counter = 0, chip = 5, segments = [1000, 64] } = options;
	const size = 24 + segments.reduce((sum, bytes) => sum + 8 + bytes, 0);
	const bytes = new Uint8Array(size + (16 - (size % 16)) + 32);
	const view = new DataView(bytes.buffer);
	bytes[0] = 0xe9;
	bytes[1] = segments.length;
	view.setUint16(12, chip, true);
	bytes[23] = 1;
	let offset = 24;
	for (const segment of segments) {
		view.setUint32(offset + 4, segment, true);
		offset += 8 + segment;
	}
	view.setUint32(32, 0xabcd5432, true);
	for (let index = 0; index < 32; index++)
		bytes[176 + index] = (index * 7 + version.length + version.charCodeAt(0)) & 0xff;
	view.setUint32(288, 0x524d5244, true);
	view.setUint32(292, counter, true);
	bytes.set(new TextEncoder().encode(name), 296);
	bytes.set(new TextEncoder().encode(version), 328);
	return bytes;
}
