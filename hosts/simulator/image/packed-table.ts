import ts from "typescript";
import { type Edit, edited } from "./packed-edits.ts";
import { type Use, usesOfTopLevel } from "./packed-scopes.ts";

/** What the table is called: nothing else in a packed program is. */
const table = "$";

/** With fewer, the table takes more than it saves. */
const least = 8;

/**
 * Makes the constants, functions and classes of the top level that functions use elements of one array. On XS, a
 * function holds a slot for each variable that it captures, and takes one of the stack for each when it is called. Now
 * all capture the same: the array.
 * @param text what terser made: each variable is declared once, before it is used at run time
 */
export function variablesInTable(text: string): string {
	const source = ts.createSourceFile("program.js", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
	const uses = usesOfTopLevel(source);
	if (uses.has(table)) throw new Error(`packing for XS: a variable is called ${table}`);
	const places = placesOf(source, uses);
	if (places.size < least) return text;
	const edits: Edit[] = [];
	for (const [name, index] of places) {
		const used = uses.get(name)!;
		for (const use of used) if (use.within !== undefined || !keepsName(used)) edits.push(elementFor(use.name, index));
	}
	for (const statement of source.statements) edits.push(...declarationsOf(statement, places, uses));
	const first = source.statements.find((statement) => !ts.isImportDeclaration(statement))!.getStart();
	edits.push({ from: first, to: first, text: `const ${table}=[];` });
	const last = source.statements.find(ts.isExportDeclaration)?.getStart() ?? text.length;
	edits.push({ from: last, to: last, text: `;Object.freeze(${table});` });
	return edited(text, edits);
}

/** The top level uses it itself, more than once: it has a variable, too, that nobody captures. */
const keepsName = (uses: readonly Use[]) => uses.filter(({ within }) => within === undefined).length > 1;

/** Where each is in the table: those that are used most have the shortest numbers. */
function placesOf(source: ts.SourceFile, uses: ReadonlyMap<string, readonly Use[]>): ReadonlyMap<string, number> {
	const counted: { name: string; count: number }[] = [];
	for (const name of constantsOf(source)) {
		const used = uses.get(name) ?? [];
		const count = used.filter(({ within }) => within !== undefined).length;
		if (count > 0 && used.every(canMove)) counted.push({ name, count });
	}
	counted.sort((one, other) => other.count - one.count);
	return new Map(counted.map(({ name }, index) => [name, index]));
}

/** What is declared by `const` with a value, or is a class. */
function* constantsOf(source: ts.SourceFile): Generator<string> {
	for (const statement of source.statements) {
		if (ts.isClassDeclaration(statement) && statement.name !== undefined && !usesItself(statement))
			yield statement.name.text;
		if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) continue;
		for (const { name, initializer } of statement.declarationList.declarations)
			if (ts.isIdentifier(name) && initializer !== undefined && canBeElement(initializer)) yield name.text;
	}
}

/** Static fields are made when the class is not in the table yet. */
function usesItself({ name, members }: ts.ClassDeclaration): boolean {
	const mentions = (node: ts.Node): boolean =>
		(ts.isIdentifier(node) && node.text === name!.text) || (ts.forEachChild(node, mentions) ?? false);
	const isStatic = (member: ts.ClassElement) =>
		ts.isClassStaticBlockDeclaration(member) ||
		(ts.isPropertyDeclaration(member) &&
			member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true);
	return members.some((member) => isStatic(member) && mentions(member));
}

/**
 * Whether a variable's value can be in the table. A function that is called as an element has the array as its `this`;
 * and the SDK's linker loses a BigInt in an array.
 */
function canBeElement(value: ts.Expression): boolean {
	if (ts.isCallExpression(value)) return !/^BigInt\b/.test(value.expression.getText());
	return (
		ts.isArrowFunction(value) ||
		ts.isClassExpression(value) ||
		ts.isNewExpression(value) ||
		ts.isObjectLiteralExpression(value) ||
		ts.isArrayLiteralExpression(value) ||
		ts.isStringLiteralLike(value)
	);
}

function canMove({ name }: Use): boolean {
	const { parent } = name;
	if (ts.isExportSpecifier(parent) || ts.isTaggedTemplateExpression(parent)) return false;
	if (ts.isPrefixUnaryExpression(parent) || ts.isPostfixUnaryExpression(parent))
		return parent.operator !== ts.SyntaxKind.PlusPlusToken && parent.operator !== ts.SyntaxKind.MinusMinusToken;
	if (!ts.isBinaryExpression(parent) || parent.left !== name) return true;
	const { kind } = parent.operatorToken;
	return kind < ts.SyntaxKind.FirstAssignment || kind > ts.SyntaxKind.LastAssignment;
}

function elementFor(name: ts.Identifier, index: number): Edit {
	const element = `${table}[${index}]`;
	const text = ts.isShorthandPropertyAssignment(name.parent) ? `${name.text}:${element}` : element;
	return { from: name.getStart(), to: name.end, text: withSpace(name, text) };
}

/** Two words that stood apart stay apart: `$` may belong to one. */
function withSpace(name: ts.Identifier, text: string): string {
	const before = name.getSourceFile().text[name.getStart() - 1] ?? "";
	return /[\w$]/.test(before) ? ` ${text}` : text;
}

/** One statement becomes one for each variable. */
function declarationsOf(
	statement: ts.Statement,
	places: ReadonlyMap<string, number>,
	uses: ReadonlyMap<string, readonly Use[]>,
): Edit[] {
	const target = (name: string) => {
		const element = `${table}[${places.get(name)}]=`;
		return keepsName(uses.get(name)!) ? `const ${name}=${element}` : element;
	};
	if (ts.isClassDeclaration(statement)) {
		const name = statement.name!.text;
		if (!places.has(name)) return [];
		return [
			{ from: statement.getStart(), to: statement.name!.end, text: `${target(name)}class` },
			{ from: statement.end, to: statement.end, text: ";" },
		];
	}
	if (!ts.isVariableStatement(statement)) return [];
	const { declarations } = statement.declarationList;
	const isPlaced = ({ name }: ts.VariableDeclaration) => ts.isIdentifier(name) && places.has(name.text);
	if (!declarations.some(isPlaced)) return [];
	return declarations.map((each, index) => {
		const from = index === 0 ? statement.getStart() : declarations[index - 1]!.end;
		const start = isPlaced(each) ? target(each.name.getText()) : `const ${each.name.getText()}=`;
		return { from, to: each.initializer!.getStart(), text: `${index === 0 ? "" : ";"}${start}` };
	});
}
