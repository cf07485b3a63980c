// All that is done to a machine in ROM behind the SDK's linker: README.md of this folder.
import { builderOf, removeStripped } from "./built-ins.mjs";
import { endOf } from "./code.mjs";
import { looksUpVariables, shareEnvironments } from "./environments.mjs";
import { layOut } from "./layout.mjs";
import { Machine, UnknownShape } from "./machine.mjs";
import { namedIn, namesOfC, ownNames, renumber } from "./names.mjs";
import { reachable } from "./reach.mjs";
import { shareConstants, shareTails } from "./sharing.mjs";
import { written } from "./writer.mjs";

/**
 * @param {{ source: string, header: string }} linked mc.xs.c and mc.xs.h, one character for each byte
 * @param {{ codes: object, common: string, sources: string[] }} xs its operations, xsCommon.c, and all of its C
 * @param {ReadonlySet<string>} natives names that C of modules asks for by number: the SDK does not compile that C again when
 *   numbers change, so these keep theirs
 * @returns {{ source: string, header: string }}
 * @throws UnknownShape, RangeError when it is not what this knows
 */
export function tightened({ source, header }, { codes, common, sources }, natives = new Set()) {
	const machine = new Machine(source);
	if (namesOnStack(machine)) throw new UnknownShape("names on the stack");
	cutCodes(machine, codes);
	const constructorName = machine.keys.findIndex((key) => key?.text?.toString("latin1") === "constructor");
	removeStripped(machine, constructorName);
	keep(machine, reachable(machine));
	if (!looksUpVariables(machine, codes)) shareEnvironments(machine);
	// Stacks of errors have functions' names in them.
	if (!/^\tfxCaptureErrorStack,$/m.test(source))
		for (const slot of machine.slots) if (slot.kind === "CODE_X") slot.id = 0;
	shareConstants(machine);
	shareTails(machine);
	const used = namesInUse(machine, codes, { common, sources, natives });
	keep(machine, reachable(machine, used.names));
	dropBuilders(machine);
	const changes = renumber(machine, codes, used.names, used.fixed);
	keep(machine, reachable(machine));
	return { source: written(machine, layOut(machine)), header: renamedHeader(header, changes) };
}

const namesOnStack = (machine) => machine.stack.some((slot) => slot.id !== 0 || slot.next !== undefined);

function keep(machine, found) {
	machine.slots = machine.slots.filter((slot) => found.has(slot));
}

function cutCodes(machine, codes) {
	for (const slot of machine.slots) {
		if (slot.kind === "CODE_X" && slot.text !== undefined) slot.text = slot.text.subarray(0, endOf(slot.text, codes));
	}
}

/** To a fixed point: a name's slot keeps nothing but itself. */
function namesInUse(machine, codes, { common, sources, natives }) {
	const own = ownNames(machine, common);
	const inC = namesOfC(sources);
	const slots = [...reachable(machine, new Set())];
	let fixed = own;
	const names = namedIn(machine, codes, [...slots, ...machine.stack]);
	for (const [id, key] of machine.keys.entries()) {
		const text = key?.kind === "KEY_X" ? key.text?.toString("latin1") : undefined;
		if (text === undefined || natives.has(text)) names.add(id);
		else if (id < own && inC.has(`_${text}`)) names.add(id);
		if (natives.has(text)) fixed = Math.max(fixed, id + 1);
	}
	return { names, fixed };
}

/** Rows of gxBuilders that no slot has. */
function dropBuilders(machine) {
	const slots = [...machine.slots, ...machine.stack, ...machine.slots.flatMap(({ items }) => items ?? [])];
	const used = new Set(slots.map(builderOf));
	const numbers = new Map();
	machine.builders = machine.builders.filter((_, row) => used.has(row) && numbers.set(row, numbers.size));
	for (const slot of new Set(slots)) {
		const row = builderOf(slot);
		if (row !== undefined) slot.parts[0] = slot.parts[0].replace(/(&gxBuilders\[)\d+/, `$1${numbers.get(row)}`);
	}
}

/** C asks for a name that has no number any more by its text. */
function renamedHeader(header, changes) {
	const now = new Map(changes.map(({ text, now: number }) => [text, number]));
	return header.replace(/^#define xsID_([\w$]+) \d+$/gm, (line, text) => {
		if (!now.has(text)) return line;
		return `#define xsID_${text} ${now.get(text) === 0 ? `xsID("${text}")` : now.get(text)}`;
	});
}
