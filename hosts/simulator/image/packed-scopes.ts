import ts from "typescript";

/** What stands where a name of the top level is read or written. */
export interface Use {
	readonly name: ts.Identifier;
	/** The innermost function, or initializer of a field, that it is in; undefined on the top level. */
	readonly within: ts.Node | undefined;
}

/**
 * Every use of what a program declares on its top level, by name; declarations themselves are none.
 * @param source a module, with parents set
 */
export function usesOfTopLevel(source: ts.SourceFile): ReadonlyMap<string, readonly Use[]> {
	const top = declaredIn(source);
	const uses = new Map<string, Use[]>([...top].map((name) => [name, []]));
	const hidden: ReadonlySet<string>[] = [];
	const visit = (node: ts.Node, within: ts.Node | undefined): void => {
		if (ts.isIdentifier(node)) {
			const found = isUse(node) && !hidden.some((names) => names.has(node.text)) ? uses.get(node.text) : undefined;
			found?.push({ name: node, within });
			return;
		}
		const declared = node === source ? none : declaredIn(node);
		if (declared.size > 0) hidden.push(declared);
		ts.forEachChild(node, (child) => visit(child, runsLater(node, child) ? node : within));
		if (declared.size > 0) hidden.pop();
	};
	visit(source, undefined);
	return uses;
}

const none: ReadonlySet<string> = new Set();

/** Whether a part of a node runs when that is called: not names that are computed, nor what decides about a class. */
function runsLater(node: ts.Node, part: ts.Node): boolean {
	if (ts.isPropertyDeclaration(node)) return part === node.initializer;
	if (ts.isClassStaticBlockDeclaration(node)) return true;
	return ts.isFunctionLike(node) && !ts.isComputedPropertyName(part);
}

/** Names that a node declares for what is in it. */
export function declaredIn(node: ts.Node): ReadonlySet<string> {
	const names = new Set<string>();
	if (ts.isFunctionLike(node)) {
		for (const parameter of node.parameters) noteNames(parameter.name, names);
		if ("body" in node && node.body !== undefined) noteHoisted(node.body as ts.Node, names);
	}
	if ((ts.isFunctionExpression(node) || ts.isClassExpression(node)) && node.name !== undefined)
		names.add(node.name.text);
	if (ts.isCatchClause(node) && node.variableDeclaration !== undefined) noteNames(node.variableDeclaration.name, names);
	if ((ts.isForStatement(node) || ts.isForInStatement(node) || ts.isForOfStatement(node)) && node.initializer)
		if (ts.isVariableDeclarationList(node.initializer)) noteList(node.initializer, names);
	if (ts.isCaseBlock(node)) for (const { statements } of node.clauses) noteStatements(statements, names);
	if (ts.isBlock(node) || ts.isSourceFile(node)) noteStatements(node.statements, names);
	return names;
}

function noteStatements(statements: readonly ts.Statement[], names: Set<string>): void {
	for (const statement of statements) {
		if (ts.isVariableStatement(statement)) noteList(statement.declarationList, names);
		else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
			if (statement.name !== undefined) names.add(statement.name.text);
		} else if (ts.isImportDeclaration(statement)) noteImports(statement.importClause, names);
	}
}

function noteImports(clause: ts.ImportClause | undefined, names: Set<string>): void {
	if (clause?.name !== undefined) names.add(clause.name.text);
	const bindings = clause?.namedBindings;
	if (bindings === undefined) return;
	if (ts.isNamespaceImport(bindings)) names.add(bindings.name.text);
	else for (const { name } of bindings.elements) names.add(name.text);
}

function noteList(list: ts.VariableDeclarationList, names: Set<string>): void {
	for (const { name } of list.declarations) noteNames(name, names);
}

function noteNames(name: ts.BindingName, names: Set<string>): void {
	if (ts.isIdentifier(name)) names.add(name.text);
	else for (const element of name.elements) if (ts.isBindingElement(element)) noteNames(element.name, names);
}

/** What `var` declares in blocks of a function is the function's. */
function noteHoisted(node: ts.Node, names: Set<string>): void {
	if (ts.isFunctionLike(node) || ts.isClassLike(node)) return;
	if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) noteList(node, names);
	ts.forEachChild(node, (child) => noteHoisted(child, names));
}

/** Whether an identifier stands for a variable, and is not its declaration: names of properties and labels are none. */
export function isUse(node: ts.Identifier): boolean {
	const { parent } = node;
	if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
	if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
	if (ts.isShorthandPropertyAssignment(parent)) return true;
	if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isPropertyDeclaration(parent))
		return parent.initializer === node;
	if (ts.isBindingElement(parent)) return parent.initializer === node;
	if (ts.isExportSpecifier(parent)) return (parent.propertyName ?? parent.name) === node;
	if (ts.isClassLike(parent) || ts.isMetaProperty(parent) || ts.isLabeledStatement(parent)) return false;
	if (ts.isBreakOrContinueStatement(parent) || isImported(parent)) return false;
	return !ts.isFunctionLike(parent) || (ts.isArrowFunction(parent) && parent.body === node);
}

const isImported = (node: ts.Node) =>
	ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node);
