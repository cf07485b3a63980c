import { invalid } from "./answer.ts";
import type { ClientModels } from "./models/models.ts";
import { leavesOf, type Node } from "./node.ts";
import { type Path, pathText } from "./path.ts";

/** Holds a node to the kinds that stand at its path's level. @throws OperationFailure */
export function checkLevel(path: Path, node: Node): void {
	const kinds = [["root"], ["obj"], ["instance"], ["singleResource", "multiResource"], ["resourceInstance"]];
	if (kinds[path.length]?.includes(node.kind) === true) return;
	invalid(`path ${pathText(path)} and a node of kind ${node.kind} do not match`);
}

/**
 * Holds every value of `node`, which stands at `path`, to the type that the Object's facts say.
 * @throws OperationFailure
 */
export function checkTypes(node: Node, path: Path, models: ClientModels): void {
	for (const leaf of leavesOf(node, path)) {
		const expected = models.resource(leaf.path[0]!, leaf.path[2]!)?.type;
		if (expected === undefined || expected === leaf.type) continue;
		invalid(`Invalid value type for resource ${pathText(leaf.path)}, expected ${expected}, got ${leaf.type}`);
	}
}
