// Writes facts.json from a folder of OMA object XML (the LwM2M registry): identifiers, names, types, operations, multiplicity, ranges and units.
// No prose is taken. Usage: node hosts/simulator/server/models/generate.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the embedded server knows by type: the enabler's own objects, IPSO, the test objects, and what the registry's folder has of them. */
const chosen = (id) => id <= 28 || (id >= 3200 && id <= 3350) || id === 3411 || id === 3441 || id === 3442;

const types = new Map([
	["String", "S"],
	["Integer", "I"],
	["Unsigned Integer", "U"],
	["Float", "F"],
	["Boolean", "B"],
	["Opaque", "O"],
	["Time", "T"],
	["Objlnk", "L"],
	["Corelnk", "C"],
	["", "-"],
]);

const unescaped = (text) =>
	text
		.replace(/&lt;/g, "<")
		.replace(/&gt;/g, ">")
		.replace(/&quot;/g, '"')
		.replace(/&apos;/g, "'")
		.replace(/&amp;/g, "&");

/** The text of the first element `name` in `xml`, blanks folded; "" when absent. */
function element(xml, name) {
	const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
	return unescaped(found?.[1] ?? "")
		.replace(/\s+/g, " ")
		.trim();
}

/** A field of a row: the separators may not occur in it. Ranges that are sentences are prose, and left out. */
function field(text, { facts = false } = {}) {
	if (facts && (text.length > 40 || /[a-z]{3,} [a-z]{3,}/.test(text))) return "";
	return text.replace(/[|;]/g, ",");
}

function row(xml) {
	const items = [...xml.matchAll(/<Item ID="(\d+)">([\s\S]*?)<\/Item>/g)].map(([, id, item]) => {
		const type = types.get(element(item, "Type"));
		if (type === undefined) throw new Error(`unknown type in item ${id}: ${element(item, "Type")}`);
		return [
			id,
			field(element(item, "Name")),
			element(item, "Operations") || "-",
			element(item, "MultipleInstances")[0] ?? "S",
			element(item, "Mandatory")[0] ?? "O",
			type,
			field(element(item, "RangeEnumeration"), { facts: true }),
			field(element(item, "Units"), { facts: true }),
		].join("|");
	});
	const head = xml.slice(0, xml.indexOf("<Resources>"));
	const id = Number(element(head, "ObjectID"));
	const version = element(head, "ObjectVersion") || "1.0";
	const fields = [
		id,
		field(element(head, "Name")),
		version,
		element(head, "LWM2MVersion") || "1.0",
		element(head, "MultipleInstances")[0],
		element(head, "Mandatory")[0],
		element(head, "ObjectURN"),
	];
	return { id, version, text: [fields.join("|"), ...items].join(";") };
}

const folder = process.argv[2];
if (folder === undefined) {
	process.stderr.write("Say the folder of the object XML: node hosts/simulator/server/models/generate.mjs FOLDER\n");
	process.exit(2);
}
const rows = new Map();
for (const place of [join(folder, "version_history"), folder]) {
	for (const name of readdirSync(place)) {
		const id = Number(/^(\d+)(-\d+_\d+)?\.xml$/.exec(name)?.[1] ?? Number.NaN);
		if (!chosen(id)) continue;
		const found = row(readFileSync(join(place, name), "utf8"));
		rows.set(`${found.id}/${found.version}`, found);
	}
}
const order = (a, b) => a.id - b.id || Number(a.version.replace(".", "")) - Number(b.version.replace(".", ""));
const lines = [...rows.values()].sort(order).map(({ text }) => `\t${JSON.stringify(text)}`);
writeFileSync(new URL("facts.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
process.stdout.write(`${lines.length} objects\n`);
