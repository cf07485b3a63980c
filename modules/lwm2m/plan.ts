import { type Fault, fault } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import { type Path, unnamedInstance, type Value } from "../formats/value.ts";
import { HostFailure } from "../host.ts";
import { isWritable, type ResourceFacts } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { OperationContext } from "./operation.ts";
import { RequestRefused, refusalOf } from "./refusal.ts";
import { areLinks, type Held, type Instances, isAcceptable, isInstances, isObjectLink } from "./value.ts";

/** A payload to write, whole. */
export interface WriteBody {
	readonly contentFormat: number | undefined;
	readonly payload: Uint8Array;
}

const notThere = fault("write.noResource", 0x84, "LwM2M Core 1.2 §6.3.9");
const notWritable = fault("write.notWritable", 0x85, "LwM2M Core 1.1 §6.3.3");
const notAcceptable = fault("write.value", 0x80, "LwM2M Core 1.1 §6.3.3, §7.1");
const twice = fault("write.twice", 0x80, "LwM2M Core 1.1 §6.3.3");
const elsewhere = fault("write.elsewhere", 0x80, "LwM2M Core 1.1 §6.3.3");
const noInstance = fault("write.noResourceInstance", 0x84, "LwM2M Core 1.1 §6.3.3");
const empty = fault("write.noValue", 0x80, "LwM2M Core 1.1 §6.3.3");
const lastOne = fault("write.lastInstance", 0x85, "LwM2M Core 1.2 §6.3.7, §7.1: a mandatory Resource is instantiated");
const noneLeft = fault("write.noInstances", 0x80, "LwM2M Core 1.2 §7.1: a mandatory Resource is instantiated");
export const tooMany = fault("write.tooMany", 0x8d, "RFC 7252 §5.9.2.9");

export interface PlanOptions {
	/** replace drops what the payload leaves out; update keeps it. */
	readonly mode: "replace" | "update";
	/** The target: an Object Instance, a Resource or a Resource Instance; the Object of a Create, the root of several. */
	readonly path: Path;
	/**
	 * A Write passes over what it does not know, a Create over what is read-only, too; one of several paths refuses both
	 * (LwM2M Core 1.2 §6.3.3, §6.3.6, §6.3.9).
	 */
	readonly operation: "write" | "create" | "composite";
}

/** What a Write would do to one Object Instance: collected, then checked, then applied without a way to fail. */
export class Plan {
	readonly instance: Instance;
	readonly #context: OperationContext;
	readonly #options: PlanOptions;
	readonly #next = new Map<string, Held>();
	readonly #seen = new Map<string, Set<number>>();
	#count = 0;
	/** A Resource Instance goes by its own name. */
	#takesAway = false;

	constructor(context: OperationContext, instance: Instance, options: PlanOptions) {
		this.#context = context;
		this.instance = instance;
		this.#options = options;
	}

	/** What the Resources named in the payload will hold. */
	get next(): ReadonlyMap<string, Held> {
		return this.#next;
	}

	/** Makes a sink of the plan, for payloads about this one Instance. @throws RequestRefused */
	read({ contentFormat, payload }: WriteBody): void {
		const { formats, registry } = this.#context;
		const refused = formats.read(contentFormat!, payload, 0, payload.length, this.#options.path, registry, this);
		if (refused !== undefined) throw refusalOf(refused);
	}

	/** The sink of a payload's reader. */
	entry(path: Path, value: Value | undefined): Fault | undefined {
		const { operation, path: target } = this.#options;
		const { limits } = this.#context;
		if (++this.#count > limits.writeEntries) return tooMany;
		const { instance } = this;
		if (operation === "write" && path.instanceId !== instance.id) return elsewhere;
		// An Object Instance without content: nothing to set, and a Write-Composite is about Resources.
		if (path.resourceId < 0) return operation === "composite" ? empty : undefined;
		const name = instance.nameOf(path.resourceId);
		// Unknown optional Resources are no error (LwM2M Core 1.1 §6.3.3); those we do not support are as good as unknown.
		if (name === undefined || !instance.isSupported(name)) return operation === "composite" ? notThere : undefined;
		const facts = instance.factsOf(name);
		if (!isWritable(facts)) return operation === "create" ? undefined : notWritable;
		if (value === undefined) return this.empty(path, name, facts);
		if (this.isRepeated(name, path.resourceInstanceId)) return twice;
		if (!isAcceptable(facts, value) || !this.pointsSomewhere(value)) return notAcceptable;
		if (facts.multiple !== true) {
			this.#next.set(name, value);
			return undefined;
		}
		const instances = this.open(name);
		const isOne = operation === "write" && target.resourceInstanceId >= 0;
		if (isOne && !instances.has(path.resourceInstanceId)) return noInstance;
		instances.set(path.resourceInstanceId, value);
		return instances.size > limits.resourceInstances ? tooMany : undefined;
	}

	/** Takes a Resource Instance away; one that is not there is no error (RFC 8790 §3.2). */
	remove(path: Path): Fault | undefined {
		const name = this.instance.nameOf(path.resourceId);
		if (name === undefined || !this.instance.isSupported(name)) return notThere;
		const facts = this.instance.factsOf(name);
		if (!isWritable(facts) || facts.multiple !== true) return notWritable;
		if (this.isRepeated(name, path.resourceInstanceId)) return twice;
		this.#takesAway = this.open(name).delete(path.resourceInstanceId) || this.#takesAway;
		return undefined;
	}

	/** Holds the outcome to the Object's table and to the application. @throws RequestRefused */
	complete(): void {
		const { path, mode, operation } = this.#options;
		const isWhole = path.resourceId < 0 && operation !== "composite";
		const { resources } = this.instance.facts;
		if (path.resourceId >= 0 && this.#next.size === 0) this.clear();
		for (const name in resources) {
			const facts = resources[name]!;
			if (!isWhole || facts.mandatory !== true || !isWritable(facts) || this.#next.has(name)) continue;
			if (mode === "replace" || !this.instance.isPresent(name)) {
				throw new RequestRefused(Code.badRequest, `mandatory: ${name}`);
			}
		}
		for (const [name, held] of this.#next) {
			const isEmptied = isInstances(held) && held.size === 0;
			if (isEmptied && resources[name]!.mandatory === true) throw refusalOf(this.#takesAway ? lastOne : noneLeft);
			// Not in entry(): there the stack has the reader of the payload on it.
			if (resources[name]!.type === "coreLink" && !areLinks(held)) throw refusalOf(notAcceptable);
			this.instance.check(name, held);
		}
	}

	/**
	 * A payload without entries: a Replace of a multiple-instance Resource with none, which SenML has no other way to
	 * say; for everything else there is a value missing.
	 */
	private clear(): void {
		const { path, mode } = this.#options;
		const name = this.instance.nameOf(path.resourceId)!;
		const isEmptied =
			mode === "replace" && path.resourceInstanceId < 0 && this.instance.factsOf(name).multiple === true;
		if (!isEmptied) throw refusalOf(empty);
		this.open(name);
	}

	/** Gives the Resources their values. */
	hold(): void {
		const { path, mode } = this.#options;
		const { resources } = this.instance.facts;
		if (mode === "replace" && path.resourceId < 0) {
			for (const name in resources) {
				if (isWritable(resources[name]!) && !this.#next.has(name)) this.instance.hold(name, undefined);
			}
		}
		for (const [name, held] of this.#next) this.instance.hold(name, held);
	}

	/** Lets the application act on them, when all of the Write is applied: too late for it to refuse. */
	tell(): void {
		for (const [name, held] of this.#next) {
			try {
				this.instance.written(name, held);
			} catch (error) {
				if (!(error instanceof RequestRefused || error instanceof HostFailure)) throw error;
				this.#context.log({ event: "hostFailure", what: error.message });
			}
		}
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
			const held = mode === "update" || path.resourceInstanceId >= 0 ? this.instance.read(name) : undefined;
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
		const { registry } = this.#context;
		if (objectId === unnamedInstance) return instanceId === unnamedInstance;
		if (instanceId === unnamedInstance) return registry.object(objectId) !== undefined;
		return registry.instance(objectId, instanceId) !== undefined;
	}
}

/** Applies plans that are complete, as one: the application hears of none before all of it is so. */
export function apply(plans: readonly Plan[]): void {
	for (let index = 0; index < plans.length; index++) plans[index]!.hold();
	for (let index = 0; index < plans.length; index++) plans[index]!.tell();
}
