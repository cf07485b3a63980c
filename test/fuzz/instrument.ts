import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { threadId } from "node:worker_threads";
import ts from "typescript";
import type { Target } from "./targets.ts";

const built = fileURLToPath(new URL("../..", import.meta.url));
const out = fileURLToPath(new URL("../../../fuzz", import.meta.url));

/** Folders whose edges are counted. */
const counted = ["modules", "hosts/simulator/server/formats"];

/** What targets need beside those, as it is. */
const plain = [
	"hosts/simulator/board/accelerator.js",
	"hosts/simulator/board/p256.js",
	"hosts/simulator/server/models/models.js",
	"hosts/simulator/server/node.js",
	"hosts/simulator/server/path.js",
	"test/fuzz/bootstrap-target.js",
	"test/fuzz/choices.js",
	"test/fuzz/coap-wire.js",
	"test/fuzz/drawn-objects.js",
	"test/fuzz/drawn-payload.js",
	"test/fuzz/drawn-request.js",
	"test/fuzz/dtls-targets.js",
	"test/fuzz/fuzzed-device.js",
	"test/fuzz/fuzzed-world.js",
	"test/fuzz/legal-answers.js",
	"test/fuzz/payload-targets.js",
	"test/fuzz/request-target.js",
	"test/fuzz/targets.js",
	"test/harness.js",
	"test/modules/lwm2m/bootstrap-bench.js",
	"test/modules/lwm2m/world.js",
];

/** How many counters there are: edges share one when they collide, as in AFL. */
export const edgeCount = 1 << 16;

/** The counters of the edges run, and where the code came from; what instrumented code calls at every block. */
export class Coverage {
	readonly counters = new Uint8Array(edgeCount);
	/** The edges whose counter is not 0, touched[0 .. touchedCount): a run reaches few of all. */
	readonly touched = new Uint16Array(edgeCount);
	touchedCount = 0;
	#from = 0;

	readonly hit = (block: number): void => {
		const edge = (this.#from ^ block) & (edgeCount - 1);
		const count = this.counters[edge]!;
		if (count === 0) this.touched[this.touchedCount++] = edge;
		if (count < 255) this.counters[edge] = count + 1;
		this.#from = block >> 1;
	};

	clear(): void {
		for (let index = 0; index < this.touchedCount; index++) this.counters[this.touched[index]!] = 0;
		this.touchedCount = 0;
		this.#from = 0;
	}
}

/** Loads the targets over copies of the code under test that call `coverage.hit` at every function, branch and loop. */
export async function instrumentedTargets(coverage: Coverage): Promise<Readonly<Record<string, Target>>> {
	Object.assign(globalThis, { __hit: coverage.hit });
	for (const folder of counted) {
		for (const path of readdirSync(join(built, folder), { recursive: true, encoding: "utf8" })) {
			if (path.endsWith(".js")) copy(`${folder}/${path}`, true);
		}
	}
	for (const path of plain) copy(path, false);
	const loaded = (await import(pathToFileURL(join(out, "test/fuzz/targets.js")).href)) as {
		targets: Readonly<Record<string, Target>>;
	};
	return loaded.targets;
}

function copy(path: string, isInstrumented: boolean): void {
	const text = readFileSync(join(built, path), "utf8");
	const target = join(out, path);
	mkdirSync(dirname(target), { recursive: true });
	const draft = `${target}.${process.pid}-${threadId}`;
	writeFileSync(draft, isInstrumented ? instrument(path, text) : text);
	renameSync(draft, target); // two runs at once leave whole files
}

/** Marks function bodies, branches, loop bodies, cases, conditionals and right sides of && || ?? with numbers. */
function instrument(path: string, text: string): string {
	// numbers from the name and the place: the same from run to run, and spread over the counters
	let seed = 0x811c9dc5;
	for (const char of path) seed = Math.imul(seed ^ char.charCodeAt(0), 0x01000193);
	const { factory } = ts;
	const next = () => {
		seed = Math.imul(seed, 0x9e3779b1) + 0x7f4a7c15;
		return factory.createNumericLiteral((seed >>> 15) & (edgeCount - 1));
	};
	const call = () => factory.createCallExpression(factory.createIdentifier("__hit"), undefined, [next()]);
	const mark = () => factory.createExpressionStatement(call());
	const block = (node: ts.Statement): ts.Block =>
		ts.isBlock(node) ? factory.createBlock([mark(), ...node.statements]) : factory.createBlock([mark(), node]);
	const comma = (node: ts.Expression) => factory.createParenthesizedExpression(factory.createComma(call(), node));
	const logical: readonly ts.SyntaxKind[] = [
		ts.SyntaxKind.AmpersandAmpersandToken,
		ts.SyntaxKind.BarBarToken,
		ts.SyntaxKind.QuestionQuestionToken,
	];
	const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (root) => {
		const visit = (old: ts.Node): ts.Node => {
			const node = ts.visitEachChild(old, visit, context);
			if (ts.isIfStatement(node)) {
				const otherwise = node.elseStatement === undefined ? factory.createBlock([]) : node.elseStatement;
				return factory.updateIfStatement(node, node.expression, block(node.thenStatement), block(otherwise));
			}
			if (ts.isForStatement(node))
				return factory.updateForStatement(
					node,
					node.initializer,
					node.condition,
					node.incrementor,
					block(node.statement),
				);
			if (ts.isWhileStatement(node)) return factory.updateWhileStatement(node, node.expression, block(node.statement));
			if (ts.isDoStatement(node)) return factory.updateDoStatement(node, block(node.statement), node.expression);
			if (ts.isForOfStatement(node))
				return factory.updateForOfStatement(node, undefined, node.initializer, node.expression, block(node.statement));
			if (ts.isCaseClause(node)) return factory.updateCaseClause(node, node.expression, [mark(), ...node.statements]);
			if (ts.isDefaultClause(node)) return factory.updateDefaultClause(node, [mark(), ...node.statements]);
			if (ts.isConditionalExpression(node)) {
				const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
				const parts = [comma(whenTrue), colonToken, comma(whenFalse)] as const;
				return factory.updateConditionalExpression(node, condition, questionToken, ...parts);
			}
			if (ts.isBinaryExpression(node) && logical.includes(node.operatorToken.kind))
				return factory.updateBinaryExpression(node, node.left, node.operatorToken, comma(node.right));
			if (ts.isMethodDeclaration(node) && node.body !== undefined) {
				const { modifiers, asteriskToken, name, parameters } = node;
				const rest = [undefined, undefined, parameters, undefined, block(node.body)] as const;
				return factory.updateMethodDeclaration(node, modifiers, asteriskToken, name, ...rest);
			}
			if (ts.isFunctionDeclaration(node) && node.body !== undefined) {
				const { modifiers, asteriskToken, name, parameters } = node;
				const rest = [undefined, parameters, undefined, block(node.body)] as const;
				return factory.updateFunctionDeclaration(node, modifiers, asteriskToken, name, ...rest);
			}
			return node;
		};
		return ts.visitNode(root, visit) as ts.SourceFile;
	};
	const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
	const { transformed } = ts.transform(source, [transformer]);
	return ts.createPrinter().printFile(transformed[0]!);
}
