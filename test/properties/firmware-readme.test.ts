import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SOFTWARE } from "../../modules/firmware/software-table.ts";
import { UPDATE, type UpdateCell, UpdateResult } from "../../modules/firmware/update-table.ts";
import { bare } from "./pasted-table.ts";

const readme = readFileSync(fileURLToPath(new URL("../../../../modules/firmware/README.md", import.meta.url)), "utf8");

const words: { readonly [cell: string]: string } = { refuse: "4.05", ignore: "·", impossible: "✗" };

function markdownOf(table: Readonly<Record<string, Readonly<Record<string, UpdateCell>>>>): string {
	const states = Object.keys(table);
	const lines = [`| | ${states.join(" | ")} |`, `|---|${states.map(() => "---|").join("")}`];
	const events = ["push", "pull", "reset", "update", "cancel", "whole", "sound", "failed", "go", "later"];
	for (const event of [...events, "updated", "stuck"]) {
		const cells = states.map((state) => {
			const cell = table[state]![event]!;
			return typeof cell === "string" ? words[cell] : `${cell[0]} → ${cell[1]}`;
		});
		lines.push(`| **${event}** | ${cells.join(" | ")} |`);
	}
	return lines.join("\n");
}

test("[FWU-5] [Sw-Mgmt-001] the tables in the README are those of the code", () => {
	for (const [name, table] of Object.entries({ UPDATE, SOFTWARE })) {
		const pasted = readme.match(new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- end -->`))?.[1];
		equal(pasted && bare(pasted), bare(markdownOf(table)), name);
	}
});

test("[FWU-5] every Update Result stands in the README", () => {
	for (const result of Object.values(UpdateResult)) ok(readme.includes(`\n| ${result} | `), String(result));
});
