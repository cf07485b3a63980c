/**
 * Cuts the power at every flash operation of a workload, and again at every one of the recovery.
 * Invariants: the store opens, whatever lies there; it holds what it held before the step that was cut, or after it,
 * and so do its snapshots; no value is reported damaged; it can be written again.
 */
import { equal, ok } from "node:assert/strict";
import { HostFailure, type LogRecord } from "../../modules/host.ts";
import { FlashSettings } from "../../modules/settings/flash-settings.ts";
import type { Secrets } from "../../modules/settings/settings.ts";
import { seeded } from "../harness.ts";
import { type Geometry, NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";
import { contentOf, contentOfMap, Model, perform, type Step } from "./model.ts";

export interface Sweep {
	readonly geometry: Geometry;
	readonly steps: readonly Step[];
	readonly seed: number;
	readonly secrets?: Secrets;
	/** Every how manyth operation is cut; 1: all. And of the recovery. */
	readonly stride?: number;
	readonly recoveryStride?: number;
}

export interface Cuts {
	first: number;
	recovery: number;
	old: number;
	new: number;
	operations: number;
	erases: number;
}

export const noCuts = (): Cuts => ({ first: 0, recovery: 0, old: 0, new: 0, operations: 0, erases: 0 });

const probe: Step = { does: "commit", changes: [{ key: 77, value: Uint8Array.of(7, 7, 7) }] };
const damage = new Set(["settings.rot", "settings.repaired", "settings.worn"]);

class Run {
	readonly sweep: Sweep;
	readonly where: string;
	readonly reports: LogRecord[] = [];

	constructor(sweep: Sweep, where: string) {
		this.sweep = sweep;
		this.where = where;
	}

	open(flash: NorFlash): FlashSettings {
		const { secrets } = this.sweep;
		const log = { write: (record: LogRecord) => void this.reports.push(record) };
		return new FlashSettings({ flash, log, ...(secrets === undefined ? {} : { secrets }) });
	}

	copy(flash: NorFlash): NorFlash {
		return new NorFlash(this.sweep.geometry).copyOf(flash);
	}

	/** Does it all. @returns the models before and after the step that was cut; undefined: none was */
	live(flash: NorFlash): { readonly last: Model; readonly before: Model; readonly isCut: boolean } {
		let model = new Model();
		let store = this.open(flash);
		for (const step of this.sweep.steps) {
			const before = model;
			try {
				if (step.does === "reboot") store = this.open(flash);
				const refusal = perform(store, step);
				if (refusal === undefined) model = model.after(step);
				else ok(refusal.code === "settings.full", `${this.where}: ${refusal.code}`);
			} catch (error) {
				if (!(error instanceof PowerCut)) throw error;
				return { last: model.after(step), before, isCut: true };
			}
		}
		return { last: model, before: model, isCut: false };
	}

	/** @returns which of the two it is */
	check(flash: NorFlash, before: Model, last: Model): "old" | "new" {
		const content = contentOf(this.open(flash));
		const candidates = [before, last].filter(({ current }) => contentOfMap(current) === content);
		ok(candidates.length > 0, `${this.where}: neither old nor new: ${content}\nold ${contentOfMap(before.current)}`);
		const snapshots = before.slots.map((_, slot) => this.contentOfSlot(flash, slot, before));
		const found = candidates.find(({ slots }) =>
			slots.every((map, slot) => snapshots[slot] === (map === undefined ? "none" : contentOfMap(map))),
		);
		ok(found !== undefined, `${this.where}: snapshots are neither old nor new: ${snapshots}`);
		return found === last ? "new" : "old";
	}

	private contentOfSlot(flash: NorFlash, slot: number, { current }: Model): string {
		const trial = this.open(this.copy(flash));
		if (!trial.hasSnapshot(slot)) return "none";
		const refusal = trial.restore(slot);
		ok(refusal === undefined, `${this.where}: restore ${refusal?.code}`);
		const live = new Set([...current.keys()].filter((key) => (key & 0x2000_0000) !== 0));
		const lines = contentOf(trial).split(" ");
		return lines.filter((line) => line !== "" && !live.has(Number(line.split("=")[0])) && !isLive(line)).join(" ");
	}

	/** Tidies up and writes. */
	recover(flash: NorFlash): void {
		const store = this.open(flash);
		for (let step = 0; step < 3 && !store.isIdle; step++) store.poll();
		const refusal = perform(store, probe);
		ok(refusal === undefined || refusal.code === "settings.full", `${this.where}: ${refusal?.code}`);
		for (let step = 0; step < 200 && !store.isIdle; step++) store.poll();
		ok(store.isIdle, `${this.where}: never idle`);
	}

	noDamage(): void {
		const found = this.reports.find(({ event }) => damage.has(event));
		// A header torn in its very last bit is as good as repaired.
		ok(found === undefined || found.event === "settings.repaired", `${this.where}: ${JSON.stringify(found)}`);
	}
}

const isLive = (line: string) => (Number(line.split("=")[0]) & 0x2000_0000) !== 0;

/** @returns what was cut; throws with the seed and the operation when an invariant does not hold */
export function sweepPower(sweep: Sweep, cuts: Cuts): void {
	const { geometry, seed, stride = 1, recoveryStride = 1 } = sweep;
	const whole = new NorFlash(geometry);
	new Run(sweep, `seed ${seed}, no cut`).live(whole);
	cuts.operations += whole.operations;
	for (const erases of whole.erases) cuts.erases += erases;
	for (let cutAt = seed % stride; cutAt < whole.operations; cutAt += stride) {
		const run = new Run(sweep, `${JSON.stringify(geometry)} seed ${seed} cut at ${cutAt}`);
		const flash = new NorFlash(geometry);
		flash.cutAt = cutAt;
		flash.chance = seeded(seed * 7919 + cutAt + 1);
		const { before, last, isCut } = run.live(flash);
		ok(isCut, `${run.where}: nothing was cut`);
		cuts.first++;
		cuts[run.check(run.copy(flash), before, last)]++;
		cutRecovery(sweep, run, flash, { before, last }, cuts, recoveryStride);
		run.noDamage();
	}
}

function cutRecovery(
	sweep: Sweep,
	first: Run,
	flash: NorFlash,
	{ before, last }: { readonly before: Model; readonly last: Model },
	cuts: Cuts,
	stride: number,
): void {
	for (let cutAt = 0; ; cutAt += stride) {
		const run = new Run(sweep, `${first.where}, recovery cut at ${cutAt}`);
		const second = run.copy(flash);
		second.cutAt = cutAt;
		second.chance = seeded(sweep.seed * 104729 + cutAt * 31 + first.where.length);
		let isCut = false;
		try {
			run.recover(second);
		} catch (error) {
			if (!(error instanceof PowerCut)) throw named(error, run.where);
			isCut = true;
		}
		if (isCut) cuts.recovery++;
		const third = run.copy(second);
		const content = contentOf(run.open(third));
		const allowed = [before, last, before.after(probe), last.after(probe)].map(({ current }) => contentOfMap(current));
		ok(allowed.includes(content), `${run.where}: ${content}\nallowed ${allowed.join("\n")}`);
		run.noDamage();
		run.recover(third);
		const again = contentOf(run.open(third));
		ok(allowed.includes(again), `${run.where}, after all: ${again}`);
		if (!isCut) {
			equal(second.operations <= cutAt, true);
			return;
		}
	}
}

function named(error: unknown, where: string): unknown {
	if (error instanceof HostFailure) return new Error(`${where}: ${error.message}`, { cause: error });
	return error;
}
