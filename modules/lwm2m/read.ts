import { Code } from "../coap/code.ts";
import type { ResponseOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { canCarry, type PayloadWriter, payloadWriter } from "../formats/payload.ts";
import type { Path, PathSlot } from "../formats/value.ts";
import { type EnablerVersion, isReadable } from "./facts.ts";
import type { Instance } from "./instance.ts";
import { RequestRefused } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import { isResource, locate, presentValue, type Target } from "./target.ts";
import { type Held, idsOf, isInstances } from "./value.ts";

/** A representation: bytes and what they are, in the answer that carries it. */
export interface ReadResponse extends ResponseOptions {
	readonly contentFormat: number;
	readonly payload: Uint8Array;
}

/**
 * Reads an Object, Object Instance, Resource or Resource Instance (LwM2M Core 1.1 §6.3.1).
 * @param accept what the server asked for; undefined leaves the choice to us
 * @throws RequestRefused 4.04, 4.05 for a Resource that is not readable, 4.06 for a format that we do not speak or
 * that cannot carry it
 */
export function readTarget(
	registry: Registry,
	path: Path,
	accept: number | undefined,
	enabler: EnablerVersion,
): ReadResponse {
	const target = locate(registry, path);
	refuseUnreadable(target);
	const contentFormat = accept ?? preferredFormat(target, enabler);
	if (!canCarry(contentFormat, path, registry)) throw new RequestRefused(Code.notAcceptable, "format");
	const writer = payloadWriter(contentFormat, path);
	if (writer === undefined) throw new RequestRefused(Code.notAcceptable, "format");
	return new Reading(contentFormat, writer).of(target);
}

/** @throws RequestRefused 4.04 when the target is absent, 4.05 when it is a Resource without Read */
export function refuseUnreadable(target: Target): void {
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
 * goes as TLV in 1.0, which has nothing smaller, and as SenML CBOR in 1.1.
 */
function preferredFormat(target: Target, enabler: EnablerVersion): number {
	if (isSingleValue(target)) return target.facts?.type === "opaque" ? ContentFormat.opaque : ContentFormat.text;
	return enabler === "1.0" ? ContentFormat.tlv : ContentFormat.senmlCbor;
}

/** One walk over the values below a target, in ascending order of path, into a payload. */
class Reading {
	readonly #contentFormat: number;
	readonly #writer: PayloadWriter;
	readonly #at: PathSlot = { objectId: -1, instanceId: -1, resourceId: -1, resourceInstanceId: -1 };

	constructor(contentFormat: number, writer: PayloadWriter) {
		this.#contentFormat = contentFormat;
		this.#writer = writer;
	}

	of(target: Target): ReadResponse {
		const { path, object, instance } = target;
		this.#at.objectId = path.objectId;
		if (instance === undefined) for (const each of object.instances) this.instance(each);
		else if (!isResource(target)) this.instance(instance);
		else {
			this.#at.instanceId = path.instanceId;
			this.#at.resourceId = path.resourceId;
			this.#at.resourceInstanceId = path.resourceInstanceId;
			this.held(target.name, instance, presentValue(target));
		}
		return { code: Code.content, contentFormat: this.#contentFormat, payload: this.#writer.finish() };
	}

	private instance(instance: Instance): void {
		const at = this.#at;
		const { resources } = instance.facts;
		at.instanceId = instance.id;
		at.resourceInstanceId = -1;
		let isEmpty = true;
		for (const name in resources) {
			const facts = resources[name]!;
			const held = isReadable(facts) ? instance.read(name) : undefined;
			if (held === undefined) continue;
			at.resourceId = facts.id;
			this.held(name, instance, held);
			isEmpty = false;
		}
		at.resourceId = -1;
		if (isEmpty) this.#writer.empty(at);
	}

	private held(name: string, instance: Instance, held: Held): void {
		const at = this.#at;
		const { type } = instance.factsOf(name);
		if (type === undefined) return; // executable: it has no value
		if (!isInstances(held)) {
			this.#writer.entry(at, type, held);
			return;
		}
		if (held.size === 0) this.#writer.empty(at);
		for (const id of idsOf(held)) {
			at.resourceInstanceId = id;
			this.#writer.entry(at, type, held.get(id)!);
		}
		at.resourceInstanceId = -1;
	}
}
