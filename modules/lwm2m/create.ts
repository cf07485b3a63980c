import { assert } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import type { ResponseOptions } from "../coap/peer.ts";
import { type Path, unnamedInstance } from "../formats/value.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { apply, Plan, type WriteBody } from "./plan.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import type { ObjectEntry } from "./registry.ts";
import { locate } from "./target.ts";
import { refuseFormat } from "./write.ts";

/**
 * Creates the Object Instances that the payload names, one or several, or one with an ID of our choice where it names
 * none: the lowest that is free (LwM2M Core 1.2 §6.3.6). All of them or nothing.
 * @returns 2.01, with the location where there is one: of one Instance, or of the one whose ID was left to us
 * @throws RequestRefused 4.00, 4.01, 4.04, 4.05, 4.13, 4.15, 5.00 at the limit of Instances, or what the application
 * says; then nothing has changed
 */
export function createInstances(context: OperationContext, path: Path, asker: Asker, body: WriteBody): ResponseOptions {
	const { registry } = context;
	const target = locate(registry, path);
	const { object } = target;
	asker.rights?.require("create", path.objectId, -1);
	const { create } = object.options;
	if (create === undefined) throw new RequestRefused(Code.methodNotAllowed, "instances are not a server's to create");
	// Without a New Value (§6.3.6: it is optional) there is nothing that would need a format.
	const isBare = body.contentFormat === undefined && body.payload.length === 0;
	if (!isBare && body.contentFormat === undefined) throw new RequestRefused(Code.badRequest, "no format");
	if (!isBare) refuseFormat(context, target, body.contentFormat);
	const named = isBare ? [] : namedInstances(context, path, body);
	if (named.length === 0) named.push(unnamedInstance);
	const ids = allocated(object, named);
	if (registry.room < ids.length * (asker.rights?.instancesPerCreate ?? 1)) {
		throw new RequestRefused(Code.internalServerError, "limit: instances");
	}
	const plans: Plan[] = [];
	for (let index = 0; index < ids.length; index++) {
		const id = ids[index]!;
		const instance = create(id);
		assert(instance.id === id && instance.facts.id === path.objectId, `create of /${path.objectId}/${id} made another`);
		plans.push(new Plan(context, instance, { mode: "update", path, operation: "create" }));
	}
	if (!isBare) readInto(plans, named, context, path, body);
	for (let index = 0; index < plans.length; index++) {
		const plan = plans[index]!;
		object.options.fill?.(plan.instance, plan.next);
		plan.complete();
	}
	for (let index = 0; index < plans.length; index++) {
		const { instance } = plans[index]!;
		registry.add(instance);
	}
	apply(plans);
	for (let index = 0; index < ids.length; index++) asker.rights?.created(path.objectId, ids[index]!);
	const chosen = ids.length === 1 ? ids[0] : ids[named.indexOf(unnamedInstance)];
	const code = Code.created;
	return chosen === undefined ? { code } : { code, locationPath: [`${path.objectId}`, `${chosen}`] };
}

/** The Instance IDs of the payload, each once, in its order; unnamedInstance where the choice is ours. */
function namedInstances({ formats, registry }: OperationContext, path: Path, body: WriteBody): number[] {
	const named: number[] = [];
	const { payload } = body;
	const refused = formats.read(body.contentFormat!, payload, 0, payload.length, path, registry, {
		entry({ instanceId }) {
			const id = instanceId < 0 ? unnamedInstance : instanceId;
			if (!named.includes(id)) named.push(id);
			return undefined;
		},
	});
	if (refused !== undefined) throw refusalOf(refused);
	return named;
}

/**
 * @returns an ID for each of `named`
 * @throws RequestRefused 4.00 for one that is taken, or can not be; 4.05 where there is but one Instance, and it exists
 */
function allocated({ facts, instances }: ObjectEntry, named: readonly number[]): number[] {
	const isTaken = (id: number) => instances.some((instance) => instance.id === id);
	if (facts.multiple !== true) {
		if (instances.length > 0) throw new RequestRefused(Code.methodNotAllowed, "there is one instance");
		if (named.length > 1 || (named[0] !== 0 && named[0] !== unnamedInstance)) {
			throw new RequestRefused(Code.badRequest, "the one instance is 0");
		}
		return [0];
	}
	const ids: number[] = [];
	for (const id of named) {
		if (id !== unnamedInstance && isTaken(id)) throw new RequestRefused(Code.badRequest, "instance ID");
		let free = id === unnamedInstance ? 0 : id;
		while (id === unnamedInstance && (isTaken(free) || named.includes(free))) free++;
		ids.push(free);
	}
	return ids;
}

/** @throws RequestRefused when the payload asks for what may not be */
function readInto(
	plans: readonly Plan[],
	named: readonly number[],
	{ formats, registry }: OperationContext,
	path: Path,
	{ contentFormat, payload }: WriteBody,
): void {
	const refused = formats.read(contentFormat!, payload, 0, payload.length, path, registry, {
		entry(at, value) {
			const index = named.indexOf(at.instanceId < 0 ? unnamedInstance : at.instanceId);
			return plans[index]!.entry(at, value);
		},
	});
	if (refused !== undefined) throw refusalOf(refused);
}
