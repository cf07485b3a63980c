/**
 * esp32-ota.c over ESP-IDF's own account of its slots: app_update/esp_ota_ops.c of the user's ESP-IDF, compiled for
 * this computer, through boots, trials and ways back. Skipped without ESP-IDF.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const here = join(root, "test/hosts/esp32/ota");
const { IDF_PATH: idf = "" } = process.env;
const folder = mkdtempSync(join(tmpdir(), "dormouse-ota-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const hasCompiler = spawnSync("gcc", ["--version"]).status === 0;
const skip = idf === "" ? "IDF_PATH is not set: no ESP-IDF" : hasCompiler ? false : "no gcc";

/** What comes before them in the boot loader's file is about the chip; these are about otadata. */
function otadataFunctions(): string {
	const source = readFileSync(join(idf, "components/bootloader_support/src/bootloader_common_loader.c"), "utf8");
	const names = ["ota_select_crc", "ota_select_invalid", "ota_select_valid", "select_otadata", "get_active_otadata"];
	const functions = names.map((name) => {
		const found = new RegExp(`^\\w+ bootloader_common_${name}\\([^;{]*\\)\\n\\{[\\s\\S]*?^\\}\\n`, "m").exec(source);
		assert.ok(found, name);
		return found[0];
	});
	return `
#include "esp_flash_partitions.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/param.h>
#define ESP_LOGD(...)
/* CRC-32 as the ROM has it: reflected, ones before and behind */
static uint32_t esp_rom_crc32_le(uint32_t crc, const uint8_t *bytes, uint32_t size)
{
	crc = ~crc;
	for (; size; size--) {
		crc ^= *bytes++;
		for (int bit = 0; bit < 8; bit++)
			crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return ~crc;
}
${functions.join("\n")}`;
}

test("esp32: adopted, tried, refused, confirmed and forgotten, by ESP-IDF's own esp_ota_ops.c", { skip }, () => {
	const otadata = join(folder, "otadata.c");
	writeFileSync(otadata, otadataFunctions());
	const parts = ["esp_common", "esp_partition", "bootloader_support", "app_update", "esp_app_format"];
	const more = ["esp_bootloader_format", "esp_blockdev"];
	const psa = ["include", "drivers/builtin/include"].map((path) => `mbedtls/mbedtls/tf-psa-crypto/${path}`);
	const headers = [...[...parts, ...more].map((part) => `${part}/include`), ...psa];
	const ours = [join(here, "boots.c"), join(here, "unused.c"), join(root, "hosts/esp32/esp32-ota.c")];
	const program = join(folder, "boots");
	execFileSync("gcc", [
		...["-std=gnu17", "-w", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
		...["-I", join(here, "declarations"), "-I", join(root, "hosts/esp32")],
		...headers.flatMap((path) => ["-I", join(idf, "components", path)]),
		...ours,
		otadata,
		join(idf, "components/app_update/esp_ota_ops.c"),
		...["-o", program],
	]);
	const { stdout, stderr, status } = spawnSync(program, { encoding: "utf8", timeout: 20_000 });
	assert.equal(status, 0, stdout + stderr);
	assert.deepEqual(stdout.trim().split("\n"), [
		"ok without an account of what came by cable there is no way back",
		"ok adopted, tried, refused, back, forgotten",
		"ok tried, not confirmed, back, forgotten",
		"ok the same from the other slot",
		"ok forgotten before it was tried",
	]);
});
