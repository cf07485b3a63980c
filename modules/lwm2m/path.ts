import { type Fault, fault } from "../bytes.ts";
import { type Path, type PathSlot, readId, unnamedInstance } from "../formats/value.ts";
import { frozen } from "../frozen.ts";

const tooDeep = fault("path.tooDeep", 0x85, "LwM2M Transport 1.1 §6.4.4: a path against the rules is answered 4.05");
const notNumeric = fault("path.notNumeric", 0x84, "LwM2M Core 1.1 §7.3");

/** The root path "/". */
export const rootPath: Path = frozen({ objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 });

/** A path of the levels given; those left out are absent. */
export function path(objectId: number, instanceId = -1, resourceId = -1, resourceInstanceId = -1): Path {
	return { objectId, instanceId, resourceId, resourceInstanceId };
}

/**
 * Reads Uri-Path segments as a path of IDs (LwM2M Transport 1.1 §6.4.1), each a decimal number without leading zeros,
 * 0..65534: 65535 is MAX_ID and names nothing (LwM2M Core 1.1 §7.3, Table 7.3-1).
 * @param into filled on success, left unspecified on refusal
 */
export function readPath(segments: readonly string[], into: PathSlot): Fault | undefined {
	if (segments.length > 4) return tooDeep;
	into.objectId = into.instanceId = into.resourceId = into.resourceInstanceId = -1;
	for (let level = 0; level < segments.length; level++) {
		const id = readId(segments[level]!);
		if (id < 0 || id === unnamedInstance) return notNumeric;
		if (level === 0) into.objectId = id;
		else if (level === 1) into.instanceId = id;
		else if (level === 2) into.resourceId = id;
		else into.resourceInstanceId = id;
	}
	return undefined;
}

/** @returns how many levels are present: 0 for the root, 4 for a Resource Instance */
export function levelOf(path: Path): number {
	if (path.objectId < 0) return 0;
	if (path.instanceId < 0) return 1;
	if (path.resourceId < 0) return 2;
	return path.resourceInstanceId < 0 ? 3 : 4;
}

export function samePath(a: Path, b: Path): boolean {
	return (
		a.objectId === b.objectId &&
		a.instanceId === b.instanceId &&
		a.resourceId === b.resourceId &&
		a.resourceInstanceId === b.resourceInstanceId
	);
}

/** Ascending order: a path stands before what is below it. */
export function comparePaths(a: Path, b: Path): number {
	return (
		a.objectId - b.objectId ||
		a.instanceId - b.instanceId ||
		a.resourceId - b.resourceId ||
		a.resourceInstanceId - b.resourceInstanceId
	);
}

/** "/3/0/1" for people and for links; "/" for the root. */
export function pathText(path: Path): string {
	if (path.objectId < 0) return "/";
	let text = `/${path.objectId}`;
	if (path.instanceId < 0) return text;
	text += `/${path.instanceId}`;
	if (path.resourceId < 0) return text;
	text += `/${path.resourceId}`;
	return path.resourceInstanceId < 0 ? text : `${text}/${path.resourceInstanceId}`;
}
