import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "../../hosts/simulator/cli/object.ts";

interface Row {
	readonly id: string;
	readonly title: string;
	readonly state: "due" | "later";
	readonly driver: "L" | "S";
	readonly note?: string;
}

interface Script {
	catalog(): readonly Row[];
	testedIds(): ReadonlySet<string>;
	idsIn(text: string): ReadonlySet<string>;
	readmeLines(): readonly string[];
}

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const script = (await import(pathToFileURL(`${root}scripts/conformance.mjs`).href)) as Script;
const rows = script.catalog();

test("ids out of names", () => {
	deepEqual([...script.idsIn("[CORE-DM-1] ETS 203 222 Read, A-72 and L-13")], ["ETS 203", "ETS 222", "A-72", "L-13"]);
	deepEqual([...script.idsIn("[CORE-DM-1] HA-1 of ETSI 3")], []);
});

test("each case stands once in the catalogue, with a title and a state", () => {
	const ids = rows.map(({ id }) => id);
	equal(new Set(ids).size, ids.length);
	for (const { id, title, state, driver } of rows) {
		deepEqual([...script.idsIn(id)], [id]);
		ok(title !== "" && ["due", "later"].includes(state) && ["L", "S"].includes(driver), id);
	}
});

test("each id that a test names is in the catalogue, and due", () => {
	const due = new Set(rows.filter(({ state }) => state === "due").map(({ id }) => id));
	const strangers = [...script.testedIds()].filter((id) => !due.has(id));
	deepEqual(strangers, []);
});

test("the README says what the catalogue says", (t) => {
	const readme = readFileSync(`${root}README.md`, "utf8");
	const lines = script.readmeLines();
	if (!readme.includes("| Conformance |")) t.skip("the README has no table of conformance yet");
	else for (const line of lines) ok(readme.includes(line), `npm run conformance -- --readme has: ${line}`);
});

test("the facts of the tests' own Object are those of its XML", async () => {
	const said: string[] = [];
	const ignore = () => {};
	const output = {
		out: (line: string) => void said.push(line),
		err: ignore,
		bold: String,
		dim: String,
		progress: ignore,
	};
	const files = [`${root}test/conformance/objects/33100.xml`];
	const options = { files, out: `${root}test/conformance/device/facts`, check: true };
	equal(await run(options, { ...output, drained: async () => {} }), 0, said.join());
});
