import { assert } from "../bytes.ts";
import type { Waking } from "../sleep/wake-plan.ts";
import type { Instance } from "./instance.ts";

/** A function to call, or an Object Instance to sample: that is said without a closure for each of them. */
type Task = (() => void) | Instance;

/** One entry; whoever made it may cancel it with it. */
export interface Appointment {
	atMs: number;
	/** 0 for once. */
	readonly everyMs: number;
	readonly task: Task;
}

/** When an Object Instance is sampled next, as it outlives a deep sleep. */
export interface KeptAppointment {
	readonly objectId: number;
	readonly instanceId: number;
	/** Milliseconds from when it was exported; below 0 where it was late. */
	readonly inMs: number;
}

/** Things to do at their time. Bounded: more appointments than the limit are our own bug. */
export class Agenda {
	private readonly limit: number;
	private readonly waking: Pick<Waking, "charge"> | undefined;
	private readonly appointments: Appointment[] = [];

	/** @param waking hears for whose sake there is a wake */
	constructor(limit: number, waking?: Pick<Waking, "charge">) {
		this.limit = limit;
		this.waking = waking;
	}

	get deadlineMs(): number {
		let deadlineMs = Infinity;
		this.appointments.forEach(({ atMs }) => {
			deadlineMs = Math.min(deadlineMs, atMs);
		});
		return deadlineMs;
	}

	/** Does `task` at `atMs`, or soon after; again every `everyMs` from there, unless that is 0. */
	add(atMs: number, everyMs: number, task: Task): Appointment {
		assert(this.appointments.length < this.limit, "limit: appointments");
		const appointment = { atMs, everyMs, task };
		this.appointments.push(appointment);
		return appointment;
	}

	/** Keeps what is due. One that was missed several times is kept once, and then at its next regular time. */
	poll(nowMs: number): void {
		this.appointments.slice().forEach((appointment) => {
			if (appointment.atMs > nowMs || !this.appointments.includes(appointment)) return;
			const { everyMs, task } = appointment;
			if (everyMs === 0) this.drop(appointment);
			else appointment.atMs += everyMs * (Math.floor((nowMs - appointment.atMs) / everyMs) + 1);
			if (typeof task === "function") task();
			else {
				this.waking?.charge(task.facts.id, 0);
				task.sample();
			}
		});
	}

	/** Samples this Instance now, if it was not just done, and counts its next time from now. */
	advance(instance: Instance, nowMs: number): void {
		const found = this.appointments.find(({ task }) => task === instance);
		if (found === undefined || found.atMs - found.everyMs >= nowMs) return;
		found.atMs = nowMs + found.everyMs;
		instance.sample();
	}

	/** Whether all of them are samplings: those are found again after a deep sleep, functions are not. */
	get isPlain(): boolean {
		return this.appointments.every(({ task }) => typeof task !== "function");
	}

	/** The samplings, as they are to be found again. */
	export(nowMs: number): KeptAppointment[] {
		const kept: KeptAppointment[] = [];
		this.appointments.forEach(({ atMs, task }) => {
			if (typeof task === "function") return;
			kept.push({ objectId: task.facts.id, instanceId: task.id, inMs: atMs - nowMs });
		});
		return kept;
	}

	/**
	 * Gives samplings that there are the times they had; others, and those that are not there any more, are passed over.
	 * @param agoMs how long ago it was exported: what was missed since is done once, and its next time is a regular one
	 */
	import(kept: readonly KeptAppointment[], agoMs: number, nowMs: number): void {
		kept.forEach(({ objectId, instanceId, inMs }) => {
			const found = this.appointments.find(
				({ task }) => typeof task !== "function" && task.facts.id === objectId && task.id === instanceId,
			);
			if (found !== undefined) found.atMs = Math.min(nowMs + inMs - agoMs, found.atMs);
		});
	}

	/** Cancels an appointment; one that was kept or cancelled before is passed over. */
	drop(appointment: Appointment): void {
		const at = this.appointments.indexOf(appointment);
		if (at >= 0) this.appointments.splice(at, 1);
	}

	/** Cancels all that is about this Object Instance. */
	forget(instance: Instance): void {
		for (let index = this.appointments.length - 1; index >= 0; index--) {
			if (this.appointments[index]!.task === instance) this.appointments.splice(index, 1);
		}
	}
}
