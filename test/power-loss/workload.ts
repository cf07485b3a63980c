/** What is done to a store until the power goes: scripts, and drawn steps. */
import { liveKey, secretKey } from "../../modules/settings/key.ts";
import type { Step } from "./model.ts";

type Draw = (bound: number) => number;

/** A value that says what it is, so that no two are alike. */
export function drawnValue(draw: Draw, size: number): Uint8Array {
	const value = new Uint8Array(size);
	for (let at = 0; at < size; at++) value[at] = draw(256);
	return value;
}

export interface WorkloadOptions {
	readonly steps: number;
	/** The keys that there are. */
	readonly keys: number;
	readonly valueMaxBytes: number;
	readonly snapshots: boolean;
}

/** Mostly single changes, some transactions, some tidying up, snapshots now and then. */
export function drawnSteps(draw: Draw, { steps, keys, valueMaxBytes, snapshots }: WorkloadOptions): Step[] {
	const key = () => {
		const id = 1 + draw(keys);
		return id % 5 === 0 ? id | liveKey : id % 7 === 0 ? id | secretKey : id;
	};
	const change = () => ({ key: key(), value: draw(6) === 0 ? undefined : drawnValue(draw, draw(valueMaxBytes + 1)) });
	const drawn: Step[] = [];
	for (let step = 0; step < steps; step++) {
		const kind = draw(20);
		if (kind < 8) drawn.push({ does: "commit", changes: [change()] });
		else if (kind < 12) drawn.push({ does: "commit", changes: Array.from({ length: 2 + draw(4) }, change) });
		else if (kind < 17) drawn.push({ does: "poll" });
		else if (kind === 17) drawn.push({ does: "reboot" });
		else if (!snapshots) drawn.push({ does: "poll" });
		else if (kind === 18) drawn.push({ does: draw(3) === 0 ? "forget" : "snapshot", slot: draw(2) });
		else drawn.push({ does: draw(2) === 0 ? "restore" : "snapshot", slot: draw(2) });
	}
	return drawn;
}

/** A device's first life: factory settings, registration, reports; an update with a snapshot, and its revert. */
export function lifeOfADevice(draw: Draw, valueMaxBytes: number): Step[] {
	const some = (size: number) => drawnValue(draw, Math.min(size, valueMaxBytes));
	const set = (key: number, size: number): Step => ({ does: "commit", changes: [{ key, value: some(size) }] });
	const poll: Step = { does: "poll" };
	const steps: Step[] = [
		{ does: "commit", changes: [1, 2, 3, 4].map((key) => ({ key, value: some(24) })) },
		set(5 | secretKey, 16),
		set(9 | liveKey | secretKey, 77),
	];
	for (let hour = 0; hour < 6; hour++) steps.push(set(10 + (hour % 3), 12), set(9 | liveKey | secretKey, 77), poll);
	steps.push({ does: "snapshot", slot: 0 }, { does: "reboot" });
	steps.push({
		does: "commit",
		changes: [
			{ key: 1, value: some(30) },
			{ key: 2, value: undefined },
			{ key: 6, value: some(8) },
		],
	});
	for (let hour = 0; hour < 4; hour++) steps.push(set(10 + (hour % 3), 12), set(9 | liveKey | secretKey, 77), poll);
	steps.push({ does: "restore", slot: 0 }, poll, poll, set(3, 20), { does: "forget", slot: 0 }, poll, poll);
	return steps;
}
