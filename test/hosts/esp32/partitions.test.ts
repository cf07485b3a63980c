/** The partition tables, and the lines for ESP-IDF. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, "hosts/esp32", path), "utf8");
const kib = 1024;

/** Rows of a table, by offset. */
function rows(csv: string) {
	const lines = csv.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
	return lines.map((line) => {
		const [name, type, subtype, offset, size] = line.split(",").map((cell) => cell.trim());
		return { name: name!, type: type!, subtype: subtype!, offset: Number(offset), size: Number(size) };
	});
}

for (const [path, flashBytes] of [
	["partitions.csv", 4096 * kib],
	["partitions-8mb.csv", 8192 * kib],
] as const) {
	test(`${path}: nothing overlaps, applications begin on 64 KiB, all of it is in the flash`, () => {
		let free = 0x9000; // boot loader and the table itself are before it
		for (const { name, type, offset, size } of rows(read(path))) {
			assert.ok(offset >= free, `${name} overlaps`);
			assert.equal(offset % (type === "app" ? 64 * kib : 4 * kib), 0, name);
			assert.equal(size % (4 * kib), 0, name);
			free = offset + size;
		}
		assert.ok(free <= flashBytes, `ends at ${free}`);
	});

	test(`${path}: has what the host opens, and two slots of one size`, () => {
		const found = new Map(rows(read(path)).map((row) => [row.name, row]));
		for (const name of ["nvs", "otadata", "ota_0", "ota_1", "settings", "factory_data"])
			assert.ok(found.has(name), name);
		assert.equal(found.get("ota_0")!.size, found.get("ota_1")!.size);
		assert.equal(found.get("otadata")!.size, 8 * kib, "ESP-IDF wants two sectors");
		assert.ok(found.get("nvs")!.size >= 12 * kib, "NVS wants three pages");
		assert.ok(found.get("factory_data")!.size >= 8 * kib, "as on the simulated board");
	});
}

test("sdkconfig: 8 MB differ in the size of the flash alone", () => {
	const lines = (path: string) =>
		read(path)
			.split("\n")
			.filter((line) => line !== "" && !line.startsWith("#"));
	const [four, eight] = [lines("sdkconfig/sdkconfig.defaults"), lines("sdkconfig-8mb/sdkconfig.defaults")];
	assert.deepEqual(eight, [...four, "CONFIG_ESPTOOLPY_FLASHSIZE_4MB=n", "CONFIG_ESPTOOLPY_FLASHSIZE_8MB=y"]);
});

test("sdkconfig: no line that mcconfig would pass over, none twice", () => {
	const lines = read("sdkconfig/sdkconfig.defaults").split("\n");
	const names = lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split("=")[0]!);
	assert.equal(new Set(names).size, names.length);
	for (const line of lines) assert.match(line, /^(#.*|CONFIG_[A-Z0-9_]+=\S+|)$/);
});

const { IDF_PATH: idf } = process.env;
const missing = idf === undefined || idf === "" ? "IDF_PATH is not set" : false;

test("sdkconfig: ESP-IDF knows each of the names", { skip: missing }, () => {
	const known = new Set<string>();
	for (const path of readdirSync(idf!, { recursive: true, encoding: "utf8" })) {
		if (!/(^|\/)Kconfig[^/]*$/.test(path)) continue;
		for (const [, name] of readFileSync(join(idf!, path), "utf8").matchAll(/^\s*(?:menu)?config\s+(\w+)/gm))
			known.add(name!);
	}
	assert.ok(known.size > 1000);
	const lines = read("sdkconfig-8mb/sdkconfig.defaults")
		.split("\n")
		.filter((line) => line.startsWith("CONFIG_"));
	for (const line of lines) {
		const name = line.split("=")[0]!.slice("CONFIG_".length);
		assert.ok(known.has(name), name);
	}
});
