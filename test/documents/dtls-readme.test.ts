/** What modules/dtls/README.md shows is what runs. */
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { associationTable } from "../../modules/dtls/association-table.ts";
import { clientTable } from "../../modules/dtls/client-table.ts";
import { serverTable } from "../../modules/dtls/server-table.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readme = readFileSync(join(root, "modules/dtls/README.md"), "utf8");

type Table = Readonly<Record<string, Readonly<Record<string, readonly [string, string] | "ignore" | "impossible">>>>;
const machines: Readonly<Record<string, Table>> = {
	"The association": associationTable,
	"A client's handshake": clientTable,
	"A server's handshake": serverTable,
};

/** The rows of the table below this heading, without the blanks that align them. */
function rowsBelow(heading: string): string[] {
	const from = readme.indexOf(`### ${heading}\n`);
	ok(from >= 0, heading);
	const next = readme.indexOf("\n#", from + 4);
	return readme
		.slice(from, next < 0 ? undefined : next)
		.split("\n")
		.filter((line) => line.startsWith("|") && !line.startsWith("| -"))
		.map((line) => line.split("|").slice(1, -1))
		.map((cells) => cells.map((cell) => cell.trim()).join("|"));
}

for (const [heading, table] of Object.entries(machines)) {
	test(`"${heading}" in the README is the table that runs`, () => {
		const states = Object.keys(table);
		const events = Object.keys(Object.values(table)[0]!);
		const expected = [["", ...states].join("|")];
		for (const event of events) {
			const cells = states.map((state) => {
				const cell = table[state]![event]!;
				if (cell === "ignore") return "·";
				return cell === "impossible" ? "✗" : `${cell[0]} → ${cell[1]}`;
			});
			expected.push([`**${event}**`, ...cells].join("|"));
		}
		deepEqual(rowsBelow(heading), expected);
	});

	test(`"${heading}": every state can be reached, and every state but the last can be left`, () => {
		const reached = new Set(["idle"]);
		for (const state of reached) {
			for (const cell of Object.values(table[state]!)) if (typeof cell !== "string") reached.add(cell[1]);
		}
		deepEqual([...reached].sort(), Object.keys(table).sort());
	});
}

test("every file of the module is in the README's map, and in the manifest's preload", () => {
	const manifest = readFileSync(join(root, "modules/dtls/manifest.json"), "utf8");
	for (const name of readdirSync(join(root, "modules/dtls")).filter((file) => file.endsWith(".ts"))) {
		ok(manifest.includes(`"modules/dtls/${name.replace(".ts", "")}"`), `${name} in the manifest`);
		ok(readme.includes(`\`${name}\``), `${name} in the README`);
	}
});
