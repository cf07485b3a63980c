import { type Fault, fault } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import { type Path, unnamedInstance, type Value } from "../formats/value.ts";
import { isWritable, type ResourceFacts } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { isSingleValue } from "./read.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import { isResource, locate, type Target } from "./target.ts";
import { type Held, type Instances, isAcceptable, isInstances, isObjectLink } from "./value.ts";

/** A payload to write, whole. */
export interface WriteBody {
	readonly contentFormat: number | undefined;
	readonly payload: Uint8Array;
}

const notWritable = fault("write.notWritable", 0x85, "LwM2M Core 1.1 §6.3.3");
const notAcceptable = fault("write.value", 0x80, "LwM2M Core 1.1 §6.3.3, §7.1");
const twice = fault("write.twice", 0x80, "LwM2M Core 1.1 §6.3.3");
const elsewhere = fault("write.elsewhere", 0x80, "LwM2M Core 1.1 §6.3.3");
const noInstance = fault("write.noResourceInstance", 0x84, "LwM2M Core 1.1 §6.3.3");
const empty = fault("write.noValue", 0x80, "LwM2M Core 1.1 §6.3.3");
const tooMany = fault("write.tooMany", 0x8d, "RFC 7252 §5.9.2.9");

/**
 * Writes to an Object Instance, Resource or Resource Instance (LwM2M Core 1.1 §6.3.3): all of it or nothing.
 * @param mode replace drops what the payload leaves out; update keeps it
 * @throws RequestRefused 4.00, 4.04, 4.05, 4.13 or 4.15, and then nothing has changed
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
	const plan = new Plan(context, target.instance!, { mode, path, isCreate: false });
	plan.read(body);
	plan.complete();
	plan.apply();
}

/**
 * Creates an Object Instance (LwM2M Core 1.1 §6.3.6): with the ID that the payload names, else the lowest that is free.
 * @returns the new Instance, added to the registry
 * @throws RequestRefused 4.00, 4.04, 4.05, 4.13, 4.15, or 5.00 at the limit of Instances; then nothing has changed
 */
export function createInstance(context: OperationContext, path: Path, asker: Asker, body: WriteBody): Instance {
	const { registry } = context;
	const target = locate(registry, path);
	asker.rights?.require("create", path.objectId, -1);
	const { create } = target.object.options;
	if (create === undefined) throw new RequestRefused(Code.methodNotAllowed, "instances are not a server's to create");
	refuseFormat(context, target, body.contentFormat);
	if (registry.room < (asker.rights?.instancesPerCreate ?? 1))
		throw new RequestRefused(Code.internalServerError, "limit: instances");
	const named = namedInstance(context, path, body);
	const taken = (id: number) => registry.instance(path.objectId, id) !== undefined;
	if (named !== undefined && (named === unnamedInstance || taken(named)))
		throw new RequestRefused(Code.badRequest, "instance ID");
	let id = named ?? 0;
	while (taken(id)) id++;
	const instance = create(id);
	const plan = new Plan(context, instance, { mode: "update", path, isCreate: true });
	plan.read(body);
	plan.complete();
	registry.add(instance);
	plan.apply();
	asker.rights?.created(path.objectId, id);
	return instance;
}

/** The one Instance a Create payload names; undefined when it leaves the choice to us. */
function namedInstance({ formats, registry }: OperationContext, path: Path, body: WriteBody): number | undefined {
	let named: number | undefined;
	const refused = formats.read(body.contentFormat!, body.payload, 0, body.payload.length, path, registry, {
		entry({ instanceId }) {
			if (named !== undefined && named !== instanceId) return elsewhere;
			named = instanceId;
			return undefined;
		},
	});
	if (refused !== undefined) throw refusalOf(refused);
	return named === unnamedInstance ? undefined : named;
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
function refuseFormat({ formats }: OperationContext, target: Target, contentFormat: number | undefined): void {
	if (contentFormat === undefined || !formats.isReadable(contentFormat)) {
		throw new RequestRefused(Code.unsupportedContentFormat, "format");
	}
	if (formats.isSingleValued(contentFormat) && !isSingleValue(target))
		throw new RequestRefused(Code.badRequest, "this format carries one value");
}

interface PlanOptions {
	readonly mode: "replace" | "update";
	readonly path: Path;
	readonly isCreate: boolean;
}

/** What a Write would do to one Object Instance: collected, then checked, then applied without a way to fail. */
class Plan {
	readonly #context: OperationContext;
	readonly #instance: Instance;
	readonly #options: PlanOptions;
	readonly #next = new Map<string, Held>();
	readonly #seen = new Map<string, Set<number>>();
	#count = 0;

	constructor(context: OperationContext, instance: Instance, options: PlanOptions) {
		this.#context = context;
		this.#instance = instance;
		this.#options = options;
	}

	/** @throws RequestRefused when the payload is malformed or asks for what may not be */
	read({ contentFormat, payload }: WriteBody): void {
		const { formats, registry } = this.#context;
		const refused = formats.read(contentFormat!, payload, 0, payload.length, this.#options.path, registry, this);
		if (refused !== undefined) throw refusalOf(refused);
	}

	/** The sink of the payload's reader. */
	entry(path: Path, value: Value | undefined): Fault | undefined {
		if (++this.#count > this.#context.limits.writeEntries) return tooMany;
		const instance = this.#instance;
		if (!this.#options.isCreate && path.instanceId !== instance.id) return elsewhere;
		if (path.resourceId < 0) return undefined; // an Object Instance without content: nothing to set
		const name = instance.nameOf(path.resourceId);
		// Unknown optional Resources are no error (LwM2M Core 1.1 §6.3.3); those we do not support are as good as unknown.
		if (name === undefined || !instance.isSupported(name)) return undefined;
		const facts = instance.factsOf(name);
		if (!isWritable(facts)) return this.#options.isCreate ? undefined : notWritable; // Create passes over them (§6.3.6)
		if (value === undefined) return this.empty(path, name, facts);
		if (this.isRepeated(name, path.resourceInstanceId)) return twice;
		if (!isAcceptable(facts, value) || !this.pointsSomewhere(value)) return notAcceptable;
		if (facts.multiple !== true) {
			this.#next.set(name, value);
			return undefined;
		}
		const instances = this.open(name);
		const isOne = this.#options.path.resourceInstanceId >= 0;
		if (isOne && !instances.has(path.resourceInstanceId)) return noInstance;
		instances.set(path.resourceInstanceId, value);
		return instances.size > this.#context.limits.resourceInstances ? tooMany : undefined;
	}

	/** Holds the outcome to the Object's table and to the application. @throws RequestRefused */
	complete(): void {
		const { path, mode } = this.#options;
		const isWhole = path.resourceId < 0;
		const { resources } = this.#instance.facts;
		if (!isWhole && this.#next.size === 0) throw refusalOf(empty);
		for (const name in resources) {
			const facts = resources[name]!;
			if (!isWhole || facts.mandatory !== true || !isWritable(facts) || this.#next.has(name)) continue;
			if (mode === "replace" || !this.#instance.isPresent(name)) {
				throw new RequestRefused(Code.badRequest, `mandatory: ${name}`);
			}
		}
		for (const [name, held] of this.#next) this.#instance.check(name, held);
	}

	/** Makes it so. */
	apply(): void {
		const { path, mode } = this.#options;
		const { resources } = this.#instance.facts;
		if (mode === "replace" && path.resourceId < 0) {
			for (const name in resources) {
				if (isWritable(resources[name]!) && !this.#next.has(name)) this.#instance.hold(name, undefined);
			}
		}
		for (const [name, held] of this.#next) this.#instance.hold(name, held);
		for (const [name, held] of this.#next) this.#instance.written(name, held);
	}

	/** A multiple-instance Resource without instances; anything else without a value is a malformed Write. */
	private empty(path: Path, name: string, facts: ResourceFacts): Fault | undefined {
		if (facts.multiple !== true || path.resourceInstanceId >= 0) return empty;
		if (this.isRepeated(name, -1)) return twice;
		this.open(name);
		return undefined;
	}

	/**
	 * The Resource's instances as they will be: from none in a Replace, from those of now in an Update or a Write to
	 * one of them.
	 */
	private open(name: string): Map<number, Value> {
		const { path, mode } = this.#options;
		let next = this.#next.get(name) as Map<number, Value> | undefined;
		if (next === undefined) {
			const held = mode === "update" || path.resourceInstanceId >= 0 ? this.#instance.read(name) : undefined;
			next = new Map(held !== undefined && isInstances(held) ? (held as Instances) : []);
			this.#next.set(name, next);
		}
		return next;
	}

	private isRepeated(name: string, resourceInstanceId: number): boolean {
		let seen = this.#seen.get(name);
		if (seen === undefined) this.#seen.set(name, (seen = new Set()));
		if (seen.has(resourceInstanceId)) return true;
		seen.add(resourceInstanceId);
		return false;
	}

	/**
	 * An Objlnk names what is there: an Object, an Object Instance, or nothing at all (LwM2M Core 1.1 §6.3.3, Appendix
	 * C).
	 */
	private pointsSomewhere(value: Value): boolean {
		if (!isObjectLink(value)) return true;
		const { objectId, instanceId } = value;
		if (objectId === unnamedInstance) return instanceId === unnamedInstance;
		if (instanceId === unnamedInstance) return this.#context.registry.object(objectId) !== undefined;
		return this.#context.registry.instance(objectId, instanceId) !== undefined;
	}
}
