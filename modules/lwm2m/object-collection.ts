import { type Fault, fault } from "../bytes.ts";
import { Entries, type EntrySink } from "../formats/entry.ts";
import { TlvReader, TlvWriter } from "../formats/tlv.ts";
import { type Path, unnamedInstance, type Value } from "../formats/value.ts";
import type { ConfiguredInstance } from "./configuration.ts";
import { indexOf } from "./configuration-state.ts";
import type { ClientLimits } from "./limits.ts";
import { path as pathOf } from "./path.ts";
import type { Source } from "./provenance.ts";
import type { Registry } from "./registry.ts";
import { type Held, idsOf, isAcceptable, isInstances } from "./value.ts";

const see = "LwM2M Core 1.2 Appendix G.3.3";
const truncated = fault("collection.truncated", "silence", see);
const tooMany = fault("collection.tooMany", "silence", see);
const unnamed = fault("collection.unnamed", "silence", see);
const notAcceptable = fault("collection.notAcceptable", "silence", see);

/**
 * Object Instances as the file of a smart card holds them (LwM2M Core 1.2 Appendix G.3.3), which our factory records
 * take over: how many Objects u16, the size of what follows u16, and for each Object its ID u16, its version (a zero,
 * or major and minor), the size of what follows u16, and its Instances in TLV. Big-endian.
 * @param bytes read from `at` on; what stands behind the collection, before `end`, is padding
 * @param registry which Objects and Resources there are: others, and Objects of another major version, are passed over
 * @returns data of its own, or the Fault. Never throws, and takes no memory on the word of a length
 */
export function readCollection(
	bytes: Uint8Array,
	at: number,
	end: number,
	source: Source,
	registry: Registry,
	limits: ClientLimits,
): ConfiguredInstance[] | Fault {
	const collector = new Collector(source, registry, limits);
	if (end - at < 4) return truncated;
	const last = at + 4 + u16(bytes, at + 2);
	if (last > end) return truncated;
	let from = at + 4;
	for (let count = u16(bytes, at); count > 0; count--) {
		const major = from + 5 <= last ? bytes[from + 2]! : 0;
		const head = major === 0 ? 5 : 6;
		if (from + head > last) return truncated;
		const objectId = u16(bytes, from);
		const begin = from + head;
		from = begin + u16(bytes, begin - 2);
		if (from > last) return truncated;
		const facts = registry.object(objectId)?.facts;
		if (facts === undefined || (major !== 0 && `${major}` !== facts.version.split(".")[0])) continue;
		const refusal = collector.read(bytes, begin, from, pathOf(objectId));
		if (refusal !== undefined) return refusal;
	}
	return from === last ? collector.instances : truncated;
}

/** Appends the Resources of one Instance in TLV (Core 1.2 §7.5.5), as readInstance() takes them. */
export function instanceTlv({ objectId, instanceId, values }: ConfiguredInstance, registry: Registry): Uint8Array {
	const writer = new TlvWriter(pathOf(objectId, instanceId));
	idsOf(values as ReadonlyMap<number, Value>).forEach((resourceId) => {
		const type = registry.typeOf(objectId, resourceId);
		if (type === undefined) return;
		const held = values.get(resourceId)!;
		const path = pathOf(objectId, instanceId, resourceId);
		if (!isInstances(held)) writer.entry(path, type, held);
		else if (held.size === 0) writer.empty(path);
		else {
			idsOf(held).forEach((id) => {
				writer.entry({ ...path, resourceInstanceId: id }, type, held.get(id)!);
			});
		}
	});
	return writer.finish();
}

/** Reads the Resources of one Instance out of TLV. @returns them, or the Fault. Never throws */
export function readInstance(
	bytes: Uint8Array,
	at: number,
	{ objectId, instanceId }: Pick<ConfiguredInstance, "objectId" | "instanceId">,
	source: Source,
	registry: Registry,
	limits: ClientLimits,
): ConfiguredInstance | Fault {
	const collector = new Collector(source, registry, limits);
	const refusal = collector.read(bytes, at, bytes.length, pathOf(objectId, instanceId));
	return refusal ?? collector.instances[0] ?? { objectId, instanceId, source, values: new Map() };
}

/** Sorts what a TLV reader finds into Instances. */
class Collector implements EntrySink {
	readonly instances: ConfiguredInstance[] = [];
	readonly #source: Source;
	readonly #registry: Registry;
	readonly #limits: ClientLimits;

	constructor(source: Source, registry: Registry, limits: ClientLimits) {
		this.#source = source;
		this.#registry = registry;
		this.#limits = limits;
	}

	read(bytes: Uint8Array, at: number, end: number, base: Path): Fault | undefined {
		return new TlvReader(bytes, new Entries(base, this.#registry, this)).read(at, end);
	}

	entry({ objectId, instanceId, resourceId, resourceInstanceId }: Path, value: Value | undefined): Fault | undefined {
		if (instanceId === unnamedInstance) return unnamed;
		const values = this.valuesOf(objectId, instanceId);
		if (values === undefined) return tooMany;
		const facts = resourceId < 0 ? undefined : this.#registry.resource(objectId, resourceId);
		if (facts?.type === undefined) return undefined;
		if (value !== undefined && !isAcceptable(facts, value)) return notAcceptable;
		if (facts.multiple !== true) {
			if (value !== undefined) values.set(resourceId, value);
			return undefined;
		}
		let held = values.get(resourceId) as Map<number, Value> | undefined;
		if (held === undefined) {
			held = new Map();
			values.set(resourceId, held);
		}
		if (value === undefined) return undefined;
		if (held.size >= this.#limits.resourceInstances) return tooMany;
		held.set(resourceInstanceId, value);
		return undefined;
	}

	private valuesOf(objectId: number, instanceId: number): Map<number, Held> | undefined {
		const at = indexOf(this.instances, objectId, instanceId);
		if (at >= 0) return this.instances[at]!.values as Map<number, Held>;
		if (this.instances.length >= this.#limits.instances) return undefined;
		const values = new Map<number, Held>();
		this.instances.push({ objectId, instanceId, source: this.#source, values });
		return values;
	}
}

function u16(bytes: Uint8Array, at: number): number {
	return (bytes[at]! << 8) | bytes[at + 1]!;
}
