/** Draws programs that end, to compare what two engines make of them. */
export class ProgramDrawer {
	private readonly below: (bound: number) => number;
	/** Names in reach: numbers that may be assigned, and those that may not. */
	private readonly variables: string[] = [];
	private readonly constants: string[] = [];
	private functions = 0;
	private names = 0;
	/** How deep in loops, and whether a label is around. */
	private loops = 0;

	/** @param below a number from 0 to the bound, less one */
	constructor(below: (bound: number) => number) {
		this.below = below;
	}

	/** @returns the body of a function that gets `say` and says what it comes to */
	program(functionCount: number): string {
		const lines = [
			"const late = []; const O = { a: 3, b: [1, 2], c: { d: 5 }, get e() { return this.a + 1; } };",
			counter,
		];
		for (; this.functions < functionCount; this.functions++) lines.push(this.function());
		for (let index = 0; index < functionCount; index++) {
			lines.push(`try { say("f${index}", f${index}(${this.below(9)}, ${this.below(9)}), f${index}(2)); }`);
			lines.push(`catch (error) { say("f${index}", typeof error === "object" ? error.constructor.name : error); }`);
		}
		lines.push('say(late.length, late.map((run) => { try { return run(); } catch { return "thrown"; } }).join());');
		return lines.join("\n");
	}

	private function(): string {
		const [first, second] = [this.name(), this.name()];
		const parameters = this.one([
			`${first}, ${second}`,
			`${first}, ${second} = ${first} + 1`,
			`${first}, ...${second}s`,
			`${first}, ${second} = 4, { a, b: [c = 7] = [] } = O`,
		]);
		const isRest = parameters.includes("...");
		const body = this.within(isRest ? [first] : [first, second], [], () => {
			const start = isRest ? `let ${second} = ${second}s.length;` : "";
			if (isRest) this.variables.push(second);
			if (parameters.includes("{ a,")) this.constants.push("a", "c");
			return `let fuel = 30; ${start} ${this.statements(4)} return ${this.expression(2)};`;
		});
		return `function f${this.functions}(${parameters}) { ${body} }`;
	}

	/** Draws with more names in reach, which are gone then. */
	private within(variables: readonly string[], constants: readonly string[], draw: () => string): string {
		const kept = [this.variables.length, this.constants.length] as const;
		this.variables.push(...variables);
		this.constants.push(...constants);
		const text = draw();
		this.variables.length = kept[0];
		this.constants.length = kept[1];
		return text;
	}

	private statements(depth: number): string {
		return this.within([], [], () => Array.from({ length: 1 + this.below(4) }, () => this.statement(depth)).join(" "));
	}

	private statement(depth: number): string {
		const e = (size = 2) => this.expression(size);
		const inner = () => this.statements(depth - 1);
		if (depth <= 0) {
			return this.draw<() => string>([
				() => `say(${e()});`,
				() => this.assignment(),
				() => this.declaration(),
				() => this.leaving(),
			])();
		}
		return this.draw<() => string>([
			() => this.declaration(),
			() => this.declaration(),
			() => this.assignment(),
			() => `if (${e()}) { ${inner()} } else { ${inner()} }`,
			() => `if (${e()} && ${e()} || !${e(1)}) { ${inner()} }`,
			() => `${e(1)} && (${this.variable()} = ${e(1)});`,
			() => this.loop(depth),
			() => this.loop(depth),
			() =>
				`switch (${e()} & 3) { case 0: ${inner()} case 1: { ${inner()} break; } ` +
				`default: ${inner()} case 2: ${inner()} }`,
			() =>
				`try { ${inner()} if (${e()} & 1) throw ${e()}; ${inner()} } catch (thrown) { say(typeof thrown); ${inner()} }`,
			() => `try { ${inner()} } finally { ${this.assignment()} say("finally"); }`,
			() => `late.push(() => ${e()});`,
			() => `say(${e()}, ${e()});`,
			() => this.leaving(),
			() => `{ ${inner()} }`,
		])();
	}

	private loop(depth: number): string {
		const name = this.name();
		const label = `l${name}`;
		this.loops++;
		const body = (constants: readonly string[]) => {
			const way = this.one([
				`if (${this.expression(1)}) continue ${label};`,
				`if (${this.expression(1)}) break ${label};`,
				"",
			]);
			return this.within([], constants, () => `if (fuel-- < 0) break; ${way} ${this.statements(depth - 1)}`);
		};
		const text = this.draw<() => string>([
			() => `for (let ${name} = 0; ${name} < 3; ${name}++) { ${body([name])} late.push(() => ${name}); }`,
			() => `for (const ${name} of [1, ${this.expression(1)}, 3]) { ${body([name])} late.push(() => ${name}); }`,
			() => `for (const [${name}, ${name}b = 2] of [[1], [2, ${this.expression(1)}]]) { ${body([name, `${name}b`])} }`,
			() => `for (const ${name} in { x: 1, y: 2 }) { ${body([])} say(${name}); }`,
			() => `while (fuel-- > 20) { ${body([])} }`,
			() => `do { const ${name} = fuel; ${body([name])} late.push(() => ${name}); } while (${this.expression(1)} > 3);`,
		])();
		this.loops--;
		return `${label}: ${text}`;
	}

	private leaving(): string {
		const ways = [
			`return ${this.expression(2)};`,
			`if (${this.expression(1)}) return ${this.expression(1)};`,
			"fuel--;",
		];
		if (this.loops > 0) ways.push(`if (${this.expression(1)}) break;`, `if (${this.expression(1)}) continue;`);
		return this.one(ways.slice(1));
	}

	private declaration(): string {
		const name = this.name();
		const value = this.expression(2);
		const isConstant = this.below(2) === 0;
		const text = this.one([
			`${isConstant ? "const" : "let"} ${name} = ${value};`,
			`${isConstant ? "const" : "let"} { a: ${name} } = { a: ${value} };`,
			`${isConstant ? "const" : "let"} { c: { d: ${name} = 2 } = {}, b: [, ${name}x = 1] } = { ...O, a: ${value} };`,
			`${isConstant ? "const" : "let"} [${name} = 3, ...${name}r] = [${value}, ${this.expression(1)}];`,
		]);
		(isConstant ? this.constants : this.variables).push(name);
		return text;
	}

	private assignment(): string {
		const name = this.variable();
		const value = this.expression(2);
		return this.one([
			`${name} = ${value};`,
			`${name} += ${value};`,
			`${name}++;`,
			`[${name}] = [${value}];`,
			`({ a: ${name} = 1 } = { a: ${value} });`,
			`${name} ??= ${value};`,
		]);
	}

	private expression(depth: number): string {
		if (depth <= 0)
			return this.one([String(this.below(10)), this.read(), this.read(), "O.a", "true", "undefined", "(-1)"]);
		const e = () => this.expression(depth - 1);
		const name = this.name();
		const call = this.functions === 0 ? e : () => `(fuel-- > 0 ? f${this.below(this.functions)}(${e()}, ${e()}) : 0)`;
		return this.draw<() => string>([
			e,
			() => `(${e()} ${this.one(["+", "-", "*", "&", "|", "^", "<", ">=", "===", "!==", ">>", "==", "%"])} ${e()})`,
			() => `(${e()} ${this.one(["&&", "||", "??"])} ${e()})`,
			() => `(${e()} ? ${e()} : ${e()})`,
			() => `(${this.one(["!", "-", "~", "!!", "typeof ", "void "])}${e()})`,
			() =>
				`({ a: ${e()}, ...O, b: { c: ${e()} }, ["k" + 1]: ${e()} }).${this.one(["a", "b.c", "k1", "e", "nothing"])}`,
			() => `[${e()}, ${e()}, ...[${e()}]][${this.below(4)}]`,
			() => `(O?.c?.d + ${e()})`,
			() => `(O.nothing?.c.d ?? ${e()})`,
			() => `\`\${${e()}}\`.length`,
			() => `((${name}) => ${this.within([name], [], e)})(${e()})`,
			() => `(function () { return this === undefined ? ${e()} : 1; })()`,
			() => `new Counter(${e()}).add(${e()}).sum`,
			() => `[1, 2].map((${name}) => ${this.within([name], [], e)}).length`,
			() => `(${this.variable()} = ${e()})`,
			() => `Math.max(${e()}, 1)`,
			call,
		])();
	}

	private read(): string {
		return this.draw([...this.variables, ...this.constants, "O.e"]);
	}

	private variable(): string {
		return this.draw(this.variables.length === 0 ? ["fuel"] : this.variables);
	}

	private name(): string {
		return `v${this.names++}`;
	}

	/** One of texts that were all drawn. */
	private one(texts: readonly string[]): string {
		return this.draw(texts);
	}

	private draw<T>(of: readonly T[]): T {
		return of[this.below(of.length)]!;
	}
}

const counter = `
class Base {
	#n = 1;
	constructor(n) { this.n = n; }
	get sum() { return this.#n + this.n; }
	bump(by) { this.#n += by; return this; }
}
class Counter extends Base {
	more = 2;
	static #made = 0;
	add(by) { Counter.#made++; const { more } = this; return super.bump(by ? more : 1); }
}`;
