import { assert } from "../bytes.ts";

interface Appointment {
	atMs: number;
	/** 0 for once. */
	readonly everyMs: number;
	readonly run: () => void;
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
		for (const { atMs } of this.#appointments) deadlineMs = Math.min(deadlineMs, atMs);
		return deadlineMs;
	}

	/**
	 * Calls `run` at `atMs`, or soon after; again every `everyMs` from there, unless that is 0.
	 * @returns a function that cancels it
	 */
	add(atMs: number, everyMs: number, run: () => void): () => void {
		assert(this.#appointments.length < this.#limit, "limit: appointments");
		const appointment = { atMs, everyMs, run };
		this.#appointments.push(appointment);
		return () => this.#drop(appointment);
	}

	/** Keeps what is due. One that was missed several times is kept once, and then at its next regular time. */
	poll(nowMs: number): void {
		for (const appointment of this.#appointments.slice()) {
			if (appointment.atMs > nowMs || !this.#appointments.includes(appointment)) continue;
			const { everyMs } = appointment;
			if (everyMs === 0) this.#drop(appointment);
			else appointment.atMs += everyMs * (Math.floor((nowMs - appointment.atMs) / everyMs) + 1);
			appointment.run();
		}
	}

	#drop(appointment: Appointment): void {
		const at = this.#appointments.indexOf(appointment);
		if (at >= 0) this.#appointments.splice(at, 1);
	}
}
