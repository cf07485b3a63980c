import { Code } from "../coap/code.ts";
import type { Path } from "../formats/value.ts";
import { isWritable } from "./facts.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { Plan, type WriteBody } from "./plan.ts";
import { isSingleValue } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import { isResource, locate, presentValue, type Target } from "./target.ts";

/**
 * Writes to an Object Instance, Resource or Resource Instance (LwM2M Core 1.1 §6.3.3): all of it or nothing.
 * @param mode replace drops what the payload leaves out; update keeps it
 * @throws RequestRefused 4.00, 4.01, 4.04, 4.05, 4.13 or 4.15, and then nothing has changed
 */
export function writeTarget(
	context: OperationContext,
	path: Path,
	asker: Asker,
	body: WriteBody,
	mode: "replace" | "update",
): void {
	const target = locate(context.registry, path);
	if (target.instance !== undefined) asker.rights?.require("write", path.objectId, path.instanceId);
	refuseTarget(target, mode);
	refuseFormat(context, target, body.contentFormat);
	const plan = new Plan(context, target.instance!, { mode, path, operation: "write" });
	plan.read(body);
	plan.complete();
	plan.hold();
	plan.tell();
}

/**
 * Takes one Resource Instance away (LwM2M Core 1.2 §6.3.7), where a Write could: of a writable multiple-instance
 * Resource. The last one of a mandatory Resource stays, and the application has its say as in a Write.
 * @throws RequestRefused 4.01, 4.04 or 4.05, or what the application says, and then nothing has changed
 */
export function deleteResourceInstance(context: OperationContext, path: Path, asker: Asker): void {
	const target = locate(context.registry, path);
	asker.rights?.require("delete", path.objectId, path.instanceId);
	if (!isResource(target) || !isWritable(target.facts)) {
		throw new RequestRefused(Code.methodNotAllowed, "not a server's to delete");
	}
	presentValue(target);
	const plan = new Plan(context, target.instance, { mode: "update", path, operation: "write" });
	const refused = plan.remove(path);
	if (refused !== undefined) throw refusalOf(refused);
	plan.complete();
	plan.hold();
	plan.tell();
}

/** Which targets a Write may have, by method (LwM2M Transport 1.1 §6.4.4, Table 6.4.4-1). */
function refuseTarget(target: Target, mode: "replace" | "update"): void {
	if (target.instance === undefined) throw new RequestRefused(Code.methodNotAllowed, "write to an object");
	if (!isResource(target)) return;
	if (!isWritable(target.facts)) throw new RequestRefused(Code.methodNotAllowed, "not writable");
	if (mode === "update" && (target.facts.multiple !== true || target.path.resourceInstanceId >= 0)) {
		throw new RequestRefused(Code.methodNotAllowed, "partial update of one value");
	}
}

/** 4.15 for a format we do not read or none at all; 4.00 for one that can not carry what the target holds. */
export function refuseFormat({ formats }: OperationContext, target: Target, contentFormat: number | undefined): void {
	if (contentFormat === undefined || !formats.isReadable(contentFormat)) {
		throw new RequestRefused(Code.unsupportedContentFormat, "format");
	}
	if (formats.isSingleValued(contentFormat) && !isSingleValue(target)) {
		throw new RequestRefused(Code.badRequest, "this format carries one value");
	}
}
