// Where slots stand in ROM. XS finds a property of an instance there at one step: each name has a colour, and the property
// of that name stands so many slots behind its instance. No two names of one instance have the same colour.

/** Each property stands behind the first instance that has it; captured variables are not asked for by name. */
function propertiesOf(slots) {
	const owned = new Set();
	const found = [];
	for (const instance of slots) {
		if (instance.kind !== "INSTANCE") continue;
		const properties = [];
		if (!instance.isEnvironment) {
			for (let slot = instance.next; slot !== undefined; slot = slot.next) {
				if (!slot.isProperty || owned.has(slot)) continue;
				owned.add(slot);
				properties.push(slot);
			}
		}
		found.push({ instance, properties });
	}
	return found;
}

/** Names that most instances have are coloured first, with the lowest number that none of these instances uses. */
function coloursOf(instances, count) {
	const having = new Map();
	for (const each of instances) {
		each.used = new Set();
		for (const { id } of each.properties) {
			if (!having.has(id)) having.set(id, []);
			having.get(id).push(each);
		}
	}
	const colours = new Array(count).fill(0);
	for (const [id, list] of [...having].sort(([, a], [, b]) => b.length - a.length)) {
		let colour = 1;
		while (list.some(({ used }) => used.has(colour))) colour++;
		colours[id] = colour;
		for (const { used } of list) used.add(colour);
	}
	return colours;
}

function place(instances, colours) {
	const places = [];
	const shapes = instances.map(({ instance, properties }) => ({
		slots: [instance, ...properties],
		offsets: [0, ...properties.map(({ id }) => colours[id])],
	}));
	const sizeOf = ({ offsets }) => Math.max(...offsets);
	shapes.sort((a, b) => sizeOf(b) - sizeOf(a));
	let free = 0;
	for (const { slots, offsets } of shapes) {
		while (places[free] !== undefined) free++;
		let at = free;
		while (offsets.some((offset) => places[at + offset] !== undefined)) at++;
		for (const [index, slot] of slots.entries()) places[at + offsets[index]] = slot;
	}
	return places;
}

/**
 * @param machine
 * @returns {{ order: import("./machine.mjs").Slot[], colors: number[] }} gxHeap from its second slot on, and the names'
 *   colours; undefined in `order` is a slot that nothing needs
 */
export function layOut(machine) {
	const instances = propertiesOf(machine.slots);
	const colors = coloursOf(instances, machine.keys.length);
	const order = place(instances, colors);
	const placed = new Set(order);
	let hole = 0;
	for (const slot of machine.slots) {
		if (placed.has(slot) || slot.items !== undefined) continue;
		while (hole < order.length && order[hole] !== undefined) hole++;
		order[hole] = slot;
	}
	for (const slot of machine.slots) if (slot.items !== undefined && !placed.has(slot)) order.push(slot, ...slot.items);
	for (let at = 0; at < order.length; at++) order[at] ??= undefined;
	uncolour(order, colors);
	return { order, colors };
}

/** A slot that by chance stands where another instance's property would: that name is then looked for along the list. */
function uncolour(order, colors) {
	const byColour = new Map();
	for (const [id, color] of colors.entries()) {
		if (color === 0) continue;
		if (!byColour.has(color)) byColour.set(color, new Set());
		byColour.get(color).add(id);
	}
	for (const [at, instance] of order.entries()) {
		if (instance?.kind !== "INSTANCE") continue;
		let own;
		for (const [color, ids] of byColour) {
			const there = order[at + color];
			if (at + color < order.length && (there === undefined || !ids.has(there.id))) continue;
			if (at + color >= order.length) {
				for (const id of ids) colors[id] = 0;
				continue;
			}
			own ??= listOf(instance);
			if (!own.has(there) || !there.isProperty) colors[there.id] = 0;
		}
	}
}

function listOf(instance) {
	const found = new Set();
	for (let slot = instance.next; slot !== undefined; slot = slot.next) found.add(slot);
	return found;
}
