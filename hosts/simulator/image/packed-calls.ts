import ts from "typescript";
import { type Edit, edited } from "./packed-edits.ts";
import { type Place, Purity } from "./packed-places.ts";
import { usesOfTopLevel } from "./packed-scopes.ts";

/** A function of the top level that is called, and nothing else. */
interface Called {
	readonly declaration: ts.VariableStatement;
	readonly arrow: ts.ArrowFunction;
	readonly calls: readonly ts.CallExpression[];
	/** Of the top level, that the calls are in. */
	readonly hosts: readonly ts.Statement[];
}

/** More rounds find next to nothing. */
const mostRounds = 8;

/**
 * Functions of the top level go where they are called. On XS a function is three slots, its variable one, and what
 * begins it, ends it and calls it some twenty bytes.
 *
 * One that is an expression goes wherever it is called, as often as that takes less. Any other goes to its only call,
 * where that is evaluated first in its statement: what the function declares is in a block, and takes the stack for as
 * long as the function would.
 * @param text where each variable has a name of its own, and functions of the top level are arrows
 */
export function callsInPlace(text: string): string {
	let before = text;
	for (let round = 0; round < mostRounds; round++) {
		const after = roundOf(parsed(before), round);
		if (after === before) break;
		before = after;
	}
	return before;
}

function parsed(text: string): ts.SourceFile {
	return ts.createSourceFile("program.js", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.JS);
}

/** Moves what does not go into something that moves itself: that waits for the next round. */
function roundOf(source: ts.SourceFile, round: number): string {
	const purity = new Purity(source);
	const edits: Edit[] = [];
	const hosts = new Set<ts.Statement>();
	const moved = new Set<ts.Statement>();
	for (const called of calledOf(source)) {
		if (hosts.has(called.declaration) || called.hosts.some((host) => moved.has(host))) continue;
		const own = editsFor(source, called, purity, `$${round}_${moved.size}`);
		if (own === undefined || own.some(({ from, to }) => edits.some((edit) => edit.from < to && from < edit.to)))
			continue;
		edits.push(...own, { from: called.declaration.getStart(), to: called.declaration.end, text: "" });
		for (const host of called.hosts) hosts.add(host);
		moved.add(called.declaration);
	}
	return edited(source.text, edits);
}

function* calledOf(source: ts.SourceFile): Generator<Called> {
	const uses = usesOfTopLevel(source);
	for (const declaration of source.statements) {
		if (!ts.isVariableStatement(declaration) || declaration.declarationList.declarations.length !== 1) continue;
		const { name, initializer } = declaration.declarationList.declarations[0]!;
		if (!ts.isIdentifier(name) || initializer === undefined || !ts.isArrowFunction(initializer)) continue;
		const used = uses.get(name.text) ?? [];
		const calls = used.flatMap(({ name: { parent } }) => (ts.isCallExpression(parent) ? [parent] : []));
		const isCalled = calls.every(
			(call, index) => call.expression === used[index]!.name && call.questionDotToken === undefined,
		);
		if (used.length === 0 || calls.length !== used.length || !isCalled || !canMove(initializer)) continue;
		if (used.every(({ within }) => within === undefined)) continue; // it does not stay
		if (!calls.every((call) => doMatch(initializer.parameters, call.arguments))) continue;
		const hosts = calls.map((call) => statementOf(call, source));
		if (!hosts.includes(declaration)) yield { declaration, arrow: initializer, calls, hosts };
	}
}

function statementOf(node: ts.Node, source: ts.SourceFile): ts.Statement {
	let at = node;
	while (at.parent !== source) at = at.parent;
	return at as ts.Statement;
}

/** What the calls become; undefined when the function has to stay. */
function editsFor(source: ts.SourceFile, { arrow, calls }: Called, purity: Purity, mark: string): Edit[] | undefined {
	const value = valueOfBody(arrow.body);
	if (value !== undefined && isWorthIt(value, calls.length)) {
		const expressions = calls.map((call) => new Expansion(source, arrow, call, purity, mark).asExpression(value));
		const edits = expressions.filter((edit) => edit !== undefined);
		if (edits.length === calls.length) return edits;
	}
	const [call] = calls;
	const place = calls.length === 1 ? purity.placeOf(call!) : undefined;
	return place === undefined ? undefined : [new Expansion(source, arrow, call!, purity, mark).asStatements(place)];
}

/** What a function gives that does nothing else. */
function valueOfBody(body: ts.ConciseBody): ts.Expression | undefined {
	if (!ts.isBlock(body)) return body;
	const [first] = body.statements;
	return body.statements.length === 1 && ts.isReturnStatement(first!) ? first.expression : undefined;
}

/** Estimates bytes: of the function and its calls, beside those of as many copies. */
function isWorthIt(value: ts.Expression, count: number): boolean {
	if (count === 1) return true;
	let parts = 0;
	let hasFunction = false;
	const visit = (node: ts.Node): void => {
		parts++;
		if (ts.isFunctionLike(node) || ts.isClassLike(node)) hasFunction = true;
		ts.forEachChild(node, visit);
	};
	visit(value);
	const bytes = bytesOfPart * parts;
	return !hasFunction && bytesOfFunction + bytes + count * bytesOfCall > count * bytes;
}

const bytesOfPart = 2;
const bytesOfFunction = 72;
const bytesOfCall = 9;

/** Whether nothing in a function is bound to it. */
function canMove(arrow: ts.ArrowFunction): boolean {
	if (arrow.modifiers !== undefined && arrow.modifiers.length > 0) return false;
	const isBound = (node: ts.Node): boolean => {
		if (node.kind === ts.SyntaxKind.ThisKeyword || ts.isMetaProperty(node) || ts.isLabeledStatement(node)) return true;
		if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) return true;
		if (ts.isFunctionExpression(node) || ts.isFunctionDeclaration(node) || ts.isClassLike(node)) return false;
		return ts.forEachChild(node, isBound) ?? false;
	};
	return !isBound(arrow.body) && !arrow.parameters.some(isBound);
}

/** Whether each parameter's value can be told where the call is. */
function doMatch(parameters: readonly ts.ParameterDeclaration[], values: readonly ts.Expression[]): boolean {
	if (values.length > parameters.length || values.some(ts.isSpreadElement)) return false;
	return parameters.every(({ dotDotDotToken, initializer }, index) => {
		const value = values[index];
		return dotDotDotToken === undefined && (initializer === undefined || value === undefined || isDefined(value));
	});
}

const isDefined = (value: ts.Expression) =>
	ts.isLiteralExpression(value) ||
	ts.isObjectLiteralExpression(value) ||
	ts.isArrayLiteralExpression(value) ||
	ts.isArrowFunction(value) ||
	ts.isNewExpression(value) ||
	value.kind === ts.SyntaxKind.TrueKeyword ||
	value.kind === ts.SyntaxKind.FalseKeyword;

/** What a call becomes. */
class Expansion {
	readonly #source: ts.SourceFile;
	readonly #arrow: ts.ArrowFunction;
	readonly #call: ts.CallExpression;
	readonly #purity: Purity;
	/** In names that nobody else has. */
	readonly #mark: string;
	readonly #declarations: string[] = [];
	readonly #edits: Edit[] = [];
	readonly #returns: ts.ReturnStatement[] = [];

	constructor(source: ts.SourceFile, arrow: ts.ArrowFunction, call: ts.CallExpression, purity: Purity, mark: string) {
		this.#source = source;
		this.#arrow = arrow;
		this.#call = call;
		this.#purity = purity;
		this.#mark = mark;
		for (const [index, parameter] of arrow.parameters.entries()) this.#takeParameter(parameter, call.arguments[index]);
		const visit = (node: ts.Node): void => {
			if (ts.isReturnStatement(node)) this.#returns.push(node);
			if (!ts.isFunctionLike(node) && !ts.isClassLike(node)) ts.forEachChild(node, visit);
		};
		if (ts.isBlock(arrow.body)) visit(arrow.body);
	}

	/** A parameter that nobody changes is what is given for it, where that is pure; otherwise a variable. */
	#takeParameter({ name, initializer }: ts.ParameterDeclaration, value: ts.Expression | undefined): void {
		const given = value ?? initializer;
		if (!ts.isIdentifier(name)) {
			this.#declarations.push(`let ${this.#textOf(name)} = ${given === undefined ? "void 0" : this.#textOf(given)};`);
			return;
		}
		const uses = this.#usesOf(name.text);
		const isFixed = !this.#purity.isAssigned(name.text);
		if (isFixed && (given === undefined || this.#canRepeat(given, uses))) {
			const text = given === undefined ? "(void 0)" : this.#textOf(given);
			for (const use of uses) this.#edits.push({ from: use.getStart(), to: use.end, text: `(${text})` });
			return;
		}
		const start = `${isFixed ? "const" : "let"} ${name.text}`;
		this.#declarations.push(given === undefined ? `${start};` : `${start} = ${this.#textOf(given)};`);
	}

	#canRepeat(value: ts.Expression, uses: readonly ts.Identifier[]): boolean {
		if (ts.isStringLiteralLike(value) || ts.isArrowFunction(value)) return uses.length <= 1 && this.#isRunOnce(uses);
		if (value.kind === ts.SyntaxKind.ThisKeyword) return uses.every((use) => this.#hasHostsThis(use));
		if (ts.isRegularExpressionLiteral(value) || ts.isParenthesizedExpression(value)) return false;
		return this.#purity.isPure(value) || (uses.length === 1 && this.#isOnlyOne(value, uses[0]!));
	}

	/** Whether an argument that does something does it first there, too, and no other one does anything. */
	#isOnlyOne(value: ts.Expression, use: ts.Identifier): boolean {
		const body = valueOfBody(this.#arrow.body);
		if (body === undefined || !this.#purity.isFirstIn(body, use)) return false;
		return this.#call.arguments.every((other) => other === value || this.#purity.isPure(other));
	}

	/** An arrow is made where it is used: not in a loop, nor in another function. */
	#isRunOnce(uses: readonly ts.Identifier[]): boolean {
		return uses.every((use) => {
			for (let at: ts.Node = use; at !== this.#arrow.body; at = at.parent)
				if (ts.isFunctionLike(at) || ts.isClassLike(at) || ts.isIterationStatement(at, false)) return false;
			return true;
		});
	}

	#hasHostsThis(use: ts.Node): boolean {
		for (let at: ts.Node = use; at !== this.#arrow.body; at = at.parent)
			if ((ts.isFunctionLike(at) && !ts.isArrowFunction(at)) || ts.isClassLike(at)) return false;
		return true;
	}

	#usesOf(name: string): ts.Identifier[] {
		const uses: ts.Identifier[] = [];
		const visit = (node: ts.Node): void => {
			if (ts.isIdentifier(node) && node.text === name) uses.push(node);
			ts.forEachChild(node, visit);
		};
		visit(this.#arrow.body);
		for (const { initializer, name: pattern } of this.#arrow.parameters) {
			if (initializer !== undefined) visit(initializer);
			if (!ts.isIdentifier(pattern)) visit(pattern);
		}
		return uses;
	}

	#textOf(node: ts.Node): string {
		return edited(this.#source.text, this.#edits, node.getStart(), node.end);
	}

	/** In place of the call alone. @returns undefined when a parameter has to be a variable */
	asExpression(value: ts.Expression): Edit | undefined {
		if (this.#declarations.length > 0) return undefined;
		return { from: this.#call.getStart(), to: this.#call.end, text: `(${this.#textOf(value)})` };
	}

	/** In place of the statement that the call is in. */
	asStatements(place: Place): Edit {
		const { statement, isWhole } = place;
		const isArrow = !ts.isStatement(statement);
		const isCall = ts.isExpressionStatement(statement) && statement.expression === this.#call;
		let text: string;
		if (isWhole && (isArrow || ts.isReturnStatement(statement))) text = this.#asReturn();
		else text = isWhole && isCall ? this.#asStatement() : this.#asValue(place);
		const isInList = !isArrow && (ts.isBlock(statement.parent) || ts.isCaseOrDefaultClause(statement.parent));
		return { from: statement.getStart(), to: statement.end, text: isInList ? text : `{ ${text} }` };
	}

	/** `return f();`: what it returns is what its host returns. */
	#asReturn(): string {
		const { body } = this.#arrow;
		const start = this.#declarations.join(" ");
		if (!ts.isBlock(body)) return `{ ${start} return ${this.#textOf(body)}; }`;
		return `{ ${start} ${this.#statements(body)} ${isEnded(body) ? "" : "return;"} }`;
	}

	/** `f();`: nobody wants what it returns. */
	#asStatement(): string {
		const { body } = this.#arrow;
		const start = this.#declarations.join(" ");
		if (!ts.isBlock(body)) return `{ ${start} (${this.#textOf(body)}); }`;
		const label = `$l${this.#mark}`;
		const last = body.statements.at(-1);
		let isLabelled = false;
		for (const each of this.#returns) {
			const value = each.expression === undefined ? "" : `(${this.#textOf(each.expression)});`;
			const isLast = each === last;
			isLabelled ||= !isLast;
			this.#replace(each, isLast ? value : `{ ${value} break ${label}; }`);
		}
		return `${isLabelled ? `${label}: ` : ""}{ ${start} ${this.#statements(body)} }`;
	}

	/** A variable takes what it returns, before the statement: that of `const x = f();`, or one of its own. */
	#asValue(place: Place): string {
		const { body } = this.#arrow;
		const start = this.#declarations.join(" ");
		if (!ts.isBlock(body) && this.#declarations.length === 0) return this.#rest(place, `(${this.#textOf(body)})`);
		const declared = place.isWhole ? declaredBy(place.statement) : undefined;
		const result = declared ?? `$r${this.#mark}`;
		const rest = declared === undefined ? this.#rest(place, result) : "";
		if (!ts.isBlock(body)) return `let ${result}; { ${start} ${result} = ${this.#textOf(body)}; } ${rest}`;
		const label = `$l${this.#mark}`;
		const last = body.statements.at(-1);
		let isLabelled = false;
		for (const each of this.#returns) {
			const value = each.expression === undefined ? "void 0" : this.#textOf(each.expression);
			const isLast = each === last;
			isLabelled ||= !isLast;
			this.#replace(each, isLast ? `${result} = ${value};` : `{ ${result} = ${value}; break ${label}; }`);
		}
		return `let ${result}; ${isLabelled ? `${label}: ` : ""}{ ${start} ${this.#statements(body)} } ${rest}`;
	}

	#rest({ statement }: Place, value: string): string {
		const edits = [{ from: this.#call.getStart(), to: this.#call.end, text: value }];
		const text = edited(this.#source.text, edits, statement.getStart(), statement.end);
		return ts.isStatement(statement) ? text : `return ${text};`;
	}

	#replace(statement: ts.Statement, text: string): void {
		const [from, to] = [statement.getStart(), statement.end];
		const outside = this.#edits.filter((edit) => edit.to <= from || edit.from >= to);
		this.#edits.length = 0;
		this.#edits.push(...outside, { from, to, text });
	}

	#statements(body: ts.Block): string {
		if (body.statements.length === 0) return "";
		return edited(this.#source.text, this.#edits, body.statements[0]!.getStart(), body.statements.at(-1)!.end);
	}
}

/** The variable of `const x = …;`. */
function declaredBy(statement: ts.Node): string | undefined {
	if (!ts.isVariableStatement(statement)) return undefined;
	const { name } = statement.declarationList.declarations[0]!;
	return ts.isIdentifier(name) ? name.text : undefined;
}

/** Whether nothing gets to the end of a block. */
function isEnded(body: ts.Block): boolean {
	const last = body.statements.at(-1);
	return last !== undefined && (ts.isReturnStatement(last) || ts.isThrowStatement(last));
}
