import { assert } from "../bytes.ts";
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

/** Things to do at their time. Bounded: more appointments than the limit are our own bug. */
export class Agenda {
	readonly #limit: number;
	readonly #appointments: Appointment[] = [];

	constructor(limit: number) {
		this.#limit = limit;
	}

	get deadlineMs(): number {
		let deadlineMs = Infinity;
		for (let index = 0; index < this.#appointments.length; index++) {
			const { atMs } = this.#appointments[index]!;
			deadlineMs = Math.min(deadlineMs, atMs);
		}
		return deadlineMs;
	}

	/** Does `task` at `atMs`, or soon after; again every `everyMs` from there, unless that is 0. */
	add(atMs: number, everyMs: number, task: Task): Appointment {
		assert(this.#appointments.length < this.#limit, "limit: appointments");
		const appointment = { atMs, everyMs, task };
		this.#appointments.push(appointment);
		return appointment;
	}

	/** Keeps what is due. One that was missed several times is kept once, and then at its next regular time. */
	poll(nowMs: number): void {
		for (const appointment of this.#appointments.slice()) {
			if (appointment.atMs > nowMs || !this.#appointments.includes(appointment)) continue;
			const { everyMs, task } = appointment;
			if (everyMs === 0) this.drop(appointment);
			else appointment.atMs += everyMs * (Math.floor((nowMs - appointment.atMs) / everyMs) + 1);
			if (typeof task === "function") task();
			else task.sample();
		}
	}

	/** Cancels an appointment; one that was kept or cancelled before is passed over. */
	drop(appointment: Appointment): void {
		const at = this.#appointments.indexOf(appointment);
		if (at >= 0) this.#appointments.splice(at, 1);
	}

	/** Cancels all that is about this Object Instance. */
	forget(instance: Instance): void {
		for (let index = this.#appointments.length - 1; index >= 0; index--) {
			if (this.#appointments[index]!.task === instance) this.#appointments.splice(index, 1);
		}
	}
}
