import { equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ANSWERING, EXCHANGE } from "../../modules/coap/exchange.ts";
import { DEVICE_LIMITS } from "../../modules/coap/tuning.ts";
import { bare } from "./pasted-table.ts";

const readme = readFileSync(fileURLToPath(new URL("../../../../modules/coap/README.md", import.meta.url)), "utf8");

type Table = Readonly<Record<string, Readonly<Record<string, readonly [string, string] | "ignore" | "impossible">>>>;

function markdownOf(table: Table): string {
	const events = Object.keys(Object.values(table)[0]!);
	const lines = [`| | ${events.join(" | ")} |`, `|---|${events.map(() => "---|").join("")}`];
	for (const [state, row] of Object.entries(table)) {
		const cells = events.map((event) => {
			const cell = row[event]!;
			return cell === "ignore" ? "–" : cell === "impossible" ? "✗" : `${cell[0]} → ${cell[1]}`;
		});
		lines.push(`| ${state} | ${cells.join(" | ")} |`);
	}
	return lines.join("\n");
}

test("the tables in the CoAP README are those of the code", () => {
	for (const [name, table] of Object.entries({ EXCHANGE, ANSWERING })) {
		const pasted = readme.match(new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- end -->`))?.[1];
		equal(pasted && bare(pasted), bare(markdownOf(table as unknown as Table)), name);
	}
});

test("the limits in the CoAP README are those of the code", () => {
	for (const [name, value] of Object.entries(DEVICE_LIMITS)) {
		if (name === "blockSizeBytes") continue; // it is a preference: nothing gets full
		const row = readme.split("\n").find((line) => line.startsWith(`| \`${name}\``));
		ok(row?.split("|")[2]?.trim() === String(value), `${name} is ${value}: ${row}`);
	}
});
