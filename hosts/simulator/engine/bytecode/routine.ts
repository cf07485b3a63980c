import type { Codes } from "./codes.ts";

/** The bytecode of one function, taken apart. */
export type Routine = Instruction[];

/** One operation. Those that come in several widths are one here: the writer takes the narrowest that will do. */
export interface Instruction {
	/** "GET_LOCAL", whether it was GET_LOCAL_1 or GET_LOCAL_2. */
	name: string;
	/** Where it goes to: of branches, and of CATCH. The routine's last instruction, "", is the place behind it. */
	target?: Instruction;
	/** A local's or a closure's place, or how many: of what counts slots. */
	slot?: number | undefined;
	/** The function that CODE jumps over. */
	body?: Routine;
	/** As it was: of all others. */
	bytes?: Uint8Array | undefined;
	/** A pass has taken it out, and who went there goes there now. */
	gone?: Instruction;
}

const branches = /^(BRANCH\w*|CATCH)_[124]$/;
const bodies = /^CODE(_ARCHIVE)?_[124]$/;
const slots = /^(\w+_(?:LOCAL|CLOSURE|PRIVATE)|STORE|RETRIEVE|RESERVE|UNWIND|USED)_[12]$/;

/** Takes a module's bytecode apart. @throws RangeError when it is none */
export function disassemble(code: Uint8Array, codes: Codes): Routine {
	return read(code, 0, code.length, codes);
}

function read(code: Uint8Array, from: number, end: number, codes: Codes): Routine {
	const routine: Routine = [];
	const places = new Map<number, Instruction>();
	const jumps: { readonly instruction: Instruction; readonly to: number }[] = [];
	let at = from;
	while (at < end) {
		const name = codes.names[code[at]!];
		if (name === undefined) throw new RangeError(`no operation of XS at ${at}`);
		const size = sizeAt(code, at, codes);
		let next = at + size;
		const bytes = code.slice(at, next);
		const instruction: Instruction = {
			name: branches.test(name) || bodies.test(name) || slots.test(name) ? stem(name) : name,
		};
		if (slots.test(name)) instruction.slot = unsigned(bytes);
		else if (branches.test(name)) jumps.push({ instruction, to: next + signed(bytes) });
		else if (bodies.test(name)) {
			next += signed(bytes);
			instruction.body = read(code, at + size, next, codes);
		} else instruction.bytes = bytes;
		places.set(at, instruction);
		routine.push(instruction);
		at = next;
	}
	const last: Instruction = { name: "" };
	routine.push(last);
	places.set(end, last);
	if (at !== end) throw new RangeError(`an operation of XS goes on behind ${end}`);
	for (const { instruction, to } of jumps) {
		// XS 13.3 leaves branches out of arrow functions that take patterns within loops. They are never taken.
		const target = to < from || to > end ? routine.at(-2)! : places.get(to);
		if (target === undefined) throw new RangeError(`no operation of XS at ${to}`);
		instruction.target = target;
	}
	return routine;
}

const stem = (name: string) => name.replace(/_[124]$/, "");

function sizeAt(code: Uint8Array, at: number, codes: Codes): number {
	const size = codes.sizes[code[at]!]!;
	if (size > 0) return size;
	if (size === 0) return 3;
	const view = new DataView(code.buffer, code.byteOffset, code.length);
	if (size === -1) return 2 + view.getUint8(at + 1);
	if (size === -2) return 3 + view.getUint16(at + 1, true);
	return 5 + view.getUint32(at + 1, true);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function unsigned(bytes: Uint8Array): number {
	return bytes.length === 2 ? bytes[1]! : viewOf(bytes).getUint16(1, true);
}

function signed(bytes: Uint8Array): number {
	const view = viewOf(bytes);
	if (bytes.length === 2) return view.getInt8(1);
	return bytes.length === 3 ? view.getInt16(1, true) : view.getInt32(1, true);
}

/** Where an instruction's place went. */
export function settled(instruction: Instruction): Instruction {
	let at = instruction;
	while (at.gone !== undefined) at = at.gone;
	return at;
}

/** Puts a module's bytecode together again, each operation as narrow as it may be. */
export function assemble(routine: Routine, codes: Codes): Uint8Array {
	const bodies = new Map<Instruction, Uint8Array>();
	for (const instruction of routine) {
		if (instruction.body !== undefined) bodies.set(instruction, assemble(instruction.body, codes));
	}
	const widths = new Map<Instruction, number>();
	const places = new Map<Instruction, number>();
	const sizeOf = (instruction: Instruction) => {
		if (instruction.name === "") return 0;
		if (instruction.bytes !== undefined) return instruction.bytes.length;
		const width = widths.get(instruction) ?? 1;
		return 1 + width + (bodies.get(instruction)?.length ?? 0);
	};
	const operandOf = (instruction: Instruction) => {
		const { slot, target } = instruction;
		if (slot !== undefined) return slot;
		const body = bodies.get(instruction);
		if (body !== undefined) return body.length;
		return places.get(settled(target!))! - places.get(instruction)! - sizeOf(instruction);
	};
	// A branch that grows takes others with it, and none ever shrinks.
	for (let isSettled = false; !isSettled; ) {
		isSettled = true;
		let at = 0;
		for (const instruction of routine) {
			places.set(instruction, at);
			at += sizeOf(instruction);
		}
		for (const instruction of routine) {
			if (instruction.bytes !== undefined || instruction.name === "") continue;
			const width = widthOf(operandOf(instruction), instruction.slot !== undefined);
			if (width <= (widths.get(instruction) ?? 1)) continue;
			widths.set(instruction, width);
			isSettled = false;
		}
	}
	const code = new Uint8Array(places.get(routine.at(-1)!)!);
	const view = viewOf(code);
	for (const instruction of routine) {
		const at = places.get(instruction)!;
		if (instruction.name === "") continue;
		if (instruction.bytes !== undefined) {
			code.set(instruction.bytes, at);
			continue;
		}
		const width = widths.get(instruction) ?? 1;
		code[at] = codes.number(`${instruction.name}_${width}`);
		if (width === 1) view.setUint8(at + 1, operandOf(instruction));
		else if (width === 2) view.setUint16(at + 1, operandOf(instruction), true);
		else view.setUint32(at + 1, operandOf(instruction), true);
		const body = bodies.get(instruction);
		if (body !== undefined) code.set(body, at + 1 + width);
	}
	return code;
}

function widthOf(operand: number, isUnsigned: boolean): number {
	if (isUnsigned) return operand <= 0xff ? 1 : 2;
	if (operand >= -0x80 && operand <= 0x7f) return 1;
	return operand >= -0x8000 && operand <= 0x7fff ? 2 : 4;
}
