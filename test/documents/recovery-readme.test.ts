/** What modules/lwm2m/README.md says of recovery is what runs. */
import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { afterSeries } from "../../modules/lwm2m/recovery.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const readme = readFileSync(join(root, "modules/lwm2m/README.md"), "utf8");

test("[BSR-001] what follows a series that failed is in the README as it runs", () => {
	for (const [name, row] of [
		["bootstrap possible", afterSeries.possible],
		["bootstrap not possible", afterSeries.impossible],
	] as const) {
		const line = readme.split("\n").find((each) => each.startsWith(`| ${name} `));
		const cells = line?.split("|").map((cell) => cell.trim());
		const { wanted, unwanted } = row;
		const expected = [wanted.othersLeft, wanted.noneLeft, unwanted.othersLeft, unwanted.noneLeft];
		deepEqual(cells?.slice(2, -1), expected);
	}
});
