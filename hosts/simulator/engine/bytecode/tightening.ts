import { orderCaptures } from "./captures.ts";
import { forgetThis, shrinkEnvironments } from "./closures.ts";
import type { Codes } from "./codes.ts";
import { dropTemporaries } from "./literals.ts";
import { shorten } from "./peephole.ts";
import { assemble, disassemble, type Instruction, type Routine } from "./routine.ts";
import { naming, scopeNeeded, sweep } from "./scope.ts";
import { shareTails } from "./tails.ts";
import { depthsOf } from "./verification.ts";

/** Of a module; symbols[n - 1] is what the code calls n. */
export interface Bytecode {
	readonly code: Uint8Array;
	readonly symbols: readonly string[];
}

/**
 * Makes a module's bytecode smaller, and what it does with locals faster; what it computes stays as it is. XS's
 * compiler keeps names of locals for debuggers and `eval`, notices at run time what TypeScript has refused before
 * (constants assigned, variables read before their time), and copies each parameter to a local.
 * Functions are checked before and after (verification.ts): one that has something we do not know stays as it was.
 * @returns one without the symbols that nothing needs any more
 * @throws RangeError when it is no bytecode; Error when a function is not sound any more, which is our bug
 */
export function tightened({ code, symbols }: Bytecode, codes: Codes): Bytecode {
	const routine = disassemble(code, codes);
	const known = new Set<Routine>();
	for (const { body } of routine) {
		if (body === undefined) continue;
		tighten(body, codes, known);
		orderCaptures(body, (each) => known.has(each));
	}
	const kept = new Map<number, number>();
	renumber(routine, codes, kept);
	return { code: assemble(routine, codes), symbols: [...kept.keys()].map((number) => symbols[number - 1]!) };
}

/** Numbers symbols by their first appearance. @param numbers so far, the new by the old */
function renumber(routine: Routine, codes: Codes, numbers: Map<number, number>): void {
	for (const { name, bytes, body } of routine) {
		if (body !== undefined) renumber(body, codes, numbers);
		if (bytes === undefined || codes.sizes[codes.number(name)] !== 0) continue;
		const view = new DataView(bytes.buffer);
		const old = view.getUint16(1, true);
		if (old === 0) continue;
		const number = numbers.get(old) ?? numbers.size + 1;
		numbers.set(old, number);
		view.setUint16(1, number, true);
	}
}

/** What looks locals up by name, and what a generator leaves behind when it yields: not for us. */
const strange =
	/^(EVAL\w*|\w+_ENVIRONMENT|WITH|WITHOUT|START_\w+|YIELD\w*|AWAIT|ARGUMENTS_\w+|DEBUGGER|USED\w*|USING\w*)$/;

/** @param known gets those that were changed */
function tighten(routine: Routine, codes: Codes, known: Set<Routine>): void {
	for (const { body } of routine) if (body !== undefined) tighten(body, codes, known);
	if (routine.some(({ name }) => strange.test(name)) || typeof depthsOf(routine) === "string") return;
	forgetNames(routine, codes);
	readParametersInPlace(routine);
	forgetThis(routine);
	shrinkEnvironments(routine);
	dropTemporaries(routine, codes);
	reserveAtOnce(routine);
	shorten(routine, codes);
	shareTails(routine);
	shorten(routine, codes);
	const wrong = depthsOf(routine);
	if (typeof wrong === "string") throw new Error(`tightened bytecode is not sound: ${wrong}`);
	known.add(routine);
}

/**
 * Locals are found by their place, and lie in what RESERVE took and set to undefined: only closures need a scope that
 * grows and shrinks.
 */
function reserveAtOnce(routine: Routine): void {
	const reserve = routine.findIndex(({ name }) => name === "RESERVE");
	if (reserve < 0) return;
	const needed = scopeNeeded(routine);
	routine[reserve]!.slot = needed;
	const isFixed = routine.every(({ name }) => name !== "NEW_CLOSURE");
	routine.forEach((instruction, index) => {
		const isIdle = isFixed ? /^(NEW_TEMPORARY|UNWIND)$/.test(instruction.name) : false;
		if (isIdle || (index === reserve && needed === 0)) instruction.gone = routine[index + 1]!;
	});
	sweep(routine);
}

/** Locals begin as undefined, and are set without being asked whether they may be. */
function forgetNames(routine: Routine, codes: Codes): void {
	const unnamed = Uint8Array.of(codes.number("NEW_TEMPORARY"));
	routine.forEach((instruction, index) => {
		const { name } = instruction;
		if (name === "CONST_LOCAL" || name === "LET_LOCAL") instruction.name = "VAR_LOCAL";
		else if (name === "NEW_LOCAL") Object.assign(instruction, { name: "NEW_TEMPORARY", bytes: unnamed });
		else if (name === "RESET_LOCAL" || name === "REFRESH_LOCAL") instruction.gone = routine[index + 1]!;
	});
	sweep(routine);
}

/** A parameter that is never assigned is read where the caller put it. */
function readParametersInPlace(routine: Routine): void {
	const declared = declaredFirst(routine);
	const copied = new Map<number, Instruction>();
	const changed = new Set<number>();
	routine.forEach(({ name, slot }, index) => {
		if (slot === undefined || !naming.test(name)) return;
		const argument = routine[index - 1]!;
		const isCopy = name === "VAR_LOCAL" && argument.name === "ARGUMENT" && routine[index + 1]!.name === "POP";
		if (isCopy && declared.has(slot) && !copied.has(slot)) copied.set(slot, argument);
		else if (name !== "GET_LOCAL") changed.add(slot);
	});
	const places = [...copied.keys()].filter((place) => !changed.has(place)).sort((one, other) => other - one);
	for (const place of places) removeParameter(routine, place, declared.get(place)!, copied.get(place)!);
	sweep(routine);
}

function removeParameter(routine: Routine, place: number, declaration: Instruction, argument: Instruction): void {
	declaration.gone = routine[routine.indexOf(declaration) + 1]!;
	const at = routine.indexOf(argument);
	// ARGUMENT, VAR_LOCAL, POP
	for (const index of [at, at + 1, at + 2]) routine[index]!.gone = routine[index + 1]!;
	for (const instruction of routine) {
		const { name, slot, gone } = instruction;
		if (gone !== undefined || slot === undefined || !naming.test(name)) continue;
		if (slot > place) instruction.slot = slot - 1;
		else if (slot === place) Object.assign(instruction, { name: "ARGUMENT", slot: undefined, bytes: argument.bytes });
	}
}

/** What is declared before anything else happens, by its place: parameters are. */
function declaredFirst(routine: Routine): Map<number, Instruction> {
	const declared = new Map<number, Instruction>();
	let place = 0;
	for (const instruction of routine) {
		const { name, slot } = instruction;
		if (name === "RETRIEVE") place += slot!;
		else if (name === "NEW_TEMPORARY" || name === "NEW_CLOSURE") declared.set(++place, instruction);
		else if (!/^(BEGIN\w*|RESERVE|RETRIEVE_\w+)$/.test(name)) break;
	}
	return declared;
}
