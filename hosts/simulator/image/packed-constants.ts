import ts from "typescript";
import { usesOfTopLevel } from "./packed-scopes.ts";

type Constant = number | boolean;

/** What is known of places where a value is read. */
type Values = Map<ts.Node, Constant>;

/**
 * Numbers and booleans of the top level stand where they are used: of frozen tables (`table.name`), and of variables,
 * also when they are computed. A variable is a slot on XS, and one more in each function that captures it.
 */
export function constantsInPlace(source: ts.SourceFile): ts.SourceFile {
	const uses = usesOfTopLevel(source);
	const values: Values = new Map();
	for (const { name, initializer } of constantsOf(source)) {
		const value = constantOf(initializer, values);
		const table = value === undefined ? frozenTable(initializer, values) : undefined;
		for (const { name: use } of uses.get(name) ?? []) {
			const { parent } = use;
			if (value !== undefined && !ts.isExportSpecifier(parent)) values.set(use, value);
			if (!ts.isPropertyAccessExpression(parent) || isTarget(parent)) continue;
			const constant = table?.get(parent.name.text);
			if (constant !== undefined) values.set(parent, constant);
		}
	}
	return withValues(source, values);
}

const isTarget = ({ parent }: ts.Node) => ts.isDeleteExpression(parent) || ts.isTaggedTemplateExpression(parent);

function withValues(source: ts.SourceFile, values: Values): ts.SourceFile {
	const { transformed } = ts.transform(source, [
		(context) => {
			const visit = (node: ts.Node): ts.Node => {
				const value = values.get(node);
				if (value !== undefined) return literal(value);
				if (ts.isShorthandPropertyAssignment(node)) {
					const own = values.get(node.name);
					return own === undefined ? node : context.factory.createPropertyAssignment(node.name, literal(own));
				}
				return ts.visitEachChild(node, visit, context);
			};
			return (file) => ts.visitEachChild(file, visit, context);
		},
	]);
	return transformed[0]!;
}

/** In order of execution. */
function* constantsOf(
	source: ts.SourceFile,
): Generator<{ readonly name: string; readonly initializer: ts.Expression }> {
	for (const statement of source.statements) {
		if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) continue;
		for (const { name, initializer } of statement.declarationList.declarations)
			if (ts.isIdentifier(name) && initializer !== undefined) yield { name: name.text, initializer };
	}
}

/** `frozen({ … })`: those of its properties that are constants. */
function frozenTable(value: ts.Expression, values: Values): ReadonlyMap<string, Constant> | undefined {
	if (
		!ts.isCallExpression(value) ||
		!ts.isIdentifier(value.expression) ||
		!/^frozen(\$\d+)?$/.test(value.expression.text)
	)
		return undefined;
	const table = value.arguments[0];
	if (table === undefined || !ts.isObjectLiteralExpression(table)) return undefined;
	const constants = new Map<string, Constant>();
	for (const property of table.properties) {
		if (ts.isSpreadAssignment(property)) return undefined; // what comes of it may be called the same
		if (!ts.isPropertyAssignment(property) || !ts.isIdentifier(property.name)) continue;
		const constant = constantOf(property.initializer, values);
		if (constant !== undefined) constants.set(property.name.text, constant);
	}
	return constants;
}

/** What an expression of constants is; undefined when it is anything else. */
function constantOf(node: ts.Expression, values: Values): Constant | undefined {
	const known = values.get(node);
	if (known !== undefined) return known;
	if (ts.isNumericLiteral(node)) return Number(node.text);
	if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
	if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
	if (ts.isParenthesizedExpression(node)) return constantOf(node.expression, values);
	const of = (part: ts.Expression) => {
		const value = constantOf(part, values);
		return typeof value === "number" ? value : undefined;
	};
	let result: number | undefined;
	if (ts.isPrefixUnaryExpression(node)) {
		const operand = of(node.operand);
		if (operand !== undefined) result = unary[node.operator]?.(operand);
	} else if (ts.isBinaryExpression(node)) {
		const left = of(node.left);
		const right = left === undefined ? undefined : of(node.right);
		if (left !== undefined && right !== undefined) result = binary[node.operatorToken.kind]?.(left, right);
	}
	return result === undefined || !Number.isFinite(result) || Object.is(result, -0) ? undefined : result;
}

const unary: { readonly [operator: number]: (value: number) => number } = {
	[ts.SyntaxKind.MinusToken]: (value) => -value,
	[ts.SyntaxKind.PlusToken]: (value) => value,
	[ts.SyntaxKind.TildeToken]: (value) => ~value,
};

const binary: { readonly [operator: number]: (left: number, right: number) => number } = {
	[ts.SyntaxKind.PlusToken]: (left, right) => left + right,
	[ts.SyntaxKind.MinusToken]: (left, right) => left - right,
	[ts.SyntaxKind.AsteriskToken]: (left, right) => left * right,
	[ts.SyntaxKind.AsteriskAsteriskToken]: (left, right) => left ** right,
	[ts.SyntaxKind.SlashToken]: (left, right) => left / right,
	[ts.SyntaxKind.PercentToken]: (left, right) => left % right,
	[ts.SyntaxKind.LessThanLessThanToken]: (left, right) => left << right,
	[ts.SyntaxKind.GreaterThanGreaterThanToken]: (left, right) => left >> right,
	[ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (left, right) => left >>> right,
	[ts.SyntaxKind.AmpersandToken]: (left, right) => left & right,
	[ts.SyntaxKind.BarToken]: (left, right) => left | right,
	[ts.SyntaxKind.CaretToken]: (left, right) => left ^ right,
};

function literal(value: Constant): ts.Expression {
	const { factory } = ts;
	if (typeof value === "boolean") return value ? factory.createTrue() : factory.createFalse();
	const size = factory.createNumericLiteral(String(Math.abs(value)));
	return factory.createParenthesizedExpression(
		value < 0 ? factory.createPrefixUnaryExpression(ts.SyntaxKind.MinusToken, size) : size,
	);
}
