import type { Fault } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import type { Request, ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { PatchSink } from "../formats/entry.ts";
import type { Path, Value } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Asker, CompositeOperations, OperationContext } from "./operation.ts";
import { rootPath } from "./path.ts";
import { apply, Plan, tooMany } from "./plan.ts";
import { structuredFormat } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import { isSecret } from "./target.ts";

/** For a Client that is to have Read-, Write- and Observe-Composite (LwM2M Core 1.2 §6.3.8, §6.3.9, §6.4.4). */
export const compositeOperations: CompositeOperations = frozen({
	pathsOf,
	preferredFormat,
	write,
});

function pathsOf({ formats }: OperationContext, { contentFormat, payload }: Request): Path[] {
	if (contentFormat === undefined || !formats.isPathList(contentFormat)) {
		throw new RequestRefused(Code.unsupportedContentFormat, "format");
	}
	const paths = formats.readPaths(contentFormat, payload, 0, payload.length);
	if ("code" in paths) throw refusalOf(paths);
	if (paths.length === 0) throw new RequestRefused(Code.badRequest, "no path");
	return paths;
}

/** The server understands the syntax that it asked in. */
function preferredFormat(context: OperationContext, contentFormat: number | undefined): number {
	const isJson = contentFormat === ContentFormat.senmlJson || contentFormat === ContentFormat.senmlEtchJson;
	return isJson && context.formats.isWritable(ContentFormat.senmlJson)
		? ContentFormat.senmlJson
		: structuredFormat(context);
}

/** Of all Instances, first everything is looked at, then everything is done. It creates none (§6.3.9). */
function write(context: OperationContext, { contentFormat, payload }: Request, asker: Asker): ResponseOptions {
	const { formats, registry } = context;
	if (contentFormat === undefined || !formats.isPatch(contentFormat)) {
		throw new RequestRefused(Code.unsupportedContentFormat, "format");
	}
	const patch = new Patch(context, asker);
	const refused = formats.readPatch(contentFormat, payload, 0, payload.length, registry, patch);
	if (refused !== undefined) throw refusalOf(refused);
	for (let index = 0; index < patch.plans.length; index++) patch.plans[index]!.complete();
	apply(patch.plans);
	return { code: Code.changed };
}

/** The sink of a Write-Composite: a plan for each Object Instance. */
class Patch implements PatchSink {
	readonly plans: Plan[] = [];
	readonly #context: OperationContext;
	readonly #asker: Asker;
	#count = 0;

	constructor(context: OperationContext, asker: Asker) {
		this.#context = context;
		this.#asker = asker;
	}

	entry(path: Path, value: Value | undefined): Fault | undefined {
		return ++this.#count > this.#context.limits.writeEntries ? tooMany : this.planFor(path).entry(path, value);
	}

	remove(path: Path): Fault | undefined {
		return ++this.#count > this.#context.limits.writeEntries ? tooMany : this.planFor(path).remove(path);
	}

	/** @throws RequestRefused 4.00 for a path without an Instance, 4.01 or 4.04 */
	private planFor(path: Path): Plan {
		const { objectId, instanceId } = path;
		if (isSecret(objectId)) throw new RequestRefused(Code.unauthorized, "for the bootstrap server alone");
		for (let index = 0; index < this.plans.length; index++) {
			const plan = this.plans[index]!;
			if (plan.instance.id === instanceId && plan.instance.facts.id === objectId) return plan;
		}
		if (instanceId < 0) throw new RequestRefused(Code.badRequest, "no value");
		const instance = this.#context.registry.instance(objectId, instanceId);
		if (instance === undefined) throw new RequestRefused(Code.notFound, "no such object instance");
		this.#asker.rights?.require("write", objectId, instanceId);
		const plan = new Plan(this.#context, instance, { mode: "update", path: rootPath, operation: "composite" });
		this.plans.push(plan);
		return plan;
	}
}
