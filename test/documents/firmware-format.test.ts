/** modules/firmware/FORMAT.md and the code say the same. */
import { deepEqual, equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../hosts/simulator/engine/sources.ts";
import { BOOT_DECISION, type BootState, NEW_DEVICE } from "../../modules/firmware/boot-decision.ts";
import { BootStore } from "../../modules/firmware/boot-store.ts";
import { crc32 } from "../../modules/settings/crc32.ts";
import { NorFlash } from "../modules/settings/nor-flash.ts";

const text = readFileSync(join(packageRoot, "modules/firmware/FORMAT.md"), "utf8");

/** Rows of the table whose first cell of the header is this; with the others of its header. */
function table(...header: string[]): string[][] {
	const lines = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
	const from = lines.findIndex((cells) => header.every((cell, index) => cells[index + 1] === cell));
	const rows: string[][] = [];
	for (let at = from + 2; (lines[at]?.length ?? 0) > 2; at++) rows.push(lines[at]!.slice(1, -1));
	return rows;
}

test("[MaU-002] the boot decision table is the code's", () => {
	const rows = table("Situation", "both", "kept", "other", "neither");
	const shown = Object.fromEntries(
		rows.map(([situation, both, kept, other, neither]) => [situation, { both, kept, other, neither }]),
	);
	deepEqual(shown, BOOT_DECISION);
	const actions = new Set(Object.values(BOOT_DECISION).flatMap((row) => Object.values(row)));
	deepEqual(new Set(table("Action", "starts").map(([action]) => action)), actions);
	deepEqual(
		table("Situation", "when").map(([situation]) => situation),
		Object.keys(BOOT_DECISION),
	);
});

test("every byte of the boot state lies where the format says", () => {
	const state: BootState = {
		...NEW_DEVICE,
		kept: "b",
		trial: "running",
		boots: 2,
		elapsedMs: 0x01020304,
		securityCounter: 0x05060708,
		reverted: "deadline",
		otherIs: "failed",
		otherId: "a1a2a3a4a5a6a7a8",
	};
	const flash = new NorFlash({ sectors: 2, sectorBytes: 512, writeBytes: 1 });
	new BootStore(flash).write(state);
	const copies = [0, 32].map((at) => flash.bytes.slice(at, at + 32));
	deepEqual(copies[0], copies[1]);
	const bytes = copies[0]!;
	const view = new DataView(bytes.buffer);
	const expected: [number, number, number][] = [
		[4, 1, 1],
		[5, 1, 1],
		[6, 1, 2],
		[7, 1, 2],
		[8, 4, 0x01020304],
		[12, 4, 0x05060708],
		[16, 1, 4],
		[17, 1, 1],
		[18, 2, 0],
	];
	const rows = table("offset", "size", "what");
	for (const [offset, size, value] of expected) {
		equal(size === 1 ? bytes[offset] : size === 2 ? view.getUint16(offset, true) : view.getUint32(offset, true), value);
		equal(
			rows.some((row) => row[0] === String(offset) && row[1] === String(size)),
			true,
			`${offset} is in the table`,
		);
	}
	equal(view.getUint32(0, true), 1);
	deepEqual([...bytes.subarray(20, 28)], [0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8]);
	equal(view.getInt32(28, true), crc32(bytes, 0, 28, 0));
});
