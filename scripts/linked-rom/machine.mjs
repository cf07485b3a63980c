// The machine in ROM that the SDK's linker writes as C (mc.xs.c), as slots that point at each other: read, and written again.

/** What this file does not know: another SDK's linker may write it. The C stays as it is then. */
export class UnknownShape extends Error {
	get name() {
		return "UnknownShape";
	}
}

const unknown = (what, text) => new UnknownShape(`${what}: ${text.trim().slice(0, 120)}`);

/** Kinds whose values are copied as they are, but for the slots that they point at. */
const kinds = new Set(
	`ACCESSOR ARRAY ARRAY_BUFFER BIGINT_X BOOLEAN BUFFER_INFO CALLBACK_X CLOSURE CODE_X DATA_VIEW DATE ERROR EXPORT
	FINALIZATION_CELL FINALIZATION_REGISTRY GLOBAL HOME HOST HOST_FUNCTION INSTANCE INTEGER KEY_X LIST MAP MODULE
	MODULE_SOURCE NULL NUMBER PRIVATE PROGRAM PROMISE PROXY REFERENCE REGEXP SET STRING_X SYMBOL TYPED_ARRAY
	UNDEFINED UNINITIALIZED WEAK_ENTRY WEAK_MAP WEAK_REF WEAK_SET`.split(/\s+/),
);
const flags = { internal: 0x01 };
const hasNameBehindInternal = new Set(["CODE_X", "CALLBACK_X"]);

/**
 * One slot of XS (xsAll.h, sxSlot).
 * `next` is a slot, undefined at the end of a list, or the index of an item in an array.
 * `id` is a name's number where `isNamed`; otherwise the number of an alias or of a behaviour, which stays.
 * `parts` are the value's C with the slots of `refs` between them; `text` the bytes that a code or a key points at.
 */
export class Slot {
	constructor({ next, id = 0, isNamed = false, flag = 0, kind, parts = ["NULL"], refs = [], text, items }) {
		Object.assign(this, { next, id, isNamed, flag, kind, parts, refs, text, items });
	}
	get isInternal() {
		return (this.flag & flags.internal) !== 0;
	}
	/** A property that JavaScript can ask for by its name. */
	get isProperty() {
		return this.isNamed && !this.isInternal && this.kind !== "KEY_X" && this.id !== 0;
	}
}

const pointer = /\(txSlot\*\)&gxHeap\[(\d+)\]/g;
const pointerOrNone = /(?:\(txSlot\*\)&gxHeap\[(\d+)\]|NULL)/g;
const row =
	/^(?:\/\* \d+ \*\/)?\t\{ (NULL|\(txSlot\*\)\d+|\(txSlot\*\)&gxHeap\[\d+\]), \{\.ID = (.*?), \.flag = (\w+), \.kind = XS_(\w+)_KIND ?\}, \.value = \{ (.*?) ?\} ?\},?$/;

/** The bytes that a C string stands for. */
export function bytesOf(literal) {
	const bytes = [];
	for (let at = 0; at < literal.length; ) {
		if (literal[at] !== "\\") bytes.push(literal.charCodeAt(at++));
		else if (literal[at + 1] === "x") {
			bytes.push(Number.parseInt(literal.slice(at + 2, at + 4), 16));
			at += 4;
		} else {
			if (!'\\"'.includes(literal[at + 1])) throw unknown("an escape", literal.slice(at));
			bytes.push(literal.charCodeAt(at + 1));
			at += 2;
		}
	}
	return Buffer.from(bytes);
}

/** A string as the linker writes it may be in pieces: "\x41""bc". */
const textIn = (value) => /"(?:[^"\\]|\\.)*"(?:"(?:[^"\\]|\\.)*")*/.exec(value);
const joined = (literals) => bytesOf(literals.slice(1, -1).replace(/(?<!\\)((?:\\\\)*)""/g, "$1"));

function slotOf(line, numberOf) {
	const match = row.exec(line);
	if (match === null) throw unknown("a slot", line);
	const [, next, idText, flagText, kind, value] = match;
	if (!kinds.has(kind)) throw unknown("a kind", line);
	const flag = flagText === "XS_NO_FLAG" ? 0 : Number(flagText);
	const isNamed =
		kind === "KEY_X" || hasNameBehindInternal.has(kind) || (kind !== "INSTANCE" && !(flag & flags.internal));
	const slot = new Slot({ id: numberOf(idText), isNamed, flag, kind });
	slot.nextText = next;
	let rest = value;
	const found = ["CODE_X", "KEY_X", "STRING_X"].includes(kind) ? textIn(value) : null;
	if (found !== null) {
		slot.text = joined(found[0]);
		rest = `${value.slice(0, found.index).replace("(txByte*)", "")}\u0001${value.slice(found.index + found[0].length)}`;
	}
	const pointers = kind === "ACCESSOR" ? pointerOrNone : pointer;
	slot.parts = rest.split(pointers).filter((_, index) => index % 2 === 0);
	slot.refIndexes = [...rest.matchAll(pointers)].map(([, index]) => (index === undefined ? undefined : Number(index)));
	return slot;
}

/** The lines of `static const … NAME[…] … = {` up to its end, and where they stand. */
function block(source, name) {
	const head = new RegExp(`^static const [^\\n;]*\\b${name}\\[[^\\]]*\\][^\\n;]*= \\{\\n`, "m").exec(source);
	if (head === null) return undefined;
	const from = head.index + head[0].length;
	const to = source.indexOf("};", from);
	// The heap's last line ends with the array.
	return {
		from,
		to,
		start: head.index,
		lines: source
			.slice(from, to)
			.split("\n")
			.filter((line) => line.trim() !== ""),
	};
}

/** gxHeap ends with "}};": a line that has a string must not end it early. */
function heapBlock(source) {
	const head = "static const txSlot gxHeap[mxHeapCount] = {\n";
	const start = source.indexOf(head);
	const to = source.indexOf("};\n\nstatic const txSlot gxStack[mxStackCount] = {\n", start);
	if (start < 0 || to < 0) throw unknown("no heap", source);
	const from = start + head.length;
	return {
		start,
		from,
		to,
		lines: source
			.slice(from, to)
			.split("\n")
			.filter((line) => line !== ""),
	};
}

const countOf = (source, name) => Number(new RegExp(`^#define mx${name}Count (\\d+)$`, "m").exec(source)?.[1] ?? 0);

/**
 * @param {string} source mc.xs.c, one character for each byte
 * @throws UnknownShape
 */
export class Machine {
	constructor(source) {
		this.source = source;
		const heap = heapBlock(source);
		const numberOf = namesIn(heap.lines);
		const all = heap.lines.map((line) => slotOf(line, numberOf));
		if (all.length !== countOf(source, "Heap")) throw unknown("the heap's size", String(all.length));
		this.stack = need(source, "gxStack").lines.map((line) => slotOf(line, numberOf));
		for (const slot of [...all, ...this.stack]) resolve(slot, all);
		this.head = all[0];
		this.tail = all.at(-1);
		const inArrays = new Set();
		for (const slot of all) if (slot.kind === "ARRAY" && slot.refs.length > 0) takeItems(slot, all, inArrays);
		/** All but the first and the last, which frame them, and the items of arrays. */
		this.slots = all.slice(1, -1).filter((slot) => !inArrays.has(slot));
		const pointersOf = (name) => (block(source, name)?.lines ?? []).map((line) => pointedAt(line, all));
		this.keys = pointersOf("gxKeys");
		this.names = pointersOf("gxNames");
		this.symbols = pointersOf("gxSymbols");
		this.data = pointersOf("gxSlotData");
		this.colors = (block(source, "gxColors")?.lines ?? []).map((line) => Number(line.replace(",", "")));
		this.builders = need(source, "gxBuilders").lines.map((line) => builderOf(line, numberOf));
		if (this.keys.length !== countOf(source, "Keys") || this.colors.length !== this.keys.length)
			throw unknown("the keys' size", String(this.keys.length));
		this.scriptCodes = scriptCodesOf(source);
		this.hostRows = hostRowsOf(source);
		this.markBoxes();
	}

	/** Numbers of names that the tables of modules' natives have. */
	get hostIds() {
		return this.hostRows.flatMap(({ rows }) => rows.map(({ id }) => id)).filter((id) => id < this.keys.length);
	}

	/** What a closure or an export points at has the number of an alias, no name. */
	markBoxes() {
		for (const slot of this.slots) {
			const box =
				slot.kind === "CLOSURE" || (slot.kind === "EXPORT" && !slot.parts[0].includes("NULL"))
					? slot.refs[0]
					: undefined;
			if (box === undefined) continue;
			if (box.kind === "INSTANCE" || box.isInternal) throw unknown("a box", box.kind);
			box.isNamed = false;
			box.isBox = true;
		}
	}
}

/** Bytecode of modules that run on the device, by the names of their arrays. */
function scriptCodesOf(source) {
	const found = [];
	for (const match of source.matchAll(/^static const txU1 (gxCode\d+)\[(\d+)\] = \{\n([^}]*)\n\};/gm)) {
		const bytes = Buffer.from(match[3].split(",").map((text) => Number(text)));
		if (bytes.length !== Number(match[2])) throw unknown("a module's code", match[1]);
		found.push({ name: match[1], bytes });
	}
	return found;
}

/** Natives of modules: their C, the count of their parameters, the number of their name. */
function hostRowsOf(source) {
	const found = [];
	for (const [, name, text] of source.matchAll(
		/^static const xsHostBuilder (gxBuilders\d+)\[\d+\] = \{\n([^;]*)\};/gm,
	)) {
		const rows = text.split("\n").filter((line) => line !== "");
		const parsed = rows.map((line) => /^\t\{ (.*), (-?\d+), (\d+) \},$/.exec(line));
		if (parsed.includes(null)) throw unknown("a native", text);
		found.push({ name, rows: parsed.map(([, callback, length, id]) => ({ callback, length, id: Number(id) })) });
	}
	return found;
}

function need(source, name) {
	const found = block(source, name);
	if (found === undefined) throw unknown("not there", name);
	return found;
}

/** xsID_toString is what the linker calls the number of the name "toString". */
function namesIn(lines) {
	const numbers = new Map();
	for (const line of lines) {
		const key = /\{\.ID = (\d+), \.flag = \w+, \.kind = XS_KEY_X_KIND\}, \.value = \{ \.key = \{ "([\w$]*)",/.exec(
			line,
		);
		if (key !== null) numbers.set(`xsID_${key[2]}`, Number(key[1]));
	}
	return (text) => {
		if (text === "XS_NO_ID") return 0;
		const number = numbers.get(text) ?? (/^\d+( \/\*.*\*\/)?$/.test(text) ? Number.parseInt(text, 10) : undefined);
		if (number === undefined) throw unknown("a name", text);
		return number;
	};
}

function pointedAt(line, all) {
	const text = line.trim().replace(/,$/, "");
	if (text === "NULL") return undefined;
	const [, index] = /^\(txSlot\*\)&gxHeap\[(\d+)\]$/.exec(text) ?? [];
	if (index === undefined || all[index] === undefined) throw unknown("a pointer", line);
	return all[index];
}

function resolve(slot, all) {
	const { nextText, refIndexes } = slot;
	delete slot.nextText;
	delete slot.refIndexes;
	slot.refs = refIndexes.map((index) => (index === undefined ? undefined : all[index]));
	const item = /^\(txSlot\*\)(\d+)$/.exec(nextText);
	if (item !== null) slot.next = Number(item[1]);
	else slot.next = nextText === "NULL" ? undefined : pointedAt(nextText, all);
}

/** An array's items stand behind a slot that says how many bytes they are, in a row. */
function takeItems(array, all, taken) {
	const first = all.indexOf(array.refs[0]);
	const size = /^ ?\.integer = (\d+) \* sizeof\(txSlot\)$/.exec(all[first - 1].parts[0]);
	if (size === null) throw unknown("an array", all[first - 1].parts[0]);
	array.items = all.slice(first - 1, first + Number(size[1]));
	for (const item of array.items) {
		if (taken.has(item)) throw unknown("an array", "its items are another's");
		taken.add(item);
	}
}

function builderOf(line, numberOf) {
	const match = /^\t\{ (\w+), (-?\d+), (.*) \},$/.exec(line);
	if (match === null) throw unknown("a builder", line);
	return { callback: match[1], length: Number(match[2]), id: numberOf(match[3]) };
}
