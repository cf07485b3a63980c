// Each function has a HOME: the object that it is a method of, which only `super` asks for, and its module. Where nothing of a
// function says `super`, the object goes, and the functions of a module have one HOME together.
import { instructionsOf } from "./code.mjs";
import { Slot } from "./machine.mjs";

/** STORE_ARROW gives the object on to a function that is made inside; text that is evaluated may say anything. */
const asking = /SUPER|^STORE_ARROW$|^EVAL/;

function asks(text, codes) {
	for (const { name } of instructionsOf(text, codes)) if (asking.test(name)) return true;
	return false;
}

/** @param machine changed in place; its codes have no padding */
export function shareHomes(machine, codes) {
	// Its number is for XS's profiler, which no release has.
	for (const slot of machine.slots) if (slot.kind === "HOME") slot.id = 0;
	const shared = new Map();
	for (const code of machine.slots) {
		const home = code.kind === "CODE_X" && code.text !== undefined ? code.next : undefined;
		if (home?.kind !== "HOME" || home.next !== undefined || home.refs[0] === undefined) continue;
		if (asks(code.text, codes)) continue;
		const [, module] = home.refs;
		if (!shared.has(module)) {
			const { id, isNamed, flag, kind, parts } = home;
			shared.set(module, new Slot({ id, isNamed, flag, kind, parts: [...parts], refs: [undefined, module] }));
		}
		code.next = shared.get(module);
	}
	machine.slots.push(...shared.values());
}
