// What functions capture: an instance, a slot that says it is an environment, and one slot for each variable, which points
// at the variable's own. RETRIEVE copies the first n of them onto the stack and nothing else looks there, as long as no code
// evaluates text: then the names are not needed, lists that say the same are one, and a list may be the begin of a longer.

import { instructionsOf } from "./code.mjs";
import { Slot } from "./machine.mjs";

/** These look variables up by their names, or make environments of environments. */
const looking = /^(EVAL\w*|WITH|WITHOUT|FUNCTION_ENVIRONMENT|PROGRAM_ENVIRONMENT)$/;

/** Whether a code of the machine, or XS itself, may look a captured variable up by its name. */
export function looksUpVariables(machine, codes) {
	if (/^\t(fxRunEval|fxRunEvalEnvironment|fxRunProgramEnvironment),$/m.test(machine.source)) return true;
	const texts = [...machine.slots.map(({ kind, text }) => (kind === "CODE_X" ? text : undefined))];
	for (const bytes of [...texts, ...machine.scriptCodes.map((code) => code.bytes)]) {
		if (bytes === undefined) continue;
		for (const { name } of instructionsOf(bytes, codes)) if (looking.test(name)) return true;
	}
	return false;
}

/** The instance that a function's code points at. */
const environmentOf = (slot) => (slot.kind === "CODE_X" ? slot.refs[0] : undefined);

function variablesOf(environment) {
	const found = [];
	for (let slot = environment.next.next; slot !== undefined; slot = slot.next) found.push(slot);
	return found;
}

/** Instances that only functions' codes point at. */
function environmentsOf(machine) {
	const found = new Set(machine.slots.map(environmentOf));
	for (const slot of [...machine.slots, ...machine.stack]) {
		if (environmentOf(slot) !== undefined) continue;
		for (const seen of [slot.next, ...slot.refs, ...(slot.items ?? []).flatMap(({ refs }) => refs)]) found.delete(seen);
	}
	return [...found].filter(
		(each) => each?.next?.kind === "UNDEFINED" && each.next.isInternal && each.refs.length === 0,
	);
}

/**
 * Sequences of numbers in one row as short as a simple search finds: those that are in others are left out, and of the rest
 * the two that overlap most are joined, until none do.
 * @param {number[][]} sequences
 * @returns {number[]}
 */
export function shortestRow(sequences) {
	const sorted = [...new Set(sequences.map(textOf))].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
	let left = [];
	for (const text of sorted) if (!left.some((longer) => longer.includes(text))) left.push(text);
	for (let size = Math.max(0, ...left.map(({ length }) => length)) - 1; size > 0; size--) left = joined(left, size);
	return [...left.join("")].map((character) => character.codePointAt(0) - 1);
}

/** Joins whatever ends with the `size` numbers that something else begins with. */
function joined(texts, size) {
	const rows = new Set(texts);
	const begins = new Map();
	for (const text of texts) {
		if (text.length <= size) continue;
		const begin = text.slice(0, size);
		begins.set(begin, [...(begins.get(begin) ?? []), text]);
	}
	const current = new Map(texts.map((text) => [text, text]));
	for (const text of texts) {
		let row = current.get(text);
		if (!rows.has(row) || row.length <= size) continue;
		for (;;) {
			const other = begins.get(row.slice(-size))?.find((each) => rows.has(each) && each !== row);
			if (other === undefined) break;
			rows.delete(row);
			rows.delete(other);
			row += other.slice(size);
			rows.add(row);
			const begin = row.slice(0, size);
			begins.set(begin, [...(begins.get(begin) ?? []), row]);
		}
	}
	return [...rows];
}

/**
 * Puts all that functions capture into one list, and has each function point at where its variables are in it. XS takes the
 * slot behind the next one of what a function points at as the first variable, and reads as many as the code says.
 * @param machine changed in place; looksUpVariables() of it is false
 */
export function shareEnvironments(machine) {
	const environments = environmentsOf(machine);
	if (environments.length === 0) return;
	const found = new Map();
	const slots = [];
	const numberOf = (slot) => {
		const key = [slot.kind, slot.flag, slot.id, ...slot.parts, ...slot.refs.map((each) => machine.slots.indexOf(each))];
		const text = key.join("|");
		if (!found.has(text)) found.set(text, slots.push(slot) - 1);
		return found.get(text);
	};
	// Private members are told by the names of the variables that stand for them.
	const isPrivate = (id) => machine.keys[id]?.text?.[0] === "#".charCodeAt(0);
	const sequences = environments.map((environment) => {
		const variables = variablesOf(environment);
		for (const slot of variables) if (slot.kind === "CLOSURE" && !isPrivate(slot.id)) slot.id = 0;
		return variables.map(numberOf);
	});
	const row = shortestRow(sequences);
	const [first] = environments;
	const chain = [first, first.next, ...row.map((number) => copyOf(slots[number]))];
	for (const [index, slot] of chain.entries()) slot.next = chain[index + 1];
	first.isEnvironment = true;
	machine.slots.push(...chain.slice(2));
	const text = textOf(row);
	const places = new Map(environments.map((each, index) => [each, chain[text.indexOf(textOf(sequences[index]))]]));
	for (const slot of machine.slots) {
		const environment = environmentOf(slot);
		if (places.has(environment)) slot.refs[0] = places.get(environment);
	}
}

const copyOf = ({ id, isNamed, flag, kind, parts, refs, text }) =>
	new Slot({ id, isNamed, flag, kind, parts: [...parts], refs: [...refs], text });

/** One character for each number, so that a sequence is looked for as text. */
const textOf = (list) => list.map((number) => String.fromCodePoint(number + 1)).join("");
