/** The bench's smallest case on the emulated chip, where there is a compiler for it and an emulator. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { measureScenario, prepareChip } from "../../../hosts/cortex-m/tools/measurement.ts";
import { findToolchain, mbedtlsHint } from "../../../hosts/cortex-m/tools/toolchain.ts";

const toolchain = findToolchain();
const skip = typeof toolchain === "string" ? toolchain : false;
const skipNative = typeof toolchain === "string" ? toolchain : toolchain.mbedtls === undefined ? mbedtlsHint : false;

test("XS on a Cortex-M4 seals and opens a record, and every run takes the same instructions", { skip }, async () => {
	ok(typeof toolchain !== "string");
	const chip = await prepareChip({ ...toolchain, mbedtls: undefined });
	const first = await measureScenario(chip, "ccm8", "portable");
	const second = await measureScenario(chip, "ccm8", "portable");
	equal(JSON.stringify(second), JSON.stringify(first));
	equal(first.work.map(({ name }) => name).join(), "ccm8.seal,ccm8.open");
	for (const { name, instructions } of first.work) {
		ok(instructions > 100_000 && instructions < 20_000_000, `${name}: ${instructions}`);
	}
	const { slotBytes, chunkBytes, stackBytes, cStackBytes } = first.ram;
	ok(slotBytes > 0 && slotBytes < 16_384 && chunkBytes > 0 && chunkBytes < 8192, JSON.stringify(first.ram));
	ok(stackBytes > 0 && cStackBytes > 0 && cStackBytes < 16_384, JSON.stringify(first.ram));
});

test("a PSK handshake, replayed, ends with a session that can be stored", { skip }, async () => {
	ok(typeof toolchain !== "string");
	const chip = await prepareChip({ ...toolchain, mbedtls: undefined });
	const { work, stateBytes } = await measureScenario(chip, "psk", "portable");
	equal(
		work.map(({ name }) => name).join(),
		"handshake,record.send.first,record.receive.first,record.send,record.receive,state.export,state.restore",
	);
	ok(stateBytes !== undefined && stateBytes > 40);
});

test("a program that fails on the chip says why", { skip }, async () => {
	ok(typeof toolchain !== "string");
	const chip = await prepareChip({ ...toolchain, mbedtls: undefined });
	const failure = await measureScenario(chip, "ccm8", "native").catch((error: Error) => error);
	ok(failure instanceof Error && failure.message.includes("no native cryptography"), String(failure));
});

test("hosts/psa over mbedTLS on the chip makes the handshake with a tenth of the work", {
	skip: skipNative,
}, async () => {
	ok(typeof toolchain !== "string");
	const { work } = await measureScenario(await prepareChip(toolchain), "psk", "native");
	const handshake = work.find(({ name }) => name === "handshake");
	ok(handshake !== undefined && handshake.nativeCrypto > 100_000, JSON.stringify(handshake));
	ok(handshake.instructions < 10_000_000, JSON.stringify(handshake));
});
