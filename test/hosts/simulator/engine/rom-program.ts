/**
 * A program whose modules lie in ROM and are used hard: classes with private fields, tables, closures, accessors,
 * bigints, template literals, iterators, read-only bytes. It runs on Node too, and both must come to the same
 * result.
 */
export const romModules: Readonly<Record<string, string>> = {
	"lib/table": `
export const table = Object.freeze({
	name: "table", rows: Object.freeze([Object.freeze({ id: 1, text: "one" }), Object.freeze({ id: 2, text: "two" })]),
	nested: Object.freeze({ deep: Object.freeze(["a", "b", Object.freeze({ c: 3n ** 40n })]) }),
});
export const bytes = Uint8Array.of(1, 2, 3, 250, 251, 252);
export const words = new Uint32Array([0x80000000, 0xffffffff, 7]);
export const view = new DataView(bytes.buffer, 1, 4);
export const index = new Map([["one", table.rows[0]], ["two", table.rows[1]], [3, "three"]]);
export const names = new Set(["x", "y", "z"]);
export const pattern = /^([a-z]+)-(\\d+)$/;
export const big = 2n ** 100n + 1n;
export const key = Symbol("key");
`,
	"lib/shapes": `
import { table, key } from "./table.js";
const secret = Object.freeze({ salt: "pepper" });
export class Shape {
	static #made = Object.freeze(["none"]);
	#name; #sides = []; area = 0;
	constructor(name) { this.#name = name; }
	get name() { return this.#name + secret.salt; }
	set name(value) { this.#name = String(value); }
	add(side) { this.#sides.push({ side, label: \`\${this.#name}:\${side}\` }); this.area += side; return this; }
	get sides() { return this.#sides.map(({ label }) => label).join(","); }
	*[Symbol.iterator]() { for (const side of this.#sides) yield side.side; }
	[key]() { return table.rows[this.#sides.length % 2].text; }
	static isShape(value) { return #sides in value; }
	static get made() { return Shape.#made.length; }
	#hidden() { return this.#sides.length; }
	count() { return this.#hidden(); }
}
export class Square extends Shape {
	#factor = 4n;
	constructor(side) { super("square"); for (let i = 0; i < 4; i++) this.add(side); }
	add(side) { super.add(side); return this; }
	get factor() { return this.#factor * BigInt(this.area); }
}
export class Oops extends Error {
	constructor(code, options) { super("oops " + code, options); this.code = code; }
	get name() { return "Oops"; }
}
export function counter(start) { let count = start; return { next: () => ++count, get value() { return count; } }; }
export const compose = (...steps) => (value) => steps.reduce((result, step) => step(result), value);
const twice = compose((n) => n + 1, (n) => n * 2);
export const run = (n) => twice(n);
`,
	"lib/work": `
import { table, bytes, words, view, index, names, pattern, big, key } from "./table.js";
import { Shape, Square, Oops, counter, compose, run } from "./shapes.js";
function sum(text) {
	let hash = 5381;
	for (const character of text) hash = (Math.imul(hash, 33) ^ character.codePointAt(0)) >>> 0;
	return hash;
}
export function round(n, kept) {
	const shape = new Shape("s" + n).add(n).add(n * 2);
	const square = new Square(n % 17);
	shape.name = \`renamed \${n}\`;
	const map = new Map();
	for (let i = 0; i < 24; i++) map.set("key" + (n + i), { i, list: [i, String(i), new Uint8Array(i)] });
	for (let i = 0; i < 24; i += 2) map.delete("key" + (n + i));
	const weak = new WeakMap([[shape, square]]);
	const count = counter(n);
	count.next();
	let thrown = "";
	try {
		throw new Oops(n, { cause: square });
	} catch (error) {
		thrown = \`\${error.name} \${error.message} \${error.cause === square} \${error.code}\`;
	}
	const match = pattern.exec("abc-" + n);
	const copy = { ...table.rows[n % 2], extra: [...bytes, ...words] };
	const buffer = bytes.slice(); buffer[n % 6] = n;
	kept.push({ shape, map, buffer, square });
	if (kept.length > 3) kept.shift();
	const held = kept.map((k) => k.shape.sides + k.buffer.join() + k.map.size + k.square.area);
	return sum([
		shape.name, shape.sides, shape.area, [...shape].join(), shape[key](), shape.count(),
		Shape.isShape(shape), Shape.isShape({}), Shape.made,
		square.sides, square.factor, square instanceof Shape, weak.get(shape) === square,
		map.size, [...map.keys()].length, map.get("key" + (n + 1)).list[2].length,
		count.value, thrown, match[1], match[2], JSON.stringify(copy), buffer.join(),
		view.getUint16(1), words[1], index.get("two").text, names.has("y"), big * BigInt(n),
		table.nested.deep[2].c, compose((x) => x + 1, String)(n), run(n), held.join("|"),
	].join(";"));
}
`,
};

/**
 * The entry: in RAM. Event 1 runs \`count\` rounds and answers with the sum of their results; what it keeps lives
 * from turn to turn.
 */
export const entryModule = `
import { round } from "./lib/work.js";
const kept = [];
let next = 0;
let total = 0;
board.listen((kind, count) => {
	for (let i = 0; i < count; i++) total = (total * 31 + round(next++, kept)) >>> 0;
	board.print(String(total));
});
`;
