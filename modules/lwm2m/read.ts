import { Code } from "../coap/code.ts";
import type { ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { PayloadWriter } from "../formats/entry.ts";
import { isWithin, type Path, type PathSlot, type ResourceType, type Value } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { AccessRights } from "./access-rights.ts";
import { isReadable } from "./facts.ts";
import type { Instance } from "./instance.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { comparePaths, rootPath } from "./path.ts";
import { RequestRefused } from "./refusal.ts";
import type { ObjectEntry } from "./registry.ts";
import { isResource, isSecret, locate, presentValue, type Target } from "./target.ts";
import { type Held, type Instances, idsOf, isInstances } from "./value.ts";

/** What reading must know of who asks. */
type Reader = Pick<Asker, "enabler" | "rights">;

/** A representation: bytes and what they are, in the answer that carries it. */
export interface ReadResponse extends ResponseOptions {
	readonly contentFormat: number;
	readonly payload: Uint8Array;
}

/** Values of before of one Resource or Resource Instance, oldest first: what a History has, or the end of it. */
export interface Past {
	readonly size: number;
	valueAt(index: number): Value | undefined;
	/** Seconds as SenML has them (RFC 8428 §4.5.3). */
	timeS(index: number): number;
}

/** What was kept to be told: in formats that carry times it goes in front of the present value. */
export interface Recorded {
	/** @param path reused: not to be kept */
	at(path: Path): Past | undefined;
	/** Whether the last one of `at(path)` is the present value itself, so that it is not told again without a time. */
	isPresentIncluded(path: Path): boolean;
}

/** The formats for more than one value, in the order in which we choose where the server leaves it to us. */
const structured: readonly number[] = frozen([
	ContentFormat.senmlCbor,
	ContentFormat.lwm2mCbor,
	ContentFormat.tlv,
	ContentFormat.senmlJson,
]);

/** Those of them that carry times. */
const timed: readonly number[] = frozen([
	ContentFormat.senmlCbor,
	ContentFormat.senmlJson,
	ContentFormat.lwm2mJson,
	ContentFormat.oldJson,
]);

/**
 * Reads an Object, Object Instance, Resource or Resource Instance (LwM2M Core 1.1 §6.3.1).
 * @param accept what the server asked for; undefined leaves the choice to us
 * @param told values of before, to go with the present ones
 * @throws RequestRefused 4.01, 4.04, 4.05 for a Resource that is not readable, 4.06 for a format that we do not speak
 * or that cannot carry it
 */
export function readTarget(
	context: OperationContext,
	path: Path,
	asker: Reader,
	accept: number | undefined,
	told?: Recorded,
): ReadResponse {
	const target = locate(context.registry, path);
	refuseUnreadable(target, asker);
	const reading = open(context, path, asker, accept ?? preferredFormat(context, target, asker), told);
	reading.add(target);
	return reading.response();
}

/** @throws RequestRefused 4.06 */
function open(
	{ formats, registry }: OperationContext,
	base: Path,
	{ rights }: Reader,
	contentFormat: number,
	told: Recorded | undefined,
): Reading {
	const writer = formats.canCarry(contentFormat, base, registry) ? formats.writer(contentFormat, base) : undefined;
	if (writer === undefined) throw new RequestRefused(Code.notAcceptable, "format");
	return new Reading(writer, contentFormat, rights, timed.includes(contentFormat) ? told : undefined);
}

/**
 * Reads several paths into one payload, as well as may be (LwM2M Core 1.2 §6.3.8): what is absent, not readable, not
 * this server's to read or refused by the application is left out. Paths may overlap and come in any order; each
 * value is told once. The root stands for everything but the Objects that are the Bootstrap-Server's.
 * @param contentFormat of the answer
 * @throws RequestRefused the refusal of the first path where none of them can be read, 4.06 for a format that we do
 * not speak or that cannot carry them
 */
export function readTargets(
	context: OperationContext,
	paths: readonly Path[],
	asker: Asker,
	contentFormat: number,
	told?: Recorded,
): ReadResponse {
	const reading = open(context, rootPath, asker, contentFormat, told);
	reading.isBestEffort = true;
	let refusal: RequestRefused | undefined;
	let count = 0;
	for (const path of withoutOverlap(paths)) {
		const refused = path.objectId < 0 ? reading.addAll(context) : tryToAdd(context, reading, path, asker);
		if (refused === undefined) count++;
		else refusal ??= refused;
	}
	if (count === 0 && refusal !== undefined) throw refusal;
	return reading.response();
}

/** @returns why the path can not be read; nothing of it is told then */
function tryToAdd(
	{ registry }: OperationContext,
	reading: Reading,
	path: Path,
	asker: Asker,
): RequestRefused | undefined {
	try {
		if (isSecret(path.objectId)) throw new RequestRefused(Code.unauthorized, "for the bootstrap server alone");
		const target = locate(registry, path);
		refuseUnreadable(target, asker);
		reading.add(target);
		return undefined;
	} catch (error) {
		if (error instanceof RequestRefused) return error;
		throw error;
	}
}

/** @returns the paths in ascending order, without those that stand below another one */
function withoutOverlap(paths: readonly Path[]): Path[] {
	const kept: Path[] = [];
	for (const path of paths.slice().sort(comparePaths)) {
		const last = kept[kept.length - 1];
		if (last === undefined || !isWithin(path, last)) kept.push(path);
	}
	return kept;
}

/**
 * @throws RequestRefused 4.01 when this server may not read it, 4.04 when the target is absent, 4.05 when it is a
 * Resource without Read
 */
export function refuseUnreadable(target: Target, { rights }: Reader): void {
	const { object, instance } = target;
	if (rights !== undefined && instance !== undefined) rights.require("read", object.facts.id, instance.id);
	if (rights !== undefined && instance === undefined && object.instances.length > 0) {
		const isReadableOne = object.instances.some(({ id }) => rights.mayRead(object.facts.id, id));
		if (!isReadableOne) throw new RequestRefused(Code.unauthorized, "no instance that it may read");
	}
	if (!isResource(target)) return;
	if (!isReadable(target.facts)) throw new RequestRefused(Code.methodNotAllowed, "not readable");
	presentValue(target);
}

/** One value and no structure: a Resource Instance, or a single-instance Resource. */
export function isSingleValue({ path, facts }: Target): boolean {
	return facts !== undefined && (path.resourceInstanceId >= 0 || facts.multiple !== true);
}

/**
 * The format when the server names none. The specification leaves it to the client (LwM2M Core 1.1 §7.4). One value
 * goes as plain text (opaque as it is): the least bytes, and what every server since 1.0 understands. More than one
 * goes as TLV in 1.0, which has nothing smaller, and as SenML CBOR since 1.1.
 */
function preferredFormat(context: OperationContext, target: Target, asker: Reader): number {
	if (isSingleValue(target)) {
		const plain = target.facts?.type === "opaque" ? ContentFormat.opaque : ContentFormat.text;
		if (context.formats.isWritable(plain)) return plain;
	}
	return asker.enabler === "1.0" ? ContentFormat.tlv : structuredFormat(context);
}

/** The format for more than one value that we choose ourselves: the first that the product has. */
export function structuredFormat({ formats }: OperationContext): number {
	for (let index = 0; index < structured.length; index++) {
		const format = structured[index]!;
		if (formats.isWritable(format)) return format;
	}
	return ContentFormat.senmlCbor;
}

/**
 * A walk over the values below targets, in ascending order of path, into a payload. Calls stand in return position
 * where they can: the writer is far down the stack already.
 */
class Reading {
	/** Leaves out what the application refuses to tell, instead of refusing all. */
	isBestEffort = false;
	readonly #writer: PayloadWriter;
	readonly #contentFormat: number;
	readonly #rights: AccessRights | undefined;
	readonly #told: Recorded | undefined;
	readonly #at: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };

	constructor(
		writer: PayloadWriter,
		contentFormat: number,
		rights: AccessRights | undefined,
		told: Recorded | undefined,
	) {
		this.#writer = writer;
		this.#contentFormat = contentFormat;
		this.#rights = rights;
		this.#told = told;
	}

	response(): ReadResponse {
		return { code: Code.content, contentFormat: this.#contentFormat, payload: this.#writer.finish() };
	}

	/** Everything that a server may read. */
	addAll({ registry }: OperationContext): undefined {
		for (let index = 0; index < registry.objects.length; index++) {
			const object = registry.objects[index]!;
			if (!isSecret(object.facts.id)) this.instances(object);
		}
	}

	add(target: Target): undefined {
		const { path, instance } = target;
		if (instance === undefined) return this.instances(target.object);
		const at = this.#at;
		at.objectId = path.objectId;
		if (!isResource(target)) return this.instance(instance);
		at.instanceId = path.instanceId;
		at.resourceId = path.resourceId;
		at.resourceInstanceId = path.resourceInstanceId;
		return this.held(target.facts.type, presentValue(target));
	}

	private instances({ facts, instances }: ObjectEntry): undefined {
		this.#at.objectId = facts.id;
		for (let index = 0; index < instances.length; index++) {
			const instance = instances[index]!;
			if (this.#rights?.mayRead(facts.id, instance.id) !== false) this.instance(instance);
		}
	}

	private instance(instance: Instance): undefined {
		const at = this.#at;
		const { resources } = instance.facts;
		at.instanceId = instance.id;
		at.resourceInstanceId = -1;
		let isEmpty = true;
		for (const name in resources) {
			const facts = resources[name]!;
			if (!isReadable(facts)) continue;
			const held = this.isBestEffort ? instance.peek(name) : instance.read(name);
			if (held === undefined) continue;
			at.resourceId = facts.id;
			this.held(facts.type, held);
			isEmpty = false;
		}
		at.resourceId = -1;
		if (isEmpty) this.#writer.empty(at);
	}

	/** @param type undefined for an executable Resource, which has no value */
	private held(type: ResourceType | undefined, held: Held): undefined {
		if (type === undefined) return undefined;
		if (isInstances(held)) return this.multiple(type, held);
		if (this.#told === undefined || !this.past(type)) this.#writer.entry(this.#at, type, held);
		return undefined;
	}

	private multiple(type: ResourceType, held: Instances): undefined {
		const at = this.#at;
		if (held.size === 0) this.#writer.empty(at);
		for (const id of idsOf(held)) {
			at.resourceInstanceId = id;
			if (this.#told === undefined || !this.past(type)) this.#writer.entry(at, type, held.get(id)!);
		}
		at.resourceInstanceId = -1;
	}

	/** @returns whether the present value is told with what was before */
	private past(type: ResourceType): boolean {
		const at = this.#at;
		const told = this.#told!;
		const past = told.at(at);
		if (past === undefined) return false;
		for (let index = 0; index < past.size; index++) {
			this.#writer.entry(at, type, past.valueAt(index)!, past.timeS(index));
		}
		return past.size > 0 && told.isPresentIncluded(at);
	}
}
