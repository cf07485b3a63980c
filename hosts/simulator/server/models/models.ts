import { readFileSync } from "node:fs";
import type { ResourceType } from "../node.ts";

export interface ResourceFacts {
	readonly id: number;
	readonly name: string;
	/** Letters of R, W, E; "" for what only a bootstrap server touches. */
	readonly operations: string;
	readonly multiple: boolean;
	readonly mandatory: boolean;
	/** Absent for an executable Resource. */
	readonly type: ResourceType | undefined;
	readonly range: string;
	readonly units: string;
}

export interface ObjectFacts {
	readonly id: number;
	readonly name: string;
	readonly version: string;
	readonly lwm2mVersion: string;
	readonly multiple: boolean;
	readonly mandatory: boolean;
	readonly urn: string;
	readonly resources: ReadonlyMap<number, ResourceFacts>;
}

/** What one client's objects mean, by the versions it registered. */
export interface ClientModels {
	object(objectId: number): ObjectFacts | undefined;
	resource(objectId: number, resourceId: number): ResourceFacts | undefined;
}

const types: Readonly<Record<string, ResourceType>> = {
	S: "string",
	I: "integer",
	U: "unsigned_integer",
	F: "float",
	B: "boolean",
	O: "opaque",
	T: "time",
	L: "objlnk",
	C: "corelink",
};

/**
 * The versions that count when a client does not say `ver` for an enabler's own Object (Core 1.1.1 and 1.2, table
 * of Object versions). All other
 * Objects are then 1.0 (Core 1.1 §7.2.2).
 */
const defaultVersions: Readonly<Record<string, Readonly<Record<number, string>>>> = {
	"1.0": {},
	"1.1": { 0: "1.1", 1: "1.1", 3: "1.1", 4: "1.2" },
	"1.2": { 0: "1.2", 1: "1.2", 2: "1.1", 3: "1.2", 4: "1.3", 5: "1.1", 21: "2.0" },
};

/** The version of an Object whose link says none. */
export function defaultVersion(lwm2mVersion: string, objectId: number): string {
	return defaultVersions[lwm2mVersion]?.[objectId] ?? "1.0";
}

/**
 * Facts about Objects: identifiers, types, operations. Read once from facts.json, which generate.mjs writes from
 * the OMA registry.
 */
export class Models {
	readonly #objects = new Map<number, ObjectFacts[]>();

	/** @param rows one string per Object version, as generate.mjs writes them */
	constructor(rows: readonly string[]) {
		for (const text of rows) {
			const object = readObject(text);
			const versions = this.#objects.get(object.id) ?? [];
			versions.push(object); // ascending, as the rows are
			this.#objects.set(object.id, versions);
		}
	}

	static load(): Models {
		return new Models(JSON.parse(readFileSync(new URL("facts.json", import.meta.url), "utf8")) as string[]);
	}

	/**
	 * Differs from Leshan, which decodes without types when it lacks exactly this version: the nearest version we
	 * know is better than none.
	 * @returns the Object at `version`, else its next newer version, else its newest
	 */
	object(objectId: number, version: string): ObjectFacts | undefined {
		const versions = this.#objects.get(objectId);
		return versions?.find((object) => versionOrder(object.version) >= versionOrder(version)) ?? versions?.at(-1);
	}

	/** @param versions Object identifier → registered version */
	forClient(versions: ReadonlyMap<number, string>): ClientModels {
		const object = (objectId: number) => this.object(objectId, versions.get(objectId) ?? "1.0");
		return { object, resource: (objectId, resourceId) => object(objectId)?.resources.get(resourceId) };
	}
}

function versionOrder(version: string): number {
	const [major, minor] = version.split(".");
	return Number(major) * 1000 + Number(minor ?? 0);
}

function readObject(text: string): ObjectFacts {
	const [head, ...rows] = text.split(";");
	const [id, name, version, lwm2mVersion, multiple, mandatory, urn] = head!.split("|");
	const resources = rows.map((row): readonly [number, ResourceFacts] => {
		const [id, name, operations, multiple, mandatory, type, range, units] = row.split("|");
		return [
			Number(id),
			{
				id: Number(id),
				name: name!,
				operations: operations === "-" ? "" : operations!,
				multiple: multiple === "M",
				mandatory: mandatory === "M",
				type: types[type!],
				range: range!,
				units: units!,
			},
		];
	});
	return {
		id: Number(id),
		name: name!,
		version: version!,
		lwm2mVersion: lwm2mVersion!,
		multiple: multiple === "M",
		mandatory: mandatory === "M",
		urn: urn!,
		resources: new Map(resources),
	};
}
