// What of a machine anything can get at: from the stack's intrinsics, the names that are in use, and tables.

/**
 * @param machine
 * @param {Set<number>} [names] numbers of the names in use; all of them when left out
 * @returns {Set<import("./machine.mjs").Slot>}
 */
export function reachable(machine, names) {
	const found = new Set();
	const left = [...machine.data, ...machine.symbols];
	for (const slot of machine.stack) left.push(slot.next, ...slot.refs);
	for (const [id, key] of machine.keys.entries()) {
		const isText = key?.kind === "KEY_X";
		if (names === undefined || !isText || names.has(id)) left.push(key);
	}
	while (left.length > 0) {
		const slot = left.pop();
		if (slot === undefined || typeof slot === "number" || found.has(slot)) continue;
		found.add(slot);
		// A name's next is whatever hashes alike.
		left.push(...(slot.kind === "KEY_X" ? [] : [slot.next]), ...slot.refs, ...(slot.items ?? []));
	}
	return found;
}
