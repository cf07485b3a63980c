import type { Instruction, Routine } from "./routine.ts";
import { sweep } from "./scope.ts";

/** What looks at `this`, at `new.target` or at the home of `super`, or hands them on to an arrow function. */
const personal = /^(\w*THIS\w*|TARGET|\w*SUPER\w*|STORE_ARROW)$/;

/** An arrow function that never asks for `this` does not take it along; it is two slots of its environment. */
export function forgetThis(routine: Routine): void {
	if (!routine.some(({ name }) => name === "RETRIEVE_TARGET")) return;
	const others = routine.filter(({ name }) => name !== "RETRIEVE_THIS" && name !== "RETRIEVE_TARGET");
	if (others.some(({ name }) => personal.test(name))) return;
	routine.forEach((instruction, index) => {
		if (!others.includes(instruction)) instruction.gone = routine[index + 1]!;
	});
	sweep(routine);
}

/** Gives the functions that are made here no more of an environment than they take from it. */
export function shrinkEnvironments(routine: Routine): void {
	routine.forEach(({ body }, index) => {
		if (body === undefined || routine[index + 1]!.name !== "ENVIRONMENT") return;
		let at = index + 2;
		while (routine[at]!.name === "STORE") at++;
		if (routine[at]!.name === "STORE_ARROW") {
			if (body.some(({ name }) => name === "RETRIEVE_TARGET" || name === "RETRIEVE_THIS")) return;
			routine[at]!.gone = routine[++at]!;
		}
		const isEmpty = !routine.slice(index + 2, at).some(({ name }) => name === "STORE");
		if (isEmpty && routine[at]!.name === "POP" && !takes(body)) {
			routine[index + 1]!.gone = routine[index + 2]!;
			routine[at]!.gone = routine[at + 1]!;
			removeRetrieve(body);
		}
	});
	sweep(routine);
}

/** Whether a function takes anything from its environment. */
function takes(body: Routine): boolean {
	return body.some(({ name, slot }) => name.startsWith("RETRIEVE") && slot !== 0);
}

function removeRetrieve(body: Routine): void {
	const at = body.findIndex(({ name }) => name === "RETRIEVE");
	if (at < 0) return;
	const retrieve: Instruction = body[at]!;
	retrieve.gone = body[at + 1]!;
	sweep(body);
}
