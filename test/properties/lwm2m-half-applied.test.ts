/**
 * Laws of requests that change several things at once: all of it is done, or nothing is, and no hook has acted. Drawn
 * are what to write and, half of the time, one thing among it that must not be; a failure is shrunk to the fewest.
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "../../modules/lwm2m/instance.ts";
import { Choices } from "../fuzz/choices.ts";
import { factsAt } from "../fuzz/drawn-objects.ts";
import { type Drawn, type DrawnEntry, written } from "../fuzz/drawn-payload.ts";
import { method } from "../fuzz/drawn-request.ts";
import { FuzzedWorld, limits } from "../fuzz/fuzzed-world.ts";
import { fc } from "../seed.ts";

const [senmlJson, senmlCbor, tlv, lwm2mCbor] = [110, 112, 11542, 11544];
const code = (text: string) => Number(text[0]) * 32 + Number(text.slice(2));
/** Payloads are written the plainest way. */
const plain = new Choices(new Uint8Array(0));

const shortText = fc.string({ maxLength: 8, unit: "grapheme-ascii" }).filter((text) => text !== "refuse");
const half = fc.integer({ min: -1000, max: 1000 }).map((whole) => whole + 0.5);
const small = fc.uint8Array({ maxLength: 16 });
/** What /33000/x takes, by Resource. */
const takes: Readonly<Record<number, fc.Arbitrary<Drawn>>> = {
	0: shortText,
	1: fc.integer({ min: -100, max: 255 }).filter((whole) => whole !== 127),
	2: fc.nat(),
	3: half,
	4: fc.boolean(),
	5: small,
	6: fc.nat(),
	7: fc.constantFrom({ link: "1:0" }, { link: "33000:5" }, { link: "65535:65535" }),
	8: fc.constantFrom("</3>", "</1/0>;a=1"),
	9: shortText,
	11: shortText,
	14: shortText,
	16: half,
	300: small,
};

/** One value below an Object Instance: Resource, and Resource Instance where it has some. */
interface Below {
	readonly ids: readonly number[];
	readonly value: Drawn;
}

const below: fc.Arbitrary<Below> = fc
	.tuple(fc.constantFrom(...Object.keys(takes).map(Number)), fc.nat(limits.resourceInstances - 1))
	.chain(([id, resourceInstanceId]) =>
		takes[id]!.map((value) => ({
			ids: factsAt(33000, id)?.multiple === true ? [id, resourceInstanceId] : [id],
			value,
		})),
	);
const several = fc.uniqueArray(below, { minLength: 1, maxLength: 8, selector: ({ ids }) => ids.join("/") });

/** What must not be, and what it is answered with. */
interface Poison {
	readonly what: string;
	readonly entries: readonly Below[];
	readonly answer: string;
}

const refusedValues: readonly Poison[] = [
	{ what: "out of range", entries: [{ ids: [1], value: 256 }], answer: "4.00" },
	{ what: "the hook refuses it", entries: [{ ids: [1], value: 127 }], answer: "4.03" },
	{ what: "another hook refuses it", entries: [{ ids: [0], value: "refuse" }], answer: "4.00" },
	{ what: "a hook refuses one of several", entries: [{ ids: [9, 3], value: "refuse" }], answer: "4.00" },
	{ what: "a link to nothing", entries: [{ ids: [7], value: { link: "9:9" } }], answer: "4.00" },
	{ what: "too long", entries: [{ ids: [5], value: new Uint8Array(17) }], answer: "4.00" },
	{
		what: "too many Resource Instances",
		entries: Array.from({ length: limits.resourceInstances + 1 }, (_, id) => ({ ids: [16, 100 + id], value: 0.5 })),
		answer: "4.13",
	},
];
const readOnly: Poison = { what: "read-only", entries: [{ ids: [10], value: "x" }], answer: "4.05" };
const maybe = (poisons: readonly Poison[]) => fc.option(fc.constantFrom(...poisons), { nil: undefined });

/** Puts the poison in at a place of its own, and takes out what it would repeat. */
function mixed(entries: readonly Below[], poison: Poison | undefined, at: number): Below[] {
	if (poison === undefined) return [...entries];
	const rest = entries.filter(({ ids }) => !poison.entries.some((bad) => bad.ids[0] === ids[0]));
	return [...rest.slice(0, at), ...poison.entries, ...rest.slice(at)];
}

const at = (base: readonly number[], list: readonly Below[]): DrawnEntry[] =>
	list.map(({ ids, value }) => ({ path: [...base, ...ids], value }));

function held(value: Drawn): unknown {
	if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
	const [objectId, instanceId] = value.link.split(":").map(Number);
	return { objectId, instanceId };
}

/** What an Instance of 33000 holds, by Resource ID. */
function contentOf(instance: Instance): Map<number, unknown> {
	const content = new Map<number, unknown>();
	for (const { id, type } of Object.values(instance.facts.resources)) {
		const value = type === undefined || id === 17 ? undefined : instance.at(id);
		if (value !== undefined)
			content.set(id, value instanceof Map ? new Map([...value].sort(([a], [b]) => a - b)) : value);
	}
	return content;
}

/** What it holds after a partial update. */
function updated(before: ReadonlyMap<number, unknown>, list: readonly Below[]): Map<number, unknown> {
	const after = new Map(before);
	for (const { ids, value } of list) {
		const [id, resourceInstanceId] = ids as [number, number?];
		const old = after.get(id);
		if (resourceInstanceId === undefined) after.set(id, held(value));
		else {
			const instances = new Map(old instanceof Map ? old : []).set(resourceInstanceId, held(value));
			after.set(id, new Map([...instances].sort(([a], [b]) => a - b)));
		}
	}
	return after;
}

const fresh = () => new FuzzedWorld({ enabler: "1.2", isControlled: false });
const instanceOf = (world: FuzzedWorld, objectId: number, id: number) => world.client.registry.instance(objectId, id)!;
const isTooMany = (list: readonly Below[], before: ReadonlyMap<number, unknown>) =>
	[...updated(before, list).values()].some((value) => value instanceof Map && value.size > limits.resourceInstances);

test("[CORE-DM-1] a partial update of an Object Instance is done whole, or not at all", () => {
	const poisons = maybe([...refusedValues, readOnly]);
	const formats = fc.constantFrom(senmlJson, senmlCbor, tlv, lwm2mCbor);
	fc.assert(
		fc.property(several, poisons, fc.nat(8), formats, (entries, poison, place, contentFormat) => {
			const world = fresh();
			const instance = instanceOf(world, 33000, 0);
			const [content, before] = [contentOf(instance), world.values()];
			const list = mixed(entries, poison, place);
			if (poison === undefined && isTooMany(list, content)) return;
			const payload = written(contentFormat, [33000, 0], at([33000, 0], list), plain);
			const answer = world.ask(world.servers[0]!, { code: method.post, path: ["33000", "0"], contentFormat, payload });
			equal(answer?.code, code(poison?.answer ?? "2.04"));
			if (poison === undefined) deepEqual(contentOf(instance), updated(content, list));
			else equal(world.values(), before);
		}),
	);
});

test("[CORE-DM-1] a Replace of an Object Instance is done whole, or not at all; what it leaves out goes", () => {
	const poisons = maybe([...refusedValues, readOnly, { what: "mandatory", entries: [], answer: "4.00" }]);
	const formats = fc.constantFrom(senmlJson, senmlCbor, tlv, lwm2mCbor);
	fc.assert(
		fc.property(several, poisons, fc.nat(8), formats, (entries, poison, place, contentFormat) => {
			const world = fresh();
			const instance = instanceOf(world, 33000, 5);
			const before = world.values();
			const others = entries.filter(({ ids }) => ids[0] !== 1);
			const whole = poison?.what === "mandatory" ? others : [...others, { ids: [1], value: 5 }];
			const list = mixed(whole, poison, place);
			const payload = written(contentFormat, [33000, 5], at([33000, 5], list), plain);
			const answer = world.ask(world.servers[0]!, { code: method.put, path: ["33000", "5"], contentFormat, payload });
			equal(answer?.code, code(poison?.answer ?? "2.04"));
			const kept = new Map<number, unknown>([
				[10, "fixed"],
				[
					15,
					new Map([
						[0, 1],
						[1, 2],
					]),
				],
			]);
			if (poison === undefined)
				deepEqual(contentOf(instance), updated(new Map(), list).size > 0 ? sorted(updated(kept, list)) : kept);
			else equal(world.values(), before);
		}),
	);
});

/** In the order of the facts. */
function sorted(content: ReadonlyMap<number, unknown>): Map<number, unknown> {
	return new Map([...content].sort(([a], [b]) => a - b));
}

test("[CORE-DM-1] a Write-Composite over three Object Instances is done whole, or not at all", () => {
	const poisons = maybe([...refusedValues, readOnly, { what: "no such Object Instance", entries: [], answer: "4.04" }]);
	const formats = fc.constantFrom(senmlJson, senmlCbor);
	const targets = fc.tuple(several, several, fc.nat(200), poisons, fc.nat(8), fc.nat(2), formats);
	fc.assert(
		fc.property(targets, ([first, second, shadow, poison, place, where, contentFormat]) => {
			const world = fresh();
			const [one, other] = [instanceOf(world, 33000, 0), instanceOf(world, 33000, 5)];
			const [content, otherContent, before] = [contentOf(one), contentOf(other), world.values()];
			if (poison === undefined && (isTooMany(first, content) || isTooMany(second, otherContent))) return;
			const parts = [
				at([33000, 0], mixed(first, where === 0 ? poison : undefined, place)),
				[{ path: [33001, 0, 1], value: shadow }],
				at([33000, 5], mixed(second, where === 0 ? undefined : poison, place)),
			];
			if (poison?.what === "no such Object Instance") parts.splice(where, 0, [{ path: [33000, 3, 1], value: 1 }]);
			const payload = written(contentFormat, [], parts.flat(), plain);
			const answer = world.ask(world.servers[0]!, { code: method.ipatch, path: [], contentFormat, payload });
			if (poison === undefined) {
				equal(answer?.code, code("2.04"));
				deepEqual(contentOf(one), updated(content, first));
				deepEqual(contentOf(other), updated(otherContent, second));
				equal(world.state.shadow, shadow);
			} else {
				equal(answer?.code, code(poison.answer));
				equal(world.values(), before);
			}
		}),
	);
});

test("[CORE-DM-1] [DMSE-001] a Create of several Object Instances makes all of them, or none", () => {
	const poisons = maybe([
		...refusedValues,
		{ what: "7", entries: [], answer: "4.05" }, // the application does not want it
		{ what: "5", entries: [], answer: "4.00" }, // is there already
	]);
	const formats = fc.constantFrom(senmlJson, senmlCbor, tlv, lwm2mCbor);
	const ids = fc.uniqueArray(fc.constantFrom<number[]>(1, 2, 3, 4, 6, 9, 300), { minLength: 1, maxLength: 4 });
	fc.assert(
		fc.property(ids, several, poisons, fc.nat(3), formats, (made, entries, poison, place, contentFormat) => {
			const world = fresh();
			const before = world.values();
			const where = place % made.length;
			const all = [...made];
			if (poison?.entries.length === 0) all.splice(where, 0, Number(poison.what));
			const body = all.flatMap((id, index) => {
				const whole = [...entries.filter(({ ids }) => ids[0] !== 1).slice(0, 3), { ids: [1], value: 5 }];
				return at([33000, id], mixed(whole, index === where ? poison : undefined, place));
			});
			const payload = written(contentFormat, [33000], body, plain);
			const answer = world.ask(world.servers[0]!, { code: method.post, path: ["33000"], contentFormat, payload });
			equal(answer?.code, code(poison?.answer ?? "2.01"));
			const there = world.client.registry.object(33000)!.instances.map(({ id }) => id);
			if (poison === undefined)
				deepEqual(
					there,
					[0, 5, ...made].sort((a, b) => a - b),
				);
			else equal(world.values(), before);
			if (poison === undefined) for (const id of made) equal(instanceOf(world, 33000, id).at(1), 5);
		}),
	);
});
