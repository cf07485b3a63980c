import ts from "typescript";

/**
 * Functions of the top level become arrows: on XS a function declaration takes four slots more, for what `new` would
 * need. Those that use `this`, `arguments` or `new.target`, are called with `new`, or are generators stay as they are.
 * The arrows stand before everything else, as declarations would be hoisted.
 */
export function functionsAsArrows(source: ts.SourceFile): ts.SourceFile {
	const constructed = namesThatMustConstruct(source);
	const { factory } = ts;
	const arrows: ts.Statement[] = [];
	const rest: ts.Statement[] = [];
	for (const statement of source.statements) {
		const arrow =
			ts.isFunctionDeclaration(statement) && statement.name !== undefined && !constructed.has(statement.name.text)
				? arrowOf(statement)
				: undefined;
		if (arrow === undefined || !ts.isFunctionDeclaration(statement)) {
			(ts.isImportDeclaration(statement) ? arrows : rest).push(statement);
			continue;
		}
		const declaration = factory.createVariableDeclaration(statement.name!, undefined, undefined, arrow);
		const list = factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const);
		arrows.push(factory.createVariableStatement(undefined, list));
	}
	return factory.updateSourceFile(source, [...arrows, ...rest]);
}

function arrowOf(declared: ts.FunctionDeclaration): ts.ArrowFunction | undefined {
	if (declared.asteriskToken !== undefined || declared.body === undefined || needsFunction(declared)) return undefined;
	const isExported = declared.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
	if (isExported) return undefined;
	const modifiers = declared.modifiers?.filter(ts.isModifier);
	return ts.factory.createArrowFunction(modifiers, undefined, declared.parameters, undefined, undefined, declared.body);
}

/** Whether something in it is the function's own, and not an arrow's. */
function needsFunction(declared: ts.FunctionDeclaration): boolean {
	let isNeeded = false;
	const visit = (node: ts.Node): void => {
		if (node.kind === ts.SyntaxKind.ThisKeyword || ts.isMetaProperty(node)) isNeeded = true;
		if (ts.isIdentifier(node) && node.text === "arguments") isNeeded = true;
		if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return;
		ts.forEachChild(node, visit);
	};
	ts.forEachChild(declared, visit);
	return isNeeded;
}

/** Names that `new`, `extends`, `instanceof`, `.prototype` or an assignment stand at, wherever. */
function namesThatMustConstruct(source: ts.SourceFile): Set<string> {
	const names = new Set<string>();
	const note = (node: ts.Node | undefined): void => {
		if (node !== undefined && ts.isIdentifier(node)) names.add(node.text);
	};
	const visit = (node: ts.Node): void => {
		if (ts.isNewExpression(node)) note(node.expression);
		else if (ts.isHeritageClause(node)) note(node.types[0]?.expression);
		else if (ts.isPropertyAccessExpression(node) && node.name.text === "prototype") note(node.expression);
		else if (ts.isBinaryExpression(node)) {
			if (node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) note(node.right);
			if (isAssignment(node.operatorToken.kind)) note(node.left);
		}
		ts.forEachChild(node, visit);
	};
	visit(source);
	return names;
}

const isAssignment = (kind: ts.SyntaxKind) =>
	kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

/** Numbers, booleans and `undefined` of frozen tables of the top level: `table.name` becomes what it is. */
export function constantsInPlace(source: ts.SourceFile): ts.SourceFile {
	const tables = constantsOf(source);
	const { transformed } = ts.transform(source, [
		(context) => {
			const visit = (node: ts.Node): ts.Node => {
				if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
					const constant = tables.get(node.expression.text)?.get(node.name.text);
					if (constant !== undefined && !isTarget(node)) return copyOf(constant);
				}
				return ts.visitEachChild(node, visit, context);
			};
			return (file) => ts.visitEachChild(file, visit, context);
		},
	]);
	return transformed[0]!;
}

const isTarget = ({ parent }: ts.Node) => ts.isDeleteExpression(parent) || ts.isTaggedTemplateExpression(parent);

function constantsOf(source: ts.SourceFile): Map<string, Map<string, ts.Expression>> {
	const tables = new Map<string, Map<string, ts.Expression>>();
	for (const statement of source.statements) {
		if (!ts.isVariableStatement(statement) || (statement.declarationList.flags & ts.NodeFlags.Const) === 0) continue;
		for (const { name, initializer } of statement.declarationList.declarations) {
			if (!ts.isIdentifier(name) || initializer === undefined) continue;
			const table = frozenTable(initializer);
			if (table !== undefined) tables.set(name.text, table);
		}
	}
	for (const name of innerNames(source)) tables.delete(name);
	return tables;
}

/** `frozen({ … })`: those of its properties that are small constants. */
function frozenTable(value: ts.Expression): Map<string, ts.Expression> | undefined {
	if (
		!ts.isCallExpression(value) ||
		!ts.isIdentifier(value.expression) ||
		!/^frozen(\$\d+)?$/.test(value.expression.text)
	)
		return undefined;
	const table = value.arguments[0];
	if (table === undefined || !ts.isObjectLiteralExpression(table)) return undefined;
	const constants = new Map<string, ts.Expression>();
	for (const property of table.properties) {
		if (ts.isSpreadAssignment(property)) return undefined; // what comes of it may be called the same
		if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && isConstant(property.initializer))
			constants.set(property.name.text, property.initializer);
	}
	return constants;
}

function isConstant(value: ts.Expression): boolean {
	if (ts.isPrefixUnaryExpression(value)) return ts.isNumericLiteral(value.operand);
	return (
		ts.isNumericLiteral(value) || value.kind === ts.SyntaxKind.TrueKeyword || value.kind === ts.SyntaxKind.FalseKeyword
	);
}

function copyOf(value: ts.Expression): ts.Expression {
	const { factory } = ts;
	if (ts.isPrefixUnaryExpression(value))
		return factory.createParenthesizedExpression(factory.createPrefixUnaryExpression(value.operator, value.operand));
	if (ts.isNumericLiteral(value))
		return factory.createParenthesizedExpression(factory.createNumericLiteral(value.text));
	return value.kind === ts.SyntaxKind.TrueKeyword ? factory.createTrue() : factory.createFalse();
}

/** Names that are declared below the top level: they may hide one of the top level. */
function innerNames(source: ts.SourceFile): Set<string> {
	const names = new Set<string>();
	const visit = (node: ts.Node, isInner: boolean): void => {
		const declares =
			ts.isVariableDeclaration(node) ||
			ts.isParameter(node) ||
			ts.isBindingElement(node) ||
			ts.isFunctionLike(node) ||
			ts.isClassLike(node);
		if (declares && isInner && node.name !== undefined && ts.isIdentifier(node.name)) names.add(node.name.text);
		const opens = ts.isFunctionLike(node) || ts.isBlock(node) || ts.isClassLike(node);
		ts.forEachChild(node, (child) => visit(child, isInner || opens));
	};
	ts.forEachChild(source, (child) => visit(child, false));
	return names;
}
