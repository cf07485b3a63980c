// Says what the slots of a machine in ROM are for: what the SDK's linker wrote as C, read again.

const slotBytes = 16;
/** What a slot is for, and how it is told. */
const kinds = ["names", "functions", "captures", "variables", "modules", "arrays", "properties", "objects", "host functions"];

/** One line for each slot: its number, the next one's, what it is called, its kind. */
const line =
	/^(?:\/\* (\d+) \*\/)\t\{ (?:NULL|\(txSlot\*\)\d+|\(txSlot\*\)&gxHeap\[(\d+)\]), \{\.ID = (.*?), \.flag = \w+, \.kind = XS_(\w+)_KIND\}/gm;

/**
 * @param {string} source mc.xs.c
 * @returns {Record<string, number>} bytes of a chip with 32 bits, by what they are for; functions and what they capture together are a
 *   closure. `all` is the sum
 */
export function slotsByKind(source) {
	const slots = [];
	for (const [, number, next, , kind] of source.matchAll(line)) {
		slots[Number(number)] = { kind, next: next === undefined ? undefined : Number(next), isHead: true };
	}
	for (const { kind, next } of slots.filter(Boolean)) if (next !== undefined && kind !== "KEY_X") mark(slots[next]);
	const bytes = Object.fromEntries(kinds.map((kind) => [kind, 0]));
	const counted = new Set();
	for (const head of slots) {
		if (!head?.isHead && head?.kind !== "KEY_X") continue;
		const first = slots[head.next];
		for (let slot = head; slot !== undefined && !counted.has(slot); slot = slots[slot.next]) {
			counted.add(slot);
			bytes[kindOf(slot, head, first)] += slotBytes;
			if (head.kind === "KEY_X") break; // names that have the same hash are a chain
		}
	}
	return { ...bytes, all: counted.size * slotBytes };
}

function mark(slot) {
	if (slot !== undefined) slot.isHead = false;
}

function kindOf({ kind }, head, first) {
	if (kind === "KEY_X") return "names";
	if (kind === "HOST_FUNCTION" || kind.startsWith("CALLBACK")) return "host functions";
	if (kind === "EXPORT" || kind === "MODULE") return "modules";
	if (head.kind !== "INSTANCE") return "variables";
	if (first === undefined) return "objects";
	if (first.kind === "UNDEFINED" || first.kind === "CLOSURE") return "captures";
	if (first.kind === "MODULE") return "modules";
	if (first.kind === "ARRAY") return "arrays";
	if (first.kind.startsWith("CODE") && /^(INSTANCE|CODE\w*|HOME)$/.test(kind)) return "functions";
	return kind === "INSTANCE" ? "objects" : "properties";
}
