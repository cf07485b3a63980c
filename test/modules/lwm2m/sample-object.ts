import { frozen } from "../../../modules/frozen.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";

/** An object of every type and every operation, made up for the tests. */
export const SAMPLE = frozen({
	id: 33000,
	version: "1.0",
	multiple: true,
	resources: {
		text: { id: 0, operations: "RW", type: "string", range: [0, 8] },
		whole: { id: 1, operations: "RW", type: "integer", mandatory: true, range: [-100, 100] },
		counter: { id: 2, operations: "RW", type: "unsignedInteger", wide: true },
		level: { id: 3, operations: "RW", type: "float" },
		flag: { id: 4, operations: "RW", type: "boolean" },
		blob: { id: 5, operations: "RW", type: "opaque" },
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
	},
}) satisfies ObjectFacts;

/** What the hooks saw. */
export interface Seen {
	readonly executed: string[];
	readonly written: string[];
}

export function sample(seen: Seen, id = 0): ObjectInstance<typeof SAMPLE> {
	return new ObjectInstance(SAMPLE, {
		id,
		values: {
			text: "abc",
			whole: 7,
			counter: 18_446_744_073_709_551_615n,
			level: 1.5,
			flag: true,
			blob: new Uint8Array([1, 2, 3]),
			when: 1_700_000_000,
			link: { objectId: 3, instanceId: 0 },
			links: "</3>",
			names: new Map([
				[5, "five"],
				[2, "two"],
			]),
			fixed: "fixed",
			secret: "hidden",
			later: undefined,
			counters: [],
		},
		written: {
			whole: (value) => void seen.written.push(`whole ${value}`),
			names: (value) => void seen.written.push(`names ${[...value.keys()].join(" ")}`),
		},
		execute: {
			run: (_, args) => void seen.executed.push(args.map(({ digit, text }) => `${digit}=${text}`).join(",")),
		},
	});
}
