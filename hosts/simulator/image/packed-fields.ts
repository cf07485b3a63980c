import ts from "typescript";

/**
 * Private fields become properties with names from a small pool. On XS, each method holds a slot for each private
 * name that it uses, each private name is a symbol, and each instance holds a slot for each class with private fields.
 * What nobody else can reach by its name in the source stays so: no property in a source begins with `$`.
 */
export function privateFieldsAsProperties(source: ts.SourceFile): ts.SourceFile {
	const names = new FieldNames(source);
	const { transformed } = ts.transform(source, [
		(context) => {
			const visit = (node: ts.Node): ts.Node => {
				const { factory } = context;
				if (ts.isBinaryExpression(node) && ts.isPrivateIdentifier(node.left)) {
					const name = names.of(node.left);
					if (name !== undefined) {
						const right = ts.visitNode(node.right, visit, ts.isExpression)!;
						return factory.createBinaryExpression(factory.createStringLiteral(name), node.operatorToken, right);
					}
				}
				if (ts.isPrivateIdentifier(node)) {
					const name = names.of(node);
					return name === undefined ? node : factory.createIdentifier(name);
				}
				return ts.visitEachChild(node, visit, context);
			};
			return (file) => ts.visitEachChild(file, visit, context);
		},
	]);
	return transformed[0]!;
}

/** What each private field is called. */
class FieldNames {
	readonly #classes = new Map<string, ts.ClassLikeDeclaration>();
	readonly #fields = new Map<ts.ClassLikeDeclaration, ReadonlyMap<string, string>>();

	constructor(source: ts.SourceFile) {
		for (const statement of source.statements)
			if (ts.isClassDeclaration(statement) && statement.name !== undefined)
				this.#classes.set(statement.name.text, statement);
	}

	/** @param use where a private name stands @returns the property's name; undefined when it stays private */
	of(use: ts.PrivateIdentifier): string | undefined {
		for (let node: ts.Node = use.parent; node !== undefined; node = node.parent) {
			if (!ts.isClassLike(node)) continue;
			const name = this.#fieldsOf(node).get(use.text);
			if (name !== undefined) return name;
			if (node.members.some((member) => member.name !== undefined && isCalled(member.name, use.text))) return undefined;
		}
		return undefined;
	}

	#fieldsOf(declared: ts.ClassLikeDeclaration): ReadonlyMap<string, string> {
		const known = this.#fields.get(declared);
		if (known !== undefined) return known;
		const members = declared.members.filter(({ name }) => name !== undefined && ts.isPrivateIdentifier(name));
		const fields = new Map<string, string>();
		// A class with private methods keeps its private names: those are not fields.
		if (members.every(ts.isPropertyDeclaration)) {
			const prefix = "$".repeat(this.#depth(declared) + 1);
			for (const { name } of members)
				if (ts.isPrivateIdentifier(name)) fields.set(name.text, `${prefix}${fields.size}`);
		}
		this.#fields.set(declared, fields);
		return fields;
	}

	/** How many classes of the program it extends: their fields are on the same instance. */
	#depth(declared: ts.ClassLikeDeclaration): number {
		const base = declared.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0]
			?.expression;
		const parent = base !== undefined && ts.isIdentifier(base) ? this.#classes.get(base.text) : undefined;
		return parent === undefined ? 0 : this.#depth(parent) + 1;
	}
}

const isCalled = (name: ts.PropertyName, text: string) => ts.isPrivateIdentifier(name) && name.text === text;
