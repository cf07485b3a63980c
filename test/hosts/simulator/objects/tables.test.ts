/**
 * The tables of facts as they are in the tree: well formed, and as the embedded server knows the same Objects. The
 * server's facts come from the same XML by other code, so each is a second opinion on the other.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Models } from "../../../../hosts/simulator/server/models/models.ts";
import type { ObjectFacts } from "../../../../modules/lwm2m/facts.ts";

const folder = new URL("../../../../modules/objects/facts/", import.meta.url);
// The sources say which tables there are: build/js may still hold one that was deleted.
const sources = fileURLToPath(new URL("../../../../../../modules/objects/facts/", import.meta.url));
const files = readdirSync(sources)
	.filter((name) => name.endsWith(".ts"))
	.map((name) => name.replace(".ts", ".js"));

/** The one table of a file. */
async function tableOf(file: string): Promise<ObjectFacts> {
	const tables = Object.values((await import(new URL(file, folder).href)) as Record<string, ObjectFacts>);
	equal(tables.length, 1, file);
	return tables[0]!;
}

const tables = await Promise.all(files.map(async (file) => [file, await tableOf(file)] as const));

/** As the server spells types. */
const spelt: Readonly<Record<string, string>> = {
	unsignedInteger: "unsigned_integer",
	objectLink: "objlnk",
	coreLink: "corelink",
};

test("there are tables of all core objects and of IPSO's", () => {
	ok(files.length > 80, `${files.length} tables`);
	const ids = new Set(tables.map(([, { id }]) => id));
	for (const id of [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 16, 19, 20, 21, 23, 24, 25, 26, 27])
		ok(ids.has(id), `object ${id}`);
});

test("each table is frozen, in ascending order, with a type for all but executables, and named by its ID", () => {
	for (const [file, facts] of tables) {
		ok(file.includes(`-${facts.id}.`) || file.includes(`-${facts.id}-v${facts.version.replace(".", "-")}.`), file);
		ok(Object.isFrozen(facts) && Object.isFrozen(facts.resources), file);
		let last = -1;
		for (const [name, row] of Object.entries(facts.resources)) {
			ok(Object.isFrozen(row) && (row.range === undefined || Object.isFrozen(row.range)), `${file} ${name}`);
			ok(row.id > last, `${file} ${name}`);
			equal(row.type === undefined, row.operations === "E", `${file} ${name}`);
			ok(row.range === undefined || row.range[0] <= row.range[1], `${file} ${name}`);
			last = row.id;
		}
	}
});

test("the embedded server knows the same objects in the same way", () => {
	const models = Models.load();
	for (const [file, facts] of tables) {
		const model = models.object(facts.id, facts.version);
		ok(model !== undefined && model.version === facts.version, `${file}: the server has ${model?.version}`);
		equal(facts.multiple === true, model.multiple, file);
		equal(facts.mandatory === true, model.mandatory, file);
		equal(facts.lwm2mVersion ?? "1.0", model.lwm2mVersion, file);
		deepEqual(
			Object.values(facts.resources).map(({ id, operations, type, multiple, mandatory, units }) => ({
				id,
				operations,
				type: type === undefined ? undefined : (spelt[type] ?? type),
				multiple: multiple === true,
				mandatory: mandatory === true,
				units: units ?? "",
			})),
			[...model.resources.values()]
				.sort((a, b) => a.id - b.id)
				.map(({ id, operations, type, multiple, mandatory, units }) => {
					const isCommand = operations === "E";
					return {
						id,
						operations,
						type: isCommand ? undefined : type,
						multiple,
						mandatory,
						units: isCommand ? "" : units,
					};
				}),
			file,
		);
	}
});
