import ts from "typescript";
import { callsInPlace } from "./packed-calls.ts";
import { constantsInPlace } from "./packed-constants.ts";
import { privateFieldsAsProperties } from "./packed-fields.ts";
import { functionsAsArrows } from "./packed-functions.ts";
import { namesMadeUnique } from "./packed-unique.ts";

/** Rewrites a program that is one JavaScript text. */
export type Rewriting = (source: ts.SourceFile) => ts.SourceFile;

const rewritings: readonly Rewriting[] = [
	constantsInPlace,
	functionsAsArrows,
	privateFieldsAsProperties,
	namesMadeUnique,
];

/**
 * Gives JavaScript shapes that take fewer slots of XS: constants of tables where they are used, functions of the top
 * level as arrows (no prototype, no constructor), private fields as properties (no capture in each method), functions
 * where they are called.
 * @param text of one program: its names on the top level are unique
 */
export function withFewerSlots(text: string): string {
	// Comments of the sources go; the last rewriting writes its own.
	const printer = ts.createPrinter({ removeComments: true });
	const rewritten = rewritings.reduce((before, rewrite) => printer.printFile(rewrite(parsed(before))), text);
	return ts.createPrinter().printFile(tablesAsPure(parsed(callsInPlace(rewritten))));
}

/** With parents set, as the rewritings need it. */
function parsed(text: string): ts.SourceFile {
	return ts.createSourceFile("program.js", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
}

/** Says of tables of the top level that nothing is lost without them, if nobody uses them. */
function tablesAsPure(source: ts.SourceFile): ts.SourceFile {
	for (const statement of source.statements) {
		if (!ts.isVariableStatement(statement)) continue;
		for (const { initializer } of statement.declarationList.declarations)
			if (initializer !== undefined && isTable(initializer))
				ts.addSyntheticLeadingComment(initializer, ts.SyntaxKind.MultiLineCommentTrivia, "#__PURE__");
	}
	return source;
}

/** What modules/frozen.ts and modules/bytes.ts make. */
export function isTable(value: ts.Expression): value is ts.CallExpression {
	return (
		ts.isCallExpression(value) &&
		ts.isIdentifier(value.expression) &&
		/^(frozen|fault)(\$\d+)?$/.test(value.expression.text)
	);
}
