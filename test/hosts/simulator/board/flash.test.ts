import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FlashChip, type FlashGeometry, PowerCut } from "../../../../hosts/simulator/board/flash.ts";
import { FlashFileRefused, openFlashFile } from "../../../../hosts/simulator/board/flash-file.ts";
import { boardNames, presets } from "../../../../hosts/simulator/board/presets.ts";

const words: FlashGeometry = { sizeBytes: 4096, sectorBytes: 1024, writeBytes: 4, enduranceErases: 5 };
const bytesOf = (size: number, value = 0xa5) => new Uint8Array(size).fill(value);

function contentOf(chip: FlashChip, offset = 0, size = chip.geometry.sizeBytes): Uint8Array {
	const bytes = new Uint8Array(size);
	equal(chip.read(offset, bytes), undefined);
	return bytes;
}

test("a new chip reads as erased, a write is read back, an erase takes it away again", () => {
	const chip = new FlashChip(words);
	ok(contentOf(chip).every((byte) => byte === 0xff));
	const bytes = Uint8Array.from({ length: 1200 }, (_, index) => index & 0xff);
	equal(chip.write(512, bytes), undefined, "over a border of sectors");
	deepEqual(contentOf(chip, 512, 1200), bytes);
	equal(chip.erase(0, 1024), undefined);
	ok(contentOf(chip, 0, 1024).every((byte) => byte === 0xff));
	deepEqual(contentOf(chip, 1024, 688), bytes.subarray(512));
	deepEqual(chip.figures(), { writes: 1, bytesWritten: 1200, erases: 1, mostErasesOfASector: 1 });
});

test("a unit is written once between two erases, even when only bits would be cleared, even with 0xff", () => {
	const chip = new FlashChip(words);
	equal(chip.write(8, bytesOf(4, 0xff)), undefined);
	match(chip.write(8, bytesOf(4, 0x0f)) ?? "", /8, which was not erased/);
	match(chip.write(0, bytesOf(16, 0)) ?? "", /8, which was not erased/);
	ok(
		contentOf(chip).every((byte) => byte === 0xff),
		"a refused write changes nothing",
	);
	equal(chip.write(12, bytesOf(4)), undefined, "the unit beside it is free");
	equal(chip.erase(0, 1024), undefined);
	equal(chip.write(8, bytesOf(4, 0x0f)), undefined);
});

test("what is not aligned, or outside, is refused with a sentence", () => {
	const chip = new FlashChip(words);
	match(chip.write(2, bytesOf(4)) ?? "", /not aligned to 4/);
	match(chip.write(4, bytesOf(3)) ?? "", /not aligned to 4/);
	match(chip.erase(512, 1024) ?? "", /not aligned to 1024/);
	match(chip.erase(0, 100) ?? "", /not aligned to 1024/);
	match(chip.write(4096, bytesOf(4)) ?? "", /outside of its 4096 bytes/);
	match(chip.write(-4, bytesOf(4)) ?? "", /outside/);
	match(chip.read(4090, new Uint8Array(8)) ?? "", /outside/);
	match(chip.erase(3072, 2048) ?? "", /outside/);
	deepEqual(chip.figures(), { writes: 0, bytesWritten: 0, erases: 0, mostErasesOfASector: 0 });
});

test("a sector wears out after as many erases as the data sheet gives it, the others stay good", () => {
	const chip = new FlashChip(words);
	for (let round = 0; round < 5; round++) equal(chip.erase(1024, 1024), undefined);
	match(chip.erase(1024, 1024) ?? "", /sector 1 is worn out/);
	equal(chip.erase(0, 1024), undefined);
	equal(chip.figures().mostErasesOfASector, 5);
});

test("a power cut in a write leaves the first bytes written, one byte torn, the rest erased; and cuts once", () => {
	for (let bytes = 0; bytes <= 8; bytes++) {
		const chip = new FlashChip(words);
		chip.cutAt({ operation: 1, bytes, tornBits: 0x0f });
		equal(chip.write(0, bytesOf(8, 0x00)), undefined, "the operation before the cut");
		throws(() => chip.write(16, bytesOf(8, 0x00)), PowerCut);
		const found = contentOf(chip, 16, 8);
		for (let index = 0; index < 8; index++) {
			const expected = index < bytes ? 0x00 : index === bytes ? 0xf0 : 0xff;
			equal(found[index], expected, `cut at ${bytes}, byte ${index}`);
		}
		if (bytes > 0) match(chip.write(16, bytesOf(4)) ?? "", /not erased/, "a torn unit is used up");
		equal(chip.erase(0, 1024), undefined);
		equal(chip.write(16, bytesOf(8)), undefined);
	}
});

test("a power cut in an erase leaves a sector to erase again, and earlier sectors erased", () => {
	const chip = new FlashChip(words);
	equal(chip.write(0, bytesOf(2048, 0x00)), undefined);
	chip.cutAt({ operation: 1, bytes: 100, tornBits: 0x01 });
	throws(() => chip.erase(0, 2048), PowerCut);
	ok(contentOf(chip, 0, 1024).every((byte) => byte === 0xff));
	const torn = contentOf(chip, 1024, 1024);
	deepEqual([torn[99], torn[100], torn[101], torn[1023]], [0xff, 0x01, 0x00, 0x00]);
	match(chip.write(1024, bytesOf(4)) ?? "", /not erased/, "reads as erased, but is not");
	equal(chip.figures().mostErasesOfASector, 1);
	equal(chip.erase(1024, 1024), undefined);
	equal(chip.write(1024, bytesOf(4)), undefined);
});

test("burnt bytes are shared between chips until one of them writes", () => {
	const image = Uint8Array.from({ length: 1500 }, (_, index) => index & 0x7f);
	const one = new FlashChip(words);
	const other = new FlashChip(words);
	for (const chip of [one, other]) equal(chip.burn(0, image), undefined);
	deepEqual(contentOf(one, 0, 1500), image);
	match(one.write(1496, bytesOf(4)) ?? "", /not erased/);
	equal(one.write(1500, bytesOf(4, 0)), undefined, "what lies behind them is free");
	deepEqual(contentOf(other, 1500, 4), bytesOf(4, 0xff));
	equal(one.erase(0, 2048), undefined);
	deepEqual(contentOf(other, 0, 1500), image);
	equal(image[1], 1);
});

function inFolder(run: (folder: string) => void): void {
	const folder = mkdtempSync(join(tmpdir(), "dormouse-flash-"));
	try {
		run(folder);
	} finally {
		rmSync(folder, { recursive: true });
	}
}

test("a flash file holds content and wear from one run to the next, also when nobody closed it", () => {
	inFolder((folder) => {
		const path = join(folder, "board.flash");
		const first = openFlashFile(path, words);
		first.erase(1024, 1024);
		equal(first.write(1024, bytesOf(8, 0x12)), undefined);
		first.cutAt({ operation: 0, bytes: 2, tornBits: 0xff });
		throws(() => first.write(2048, bytesOf(8, 0x34)), PowerCut);
		const second = openFlashFile(path, words); // the first one was never closed: that is what a killed process leaves
		deepEqual(contentOf(second, 1024, 8), bytesOf(8, 0x12));
		deepEqual([...contentOf(second, 2048, 4)], [0x34, 0x34, 0x34, 0xff]);
		match(second.write(1024, bytesOf(4)) ?? "", /not erased/);
		equal(second.figures().mostErasesOfASector, 1);
		first.close();
		second.close();
		equal(readFileSync(path).length, 4096 + 4 * 4);
	});
});

test("a file as read out of a chip, without wear table, is taken as unworn", () => {
	inFolder((folder) => {
		const path = join(folder, "dump.flash");
		writeFileSync(path, bytesOf(4096, 0x77));
		const chip = openFlashFile(path, words);
		deepEqual(contentOf(chip), bytesOf(4096, 0x77));
		equal(chip.figures().mostErasesOfASector, 0);
		equal(chip.erase(0, 1024), undefined);
		chip.close();
		const again = openFlashFile(path, words);
		equal(again.figures().mostErasesOfASector, 1);
		again.close();
	});
});

test("a file that is none for this chip is refused with a reason, and left alone", () => {
	inFolder((folder) => {
		const refused = (path: string, why: RegExp) =>
			throws(
				() => openFlashFile(path, words),
				(error: Error) => error instanceof FlashFileRefused && why.test(error.message),
			);
		const path = join(folder, "short.flash");
		writeFileSync(path, "x".repeat(100));
		refused(path, /has 100 bytes, this board's flash has 4096 .*another file/);
		equal(readFileSync(path, "utf8"), "x".repeat(100));
		refused(folder, /is not a file/);
		refused(join(folder, "no", "such.flash"), /can not be made: no such file or directory/);
		if (existsSync("/dev/full")) refused("/dev/full", /is not a file/);
	});
});

test("a file that does not fit on the disk is refused, and nothing of it stays", {
	skip: !existsSync("/bin/sh"),
}, () => {
	inFolder((folder) => {
		const path = join(folder, "large.flash");
		const chip = new URL("../../../../hosts/simulator/board/flash-file.js", import.meta.url).href;
		const script = `import(${JSON.stringify(chip)}).then(({ openFlashFile }) => openFlashFile(${JSON.stringify(path)},
			{ sizeBytes: 4194304, sectorBytes: 4096, writeBytes: 4, enduranceErases: 10 }))
			.catch((error) => console.log(error.name, error.message))`;
		// A limit on the size of files stands in for a full disk.
		const limited = `ulimit -f 100 && exec "${process.execPath}" -e '${script}'`;
		const { stdout } = spawnSync("/bin/sh", ["-c", limited], { encoding: "utf8", timeout: 20_000 });
		match(stdout, /^FlashFileRefused .*file too large/);
		ok(!existsSync(path));
	});
});

test("every preset's map lies in its flash, on whole sectors, and nothing overlaps", () => {
	for (const name of boardNames) {
		const { flash, map, ...preset } = presets[name];
		equal(preset.name, name);
		equal(flash.sizeBytes % flash.sectorBytes, 0);
		let end = 0;
		for (const part of Object.values(map).sort((a, b) => a.offset - b.offset)) {
			ok(part.offset >= end, `${name}: partitions overlap`);
			equal(part.offset % flash.sectorBytes, 0);
			equal(part.sizeBytes % flash.sectorBytes, 0);
			end = part.offset + part.sizeBytes;
		}
		ok(end <= flash.sizeBytes, `${name}: the map ends outside`);
		equal(map.slotA.sizeBytes, map.slotB.sizeBytes);
		ok(map.settings.sizeBytes >= 2 * flash.sectorBytes);
		ok(map.boot.sizeBytes >= 2 * flash.sectorBytes);
	}
});
