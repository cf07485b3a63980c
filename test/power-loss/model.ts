/** What a store ought to hold, in Maps, and how the two are compared. */
import type { Fault } from "../../modules/bytes.ts";
import { toHex } from "../../modules/bytes.ts";
import { liveKey } from "../../modules/settings/key.ts";
import type { Settings } from "../../modules/settings/settings.ts";

/** One thing to do with a store. */
export type Step =
	| { readonly does: "commit"; readonly changes: readonly { key: number; value: Uint8Array | undefined }[] }
	| { readonly does: "snapshot" | "restore" | "forget"; readonly slot: number }
	| { readonly does: "poll" | "reboot" };

export class Model {
	readonly current: Map<number, string>;
	readonly slots: readonly (Map<number, string> | undefined)[];

	constructor(current = new Map<number, string>(), slots: Model["slots"] = [undefined, undefined]) {
		this.current = current;
		this.slots = slots;
	}

	after(step: Step): Model {
		if (step.does === "poll" || step.does === "reboot") return this;
		const current = new Map(this.current);
		if (step.does === "commit") {
			for (const { key, value } of step.changes) {
				if (value === undefined) current.delete(key);
				else current.set(key, toHex(value));
			}
			return new Model(current, this.slots);
		}
		const slots = [...this.slots];
		if (step.does === "snapshot") slots[step.slot] = new Map([...current].filter(([key]) => (key & liveKey) === 0));
		if (step.does === "forget") slots[step.slot] = undefined;
		if (step.does === "restore") {
			const kept = slots[step.slot];
			if (kept === undefined) return this;
			for (const key of current.keys()) if ((key & liveKey) === 0) current.delete(key);
			for (const [key, value] of kept) current.set(key, value);
		}
		return new Model(current, slots);
	}
}

export function perform(settings: Settings, step: Step): Fault | undefined {
	switch (step.does) {
		case "commit":
			return settings.commit(step.changes);
		case "snapshot":
			return settings.snapshot(step.slot);
		case "restore":
			return settings.hasSnapshot(step.slot) ? settings.restore(step.slot) : undefined;
		case "forget":
			return settings.forget(step.slot);
		case "poll":
			settings.poll();
			return undefined;
		case "reboot":
			return undefined;
	}
}

/** Every value, as one line. */
export function contentOf(settings: Settings): string {
	const parts: string[] = [];
	for (let key = settings.nextKey(0); key !== undefined; key = settings.nextKey(key)) {
		const value = settings.get(key);
		parts.push(`${key}=${value instanceof Uint8Array ? toHex(value) : `(${value?.code})`}`);
	}
	return parts.join(" ");
}

export function contentOfMap(map: ReadonlyMap<number, string>): string {
	return [...map]
		.sort(([a], [b]) => a - b)
		.map(([key, value]) => `${key}=${value}`)
		.join(" ");
}
