/** The vectors of every Crypto port, computed by mbedTLS's ARM code on the emulated chip. */
import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { emulate } from "../../../hosts/cortex-m/tools/emulator.ts";
import { buildFirmware } from "../../../hosts/cortex-m/tools/firmware.ts";
import { buildBenchImage } from "../../../hosts/cortex-m/tools/image.ts";
import { findToolchain, mbedtlsHint } from "../../../hosts/cortex-m/tools/toolchain.ts";
import { javaScriptRoot } from "../../../hosts/simulator/image/builder.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : toolchain.mbedtls === undefined ? mbedtlsHint : false;

test("hosts/psa on a Cortex-M4 computes the vectors of every Crypto port", { skip }, async () => {
	ok(typeof toolchain !== "string");
	const image = await buildBenchImage(join(javaScriptRoot, "test/hosts/cortex-m/vectors-board.js"));
	const lines = await emulate(await buildFirmware(toolchain), image, "vectors native");
	const cases = lines.filter((line): line is { name: string; failure: string } =>
		Object.hasOwn(line as object, "failure"),
	);
	ok(cases.length > 10, `${cases.length} cases`);
	deepEqual(
		cases.filter(({ failure }) => failure !== ""),
		[],
	);
});
