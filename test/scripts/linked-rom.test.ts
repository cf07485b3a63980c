import { deepEqual, equal, ok, throws } from "node:assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Codes, readCodes } from "../../hosts/simulator/engine/bytecode/codes.ts";
import { packageRoot } from "../../hosts/simulator/engine/sources.ts";

interface Linked {
	readonly source: string;
	readonly header: string;
}

interface Xs {
	readonly codes: Codes;
	readonly common: string;
	readonly sources: readonly string[];
}

/** What this file uses of scripts/linked-rom. */
interface Pass {
	tightened(linked: Linked, xs: Xs, natives?: ReadonlySet<string>): Linked;
	endOf(bytes: Buffer, codes: Codes): number;
	shortestRow(sequences: readonly number[][]): number[];
}

async function openPass(): Promise<Pass> {
	const load = (name: string) => import(pathToFileURL(join(packageRoot, `scripts/linked-rom/${name}.mjs`)).href);
	const [first, second, third] = await Promise.all(["tightening", "code", "environments"].map(load));
	return { ...first, ...second, ...third };
}

/** A few of XS's operations, with numbers of this test's own. */
const header = `XS_NO_CODE = 0,
	XS_CODE_BEGIN_STRICT, XS_CODE_BRANCH_1, XS_CODE_CODE_1, XS_CODE_END, XS_CODE_GET_PROPERTY, XS_CODE_RETRIEVE_1,
	XS_CODE_GET_SUPER, XS_CODE_COUNT`;
const rows = [1, 2, 2, 2, 1, 0, 2, 0].map((size) => `\t${size} /* */,`).join("\n");
const names = ["begin_strict", "branch", "code", "end", "get_property", "retrieve", "get_super"];
const common = `gxCodeSizes[XS_CODE_COUNT] = {\n${rows}\n};
const txString gxIDStrings[XS_ID_COUNT] = {\n"@", "constructor", "escape", "used", "unused",\n};`;
const codes = readCodes(`${header} ${names.join(" ")}`, common);
const xs: Xs = { codes, common, sources: ["mxGetID(mxID(_used));"] };

const code = (name: string) => codes.number(name);
const begin = [code("BEGIN_STRICT"), 0];
const end = code("END");
const get = (id: number) => [code("GET_PROPERTY"), id, 0];

const at = (index: number) => `(txSlot*)&gxHeap[${index}]`;
const slot = (next: number | undefined, id: string | number, flag: number, kind: string, value: string) => {
	const head = `{.ID = ${id}, .flag = 0x${flag.toString(16)}, .kind = XS_${kind}_KIND}`;
	return `{ ${next === undefined ? "NULL" : at(next)}, ${head}, .value = { ${value} } }`;
};
const instance = (next: number) => slot(next, "XS_NO_ID", 0xd0, "INSTANCE", ".instance = { NULL, NULL } ");
const text = (bytes: readonly number[]) => bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
const codeSlot = (next: number, bytes: readonly number[], captured?: number) =>
	slot(
		next,
		"XS_NO_ID",
		0x8b,
		"CODE_X",
		`.code = { (txByte*)"${text(bytes)}", ${captured === undefined ? "NULL" : at(captured)} } `,
	);
const key = (next: number | undefined, id: number, name: string) =>
	slot(next, id, 0x87, "KEY_X", `.key = { "${name}", 0x${id} } `);
const home = (object?: number) =>
	slot(undefined, 0, 0x8b, "HOME", `.home = { ${object === undefined ? "NULL" : at(object)}, NULL } `);
const reference = (next: number | undefined, id: string | number, to: number) =>
	slot(next, id, 0x8e, "REFERENCE", `.reference = ${at(to)} `);
const closure = (next: number | undefined, id: string | number, box: number) =>
	slot(next, id, 0x8e, "CLOSURE", `.closure = ${at(box)} `);
const integer = (value: number) => slot(undefined, "XS_NO_ID", 0x8a, "INTEGER", `.integer = ${value} `);
const environment = (next: number) => slot(next, 3, 0x81, "UNDEFINED", ".number = 0 ");

/** A global object with a function that is stripped and two that are not, which capture 7 and 8, and 8. */
function machine(): Linked {
	const heap = [
		"frame",
		instance(2), // 1: the global object
		slot(3, "xsID_escape", 0x8e, "HOST_FUNCTION", ".hostFunction = { &gxBuilders[0], 1 } "),
		slot(4, "xsID_used", 0x8e, "HOST_FUNCTION", ".hostFunction = { &gxBuilders[1], 2 } "),
		reference(5, "xsID_first", 6),
		reference(undefined, "xsID_second", 9),
		instance(7), // 6: first, with padding behind its code
		codeSlot(8, [...begin, code("RETRIEVE_1"), 2, ...get(6), end, 0xee, 0xee], 12),
		home(1),
		instance(10), // 9: second
		codeSlot(11, [...begin, code("RETRIEVE_1"), 1, end], 16),
		home(1),
		instance(13), // 12: what first captures
		environment(14),
		closure(15, "xsID_first", 19),
		closure(undefined, "xsID_second", 20),
		instance(17), // 16: what second captures
		environment(18),
		closure(undefined, "xsID_second", 20),
		integer(7),
		integer(8),
		key(undefined, 1, "constructor"), // 21
		key(21, 2, "escape"),
		key(undefined, 3, "used"),
		key(undefined, 4, "unused"),
		key(24, 5, "gone"),
		key(23, 6, "first"),
		key(26, 7, "second"),
	];
	const count = heap.length + 1;
	const frame = (value: string) => slot(undefined, "XS_NO_ID", 0, "REFERENCE", `.reference = ${value} `);
	heap[0] = frame(at(count));
	heap.push(frame("NULL"));
	const keys = ["NULL", ...[21, 22, 23, 24, 25, 26, 27].map(at)];
	const lines = (list: readonly string[]) => list.join(",\n\t");
	const source = `#define mxHeapCount ${count}
#define mxKeysCount ${keys.length}
static const xsHostBuilder gxBuilders[2] = {
	{ fxDeadStrip, 1, xsID_escape },
	{ fx_used, 0, xsID_used },
};

static const txSlot gxHeap[mxHeapCount] = {
${heap.map((line, index) => `/* ${String(index).padStart(4, "0")} */\t${line}`).join(",\n")}};

static const txSlot gxStack[mxStackCount] = {
	${reference(undefined, "XS_NO_ID", 1)}
};

static const txID gxColors[mxKeysCount] ICACHE_FLASH1_ATTR = {
	${lines(keys.map(() => "0"))}
};

static const txSlot* const gxKeys[mxKeysCount] ICACHE_FLASH1_ATTR = {
	${lines(keys)}
};

static const txSlot* const gxNames[mxNamesCount] ICACHE_FLASH1_ATTR = {
	${lines([22, 25, 27].map(at))}
};

static const txSlot* const gxSymbols[mxSymbolsCount] ICACHE_FLASH1_ATTR = {
	NULL
};
`;
	const defined = ["constructor", "escape", "used", "unused", "gone", "first", "second"];
	return { source, header: defined.map((name, index) => `#define xsID_${name} ${index + 1}\n`).join("") };
}

const heapOf = ({ source }: Linked) => source.match(/^\/\* \d+ \*\/.*$/gm) ?? [];
const ofKind = (linked: Linked, kind: string) => heapOf(linked).filter((line) => line.includes(`XS_${kind}_KIND`));

test("a stripped function's property goes, with its row and its name", async () => {
	const after = (await openPass()).tightened(machine(), xs);
	equal(ofKind(after, "HOST_FUNCTION").length, 1);
	ok(!after.source.includes("fxDeadStrip"));
	ok(after.source.includes("&gxBuilders[0], 2"));
	ok(!after.source.includes('"escape"'));
});

test("captured variables are one row, and functions point two slots before where theirs begin", async () => {
	const after = (await openPass()).tightened(machine(), xs);
	equal(ofKind(after, "CLOSURE").length, 2);
	const lines = heapOf(after);
	const indexIn = (line: string, which: RegExp) => Number(which.exec(line)?.[1]);
	const captured = ofKind(after, "CODE_X").map((line) => {
		const before = indexIn(line, /gxTexts\[\d+\], \(txSlot\*\)&gxHeap\[(\d+)\]/);
		const first = indexIn(lines[indexIn(lines[before]!, /gxHeap\[(\d+)\]/)]!, /gxHeap\[(\d+)\]/);
		const box = indexIn(lines[first]!, /\.closure = \(txSlot\*\)&gxHeap\[(\d+)\]/);
		return indexIn(lines[box]!, /\.integer = (\d+)/);
	});
	deepEqual(captured.sort(), [7, 8]);
});

test("code ends behind its last instruction, functions without super share their HOME", async () => {
	const after = (await openPass()).tightened(machine(), xs);
	const [, size] = /gxTexts\[(\d+)\] = /.exec(after.source) ?? [];
	equal(Number(size), 8 + 5);
	equal(ofKind(after, "HOME").length, 1);
});

test("names that nobody has go; XS's own keep their numbers, the program's move up", async () => {
	const after = (await openPass()).tightened(machine(), xs);
	const keys = new Map(
		ofKind(after, "KEY_X").map((line) => [/"(\w+)"/.exec(line)?.[1], Number(/\.ID = (\d+)/.exec(line)?.[1])]),
	);
	deepEqual([...keys].sort(), [
		["first", 5],
		["second", 6],
		["used", 3],
	]);
	ok(after.header.includes("#define xsID_first 5\n"));
	ok(after.header.includes('#define xsID_gone xsID("gone")\n'));
	// The bytecode of first gets the property "first".
	ok(after.source.includes(`0x${get(5)[0]!.toString(16).padStart(2, "0")}, 0x05, 0x00`));
});

test("a name that C of a module asks for keeps its number, and so do those before it", async () => {
	const after = (await openPass()).tightened(machine(), xs, new Set(["first"]));
	ok(after.header.includes("#define xsID_first 6\n"));
	ok(after.header.includes("#define xsID_second 7\n"));
});

test("a property stands where its name's colour says, and nothing else does", async () => {
	const after = (await openPass()).tightened(machine(), xs);
	const lines = heapOf(after);
	const colors = [...(/gxColors\[[^{]*\{([^}]*)\}/.exec(after.source)?.[1] ?? "").matchAll(/\d+/g)].map(Number);
	const idOf = (line: string) => Number(/\.ID = (\d+)/.exec(line)?.[1] ?? 0);
	const globalAt = Number(/gxStack\[[^{]*\{\n.*\.reference = \(txSlot\*\)&gxHeap\[(\d+)\]/.exec(after.source)?.[1]);
	for (const id of [3, 5, 6]) if (colors[id] !== 0) equal(idOf(lines[globalAt + colors[id]!]!), id);
	ok(colors.some((color) => color > 0));
});

test("what it does not know is an error, and no guess", async () => {
	const pass = await openPass();
	const { source, header: defines } = machine();
	const broken = (from: string | RegExp, to: string) => ({ source: source.replace(from, to), header: defines });
	throws(() => pass.tightened(broken("XS_HOST_FUNCTION_KIND", "XS_NEW_THING_KIND"), xs), { name: "UnknownShape" });
	throws(() => pass.tightened(broken("mxHeapCount 29", "mxHeapCount 30"), xs), { name: "UnknownShape" });
	throws(() => pass.tightened(broken(".flag = 0x8e", ".colour = 1, .flag = 0x8e"), xs), { name: "UnknownShape" });
	throws(() => pass.tightened(broken(text([end]), text([code("BEGIN_STRICT")])), xs), RangeError);
});

test("an end that a branch goes beyond is not the last one, and bodies are not looked into", async () => {
	const { endOf } = await openPass();
	const branch = code("BRANCH_1");
	equal(endOf(Buffer.from([...begin, branch, 1, end, end, 9, 9]), codes), 6);
	equal(endOf(Buffer.from([...begin, code("CODE_1"), 3, ...begin, end, end, 0]), codes), 8);
});

test("a row holds each sequence as a run, and overlaps are there once", async () => {
	const { shortestRow } = await openPass();
	const sequences = [[1, 2, 3], [3, 4], [2, 3], [4, 5, 1], [9]];
	const row = shortestRow(sequences);
	for (const sequence of sequences) ok(` ${row.join(" ")} `.includes(` ${sequence.join(" ")} `));
	equal(row.length, 7);
	deepEqual(shortestRow([]), []);
	deepEqual(shortestRow([[]]), []);
});

const home0 = process.env.MODDABLE;
const sdkSources = home0 === undefined ? "" : join(home0, "xs/sources");
test("every function of the SDK's XS that the pass goes by is there", {
	skip: existsSync(join(sdkSources, "xsCommon.c")) ? false : "$MODDABLE is not set",
}, async () => {
	const read = (name: string) => readFileSync(join(sdkSources, name), "latin1");
	const real = readCodes(read("xsCommon.h"), read("xsCommon.c"));
	for (const name of ["END", "END_ARROW", "END_BASE", "END_DERIVED", "RETRIEVE_1", "STORE_ARROW", "GET_SUPER"]) {
		ok(real.number(name) > 0);
	}
	// Where RETRIEVE begins to read: shareEnvironments() stands on it.
	ok(read("xsRun.c").includes("slot = mxEnvironment->value.reference->next->next;"));
	ok(readdirSync(sdkSources).includes("xsRun.c"));
});
