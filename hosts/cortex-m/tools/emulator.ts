import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { EngineFailure } from "../../simulator/engine/sources.ts";
import type { Image } from "../../simulator/image/image.ts";
import type { ChipFirmware } from "./firmware.ts";

const run = promisify(execFile);

/** Where the firmware looks for its image: slotBegin in chip/mps2-an386.ld. */
const slotAt = 0x21c00000;

/**
 * Runs one scenario on the emulated chip, from reset to its end. One instruction takes one nanosecond of the chip's
 * time, so that every run is the same.
 * @param argument what the firmware's bench shall run: "psk native"
 * @returns what it printed: JSON, a line each
 * @throws EngineFailure with what the board said when it did not end well
 */
export async function emulate(
	firmware: ChipFirmware,
	image: Image,
	argument: string,
	timeoutMs = 600_000,
): Promise<unknown[]> {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-cortex-m-"));
	const slot = join(folder, "image");
	writeFileSync(slot, image.bytes);
	const board = ["-M", "mps2-an386", "-icount", "shift=0,sleep=off", "-display", "none", "-monitor", "none"];
	const console = ["-serial", "none", "-chardev", "stdio,id=console"];
	const semihosting = [
		"enable=on",
		"target=native",
		"chardev=console",
		"arg=bench",
		...argument.split(" ").map((word) => `arg=${word}`),
	];
	const words = [...board, ...console, "-semihosting-config", semihosting.join(","), "-kernel", firmware.path];
	const loader = ["-device", `loader,file=${slot},addr=${slotAt},force-raw=on`];
	try {
		const { stdout } = await run("qemu-system-arm", [...words, ...loader], { timeout: timeoutMs });
		return stdout
			.split("\n")
			.filter((line) => line !== "")
			.map((line) => JSON.parse(line));
	} catch (error) {
		const { stdout = "", stderr = "", killed } = error as { stdout?: string; stderr?: string; killed?: boolean };
		const said = `${stdout}${stderr}`.trim() || String(error);
		throw new EngineFailure(`${argument}: ${killed ? `no end after ${timeoutMs} ms: ` : ""}${said}`, { cause: error });
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
