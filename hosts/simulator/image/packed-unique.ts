import ts from "typescript";
import { declaredIn, isUse } from "./packed-scopes.ts";

/** Gives each variable below the top level a name of its own, so that code can move from one function to another. */
export function namesMadeUnique(source: ts.SourceFile): ts.SourceFile {
	let count = 0;
	const scopes: ReadonlyMap<string, string>[] = [];
	const renamed = (name: string, depth = scopes.length): string | undefined => {
		for (let at = depth - 1; at >= 0; at--) {
			const own = scopes[at]!.get(name);
			if (own !== undefined) return own;
		}
		return undefined;
	};
	const { transformed } = ts.transform(source, [
		({ factory, ...context }) => {
			const visitInner = (node: ts.Node): ts.Node => {
				if (ts.isIdentifier(node)) {
					const own = isUse(node) || isDeclared(node) ? renamed(node.text, depthFor(node, scopes.length)) : undefined;
					return own === undefined ? node : factory.createIdentifier(own);
				}
				if (ts.isShorthandPropertyAssignment(node)) {
					const own = renamed(node.name.text);
					return own === undefined ? node : factory.createPropertyAssignment(node.name.text, identifierOf(own));
				}
				const visited = ts.visitEachChild(node, visit, { factory, ...context });
				if (!ts.isBindingElement(node) || !ts.isBindingElement(visited)) return visited;
				if (node.propertyName !== undefined || node.dotDotDotToken !== undefined) return visited;
				if (!ts.isObjectBindingPattern(node.parent) || visited.name === node.name) return visited;
				const { text } = node.name as ts.Identifier;
				return factory.updateBindingElement(visited, undefined, identifierOf(text), visited.name, visited.initializer);
			};
			const identifierOf = (name: string) => factory.createIdentifier(name);
			const visit = (node: ts.Node): ts.Node => {
				const names = declaredIn(node);
				if (names.size === 0) return visitInner(node);
				scopes.push(new Map([...names].map((name) => [name, `$v${count++}`])));
				const visited = visitInner(node);
				scopes.pop();
				return visited;
			};
			return (file) => ts.visitEachChild(file, visit, { factory, ...context });
		},
	]);
	return transformed[0]!;
}

/** A declared function's own name is one of the scope around it. */
function depthFor({ parent, text }: ts.Identifier, depth: number): number {
	const isOuter = ts.isFunctionDeclaration(parent) || ts.isClassDeclaration(parent);
	return isOuter && parent.name?.text === text && declaredIn(parent).size > 0 ? depth - 1 : depth;
}

/** Whether an identifier is what declares a variable. */
function isDeclared(node: ts.Identifier): boolean {
	const { parent } = node;
	if (ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent))
		return parent.name === node;
	return (
		(ts.isFunctionDeclaration(parent) ||
			ts.isFunctionExpression(parent) ||
			ts.isClassDeclaration(parent) ||
			ts.isClassExpression(parent)) &&
		parent.name === node
	);
}
