// Writes a machine as the linker would have: the same C with other tables.

/** As the linker writes texts: what is no plain character ends the literal, or the next would be part of its number. */
function textAsC(bytes) {
	let text = "";
	for (const byte of bytes) {
		if (byte === 0x5c || byte === 0x22) text += `\\${String.fromCharCode(byte)}`;
		else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
		else text += `\\x${byte.toString(16).padStart(2, "0")}""`;
	}
	return `"${text}"`;
}

/** Code in one table: a literal would have a 0 behind each. */
class Texts {
	bytes = [];
	#places = new Map();

	placeOf(text) {
		const key = text.toString("latin1");
		if (!this.#places.has(key)) {
			this.#places.set(key, this.bytes.length);
			for (const byte of text) this.bytes.push(byte);
		}
		return this.#places.get(key);
	}
}

function rows(numbers, print, perLine) {
	let text = "";
	for (let at = 0; at < numbers.length; at += perLine) {
		text += `\t${numbers
			.slice(at, at + perLine)
			.map(print)
			.join(", ")},\n`;
	}
	return text;
}

const hex = (byte) => `0x${byte.toString(16).padStart(2, "0")}`;

/**
 * @param machine
 * @param {{ order: (import("./machine.mjs").Slot | undefined)[], colors: number[] }} layout
 * @returns {string} mc.xs.c
 */
export function written(machine, { order, colors }) {
	const indexes = new Map(order.map((slot, index) => [slot, index + 1]));
	const texts = new Texts();
	const pointerTo = (slot) => {
		if (slot === undefined) return "NULL";
		const index = indexes.get(slot);
		if (index === undefined) throw new RangeError(`a ${slot.kind} that is not in the machine is pointed at`);
		return `(txSlot*)&gxHeap[${index}]`;
	};
	const lineOf = (slot) => {
		const next = typeof slot.next === "number" ? `(txSlot*)${slot.next}` : pointerTo(slot.next);
		let value = slot.parts.map((part, at) => (at === 0 ? part : `${pointerTo(slot.refs[at - 1])}${part}`)).join("");
		if (slot.text !== undefined) {
			const isCode = slot.kind === "CODE_X";
			const text = isCode ? `(txByte*)&gxTexts[${texts.placeOf(slot.text)}]` : textAsC(slot.text);
			value = value.replace("\u0001", () => text);
		}
		return `\t{ ${next}, {.ID = ${slot.id}, .flag = 0x${slot.flag.toString(16)}, .kind = XS_${slot.kind}_KIND}, .value = { ${value} } }`;
	};
	const none =
		"\t{ NULL, {.ID = XS_NO_ID, .flag = XS_NO_FLAG, .kind = XS_UNINITIALIZED_KIND }, .value = { .number = 0 } }";
	const heap = order.map((slot) => (slot === undefined ? none : lineOf(slot)));
	const count = order.length + 2;
	const frame = (value) =>
		`\t{ NULL, {.ID = XS_NO_ID, .flag = XS_NO_FLAG, .kind = XS_REFERENCE_KIND}, .value = { .reference = ${value} } }`;
	const lines = [frame(`(txSlot*)&gxHeap[${count}]`), ...heap, frame("NULL")];
	const numbered = lines.map((line, index) => `/* ${String(index).padStart(4, "0")} */${line}`);
	const stack = machine.stack.map(lineOf);
	const pointers = (list) => list.map((slot) => `\t${pointerTo(slot)}`).join(",\n");
	const replacements = [
		["gxHeap", numbered.join(",\n")],
		["gxStack", stack.join(",\n")],
		["gxKeys", pointers(machine.keys)],
		["gxNames", pointers(machine.names)],
		["gxSymbols", pointers(machine.symbols)],
		["gxColors", colors.map((color) => `\t${color}`).join(",\n")],
		[
			"gxBuilders",
			machine.builders.map(({ callback, length, id }) => `\t{ ${callback}, ${length}, ${id} }`).join(",\n"),
		],
		...machine.hostRows.map(({ name, rows: all }) => [
			name,
			all.map(({ callback, length, id }) => `\t{ ${callback}, ${length}, ${id} }`).join(",\n"),
		]),
		...machine.scriptCodes.map(({ name, bytes }) => [name, rows([...bytes], hex, 16).slice(0, -2)]),
	];
	if (machine.data.length > 0) replacements.push(["gxSlotData", pointers(machine.data)]);
	let source = machine.source;
	for (const [name, body] of replacements) source = withBody(source, name, body);
	const size = (name, value) => (text) =>
		text.replace(new RegExp(`^#define mx${name}Count \\d+$`, "m"), `#define mx${name}Count ${value}`);
	for (const change of [size("Heap", count), size("Keys", machine.keys.length)]) source = change(source);
	source = source.replace(/^(static const xsHostBuilder gxBuilders\[)\d+/m, `$1${machine.builders.length}`);
	const table = `static const txU1 gxTexts[${texts.bytes.length}] = {\n${rows(texts.bytes, hex, 32).slice(0, -2)}\n};\n\n`;
	return source.replace("static const txSlot gxHeap[mxHeapCount] = {\n", (head) => table + head);
}

function withBody(source, name, body) {
	const head = new RegExp(`^static const [^\\n;]*\\b${name}\\[[^\\]]*\\][^\\n;]*= \\{\\n`, "m").exec(source);
	if (head === null) throw new RangeError(`no ${name}`);
	const from = head.index + head[0].length;
	// Each table ends on a line of its own; the linker ends the heap's last line with it.
	const end = /\};\n/g;
	end.lastIndex = from;
	let to = end.exec(source).index;
	if (name === "gxHeap") to = source.indexOf("};\n\nstatic const txSlot gxStack[mxStackCount] = {\n", from);
	return `${source.slice(0, from)}${body}\n${source.slice(to)}`;
}
