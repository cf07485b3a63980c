// The image for -p nrf52 as far as it needs neither Nordic's SDK nor a tool chain: TypeScript, bytecode, the linked ROM.
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage } from "../../../scripts/sdk.mjs";

/** The nRF52840 DK; the SDK's other boards differ in pins. */
export const platforms = ["nrf52/dk"];

/**
 * @param {{ sdk: object, platform: string, manifest: string, name: string, output: string, onLine: (line: string) => void }} options
 * @returns {Promise<{ folder: string, sourceBytes: number }>} mcconfig's folder, where mc.xs.c is. Rejects when a step
 *   fails, or one of our modules causes a warning of the linker
 */
export async function dryBuild(options) {
	const { platform, name, output } = options;
	const [, board = ""] = platform.split("/");
	const folder = join(output, "tmp/nrf52", board, "release", name);
	// The makefile looks into Nordic's SDK for a change of Moddable's; none of it is read up to the link.
	const sdk = process.env.NRF_SDK_DIR ?? join(output, "no-nrf5-sdk");
	const legacy = join(sdk, "integration/nrfx/legacy");
	if (process.env.NRF_SDK_DIR === undefined) {
		mkdirSync(legacy, { recursive: true });
		writeFileSync(join(legacy, "apply_old_config.h"), "/* SPIM3 */\n");
	}
	rmSync(join(folder, "mc.xs.c"), { force: true });
	await makeImage({ ...options, environment: { NRF_SDK_DIR: sdk }, target: "$TMP/mc.xs.c" });
	return { folder, sourceBytes: statSync(join(folder, "mc.xs.c")).size };
}
