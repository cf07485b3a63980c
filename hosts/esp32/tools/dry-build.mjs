// An image for -p esp32/…, as far as it goes without ESP-IDF: manifest, TypeScript, bytecode, the linked ROM.
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage } from "../../../scripts/sdk.mjs";

/** The platforms of this host, as mcconfig has them. */
export const platforms = ["esp32", "esp32/esp32c3", "esp32/esp32c6", "esp32/esp32s3"];

/**
 * Does every step of `mcconfig -m -p <platform>` that needs neither ESP-IDF nor its compiler.
 * @param {{ sdk: ReturnType<typeof import("../../../scripts/sdk.mjs").findSdk>, platform: string, manifest: string, name: string,
 *   output: string, words?: string[], onLine: (line: string) => void }} options as of makeImage
 * @returns {Promise<{ folder: string, sourceBytes: number, sdkconfig: string, partitions: string }>} the folder it works in, the size of
 *   the ROM as C source, and what ESP-IDF would be given. Rejects when a step fails or our modules cause a warning
 */
export async function dryBuild({ platform, name, output, onLine, ...options }) {
	const [, board = ""] = platform.split("/");
	const chip = board === "" ? "esp32" : board.replace(/_.*/, "");
	const folder = join(output, "tmp/esp32", board, "release", name);
	const project = join(folder, `xsProj-${chip}`);
	// ESP-IDF makes this header from sdkconfig; a newer one keeps make from asking for it.
	const header = join(project, "build/config/sdkconfig.h");
	mkdirSync(join(project, "build/config"), { recursive: true });
	writeFileSync(header, "/* no ESP-IDF */\n");
	const later = Date.now() / 1000 + 86_400;
	utimesSync(header, later, later);
	// The makefile wants a folder and a version; none of it is read up to the link.
	const idf = process.env.IDF_PATH ?? join(output, "no-esp-idf");
	mkdirSync(idf, { recursive: true });
	const environment = { IDF_PATH: idf, MAKEFLAGS: "IDF_VERSION=none" };
	rmSync(join(folder, "mc.xs.c"), { force: true });
	const take = (line) => {
		if (!/modification time .* in the future|Clock skew detected/.test(line)) onLine(line);
	};
	await makeImage({ ...options, onLine: take, platform, name, output, environment, target: "$TMP/mc.xs.c" });
	return {
		folder,
		sourceBytes: statSync(join(folder, "mc.xs.c")).size,
		sdkconfig: readFileSync(join(project, "sdkconfig.mc"), "utf8"),
		partitions: readFileSync(join(project, "partitions.csv"), "utf8"),
	};
}
