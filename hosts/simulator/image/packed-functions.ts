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
