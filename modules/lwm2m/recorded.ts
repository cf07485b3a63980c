import { isWithin, type Path } from "../formats/value.ts";
import type { History } from "./history.ts";
import type { Instance } from "./instance.ts";
import type { Past, Recorded } from "./read.ts";
import type { Registry } from "./registry.ts";
import type { TimeBase } from "./time-base.ts";
import { sameHeld } from "./value.ts";

/** Tells each past value after a time, for a notification or a Send (LwM2M Core 1.2 §7.5.6). */
export class RecordedSince implements Recorded {
	/** The newest that it has told, on the scale of the History's clock. */
	newestAtMs: number;
	readonly #registry: Registry;
	readonly #times: TimeBase;
	readonly #sinceMs: number;

	constructor(registry: Registry, times: TimeBase, sinceMs: number) {
		this.#registry = registry;
		this.#times = times;
		this.#sinceMs = sinceMs;
		this.newestAtMs = sinceMs;
	}

	at(path: Path): Past | undefined {
		const history = historyAt(this.#registry, path);
		if (history === undefined) return undefined;
		let first = history.size;
		while (first > 0 && history.atMs(first - 1) > this.#sinceMs) first--;
		if (first === history.size) return undefined;
		this.newestAtMs = Math.max(this.newestAtMs, history.newestAtMs);
		return new Latest(history, this.#times, first);
	}

	isPresentIncluded({ objectId, instanceId, resourceId }: Path): boolean {
		const instance = this.#registry.instance(objectId, instanceId);
		const name = instance?.nameOf(resourceId);
		if (instance === undefined || name === undefined) return false;
		const history = instance.historyOf(name);
		return sameHeld(instance.peek(name), history?.valueAt(history.size - 1));
	}
}

/** The values of a History from one on. */
class Latest implements Past {
	readonly #history: History;
	readonly #times: TimeBase;
	readonly #first: number;

	constructor(history: History, times: TimeBase, first: number) {
		this.#history = history;
		this.#times = times;
		this.#first = first;
	}

	get size(): number {
		return this.#history.size - this.#first;
	}

	valueAt(index: number) {
		return this.#history.valueAt(this.#first + index);
	}

	timeS(index: number): number {
		return this.#times.timeS(this.#history.atMs(this.#first + index));
	}
}

/** When the newest past value at or below the paths was noted; undefined where the application keeps none there. */
export function newestOf(registry: Registry, paths: readonly Path[]): number | undefined {
	let newestAtMs: number | undefined;
	for (const { facts, instances } of registry.objects) {
		for (const instance of instances) {
			for (const name in facts.resources) {
				const history = instance.historyOf(name);
				if (history === undefined) continue;
				const at = pathOf(instance, facts.resources[name]!.id);
				if (!paths.some((path) => isWithin(at, path))) continue;
				newestAtMs = Math.max(newestAtMs ?? -Infinity, history.newestAtMs);
			}
		}
	}
	return newestAtMs;
}

function historyAt(registry: Registry, { objectId, instanceId, resourceId, resourceInstanceId }: Path) {
	if (resourceId < 0 || resourceInstanceId >= 0) return undefined;
	const instance = registry.instance(objectId, instanceId);
	const name = instance?.nameOf(resourceId);
	return name === undefined ? undefined : instance?.historyOf(name);
}

function pathOf({ facts, id }: Instance, resourceId: number): Path {
	return { objectId: facts.id, instanceId: id, resourceId, resourceInstanceId: -1 };
}
