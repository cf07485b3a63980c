/**
 * A path of the LwM2M tree: 0 (the root) to 4 identifiers, Object, Object Instance, Resource, Resource Instance.
 * The server's own, not the device's
 * (modules/lwm2m): this side is the second opinion.
 */
export type Path = readonly number[];

/** The largest identifier; 65535 is reserved where instances are named (Core 1.1 §7.1). */
const identifierMax = 65535;

/** "/3/0/9"; the root is "/". */
export function pathText(path: Path): string {
	return "/" + path.join("/");
}

/** Reads "/3/0/9", "3/0/9" or "/3/0/9/". @returns undefined for what is not a path */
export function parsePath(text: string): Path | undefined {
	const trimmed = text.replace(/^\//, "").replace(/\/$/, "");
	if (trimmed === "") return [];
	const levels = trimmed.split("/");
	if (levels.length > 4) return undefined;
	const path: number[] = [];
	for (const [index, level] of levels.entries()) {
		if (!/^(0|[1-9]\d{0,4})$/.test(level)) return undefined;
		const id = Number(level);
		if (id > identifierMax || (id === identifierMax && index % 2 === 1)) return undefined;
		path.push(id);
	}
	return path;
}

export function startsWith(path: Path, base: Path): boolean {
	return path.length >= base.length && base.every((id, index) => path[index] === id);
}

export function equalPaths(a: Path, b: Path): boolean {
	return a.length === b.length && startsWith(a, b);
}
