import type { Codes } from "./codes.ts";
import { type Instruction, type Routine, settled } from "./routine.ts";
import { ending, sweep } from "./scope.ts";

/** Replaces short sequences by shorter ones, until there is none left. */
export function shorten(routine: Routine, codes: Codes): void {
	const given: Given = {
		dub: Uint8Array.of(codes.number("DUB")),
		global: Uint8Array.of(codes.number("GLOBAL")),
		getProperty: (of) => Uint8Array.of(codes.number("GET_PROPERTY"), ...of.subarray(1)),
	};
	while (pass(routine, given)) sweep(routine);
}

/** Operations that rules put in. */
interface Given {
	readonly dub: Uint8Array;
	readonly global: Uint8Array;
	/** @param of another operation on the same symbol */
	getProperty(of: Uint8Array): Uint8Array;
}

function pass(routine: Routine, given: Given): boolean {
	const targets = new Set(routine.flatMap(({ target }) => (target === undefined ? [] : [settled(target)])));
	let isShorter = false;
	for (let index = 0; index < routine.length - 1; index++) {
		if (routine[index]!.gone !== undefined) continue;
		const at = new Window(routine, index, targets, given);
		if (rules.some((rule) => rule(at))) isShorter = true;
	}
	return isShorter;
}

/** An instruction, and what follows it. */
class Window {
	readonly given: Given;
	private readonly routine: Routine;
	private readonly index: number;
	private readonly targets: Set<Instruction>;

	constructor(routine: Routine, index: number, targets: Set<Instruction>, given: Given) {
		this.routine = routine;
		this.index = index;
		this.targets = targets;
		this.given = given;
	}

	get here(): Instruction {
		return this.routine[this.index]!;
	}

	/** The one behind it; undefined when it was taken out in this pass, or at the end. */
	at(ahead: number): Instruction | undefined {
		const instruction = this.routine[this.index + ahead];
		return instruction?.gone === undefined ? instruction : undefined;
	}

	/** Whether these operations follow one another, and none but the first is a branch's target. */
	is(...names: readonly (string | RegExp)[]): boolean {
		return names.every((name, ahead) => {
			const instruction = this.at(ahead);
			if (instruction === undefined || (ahead > 0 && this.targets.has(instruction))) return false;
			return typeof name === "string" ? instruction.name === name : name.test(instruction.name);
		});
	}

	isTarget(instruction: Instruction): boolean {
		return this.targets.has(instruction);
	}

	goTo(target: Instruction): true {
		this.here.target = target;
		this.targets.add(target);
		return true;
	}

	remove(...aheads: readonly number[]): true {
		for (const ahead of aheads) {
			const instruction = this.at(ahead)!;
			instruction.gone = this.routine[this.index + ahead + 1]!;
			if (this.targets.has(instruction)) this.targets.add(settled(instruction));
		}
		return true;
	}
}

type Rule = (at: Window) => boolean;

const conditional = /^BRANCH_(IF|ELSE)$/;
const opposite = (name: string) => (name === "BRANCH_IF" ? "BRANCH_ELSE" : "BRANCH_IF");

const rules: readonly Rule[] = [
	// What nobody reaches.
	(at) => {
		const next = at.at(1);
		return ending.test(at.here.name) && next !== undefined && next.name !== "" && !at.isTarget(next) && at.remove(1);
	},
	// To the next instruction; to one that goes on elsewhere; to the end.
	(at) => at.here.name === "BRANCH" && settled(at.here.target!) === at.at(1) && at.remove(0),
	(at) => {
		const { target, name } = at.here;
		if (target === undefined || name === "CATCH" || settled(target).name !== "BRANCH") return false;
		const beyond = settled(settled(target).target!);
		return beyond !== at.here && beyond.name !== "BRANCH" && at.goTo(beyond);
	},
	(at) => {
		if (at.here.name !== "BRANCH") return false;
		const { name, bytes } = settled(at.here.target!);
		if (!/^END/.test(name)) return false;
		Object.assign(at.here, { name, bytes, target: undefined });
		return true;
	},
	// if (a) break;
	(at) => {
		if (!at.is(conditional, "BRANCH") || settled(at.here.target!) !== at.at(2)) return false;
		at.here.name = opposite(at.here.name);
		at.goTo(settled(at.at(1)!.target!));
		return at.remove(1);
	},
	(at) => {
		if (!at.is("NOT", conditional)) return false;
		at.at(1)!.name = opposite(at.at(1)!.name);
		return at.remove(0);
	},
	// x = …;
	(at) => {
		if (!at.is(/^(VAR|SET)_LOCAL$/, "POP")) return false;
		at.here.name = "PULL_LOCAL";
		return at.remove(1);
	},
	// const x = …; x …
	(at) => {
		if (!at.is("PULL_LOCAL", "GET_LOCAL") || at.here.slot !== at.at(1)!.slot) return false;
		at.here.name = "VAR_LOCAL";
		return at.remove(1);
	},
	// The last of what a pattern takes.
	(at) => at.is("DUB", "GET_PROPERTY", "PULL_LOCAL", "POP") && at.remove(3, 0),
	(at) => at.is("DUB", "GET_PROPERTY", /_CLOSURE$/, "POP", "POP") && at.remove(4, 0),
	// The scope ends with the function.
	(at) => (at.is("UNWIND", "SET_RESULT", /^END/) || at.is("UNWIND", /^END/)) && at.remove(0),
	(at) => {
		if (!at.is("UNWIND", "UNWIND")) return false;
		at.at(1)!.slot! += at.here.slot!;
		return at.remove(0);
	},
	(at) => {
		if (!at.is("GET_LOCAL", "GET_LOCAL") || at.here.slot !== at.at(1)!.slot) return false;
		Object.assign(at.at(1)!, { name: "DUB", slot: undefined, bytes: at.given.dub });
		return true;
	},
	// A global of the language's: no module can hide it, and all that is asked for is there.
	(at) => {
		if (!at.is("PROGRAM_REFERENCE", "GET_VARIABLE")) return false;
		const read = at.at(1)!;
		Object.assign(at.here, { name: "GLOBAL", bytes: at.given.global });
		Object.assign(read, { name: "GET_PROPERTY", bytes: at.given.getProperty(read.bytes!) });
		return true;
	},
];
