import { leavesOf, type Node, type NodeValue } from "../node.ts";
import { type Path, pathText } from "../path.ts";

/** A node for people, a line for each value; of opaque ones the size alone, since they may be keys. */
export function nodeText(node: Node, path: Path): string {
	return leavesOf(node, path)
		.map((leaf) => `${pathText(leaf.path)} : ${valueText(leaf.value)}`)
		.join("\n");
}

function valueText(value: NodeValue): string {
	if (value instanceof Uint8Array) return `[${value.length} bytes]`;
	if (typeof value === "string") return JSON.stringify(value);
	return typeof value === "object" ? `${value.objectId}:${value.objectInstanceId}` : String(value);
}
