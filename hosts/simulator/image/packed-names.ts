import ts from "typescript";

/** As terser takes it: nth_identifier. */
export interface NameSupply {
	get(index: number): string;
}

/** What XS or the host looks at. */
const special = new Set([
	"native",
	"Native",
	"arguments",
	"eval",
	"undefined",
	"NaN",
	"Infinity",
	"async",
	"await",
	"let",
]);

/**
 * Names for variables that the program has already, as names of properties: a name is a symbol in the device's ROM,
 * with a slot, a pointer and its text, and one symbol serves both.
 */
export function namesOfProperties(text: string): NameSupply {
	const source = ts.createSourceFile("program.js", text, ts.ScriptTarget.ES2022, false, ts.ScriptKind.JS);
	const names = new Set<string>();
	const note = (name: ts.Node | undefined): void => {
		if (name !== undefined && ts.isIdentifier(name) && isFree(name.text)) names.add(name.text);
	};
	const visit = (node: ts.Node): void => {
		if (ts.isPropertyAccessExpression(node)) note(node.name);
		else if (ts.isPropertyAssignment(node) || ts.isClassElement(node)) note(node.name);
		ts.forEachChild(node, visit);
	};
	visit(source);
	const supply = [...names].sort();
	return { get: (index) => supply[index] ?? `_${(index - supply.length).toString(36)}` };
}

function isFree(name: string): boolean {
	return !special.has(name) && ts.identifierToKeywordKind(ts.factory.createIdentifier(name)) === undefined;
}
