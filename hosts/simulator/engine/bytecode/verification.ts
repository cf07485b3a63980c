import { type Instruction, type Routine, settled } from "./routine.ts";
import { declares, ending, naming } from "./scope.ts";

/** What each operation leaves on the stack, less what it takes from there. A call counts as what it will leave. */
const effects: Readonly<Record<string, number>> = Object.fromEntries(
	Object.entries({
		3: "SUPER",
		2: "NEW DUB_AT",
		1:
			"ARGUMENT ARGUMENTS ARRAY BIGINT_1 BIGINT_2 CALL CONSTRUCTOR_FUNCTION COPY_OBJECT CURRENT DUB " +
			"ENVIRONMENT EXCEPTION EXTEND FALSE FUNCTION GET_CLOSURE GET_LOCAL GET_RESULT GET_THIS GLOBAL " +
			"INTEGER_1 INTEGER_2 INTEGER_4 NULL NUMBER OBJECT PROGRAM_REFERENCE REGEXP STRING_1 STRING_2 " +
			"STRING_4 STRING_ARCHIVE_1 STRING_ARCHIVE_2 STRING_ARCHIVE_4 SYMBOL TARGET TEMPLATE_CACHE THIS " +
			"TRUE UNDEFINED",
		0:
			"AT AT_2 BEGIN_STRICT BEGIN_STRICT_BASE BEGIN_STRICT_DERIVED BEGIN_STRICT_FIELD BIT_NOT BRANCH " +
			"BRANCH_CHAIN BRANCH_COALESCE CATCH CHECK_INSTANCE CODE CODE_ARCHIVE CONST_CLOSURE CONST_LOCAL " +
			"DECREMENT DELETE_PROPERTY END END_ARROW END_BASE END_DERIVED FOR_IN FOR_OF GET_PRIVATE " +
			"GET_PROPERTY GET_SUPER GET_THIS_VARIABLE GET_VARIABLE HAS_PRIVATE INCREMENT LET_CLOSURE " +
			"LET_LOCAL MINUS NAME NEW_CLOSURE NEW_LOCAL NEW_TEMPORARY NOT PLUS REFRESH_CLOSURE REFRESH_LOCAL " +
			"RESERVE RESET_CLOSURE RESET_LOCAL RETRIEVE RETRIEVE_TARGET RETRIEVE_THIS RETHROW SET_CLOSURE " +
			"SET_LOCAL SET_THIS STORE STORE_ARROW SWAP TEMPLATE TO_INSTANCE TO_NUMERIC TO_STRING TYPEOF " +
			"UNCATCH UNWIND VAR_CLOSURE VAR_LOCAL VOID INSTANTIATE",
		[-1]:
			"ADD BIT_AND BIT_OR BIT_XOR BRANCH_ELSE BRANCH_IF DELETE_PROPERTY_AT DIVIDE EQUAL EXPONENTIATION " +
			"GET_PROPERTY_AT IN INSTANCEOF LEFT_SHIFT LESS LESS_EQUAL MODULO MORE MORE_EQUAL MULTIPLY " +
			"NOT_EQUAL POP PULL_CLOSURE PULL_LOCAL SET_HOME SET_PRIVATE SET_PROPERTY SET_RESULT SET_SUPER " +
			"SET_VARIABLE SIGNED_RIGHT_SHIFT STRICT_EQUAL STRICT_NOT_EQUAL SUBTRACT THROW " +
			"UNSIGNED_RIGHT_SHIFT",
		[-2]: "NEW_PRIVATE NEW_PROPERTY SET_PROPERTY_AT",
		[-3]: "CLASS NEW_PROPERTY_AT",
	}).flatMap(([effect, names]) => names.split(" ").map((name) => [name, Number(effect)])),
);

/** How deep stack and scope are before an instruction. */
export interface Depth {
	readonly stack: number;
	readonly scope: number;
}

/**
 * Goes all ways through a function, and checks that it keeps the rules that XS trusts its compiler to keep: whatever
 * way one comes to an instruction, as much lies on the stack; nothing is taken that is not there; every place was
 * reserved; a property's flags follow it, and nobody jumps between the two.
 * @returns how deep it is before each instruction that is reached; or what is wrong: also that there is something whose
 * rules are not known here
 */
export function depthsOf(routine: Routine): ReadonlyMap<Instruction, Depth> | string {
	const indexes = new Map(routine.map((instruction, index) => [instruction, index]));
	const reserved = routine.find(({ name }) => name === "RESERVE")?.slot ?? 0;
	const isScoped = routine.some(({ name }) => name === "NEW_CLOSURE" || name === "NEW_LOCAL");
	const depths = new Map<Instruction, Depth>();
	const waiting = [{ from: 0, depth: { stack: 0, scope: 0 } }];
	for (let way = waiting.pop(); way !== undefined; way = waiting.pop()) {
		let { from, depth } = way;
		for (; ; from++) {
			const instruction = routine[from];
			if (instruction === undefined || instruction.name === "") return "it runs past its end";
			if (/^END/.test(instruction.name)) break; // it leaves whatever is there
			const before = depths.get(instruction);
			if (before !== undefined) {
				if (before.stack === depth.stack && (!isScoped || before.scope === depth.scope)) break;
				return `${instruction.name} ${from} is reached with ${before.stack} and ${depth.stack} on the stack`;
			}
			depths.set(instruction, depth);
			const effect = areFlags(routine, from) ? 0 : effectOf(instruction);
			if (effect === undefined) return `what ${instruction.name} does to the stack is not known`;
			const stack = depth.stack + effect;
			const scope = depth.scope + declares(instruction);
			if (stack < 0 || scope < 0) return `${instruction.name} ${from} takes what is not there`;
			const { name, slot, target } = instruction;
			if (scope > reserved || (slot !== undefined && naming.test(name) && (slot < 1 || slot > reserved)))
				return `${name} ${from} is beyond the ${reserved} places reserved`;
			depth = { stack, scope };
			if (target !== undefined) {
				const to = indexes.get(settled(target));
				if (to === undefined || areFlags(routine, to)) return `${name} ${from} leads nowhere`;
				waiting.push({ from: to, depth });
			}
			if (name === "BRANCH_COALESCE") depth = { stack: stack - 1, scope };
			if (ending.test(name)) break;
		}
	}
	return depths;
}

function areFlags(routine: Routine, index: number): boolean {
	return index > 0 && /^NEW_(PRIVATE|PROPERTY)/.test(routine[index - 1]!.name) && routine[index]!.name === "INTEGER_1";
}

function effectOf({ name, bytes }: Instruction): number | undefined {
	if (!/^RUN(_TAIL)?_[124]$/.test(name)) return effects[name];
	const view = new DataView(bytes!.buffer, bytes!.byteOffset);
	if (bytes!.length === 2) return -2 - bytes![1]!;
	return -2 - (bytes!.length === 3 ? view.getUint16(1, true) : view.getUint32(1, true));
}
