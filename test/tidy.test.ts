/**
 * The rules of the tree that a compiler does not know: who imports whom, what pure code may not say, and how long
 * things get.
 */
import { deepEqual, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** design.md §1: each module imports itself, the ground, and the modules below it. */
const below: Record<string, readonly string[]> = {
	formats: [],
	crypto: [],
	coap: ["formats", "crypto"],
	dtls: ["formats", "crypto"],
	settings: ["formats", "crypto"],
	firmware: ["formats", "crypto", "coap", "dtls", "settings"],
	sleep: ["formats", "crypto", "coap", "dtls", "settings"],
	lwm2m: ["formats", "crypto", "coap", "dtls", "settings", "firmware", "sleep"],
	objects: ["formats", "crypto", "coap", "dtls", "settings", "firmware", "sleep", "lwm2m"],
};
const ground = [
	"modules/bytes.ts",
	"modules/frozen.ts",
	"modules/host.ts",
	"modules/host-factory.ts",
	"modules/network-link.ts",
	"modules/power.ts",
	"modules/slots.ts",
	"modules/tls.ts",
];

const bannedNames = new Set([
	"Date",
	"setTimeout",
	"setInterval",
	"setImmediate",
	"queueMicrotask",
	"performance",
	"console",
	"Buffer",
	"process",
]);
const bannedWords = /\b(utils?|helpers?|common|manager|misc)\b/;

interface Source {
	readonly path: string;
	readonly text: string;
	readonly tree: ts.SourceFile;
}

const sources = ["modules", "src", "hosts", "test"].flatMap(sourcesBelow);
const pure = sources.filter(({ path }) => /^(modules|src|hosts\/simulator\/device)\//.test(path));
const product = sources.filter(({ path }) => !path.startsWith("test/"));

function sourcesBelow(folder: string): Source[] {
	return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
		.filter((name) => name.endsWith(".ts"))
		.map((name) => {
			const path = `${folder}/${name}`;
			const text = readFileSync(join(root, path), "utf8");
			return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
		});
}

/** What a file imports: paths from the root for relative imports, the specifier itself otherwise. */
function imports({ path, tree }: Source): string[] {
	const found: string[] = [];
	for (const statement of tree.statements) {
		if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) continue;
		const specifier = statement.moduleSpecifier;
		if (specifier === undefined || !ts.isStringLiteral(specifier)) continue;
		const relativePath = relative(root, join(root, dirname(path), specifier.text));
		found.push(specifier.text.startsWith(".") ? relativePath : specifier.text);
	}
	return found;
}

/** May the file at `from` import `to`? design.md §1. */
function mayImport(from: string, to: string): boolean {
	const [room, name] = from.split("/") as [string, string];
	const [toRoom, toName] = to.split("/") as [string, string];
	if (to.startsWith("test/")) return room === "test";
	if (room === "test") return true;
	if (room === "modules") {
		if (name.endsWith(".ts")) return ground.includes(to);
		return ground.includes(to) || (toRoom === "modules" && (toName === name || below[name]?.includes(toName) === true));
	}
	if (room === "src") return toRoom === "src" || toRoom === "modules";
	const desktopOnBoard = name === "desktop" && to.startsWith("hosts/simulator/board/");
	const shared = ["chips", "psa", "selftest", "sockets", "tls"]; // parts of hosts, no platform of their own
	const ownHost = toRoom === "hosts" && (toName === name || shared.includes(toName));
	// The chip runs what the simulator's compiler and bundler make, behind the same natives; the command line of the
	// simulator starts it.
	const chipOnCompiler = name === "cortex-m" && /^hosts\/simulator\/(board\/presets|device|engine|image)/.test(to);
	const benchOnChip = from.startsWith("hosts/simulator/cli/") && to.startsWith("hosts/cortex-m/tools/");
	return toRoom === "src" || toRoom === "modules" || ownHost || desktopOnBoard || chipOnCompiler || benchOnChip;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
	see(node);
	ts.forEachChild(node, (child) => visit(child, see));
}

const lineOf = (source: Source, node: ts.Node) => source.tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;

test("there is something to look at", () => {
	ok(pure.length > 20, `${pure.length} files of device code found`);
});

test("who imports whom is as design.md §1 says", () => {
	const broken: string[] = [];
	for (const source of sources) {
		for (const to of imports(source)) {
			const isPath = /^(modules|src|hosts|test)\//.test(to);
			if (isPath && !mayImport(source.path, to)) broken.push(`${source.path} imports ${to}`);
			const isPure = pure.includes(source);
			if (!isPath && isPure) broken.push(`${source.path} imports ${to}: device code imports relative paths only`);
			if (isPath && !/\.(ts|json)$/.test(to)) broken.push(`${source.path} imports ${to}: write the .ts`);
		}
	}
	deepEqual(broken, []);
});

test("the rule about imports can fail", () => {
	ok(!mayImport("modules/coap/peer.ts", "modules/dtls/record.ts"));
	ok(!mayImport("modules/formats/tlv.ts", "modules/lwm2m/path.ts"));
	ok(!mayImport("src/main.ts", "hosts/simulator/board/board.ts"));
	ok(!mayImport("hosts/desktop/main.ts", "hosts/simulator/cli/main.ts"));
	ok(!mayImport("hosts/cortex-m/tools/emulator.ts", "hosts/simulator/board/board.ts"));
	ok(!mayImport("hosts/simulator/board/board.ts", "hosts/cortex-m/tools/emulator.ts"));
	ok(mayImport("modules/lwm2m/client.ts", "modules/coap/peer.ts"));
});

test("no cycle of imports", () => {
	const graph = new Map(product.map((source) => [source.path, imports(source)]));
	const state = new Map<string, "open" | "done">();
	const cycles: string[] = [];
	const walk = (path: string, trail: readonly string[]) => {
		if (state.get(path) === "done") return;
		if (state.get(path) === "open") {
			cycles.push([...trail.slice(trail.indexOf(path)), path].join(" → "));
			return;
		}
		state.set(path, "open");
		for (const next of graph.get(path) ?? []) if (graph.has(next)) walk(next, [...trail, path]);
		state.set(path, "done");
	};
	for (const path of graph.keys()) walk(path, []);
	deepEqual(cycles, []);
});

test("device code knows no clock, no timer, no chance of its own, and keeps no state in a module", () => {
	const broken: string[] = [];
	for (const source of pure) {
		visit(source.tree, (node) => {
			const say = (what: string) => broken.push(`${source.path}:${lineOf(source, node)} ${what}`);
			if (ts.isIdentifier(node) && bannedNames.has(node.text) && !isName(node)) say(node.text);
			if (ts.isPropertyAccessExpression(node) && node.getText() === "Math.random") say("Math.random");
			if (ts.isAwaitExpression(node)) say("await");
			if (ts.isFunctionLike(node) && isAsync(node)) say("async");
			if (ts.isFunctionLike(node) && "asteriskToken" in node && node.asteriskToken) say("generator");
			if (ts.isVariableStatement(node) && node.parent === source.tree) {
				if (!(node.declarationList.flags & ts.NodeFlags.Const)) say("let outside of a function");
			}
		});
	}
	deepEqual(broken, []);
});

/** A property or member that merely carries the name, as in `record.process` or `{ Date: 1 }`. */
function isName(node: ts.Identifier): boolean {
	const { parent } = node;
	return (
		(ts.isPropertyAccessExpression(parent) && parent.name === node) ||
		((ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodDeclaration(parent)) &&
			parent.name === node)
	);
}

function isAsync(node: ts.Node): boolean {
	return (
		ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)
	);
}

test("no barrel, no default export outside main.ts, no enum, no hole in the types", () => {
	const broken: string[] = [];
	for (const source of product) {
		const { path, tree } = source;
		if (path.endsWith("/index.ts")) broken.push(`${path} is a barrel`);
		if (bannedWords.test(path)) broken.push(`${path}: the name says nothing`);
		if (!/^[a-z0-9/.-]+$/.test(path)) broken.push(`${path}: kebab-case`);
		visit(tree, (node) => {
			const say = (what: string) => broken.push(`${path}:${lineOf(source, node)} ${what}`);
			const isDefault =
				ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword);
			if ((ts.isExportAssignment(node) || isDefault) && !path.endsWith("/main.ts")) say("default export");
			if (ts.isEnumDeclaration(node)) say("enum");
			if (node.kind === ts.SyntaxKind.AnyKeyword) say("any");
		});
		if (/@ts-(ignore|expect-error|nocheck)/.test(source.text)) broken.push(`${path} silences the compiler`);
	}
	deepEqual(broken, []);
});

test("functions up to 70 lines, files up to 400, lines up to 120 columns", () => {
	const broken: string[] = [];
	for (const source of sources) {
		const { path, text } = source;
		const lines = text.split("\n");
		lines.forEach((line, index) => {
			const columns = [...line.replaceAll("\t", "  ")].length;
			if (columns > 120) broken.push(`${path}:${index + 1} ${columns} columns`);
		});
		if (path.startsWith("test/")) continue;
		if (lines.length > 401) broken.push(`${path} has ${lines.length} lines`);
		visit(source.tree, (node) => {
			if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
			const { line: from } = source.tree.getLineAndCharacterOfPosition(node.getStart());
			const { line: to } = source.tree.getLineAndCharacterOfPosition(node.getEnd());
			if (to - from + 1 > 70) broken.push(`${path}:${from + 1} a function of ${to - from + 1} lines`);
		});
	}
	deepEqual(broken, []);
});

test("C sources keep to 400 lines and 120 columns too", () => {
	const broken: string[] = [];
	for (const name of readdirSync(join(root, "hosts"), { recursive: true, encoding: "utf8" })) {
		if (!/\.[ch]$/.test(name)) continue;
		const lines = readFileSync(join(root, "hosts", name), "utf8").split("\n");
		if (lines.length > 401) broken.push(`hosts/${name} has ${lines.length} lines`);
		lines.forEach((line, index) => {
			if (line.replaceAll("\t", "    ").length > 130) broken.push(`hosts/${name}:${index + 1}`);
		});
	}
	deepEqual(broken, []);
});
