/** Images for Zephyr and the nRF52 port up to the linked ROM, with the user's SDK; see hosts/zephyr/tools/build.mjs. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const skip =
	process.env.MODDABLE === undefined
		? "no Moddable SDK ($MODDABLE)"
		: spawnSync("cmake", ["--version"]).status === 0
			? false
			: "no cmake";
const output = mkdtempSync(join(tmpdir(), "dormouse-boards-"));
after(() => rmSync(output, { recursive: true, force: true }));

interface Figures {
	readonly folder: string;
	readonly romBytes: number;
}

function build(...words: readonly string[]): Figures {
	const tool = join(root, "hosts/zephyr/tools/build.mjs");
	const { status, stdout, stderr } = spawnSync(process.execPath, [tool, "--dry", "--output", output, ...words], {
		encoding: "utf8",
		timeout: 600_000,
	});
	assert.equal(status, 0, stderr);
	return JSON.parse(stdout) as Figures;
}

for (const [board, lines, overlays] of [
	["nrf52840dk", ["CONFIG_NET_PPP=y", "CONFIG_BOOTLOADER_MCUBOOT=y"], ["flash", "board", "ppp"]],
	["nrf52840-thread", ["CONFIG_OPENTHREAD_MTD_SED=y", "CONFIG_SETTINGS=y"], ["flash", "board"]],
	["nrf9160", ["CONFIG_LTE_LINK_CONTROL=y", "CONFIG_NET_SOCKETS_OFFLOAD=y"], ["flash", "board"]],
	["mps2-an385", ["CONFIG_FLASH_SIMULATOR=y", "CONFIG_NET_QEMU_USER=y"], ["board"]],
] as const) {
	test(`${board}: the application links without a warning about our modules`, { skip }, () => {
		const { folder, romBytes } = build(board);
		assert.ok(romBytes > 300_000 && romBytes < 700_000, `${romBytes} bytes of ROM`);
		const config = readFileSync(join(folder, "zephyr.conf"), "utf8").split("\n");
		for (const line of [...lines, "CONFIG_PSA_CRYPTO=y"]) assert.ok(config.includes(line), line);
		const flat = readFileSync(join(folder, "manifest_flat.json"), "utf8");
		for (const name of overlays) assert.match(flat, new RegExp(`/${name}\\.overlay"`));
		const defines = readFileSync(join(folder, "mc.defines.h"), "utf8");
		assert.match(defines, /MODDEF_TASK_QUEUEWAIT K_MSEC\(100\)/);
	});
}

test("nrf52: the application links without a warning about our modules", { skip }, () => {
	assert.ok(build("nrf52").romBytes < 700_000);
});

for (const board of ["nrf52840dk", "nrf52"]) {
	test(`${board}: the self-test links`, { skip }, () => {
		assert.ok(build("--self-test", board).romBytes < 300_000);
	});
}
