import type { ResourceFacts } from "../../../modules/lwm2m/facts.ts";
import type { Definition } from "./definition.ts";
import { constantCase, kebabCase } from "./names.ts";

/** The tree's width of a line; a tab counts as two columns. */
const columns = 120;

/** "device-3.ts"; "device-3-v1-0.ts" where several versions of the Object stand side by side. */
export function fileNameOf({ name, facts }: Definition, isOneOfMany: boolean): string {
	const version = isOneOfMany ? `-v${facts.version.replace(".", "-")}` : "";
	return `${kebabCase(name)}-${facts.id}${version}.ts`;
}

/**
 * The table of facts as TypeScript, formatted as the tree is.
 * @param modules the library's modules/ as the file imports it: "../.."
 */
export function sourceOf({ name, facts }: Definition, modules: string): string {
	const { id, version, lwm2mVersion, multiple, mandatory, resources } = facts;
	const head = [`id: ${id}`, `version: "${version}"`];
	if (lwm2mVersion !== undefined) head.push(`lwm2mVersion: "${lwm2mVersion}"`);
	if (multiple) head.push("multiple: true");
	if (mandatory) head.push("mandatory: true");
	const rows = Object.entries(resources).map(([key, row]) => rowOf(key, row));
	return [
		`import { frozen } from "${modules}/frozen.ts";`,
		`import type { ObjectFacts } from "${modules}/lwm2m/facts.ts";`,
		"",
		`/** ${name}, Object ${id}, version ${version}: made from OMA's XML by \`dormouse object\`, not by hand. */`,
		`export const ${constantCase(name)} = frozen({`,
		...head.map((field) => `\t${field},`),
		...(rows.length === 0 ? ["\tresources: {},"] : ["\tresources: {", ...rows, "\t},"]),
		"}) satisfies ObjectFacts;",
		"",
	].join("\n");
}

function rowOf(key: string, facts: ResourceFacts): string {
	const fields = [`id: ${facts.id}`, `operations: "${facts.operations}"`];
	if (facts.type !== undefined) fields.push(`type: "${facts.type}"`);
	if (facts.multiple) fields.push("multiple: true");
	if (facts.mandatory) fields.push("mandatory: true");
	if (facts.range !== undefined) fields.push(`range: [${facts.range.join(", ")}]`);
	if (facts.among !== undefined) fields.push(`among: [${facts.among.join(", ")}]`);
	if (facts.units !== undefined) fields.push(`units: ${JSON.stringify(facts.units)}`);
	const line = `${key}: { ${fields.join(", ")} },`;
	if (line.length + 4 <= columns) return `\t\t${line}`;
	return [`\t\t${key}: {`, ...fields.map((field) => `\t\t\t${field},`), "\t\t},"].join("\n");
}
