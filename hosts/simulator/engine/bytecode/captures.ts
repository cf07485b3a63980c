import { arranged } from "./arrangement.ts";
import type { Instruction, Routine } from "./routine.ts";
import { declares, naming } from "./scope.ts";

/** Where a function is made: what it takes along, in the order of its places for that. */
interface Creation {
	readonly body: Routine;
	readonly stores: readonly Instruction[];
	/** What declared each of the variables. */
	readonly variables: readonly (Instruction | number)[];
}

/**
 * Orders what the functions of a module take along: so that one row of the module's variables has as many of these
 * environments as possible as runs. A function copies as many variables as it knows of, beginning where its environment
 * points; so who writes a ROM needs no more than that row (XS itself makes an environment for each).
 * @param routine a module's body, which makes the functions
 * @param isKnown whether a function is one that may be changed
 */
export function orderCaptures(routine: Routine, isKnown: (body: Routine) => boolean): void {
	const creations = creationsIn(routine).filter(({ body }) => isKnown(body));
	const runs = arranged(creations.map(({ variables }) => new Set(variables)));
	creations.forEach(({ body, stores, variables }, index) => {
		const run = runs[index]!;
		const places = variables.map((variable) => run.indexOf(variable) + 1);
		const before = stores.map(({ slot }) => slot!);
		places.forEach((place, at) => {
			stores[place - 1]!.slot = before[at]!;
		});
		for (const instruction of body) {
			const { name, slot } = instruction;
			if (slot !== undefined && naming.test(name) && slot <= places.length) instruction.slot = places[slot - 1]!;
		}
	});
}

function creationsIn(routine: Routine): Creation[] {
	const creations: Creation[] = [];
	const declared: (Instruction | number)[] = [];
	routine.forEach((instruction, index) => {
		const count = declares(instruction);
		if (count < 0) declared.splice(count);
		for (let added = 0; added < count; added++) declared.push(count === 1 ? instruction : added);
		const { body } = instruction;
		if (body === undefined || routine[index + 1]!.name !== "ENVIRONMENT") return;
		let end = index + 2;
		while (routine[end]!.name === "STORE") end++;
		const stores = routine.slice(index + 2, end);
		const variables = stores.map(({ slot }) => declared[slot! - 1]!);
		const isWhole = new Set(variables).size === stores.length && !variables.includes(undefined!);
		const taken = body.find(({ name }) => name === "RETRIEVE")?.slot;
		if (routine[end]!.name === "POP" && isWhole && taken === stores.length) creations.push({ body, stores, variables });
	});
	return creations;
}
