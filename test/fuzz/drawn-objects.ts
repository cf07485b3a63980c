/** The Objects of the fuzzed device: every type, every operation, one Instance and many. */
import type { TypeLookup } from "../../modules/formats/entry.ts";
import { frozen } from "../../modules/frozen.ts";
import type { ObjectFacts, ResourceFacts } from "../../modules/lwm2m/facts.ts";
import { ACCESS_CONTROL } from "../../modules/objects/facts/access-control-2-v1-1.ts";
import { SERVER } from "../../modules/objects/facts/server-1-v1-1.ts";

/** Every type, single and multiple; servers may create and delete Instances. */
export const MANY = frozen({
	id: 33000,
	version: "1.0",
	multiple: true,
	resources: {
		text: { id: 0, operations: "RW", type: "string", range: [0, 8] },
		whole: { id: 1, operations: "RW", type: "integer", mandatory: true, range: [-100, 255] },
		counter: { id: 2, operations: "RW", type: "unsignedInteger", wide: true },
		level: { id: 3, operations: "RW", type: "float" },
		flag: { id: 4, operations: "RW", type: "boolean" },
		blob: { id: 5, operations: "RW", type: "opaque", range: [0, 16] },
		when: { id: 6, operations: "RW", type: "time" },
		link: { id: 7, operations: "RW", type: "objectLink" },
		links: { id: 8, operations: "RW", type: "coreLink" },
		names: { id: 9, operations: "RW", type: "string", multiple: true },
		fixed: { id: 10, operations: "R", type: "string" },
		secret: { id: 11, operations: "W", type: "string" },
		run: { id: 12, operations: "E" },
		absent: { id: 13, operations: "RW", type: "string" },
		later: { id: 14, operations: "RW", type: "string" },
		counters: { id: 15, operations: "R", type: "integer", multiple: true },
		numbers: { id: 16, operations: "RW", type: "float", multiple: true },
		broken: { id: 17, operations: "R", type: "float" },
		blobs: { id: 300, operations: "RW", type: "opaque", multiple: true },
	},
}) satisfies ObjectFacts;

/** One Instance, nobody's to make; some of it is worked out when it is read. */
export const ONE = frozen({
	id: 33001,
	version: "1.1",
	resources: {
		name: { id: 0, operations: "RW", type: "string", mandatory: true },
		shadow: { id: 1, operations: "RW", type: "integer" },
		reading: { id: 2, operations: "R", type: "float" },
		switch: { id: 3, operations: "RW", type: "boolean" },
		reset: { id: 4, operations: "E" },
		stamps: { id: 5, operations: "RW", type: "time", multiple: true },
	},
}) satisfies ObjectFacts;

/** Servers create Instances; the device fills in what they leave out. */
export const FILLED = frozen({
	id: 33002,
	version: "1.0",
	multiple: true,
	resources: {
		title: { id: 0, operations: "RW", type: "string", mandatory: true },
		size: { id: 1, operations: "RW", type: "unsignedInteger", range: [1, 10] },
		made: { id: 2, operations: "R", type: "time" },
		tags: { id: 3, operations: "RW", type: "string", multiple: true },
	},
}) satisfies ObjectFacts;

/** All that paths and payloads are drawn from. */
export const catalogue: readonly ObjectFacts[] = [SERVER, MANY, ONE, FILLED, ACCESS_CONTROL];

export function factsAt(objectId: number, resourceId: number): ResourceFacts | undefined {
	const object = catalogue.find(({ id }) => id === objectId);
	return Object.values(object?.resources ?? {}).find(({ id }) => id === resourceId);
}

/** What readers ask. */
export const knowledge: TypeLookup = {
	typeOf: (objectId, resourceId) => factsAt(objectId, resourceId)?.type,
	isMultiple(objectId, resourceId) {
		const facts = factsAt(objectId, resourceId);
		return facts === undefined ? undefined : facts.multiple === true;
	},
};
