import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CONNECTION } from "../../modules/coap/tcp-state.ts";
import { bare } from "./pasted-table.ts";

const readme = readFileSync(fileURLToPath(new URL("../../../../modules/coap/README.md", import.meta.url)), "utf8");

/** The states are the columns here: there are more events than a page is wide. */
function connectionTable(): string {
	const states = Object.keys(CONNECTION) as (keyof typeof CONNECTION)[];
	const events = Object.keys(CONNECTION.closed) as (keyof typeof CONNECTION.closed)[];
	const lines = [`| | ${states.join(" | ")} |`, `|---|${states.map(() => "---|").join("")}`];
	for (const event of events) {
		const cells = states.map((state) => {
			const cell = CONNECTION[state][event];
			return cell === "ignore" ? "–" : cell === "impossible" ? "✗" : `${cell[0]} → ${cell[1]}`;
		});
		lines.push(`| ${event} | ${cells.join(" | ")} |`);
	}
	return lines.join("\n");
}

test("the table of a TCP connection in the CoAP README is that of the code", () => {
	const pasted = readme.match(/<!-- CONNECTION -->\n([\s\S]*?)\n<!-- end -->/)?.[1];
	equal(pasted && bare(pasted), bare(connectionTable()));
});
