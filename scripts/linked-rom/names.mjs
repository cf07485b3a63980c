// Names: XS numbers them. Those of its own sources have fixed numbers; a program's follow. A name that no slot, no bytecode
// and no C of XS has the number of goes, and the program's others move up. Text that is looked up at run time gets a number
// then, as it does for any name that no module has.
import { builderOf } from "./built-ins.mjs";
import { namesIn, renamed } from "./code.mjs";

/** Numbers of names in values. */
const inValue = {
	MODULE: /, (\d+) \}/,
	MODULE_SOURCE: /, (\d+) \}/,
	PROGRAM: /, (\d+) \}/,
	SYMBOL: /\.symbol = (\d+)/,
};

function numberInValue(slot) {
	const [, digits] = inValue[slot.kind]?.exec(slot.parts.at(-1)) ?? [];
	return digits === undefined ? 0 : Number(digits);
}

/**
 * @param machine
 * @param codes of its XS
 * @param {Iterable<import("./machine.mjs").Slot>} slots of it that are left
 * @returns {Set<number>} what slots, bytecode and rows of host functions name
 */
export function namedIn(machine, codes, slots) {
	const found = new Set();
	for (const slot of slots) {
		if (slot.isNamed && slot.kind !== "KEY_X") found.add(slot.id);
		found.add(numberInValue(slot));
		if (slot.kind === "CODE_X" && slot.text !== undefined) for (const id of namesIn(slot.text, codes)) found.add(id);
		const row = slot.kind === "HOST_FUNCTION" ? builderOf(slot) : undefined;
		if (row !== undefined) found.add(machine.builders[row].id);
	}
	for (const { bytes } of machine.scriptCodes) for (const id of namesIn(bytes, codes)) found.add(id);
	for (const id of machine.hostIds) found.add(id);
	found.delete(0);
	return found;
}

/**
 * Which of XS's own names its C uses once a machine is linked: what only its builders use, nobody does.
 * @param {string[]} sources of XS: *.c and *.h
 * @returns {Set<string>} identifiers that begin with _, as XS's enumeration has them
 */
export function namesOfC(sources) {
	const found = new Set();
	for (const source of sources) {
		const left = source
			.replace(/const txString gxIDStrings\[[\s\S]*?^\};/gm, "")
			.replace(/^enum \{\s*XS_NO_ID\b[\s\S]*?^\};/gm, "")
			.replace(/^(?:static )?(?:void|txSlot\*) fxBuild\w*\([^;{]*\)\s*\{[\s\S]*?^\}/gm, "");
		for (const [name] of left.matchAll(/\b_\w+/g)) found.add(name);
	}
	return found;
}

/** How many names are XS's own: up to the first that its sources do not have. */
export function ownNames(machine, commonSource) {
	const from = commonSource.indexOf("gxIDStrings[");
	const strings = new Set(
		[...commonSource.slice(from, commonSource.indexOf("};", from)).matchAll(/"([^"\n]*)"/g)].map(([, text]) => text),
	);
	let count = 0;
	while (count < machine.keys.length) {
		const key = machine.keys[count];
		if (key?.kind === "KEY_X" && key.text !== undefined && !strings.has(key.text.toString("latin1"))) break;
		count++;
	}
	return count;
}

/**
 * Gives the program's names numbers without gaps, and takes out those that are not used.
 * @param machine changed in place
 * @param {number} fixed how many are XS's own: their numbers stay
 * @returns {{ id: number, text: string, now: number }[]} names with a new number; 0: the name is gone
 */
export function renumber(machine, codes, used, fixed) {
	const numbers = new Map();
	const changes = [];
	const keys = [];
	for (const [id, key] of machine.keys.entries()) {
		const stays = used.has(id) || key === undefined || key.kind !== "KEY_X" || key.text === undefined;
		if (id < fixed || stays) {
			numbers.set(id, keys.length);
			keys.push(stays ? key : undefined);
		}
		const now = stays ? numbers.get(id) : 0;
		if (now !== id && key?.text !== undefined) changes.push({ id, text: key.text.toString("latin1"), now });
	}
	const numberOf = (id) => numbers.get(id) ?? id;
	const all = [...machine.slots, ...machine.stack, ...machine.slots.flatMap(({ items }) => items ?? [])];
	for (const slot of new Set(all)) {
		const inside = numberInValue(slot);
		if (inside !== 0) {
			const last = slot.parts.at(-1);
			slot.parts[slot.parts.length - 1] = last.replace(inValue[slot.kind], (text) =>
				text.replace(String(inside), String(numberOf(inside))),
			);
		}
		if (slot.isNamed) slot.id = numberOf(slot.id);
		if (slot.kind === "CODE_X" && slot.text !== undefined) slot.text = renamed(slot.text, codes, numberOf);
	}
	for (const builder of machine.builders) builder.id = numberOf(builder.id);
	machine.scriptCodes = machine.scriptCodes.map(({ name, bytes }) => ({
		name,
		bytes: renamed(bytes, codes, numberOf),
	}));
	for (const { rows } of machine.hostRows) for (const row of rows) row.id = numberOf(row.id);
	unlinkNames(machine, new Set(keys));
	// Nothing looks for them; whoever does all the same finds a name instead of nothing.
	const stand = keys.find((key) => key?.kind === "KEY_X" && key.text !== undefined);
	machine.keys = keys.map((key, index) => key ?? (machine.keys[index] === undefined ? undefined : stand));
	return changes;
}

/** Names with the same hash are a list. */
function unlinkNames(machine, left) {
	machine.names = machine.names.map((first) => {
		const chain = [];
		for (let key = first; key !== undefined; key = key.next) if (left.has(key)) chain.push(key);
		for (const [index, key] of chain.entries()) key.next = chain[index + 1];
		return chain[0];
	});
}
