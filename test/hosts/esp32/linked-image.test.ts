/**
 * What `npm run flash -- --no-write` has linked with the user's own SDK, ESP-IDF and compiler, as it lies in
 * build/esp32: whether ESP-IDF's boot loader, our slots and the partition table take it. Skipped where there is none.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { headerBytes, readHeader } from "../../../hosts/esp32/image-header.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
/** esp_chip_id_t. */
const chips = { esp32: 0, esp32c3: 5, esp32s3: 9, esp32c6: 13 } as const;

/** Rows of ESP-IDF's partition table: magic, type, subtype, offset, size, name, flags. */
function partitionsOf(table: Buffer) {
	const found = new Map<string, { readonly offset: number; readonly size: number }>();
	for (let at = 0; table.readUInt16LE(at) === 0x50aa; at += 32) {
		const name = table.toString("latin1", at + 12, at + 28).replace(/\0.*/, "");
		found.set(name, { offset: table.readUInt32LE(at + 4), size: table.readUInt32LE(at + 8) });
	}
	return found;
}

/** The same of our own table. */
function partitionsAsWritten(csv: string) {
	const lines = csv.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	const cells = lines.map((line) => line.split(",").map((cell) => cell.trim()));
	return new Map(cells.map(([name, , , offset, size]) => [name!, { offset: Number(offset), size: Number(size) }]));
}

for (const [chip, id] of Object.entries(chips)) {
	const folder = join(root, "build/esp32/bin/esp32", chip === "esp32" ? "" : chip, "release/dormouse");
	const path = join(folder, "xs_esp32.bin");
	const platform = chip === "esp32" ? chip : `esp32/${chip}`;
	const skip = existsSync(path)
		? false
		: `no image for ${chip} in build/esp32: npm run flash -- --no-write -p ${platform}`;
	test(`esp32: the linked image for ${chip}: whole, ours, for its flash, within its slot`, { skip }, () => {
		const image = readFileSync(path);
		const is8mb = image[3]! >> 4 === 3;
		assert.ok(is8mb || image[3]! >> 4 === 2, "4 or 8 MB of flash");
		const table = is8mb ? "partitions-8mb.csv" : "partitions.csv";
		const partitions = partitionsOf(readFileSync(join(folder, "partition-table.bin")));
		const written = partitionsAsWritten(readFileSync(join(root, "hosts/esp32", table), "utf8"));
		assert.deepEqual(partitions, written);
		const slot = written.get("ota_0")!.size;
		assert.ok(image.length <= slot, `${image.length} bytes, and a slot has ${slot}`);

		const hash = createHash("sha256").update(new Uint8Array(image.subarray(0, -32)));
		assert.equal(hash.digest("hex"), image.subarray(-32).toString("hex"));
		const header = readHeader(
			new Uint8Array(image.subarray(0, headerBytes)),
			(offset, into) => into.set(image.subarray(offset, offset + into.length)),
			slot,
		);
		assert.ok(header !== undefined, "no image of ours");
		assert.equal(header.name, "dormouse");
		assert.equal(header.sizeBytes, image.length);
		assert.equal(header.chip, id);
	});
}
