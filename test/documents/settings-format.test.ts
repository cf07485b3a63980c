/** modules/settings/FORMAT.md says what the code does: its tables are compared with the constants. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { keyMax, liveKey, schemaKey, secretKey } from "../../modules/settings/key.ts";
import { rootLayout, rootVersion, storedKind, storedLayout } from "../../modules/settings/key-value-names.ts";
import * as layout from "../../modules/settings/layout.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const folder = join(root, "modules/settings");
const format = readFileSync(join(folder, "FORMAT.md"), "utf8");

/** The cells of the first table below this line. */
function table(below: string): string[][] {
	const from = format.indexOf(`\n${below}\n`);
	ok(from >= 0, `there is no "${below}"`);
	const lines = format.slice(from + below.length + 2).split("\n");
	const first = lines.findIndex((line) => line.startsWith("|"));
	const rows: string[][] = [];
	for (const line of lines.slice(first)) {
		if (!line.startsWith("|")) break;
		rows.push(
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);
	}
	return rows.slice(2);
}

const offsets = (below: string) => Object.fromEntries(table(below).map(([name, offset]) => [name, Number(offset)]));

/** Fields follow one another without a gap, up to `end`. */
function dense(below: string, end: number): void {
	let at = 0;
	for (const [name, offset, bytes] of table(below)) {
		equal(Number(offset), at, name);
		at += Number(bytes);
	}
	equal(at, end);
}

test("[SET] the headers of FORMAT.md are those of the code", () => {
	deepEqual(offsets("### Mark"), layout.markLayout);
	dense("### Mark", layout.markBytes);
	deepEqual(offsets("### Opening"), layout.openingLayout);
	dense("### Opening", layout.openingBytes);
	deepEqual(offsets("## Record"), layout.recordLayout);
	dense("## Record", layout.recordBytes);
	ok(format.includes(`0x${layout.magic.toString(16)}, "DmS1"`));
	ok(format.includes(`A·⌈${layout.markBytes}/A⌉ + A·⌈${layout.openingBytes}/A⌉`));
});

test("[SET] the kinds, flags and views of FORMAT.md are those of the code", () => {
	const below = "The seed is why nothing that lies inside of a value passes as a record, whoever chose the value.";
	const kinds = Object.fromEntries(table(below).map(([name, code]) => [name, Number(code)]));
	deepEqual(kinds, layout.recordKind);
	const kindRow = table("## Record").find(([name]) => name === "kind")!;
	ok(kindRow[3]!.includes(`0x${layout.firstFlag.toString(16)}: the first`));
	ok(kindRow[3]!.includes(`0x${layout.lastFlag.toString(16)}: the last`));
	ok(format.includes(`(0x${(layout.firstFlag | layout.lastFlag).toString(16)})`));
	const viewsRow = table("## Record").find(([name]) => name === "views")!;
	ok(viewsRow[3]!.includes(`bits 1 to ${layout.slotsMax} the snapshot of slot 0 to ${layout.slotsMax - 1}`));
	equal(layout.currentView, 1);
});

test("[SET] the bits of keys, and what sealing adds, are those of the code", () => {
	const bits = table("### Key").map(([cell]) => cell);
	deepEqual(bits, ["0 to 27", "28", "29", "30, 31"]);
	equal(secretKey, 2 ** 28);
	equal(liveKey, 2 ** 29);
	equal(keyMax, 2 ** 30 - 1);
	equal(schemaKey, 0);
	const sealed = Object.fromEntries(table("### Sealed value").map(([name, bytes]) => [name, bytes]));
	deepEqual(sealed, { nonce: String(layout.nonceBytes), text: "n", tag: String(layout.tagBytes) });
});

test("[SET] what stands in a platform's store is what FORMAT.md says", () => {
	deepEqual(offsets("Stored value:"), storedLayout);
	deepEqual(offsets("Root:"), rootLayout);
	const [kind] = table("Stored value:");
	equal(kind![2], `${storedKind.plain} plain, ${storedKind.sealed} sealed, ${storedKind.removal} removal`);
	equal(table("Root:")[0]![2], String(rootVersion));
});

test("[SET] every file of the module is in the README's map", () => {
	const readme = readFileSync(join(folder, "README.md"), "utf8");
	const missing = readdirSync(folder).filter((name) => name.endsWith(".ts") && !readme.includes(`\`${name}\``));
	deepEqual(missing, []);
});
