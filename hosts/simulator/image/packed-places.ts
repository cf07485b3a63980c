import ts from "typescript";

/** A statement that evaluates a call before everything else that could matter. */
export interface Place {
	/** The statement; or the body of an arrow that is an expression. */
	readonly statement: ts.Statement | ts.Expression;
	/** Whether the statement is about what the call gives alone: `return f();`, `f();`, `const x = f();`, `x = f();`. */
	readonly isWhole: boolean;
}

/** What may be evaluated earlier or later: nobody sees when. */
export class Purity {
	readonly #assigned = new Set<string>();
	readonly #methods = new Set<string>();
	readonly #setProperties = new Set<string>();

	/** @param source where each variable has a name of its own */
	constructor(source: ts.SourceFile) {
		const visit = (node: ts.Node): void => {
			if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) this.#noteTarget(node.left);
			else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
				const isStep = node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
				if (isStep) this.#noteTarget(node.operand);
			} else if ((ts.isForOfStatement(node) || ts.isForInStatement(node)) && ts.isExpression(node.initializer))
				this.#noteTarget(node.initializer);
			else if (ts.isMethodDeclaration(node) && ts.isClassLike(node.parent)) this.#methods.add(node.name.getText());
			else if (ts.isPropertyDeclaration(node) || ts.isPropertyAssignment(node))
				this.#setProperties.add(node.name.getText());
			ts.forEachChild(node, visit);
		};
		visit(source);
	}

	#noteTarget(target: ts.Node): void {
		if (ts.isIdentifier(target)) this.#assigned.add(target.text);
		else if (ts.isPropertyAccessExpression(target)) this.#setProperties.add(target.name.text);
		else if (!ts.isElementAccessExpression(target)) ts.forEachChild(target, (part) => this.#noteTarget(part));
	}

	isAssigned(name: string): boolean {
		return this.#assigned.has(name);
	}

	/** Whether it is the same whenever it is evaluated, and does nothing. */
	isPure(node: ts.Expression): boolean {
		if (ts.isIdentifier(node)) return !this.#assigned.has(node.text);
		if (ts.isParenthesizedExpression(node)) return this.isPure(node.expression);
		if (ts.isPrefixUnaryExpression(node) || ts.isTypeOfExpression(node) || ts.isVoidExpression(node))
			return !isStep(node) && this.isPure(ts.isPrefixUnaryExpression(node) ? node.operand : node.expression);
		return ts.isLiteralExpression(node) || isWord(node) || ts.isArrowFunction(node);
	}

	/** Whether what is called can be looked up after the arguments: a method of a class, that nobody sets. */
	isFixed(callee: ts.Expression): boolean {
		if (!ts.isPropertyAccessExpression(callee) || callee.questionDotToken !== undefined) return this.isPure(callee);
		const { text } = callee.name;
		const isSuper = callee.expression.kind === ts.SyntaxKind.SuperKeyword;
		return this.#methods.has(text) && !this.#setProperties.has(text) && (isSuper || this.isPure(callee.expression));
	}

	/** Where a call is evaluated first, and always when its statement is; undefined when it is anywhere else. */
	placeOf(call: ts.CallExpression): Place | undefined {
		let child: ts.Expression = call;
		for (;;) {
			const { parent } = child;
			if (ts.isArrowFunction(parent))
				return parent.body === child ? { statement: child, isWhole: child === call } : undefined;
			if (ts.isVariableDeclaration(parent))
				return child === parent.initializer ? ofVariable(parent, child === call) : undefined;
			if (ts.isStatement(parent)) return this.#inStatement(parent, child, call);
			const isAssigned = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.EqualsToken;
			if (isAssigned && parent.right === child && child === call && ts.isIdentifier(parent.left))
				if (ts.isExpressionStatement(parent.parent)) return inList(parent.parent, true);
			if (!this.#isFirst(parent, child)) return undefined;
			child = parent as ts.Expression;
			if (ts.isPropertyAssignment(child) || ts.isTemplateSpan(child)) child = child.parent as ts.Expression;
		}
	}

	/** Whether a part of an expression is evaluated before all else in it, and always. */
	isFirstIn(whole: ts.Expression, part: ts.Expression): boolean {
		let child = part;
		while (child !== whole) {
			const { parent } = child;
			if (ts.isStatement(parent) || !this.#isFirst(parent, child)) return false;
			child = parent as ts.Expression;
			if (ts.isPropertyAssignment(child) || ts.isTemplateSpan(child)) child = child.parent as ts.Expression;
		}
		return true;
	}

	#inStatement(statement: ts.Statement, child: ts.Expression, call: ts.Expression): Place | undefined {
		const isFirst =
			ts.isExpressionStatement(statement) ||
			ts.isReturnStatement(statement) ||
			ts.isThrowStatement(statement) ||
			((ts.isIfStatement(statement) || ts.isSwitchStatement(statement) || ts.isForOfStatement(statement)) &&
				statement.expression === child);
		const isWhole = child === call && (ts.isExpressionStatement(statement) || ts.isReturnStatement(statement));
		return isFirst ? inList(statement, isWhole) : undefined;
	}

	/** Whether a part is evaluated before all of an expression that matters. */
	#isFirst(parent: ts.Node, child: ts.Expression): boolean {
		if (ts.isParenthesizedExpression(parent) || ts.isTypeOfExpression(parent) || ts.isSpreadElement(parent))
			return true;
		if (ts.isPrefixUnaryExpression(parent)) return !isStep(parent);
		if (ts.isPropertyAccessExpression(parent)) return parent.expression === child;
		if (ts.isElementAccessExpression(parent)) return parent.expression === child || this.isPure(parent.expression);
		if (ts.isConditionalExpression(parent)) return parent.condition === child;
		if (ts.isBinaryExpression(parent)) return this.#isFirstOperand(parent, child);
		if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
			if (parent.expression === child) return !ts.isNewExpression(parent);
			if (ts.isCallExpression(parent) && parent.questionDotToken !== undefined) return false;
			return this.isFixed(parent.expression) && this.#areBefore(parent.arguments ?? [], child);
		}
		if (ts.isArrayLiteralExpression(parent)) return this.#areBefore(parent.elements, child);
		if (ts.isPropertyAssignment(parent)) return this.#isFirstProperty(parent);
		return ts.isTemplateSpan(parent) && parent.parent.templateSpans[0] === parent;
	}

	#isFirstProperty(property: ts.PropertyAssignment): boolean {
		if (ts.isComputedPropertyName(property.name) || !ts.isObjectLiteralExpression(property.parent)) return false;
		for (const other of property.parent.properties) {
			if (other === property) return true;
			if (!ts.isPropertyAssignment(other) || ts.isComputedPropertyName(other.name)) return false;
			if (!this.isPure(other.initializer)) return false;
		}
		return false;
	}

	#isFirstOperand({ left, right, operatorToken }: ts.BinaryExpression, child: ts.Expression): boolean {
		const { kind } = operatorToken;
		if (isAssignment(kind)) {
			if (kind !== ts.SyntaxKind.EqualsToken || child !== right) return false;
			return ts.isIdentifier(left) || (ts.isPropertyAccessExpression(left) && this.isPure(left.expression));
		}
		if (child === left) return true;
		const isConditional =
			kind === ts.SyntaxKind.AmpersandAmpersandToken ||
			kind === ts.SyntaxKind.BarBarToken ||
			kind === ts.SyntaxKind.QuestionQuestionToken ||
			kind === ts.SyntaxKind.CommaToken;
		return !isConditional && this.isPure(left);
	}

	#areBefore(parts: readonly ts.Expression[], child: ts.Expression): boolean {
		return parts.slice(0, parts.indexOf(child)).every((part) => this.isPure(part));
	}
}

function ofVariable(declaration: ts.VariableDeclaration, isCall: boolean): Place | undefined {
	const list = declaration.parent;
	if (!ts.isVariableDeclarationList(list) || !ts.isVariableStatement(list.parent)) return undefined;
	if (list.declarations.length > 1) return undefined;
	return inList(list.parent, isCall && ts.isIdentifier(declaration.name));
}

function inList(statement: ts.Statement, isWhole: boolean): Place | undefined {
	return ts.isLabeledStatement(statement.parent) || ts.isSourceFile(statement.parent)
		? undefined
		: { statement, isWhole };
}

const isStep = (node: ts.Node) =>
	ts.isPrefixUnaryExpression(node) &&
	(node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken);

const isAssignment = (kind: ts.SyntaxKind) =>
	kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

const isWord = ({ kind }: ts.Node) =>
	kind === ts.SyntaxKind.TrueKeyword ||
	kind === ts.SyntaxKind.FalseKeyword ||
	kind === ts.SyntaxKind.NullKeyword ||
	kind === ts.SyntaxKind.ThisKeyword;
