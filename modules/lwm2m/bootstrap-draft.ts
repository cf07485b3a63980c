import { type Fault, fault } from "../bytes.ts";
import { Code } from "../coap/code.ts";
import { type Path, unnamedInstance, type Value } from "../formats/value.ts";
import type { Configuration, ConfiguredInstance } from "./configuration.ts";
import { bootstrapAccountOf, isBootstrapAccount, securityResource } from "./configuration-check.ts";
import {
	type ConfigurationState,
	indexOf,
	instanceOf,
	isAccountObject,
	type Placed,
	sorted,
} from "./configuration-state.ts";
import type { OperationContext } from "./operation.ts";
import { levelOf } from "./path.ts";
import type { WriteBody } from "./plan.ts";
import { RequestRefused } from "./refusal.ts";
import type { ObjectEntry } from "./registry.ts";
import { areLinks, type Held, isAcceptable } from "./value.ts";

const see = "LwM2M Core 1.2 §6.1.7.5, Transport 1.2 §6.7";
const notAcceptable = fault("bootstrap.value", 0x80, see);
const twice = fault("bootstrap.twice", 0x80, see);
const noInstance = fault("bootstrap.noInstance", 0x80, see);
const noResource = fault("bootstrap.noResource", 0x80, see);
const tooMany = fault("bootstrap.tooMany", 0x8d, "RFC 7252 §5.9.2.9");

const device = 3;
/** Of the Security Object, first and last: they are about SMS, which is not in this build, and as good as unknown. */
const firstOfSms = 6;
const lastOfSms = 9;

interface OpenInstance extends ConfiguredInstance {
	readonly values: Map<number, Held>;
}

function refuse(code: number, why: string): never {
	throw new RequestRefused(code, why);
}

/**
 * What a bootstrap session would make of the configuration: a copy that it writes to and deletes from. Nothing of it
 * is in the registry before it is applied, and dropping it is all there is to undo.
 */
export class BootstrapDraft {
	readonly #context: OperationContext;
	readonly #state: ConfigurationState;
	#instances: OpenInstance[];
	/** Instances of other Objects that go. */
	readonly gone: Placed[] = [];
	/** Server Instances that were written. */
	readonly #written: number[] = [];
	#bytes = 0;

	constructor(context: OperationContext, state: ConfigurationState) {
		this.#context = context;
		this.#state = state;
		this.#instances = state.capture(context.registry).instances as OpenInstance[];
	}

	get instances(): readonly ConfiguredInstance[] {
		return this.#instances;
	}

	/** @param former see Configuration */
	configuration(former: readonly ConfiguredInstance[]): Configuration {
		return { instances: sorted(this.#instances), formerBootstrap: former };
	}

	/** Sets a Resource of all Server Instances that this session has written, where their table has it. */
	stamp(resourceId: number, value: Value): void {
		if (this.#context.registry.resource(1, resourceId) === undefined) return;
		this.#instances.forEach((each) => {
			if (each.objectId === 1 && this.#written.includes(each.instanceId)) each.values.set(resourceId, value);
		});
	}

	/**
	 * Bootstrap-Write (LwM2M Core 1.2 §6.1.7.5): an Object's Instances, one of them, or one Resource, there already or
	 * not. An Instance that is written has these values and no others.
	 * @throws RequestRefused 4.00, 4.05, 4.13, 4.15 or 5.00, and then nothing has changed
	 */
	write(path: Path, body: WriteBody): void {
		const level = levelOf(path);
		if (level === 0 || level === 4) refuse(Code.methodNotAllowed, "not to be written");
		if (this.#context.registry.object(path.objectId) === undefined) refuse(Code.badRequest, "no such object");
		this.stage(this.read(path, body), level === 3);
	}

	/**
	 * A Bootstrap-Pack (LwM2M Core 1.2 §6.1.7.7): the Objects in it have the Instances in it and no others, but for the
	 * Bootstrap-Server's account and the Device. @throws RequestRefused
	 */
	replace(body: WriteBody): void {
		const staged = this.read({ objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 }, body);
		staged.forEach(({ objectId }) => void (objectId !== device && this.remove(objectId, -1)));
		this.stage(staged, false);
	}

	/** @throws RequestRefused */
	private read(path: Path, { contentFormat, payload }: WriteBody): OpenInstance[] {
		const { formats, registry, limits } = this.#context;
		if (contentFormat === undefined || !formats.isReadable(contentFormat)) {
			throw new RequestRefused(Code.unsupportedContentFormat, "format");
		}
		if (path.resourceId < 0 && formats.isSingleValued(contentFormat)) refuse(Code.badRequest, "one value");
		if (this.#bytes + payload.length > limits.stagedBytes) refuse(Code.requestEntityTooLarge, "limit: stagedBytes");
		const reading = new Reading(this.#context, path);
		const refused = formats.read(contentFormat, payload, 0, payload.length, path, registry, reading);
		if (refused !== undefined) {
			const { reply } = refused;
			const isKnown = reply === Code.requestEntityTooLarge || reply === Code.unsupportedContentFormat;
			refuse(isKnown ? reply : Code.badRequest, refused.code);
		}
		const { staged } = reading;
		// A payload that says nothing of an Instance makes an empty one.
		if (staged.length === 0 && levelOf(path) === 2) reading.open(path);
		if (staged.length === 0 && levelOf(path) !== 1) refuse(Code.badRequest, "nothing to write");
		if (path.resourceId >= 0 && staged[0]!.values.size === 0) refuse(Code.badRequest, "no value");
		this.#bytes += payload.length;
		return staged;
	}

	/** @param isMerged what else an Instance has stays. @throws RequestRefused, and then nothing has changed */
	private stage(staged: readonly OpenInstance[], isMerged: boolean): void {
		const { limits, registry } = this.#context;
		const next = this.#instances.slice();
		staged.forEach((each) => {
			this.check(each);
			if (isMerged && each.values.size === 0) refuse(Code.badRequest, "no such resource");
			const at = indexOf(next, each.objectId, each.instanceId);
			if (isMerged) next[at]?.values.forEach((held, id) => void (each.values.has(id) || each.values.set(id, held)));
			if (at < 0) next.push(each);
			else next[at] = each;
		});
		const added = next.filter((each) => registry.instance(each.objectId, each.instanceId) === undefined);
		if (next.length > limits.stagedInstances || added.length > registry.room) {
			refuse(Code.internalServerError, "limit: instances");
		}
		// LwM2M Core 1.2 §6.1.2: one at most.
		if (next.filter(isBootstrapAccount).length > 1) refuse(Code.badRequest, "a second bootstrap server");
		this.#instances = next;
		staged.forEach(({ objectId, instanceId }) => {
			if (objectId === 1) this.#written.push(instanceId);
			const at = indexOf(this.gone, objectId, instanceId);
			if (at >= 0) this.gone.splice(at, 1);
		});
	}

	/** Whether the Instance can be, and the application takes its values. @throws RequestRefused */
	private check(configured: OpenInstance): void {
		const { registry } = this.#context;
		const { objectId, instanceId, values } = configured;
		const object = registry.object(objectId)!;
		if (object.facts.multiple !== true && instanceId !== 0) refuse(Code.badRequest, "the one instance is 0");
		const living = registry.instance(objectId, instanceId);
		if (living !== undefined && !this.#state.provenance.mayChange("bootstrapServer", objectId, instanceId)) {
			refuse(Code.badRequest, "another source's to change");
		}
		const specimen = living ?? instanceOf(registry, configured);
		if (specimen === undefined) throw new RequestRefused(Code.badRequest, "instances are not made");
		values.forEach((held, resourceId) => {
			const name = specimen.nameOf(resourceId)!;
			if (specimen.factsOf(name).type === "coreLink" && !areLinks(held)) refuse(Code.badRequest, "links");
			if (!isAccountObject(objectId) && !specimen.isSupported(name)) values.delete(resourceId);
			else specimen.check(name, held);
		});
	}

	/**
	 * Bootstrap-Delete (LwM2M Core 1.2 §6.1.7.6) of everything, of an Object's Instances or of one: but for the
	 * Bootstrap-Server's account and the Device, and what the application does not let servers delete.
	 * @throws RequestRefused 4.00
	 */
	delete(path: Path): void {
		const { objectId, instanceId } = path;
		const { registry } = this.#context;
		if (levelOf(path) > 2) refuse(Code.badRequest, "no instance");
		if (objectId < 0) {
			registry.objects.forEach(({ facts }) => void (facts.id !== device && this.remove(facts.id, -1)));
			return;
		}
		if (registry.object(objectId) === undefined || objectId === device) refuse(Code.badRequest, "not to be deleted");
		if (this.remove(objectId, instanceId) === 0 && instanceId >= 0) refuse(Code.badRequest, "not to be deleted");
	}

	/** @param only -1 for all Instances. @returns how many are gone */
	private remove(objectId: number, only: number): number {
		const object = this.#context.registry.object(objectId)!;
		const ids = this.idsOf(object).filter((id) => (only < 0 || id === only) && this.isRemovable(object, id));
		ids.forEach((id) => {
			const at = indexOf(this.#instances, objectId, id);
			if (at >= 0) this.#instances.splice(at, 1);
			if (!isAccountObject(objectId)) this.gone.push({ objectId, instanceId: id });
		});
		return ids.length;
	}

	private isRemovable(object: ObjectEntry, instanceId: number): boolean {
		const { id } = object.facts;
		if (indexOf(bootstrapAccountOf(this.#instances), id, instanceId) >= 0) return false;
		const isLiving = this.#context.registry.instance(id, instanceId) !== undefined;
		if (!isLiving) return true;
		if (!isAccountObject(id) && object.options.remove === undefined) return false;
		return this.#state.provenance.mayChange("bootstrapServer", id, instanceId);
	}

	/** The Instances there would be, in ascending order. */
	idsOf({ facts, instances }: ObjectEntry): number[] {
		const { id: objectId } = facts;
		const ids = this.#instances.filter((each) => each.objectId === objectId).map(({ instanceId }) => instanceId);
		if (isAccountObject(objectId)) return ids.sort((a, b) => a - b);
		instances.forEach(({ id }) => void (indexOf(this.gone, objectId, id) < 0 && !ids.includes(id) && ids.push(id)));
		return ids.sort((a, b) => a - b);
	}
}

/** Takes a payload apart, by Instance; nothing else changes while it reads. */
class Reading {
	readonly staged: OpenInstance[] = [];
	readonly #context: OperationContext;
	readonly #target: Path;

	constructor(context: OperationContext, target: Path) {
		this.#context = context;
		this.#target = target;
	}

	/** The sink of a payload's reader. */
	entry(path: Path, value: Value | undefined): Fault | undefined {
		const { registry, limits } = this.#context;
		const { objectId, instanceId, resourceId, resourceInstanceId } = path;
		const facts = registry.resource(objectId, resourceId);
		if (registry.object(objectId) === undefined) return noInstance;
		if (instanceId < 0 || instanceId === unnamedInstance) return noInstance;
		const { values } = this.open(path);
		if (resourceId < 0) return undefined;
		// Unknown optional Resources are no error (LwM2M Core 1.2 §6.1.7.5), unless one is all that is written.
		if (facts?.type === undefined || this.isPassedOver(path, value)) {
			return this.#target.resourceId < 0 ? undefined : noResource;
		}
		const held = values.get(resourceId) as Map<number, Value> | undefined;
		if (facts.multiple === true) {
			const instances = held ?? new Map<number, Value>();
			values.set(resourceId, instances);
			if (value === undefined) return undefined;
			if (instances.has(resourceInstanceId)) return twice;
			if (!isAcceptable(facts, value)) return notAcceptable;
			instances.set(resourceInstanceId, value);
			return instances.size > limits.resourceInstances ? tooMany : undefined;
		}
		if (held !== undefined) return twice;
		if (value === undefined || !isAcceptable(facts, value)) return notAcceptable;
		values.set(resourceId, value);
		return undefined;
	}

	open({ objectId, instanceId }: Path): OpenInstance {
		const at = indexOf(this.staged, objectId, instanceId);
		if (at >= 0) return this.staged[at]!;
		const opened: OpenInstance = { objectId, instanceId, source: "bootstrapServer", values: new Map() };
		this.staged.push(opened);
		return opened;
	}

	private isPassedOver({ objectId, resourceId }: Path, value: Value | undefined): boolean {
		if (objectId !== 0) return false;
		if (resourceId >= firstOfSms && resourceId <= lastOfSms) return true;
		// Peers write them to the Bootstrap-Server's own account, which has none (Appendix E.1).
		return resourceId === securityResource.shortServerId && (value === 0 || value === unnamedInstance);
	}
}
