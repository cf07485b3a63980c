import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";

/** Where an Object Instance of Security, Server and what belongs to an account came from (LwM2M Core 1.2 §6.1.3). */
export type Source = "factory" | "smartCard" | "bootstrapServer";

/** By source: whose Object Instances it may write and delete. */
export type ProvenanceRules = {
	readonly [by in Source]: { readonly [of in Source]: boolean };
};

/**
 * What the specification says: a bootstrap changes whatever is there (LwM2M Core 1.2 §6.1.7.5), and a smart card is
 * applied over a factory's configuration, but takes back only what it gave (§6.1.3.2). The factory speaks once, and
 * after a factory reset.
 */
export const openRules: ProvenanceRules = frozen({
	factory: { factory: true, smartCard: false, bootstrapServer: false },
	smartCard: { factory: true, smartCard: true, bootstrapServer: false },
	bootstrapServer: { factory: true, smartCard: true, bootstrapServer: true },
});

/** For products whose smart card and factory have the last word: each source changes only what is its own. */
export const ownRules: ProvenanceRules = frozen({
	factory: { factory: true, smartCard: false, bootstrapServer: false },
	smartCard: { factory: false, smartCard: true, bootstrapServer: false },
	bootstrapServer: { factory: false, smartCard: false, bootstrapServer: true },
});

/** One Object Instance and where it came from. */
interface Origin {
	readonly objectId: number;
	readonly instanceId: number;
	readonly source: Source;
}

const none: readonly Origin[] = frozen([]);

/**
 * Who made which Object Instance, and what a source may do to those of others. What nobody noted is the factory's: it
 * was there at first. Holds one entry for each Instance of the other sources.
 */
export class Provenance {
	readonly #rules: ProvenanceRules;
	#origins = none;

	constructor(rules: ProvenanceRules = openRules) {
		this.#rules = rules;
	}

	/** The source has made this Object Instance, or put its own in place of another's. */
	note(objectId: number, instanceId: number, source: Source): void {
		this.forget(objectId, instanceId);
		if (source !== "factory") this.#origins = [...this.#origins, { objectId, instanceId, source }];
	}

	/** The Object Instance is gone. */
	forget(objectId: number, instanceId: number): void {
		const isOther = (origin: Origin) => origin.objectId !== objectId || origin.instanceId !== instanceId;
		if (!this.#origins.every(isOther)) this.#origins = this.#origins.filter(isOther);
	}

	sourceOf(objectId: number, instanceId: number): Source {
		for (let index = 0; index < this.#origins.length; index++) {
			const origin = this.#origins[index]!;
			if (origin.objectId === objectId && origin.instanceId === instanceId) return origin.source;
		}
		return "factory";
	}

	/** Whether a source may write or delete what came from another one. */
	may(by: Source, of: Source): boolean {
		return this.#rules[by][of];
	}

	/** Whether the source may write or delete what is there. */
	mayChange(by: Source, objectId: number, instanceId: number): boolean {
		return this.may(by, this.sourceOf(objectId, instanceId));
	}

	/** All that came from a source: what goes when the smart card is taken out (LwM2M Core 1.2 §6.1.3.2). */
	from(source: Exclude<Source, "factory">): Path[] {
		const paths: Path[] = [];
		for (let index = 0; index < this.#origins.length; index++) {
			const { objectId, instanceId, source: of } = this.#origins[index]!;
			if (of === source) paths.push({ objectId, instanceId, resourceId: -1, resourceInstanceId: -1 });
		}
		return paths;
	}
}
