import { leavesOf, type Node, type NodeValue, type Objlnk } from "../node.ts";
import { type Path, pathText } from "../path.ts";
import { decodeCbor, encodeCbor, rawOfCbor } from "./cbor.ts";
import { refuse } from "./codec-failure.ts";
import { checkCount, type ValueRecord } from "./records.ts";
import { linkText } from "./typed.ts";

// LwM2M CBOR (Core 1.2 §7.5.4, content format 11544): maps in maps. A key is an identifier, or an array of those of
// several levels.

/** In place of the identifier of an Object Instance that the client is to choose (Core 1.2 §7.5.4). */
export const unnamedInstance = 65_535;

function identifiersOf(key: unknown): readonly number[] {
	const ids = Array.isArray(key) ? key : [key];
	const areIds = ids.every((id): id is number => Number.isInteger(id) && id >= 0 && id <= 65_535);
	return areIds && ids.length > 0 ? ids : refuse("a key of LwM2M CBOR that is no identifier");
}

/** Reads LwM2M CBOR; its keys are whole paths, whatever was asked for. @throws CodecFailure */
export function readLwm2mCbor(bytes: Uint8Array): ValueRecord[] {
	const records: ValueRecord[] = [];
	const walk = (map: ReadonlyMap<unknown, unknown>, above: Path): void => {
		for (const [key, held] of map) {
			const path = [...above, ...identifiersOf(key)];
			if (path.length > 4) refuse(`LwM2M CBOR goes deeper than a path: ${pathText(path)}`);
			if (!(held instanceof Map)) records.push({ path, value: rawOfCbor(held), timeS: undefined });
			else if (held.size > 0) walk(held, path);
			else records.push({ path, value: undefined, timeS: undefined });
			checkCount(records.length);
		}
	};
	const top = decodeCbor(bytes);
	if (!(top instanceof Map)) return refuse("LwM2M CBOR is not a map");
	walk(top, []);
	return records;
}

type Branch = Map<number, Branch | NodeValue>;

function branchAt(top: Branch, path: Path): Branch {
	let branch = top;
	for (const id of path) {
		let inner = branch.get(id);
		if (inner === undefined) branch.set(id, (inner = new Map()));
		branch = inner instanceof Map ? inner : refuse(`${pathText(path)} has a value and values below it`);
	}
	return branch;
}

/** Where something stands that may be without content. */
function emptiesOf(node: Node, path: Path): Path[] {
	if (node.kind === "instance") return [path, ...node.resources.flatMap((held) => emptiesOf(held, [...path, held.id]))];
	if (node.kind === "obj")
		return node.instances.flatMap((held) => emptiesOf(held, [...path, held.id ?? unnamedInstance]));
	return node.kind === "multiResource" ? [path] : [];
}

/** The levels at the top that have no branch become one array for a key, as in the examples of Core 1.2 §7.5.4. */
function collapsed(top: Branch): Map<number | readonly number[], unknown> {
	return new Map(
		[...top].map(([id, held]) => {
			const path = [id];
			let inner = held;
			while (inner instanceof Map && inner.size === 1) {
				const [[below, next]] = inner as unknown as [[number, Branch | NodeValue]];
				path.push(below);
				inner = next;
			}
			return [path.length === 1 ? id : path, inner];
		}),
	);
}

/** Writes nodes, each at its path, as LwM2M CBOR. @throws CodecFailure for two values at one path */
export function writeLwm2mCbor(nodes: readonly (readonly [Path, Node])[]): Uint8Array {
	const top: Branch = new Map();
	for (const [base, node] of nodes) {
		for (const { path, type, value } of leavesOf(node, base, unnamedInstance)) {
			const branch = branchAt(top, path.slice(0, -1));
			const id = path.at(-1)!;
			if (branch.has(id)) refuse(`${pathText(path)} is there twice`);
			branch.set(id, type === "objlnk" ? linkText(value as Objlnk) : value);
		}
		for (const path of emptiesOf(node, base)) branchAt(top, path);
	}
	return encodeCbor(collapsed(top));
}
