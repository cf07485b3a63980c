import { invalid } from "./answer.ts";
import { type Path, pathText } from "./path.ts";

/** The attributes of class NOTIFICATION (Core 1.2 Table 7.3.2-1), in the order in which they are asked for. */
export const attributeNames = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax", "edge", "con", "hqmax"] as const;
export type AttributeName = (typeof attributeNames)[number];

/** Numbers to attach; null removes one. */
export type Attributes = Readonly<Partial<Record<AttributeName, number | null>>>;

/** What compares values stands where the values are: at Resources and Resource Instances. */
const ofValues: readonly AttributeName[] = ["gt", "lt", "st", "edge"];

function isPossible(name: AttributeName, value: number): boolean {
	if (name === "gt" || name === "lt" || name === "st") return Number.isFinite(value);
	if (name === "edge" || name === "con") return value === 0 || value === 1;
	return Number.isSafeInteger(value) && value >= 0;
}

/**
 * The Uri-Query of a Write-Attributes, or of an Observe with attributes (Core 1.2 §6.4.1).
 * @throws OperationFailure for a value or a level that the specification does not have
 */
export function attributeQuery(attributes: Attributes, paths: readonly Path[]): string[] {
	const query: string[] = [];
	for (const name of attributeNames) {
		const value = attributes[name];
		if (value === undefined) continue;
		const above = ofValues.includes(name) ? paths.find((path) => path.length < 3) : undefined;
		if (above !== undefined) invalid(`Attribute ${name} is for Resources, not for ${pathText(above)}`);
		if (value !== null && !isPossible(name, value)) invalid(`Attribute ${name} can not be ${value}`);
		query.push(value === null ? name : `${name}=${value}`);
	}
	return query;
}
