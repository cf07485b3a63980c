// Slots that say the same and never change become one: nothing writes into ROM (XS copies an instance or a variable to RAM
// before its first change), so nobody can tell.

const identities = new Map();
/** A number for each slot, for comparing what points at it. */
const identityOf = (slot) => {
	if (slot === undefined) return 0;
	if (!identities.has(slot)) identities.set(slot, identities.size + 1);
	return identities.get(slot);
};

const contentOf = (slot) =>
	[slot.kind, slot.flag, slot.id, slot.text?.toString("latin1"), ...slot.parts, ...slot.refs.map(identityOf)].join(
		"\u0001",
	);

/** Constants that closures share as variables: one for each value. */
export function shareConstants(machine) {
	const dontSet = 0x08;
	const first = new Map();
	for (const slot of machine.slots) {
		if (slot.kind !== "CLOSURE" && slot.kind !== "EXPORT") continue;
		const box = slot.refs[0];
		if (!box?.isBox || box.id !== 0 || !(box.flag & dontSet) || box.next !== undefined) continue;
		const content = contentOf(box);
		if (!first.has(content)) first.set(content, box);
		slot.refs[0] = first.get(content);
	}
}

const shareable =
	/^(ACCESSOR|BIGINT_X|BOOLEAN|HOME|HOST_FUNCTION|INTEGER|NULL|NUMBER|REFERENCE|STRING_X|SYMBOL|UNDEFINED)$/;

/**
 * Lists that end alike share that end: what functions are of (HOME), and the last properties of objects.
 * A property that is an earlier object's is found by a walk along the list, not by its colour.
 */
export function shareTails(machine) {
	const first = new Map();
	const done = new Set();
	for (const head of machine.slots) {
		if (head.kind !== "INSTANCE") continue;
		const list = [];
		for (let slot = head.next; slot !== undefined && !done.has(slot); slot = slot.next) list.push(slot);
		for (let at = list.length - 1; at >= 0; at--) {
			const slot = list[at];
			done.add(slot);
			const isSame = slot.kind === "HOME" || (slot.isProperty && shareable.test(slot.kind));
			if (!isSame) break;
			const content = `${contentOf(slot)}\u0002${identityOf(slot.next)}`;
			const same = first.get(content);
			if (same === undefined) first.set(content, slot);
			else if (same !== slot) (at === 0 ? head : list[at - 1]).next = same;
		}
		for (const slot of list) done.add(slot);
	}
}
