// Takes out of a machine what the linker stripped of XS's built-ins: their C is gone, their properties are still there, and
// a call of one ends the device. Without the property it is a TypeError, as of any other function that is not there.

/** What the linker writes in place of a host function that nothing asks for. */
const stripped = "fxDeadStrip";

/** The row of gxBuilders that a host function's slot is of. */
export function builderOf(slot) {
	const [, index] = /&gxBuilders\[(\d+)\]/.exec(slot.parts[0]) ?? [];
	return index === undefined ? undefined : Number(index);
}

const isStrippedFunction = (instance) =>
	instance?.kind === "INSTANCE" &&
	instance.next?.kind === "CALLBACK_X" &&
	instance.next.parts[0].includes(`{ ${stripped}, `);

function isStripped(slot, builders) {
	if (slot.kind === "HOST_FUNCTION") return builders[builderOf(slot)]?.callback === stripped;
	return slot.kind === "REFERENCE" && isStrippedFunction(slot.refs[0]);
}

/** @returns whether nothing is left of the accessor */
function withoutStripped(accessor) {
	accessor.refs = accessor.refs.map((each) => (isStrippedFunction(each) ? undefined : each));
	return accessor.refs.every((each) => each === undefined);
}

/**
 * Removes properties whose host function is stripped. A prototype's "constructor" stays, for whoever compares it.
 * @param machine changed in place
 * @param {number} constructorName number of the name "constructor"
 */
export function removeStripped(machine, constructorName) {
	for (const head of machine.slots) {
		if (head.kind !== "INSTANCE") continue;
		for (let before = head; before.next !== undefined; ) {
			const slot = before.next;
			const isGone =
				slot.isProperty &&
				slot.id !== constructorName &&
				(slot.kind === "ACCESSOR" ? withoutStripped(slot) : isStripped(slot, machine.builders));
			if (isGone) before.next = slot.next;
			else before = slot;
		}
	}
}
