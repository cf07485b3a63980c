import type { Path } from "../formats/value.ts";
import { mixed, sumOf } from "./accounts.ts";
import { moreOf, type Observation } from "./observed.ts";
import type { Registry } from "./registry.ts";
import type { KeptObservation } from "./reporting-state.ts";
import { isInstances } from "./value.ts";

/** What has been since something was exported. */
export interface Since {
	/** How long ago; undefined where nobody knows. */
	readonly agoMs: number | undefined;
	/** Nothing was done since: it was exported for a sleep. If not, more was told than it knows of. */
	readonly isExact: boolean;
	/** The registration that observations belong to may still stand. If not, the server observes anew and hears of all. */
	readonly isLive: boolean;
}

/** Numbers of notifications that an earlier life may have used since it was exported (RFC 7641 §4.4). */
const sequencesAhead = 0x10_0000;

/** Gives an observation that has just been begun what it was. */
export function restore(observation: Observation, kept: KeptObservation, since: Since, nowMs: number): void {
	const atMs = nowMs - (since.agoMs ?? 0);
	const { isExact, isLive } = since;
	observation.sequence = isExact ? kept.sequence : (kept.sequence + sequencesAhead) & 0xffffff;
	observation.notifiedAtMs = atMs - kept.notifiedAgoMs;
	observation.confirmedAtMs = atMs - kept.confirmedAgoMs;
	// What was told last is not known, or nobody knows how long ago: told once more, it does no harm.
	const isUncertain = !isExact || since.agoMs === undefined;
	observation.isPending = isLive && !kept.isDormant && (kept.isPending || isUncertain);
	const { more } = observation;
	const parts = more?.parts ?? [observation];
	for (let index = 0; index < parts.length; index++) {
		const marks = kept.marks[index];
		if (parts[index]!.marks !== undefined && marks !== undefined) parts[index]!.marks = marks;
	}
	if (more?.evaluatedAtMs !== undefined) {
		more.evaluatedAtMs = atMs - (kept.evaluatedAgoMs ?? 0);
		more.isUnseen = isLive && kept.isUnseen;
	}
	if (!kept.isDormant && !kept.isGone && kept.kept.length === 0) return;
	observation.more ??= moreOf(undefined, undefined);
	observation.more.dormant = kept.isDormant ? "waiting" : "";
	observation.more.isGone = kept.isGone;
	observation.more.dropped = kept.dropped;
}

/**
 * A number that is another one when what Object Instances hold at or below these paths is. It is kept over restarts.
 * @param isLooking whether what is worked out by reading counts
 */
export function digestOf(registry: Registry, paths: readonly Path[], isLooking: boolean): number {
	let sum = 0;
	for (let at = 0; at < paths.length; at++) {
		const { objectId, instanceId, resourceId, resourceInstanceId } = paths[at]!;
		for (let index = 0; index < registry.objects.length; index++) {
			const { facts, instances } = registry.objects[index]!;
			if (objectId >= 0 && objectId !== facts.id) continue;
			for (let each = 0; each < instances.length; each++) {
				const instance = instances[each]!;
				if (instanceId >= 0 && instanceId !== instance.id) continue;
				for (const name in facts.resources) {
					const { id } = facts.resources[name]!;
					if (resourceId >= 0 && resourceId !== id) continue;
					let held = isLooking ? instance.peek(name) : instance.held(name);
					if (held !== undefined && resourceInstanceId >= 0) {
						held = isInstances(held) ? held.get(resourceInstanceId) : undefined;
					}
					if (held !== undefined) sum = mixed(mixed(mixed(mixed(sum, facts.id), instance.id), id), sumOf(held));
				}
			}
		}
	}
	return sum;
}
