import type { Fault } from "../bytes.ts";
import type { Log } from "../host.ts";
import type { Client } from "./client.ts";
import type { Keeper } from "./loop.ts";
import { decodeReports, encodeReports } from "./reporting-state.ts";

/** Where bytes outlive a reset; a Settings of modules/settings is one. */
export interface Store {
	/** @returns bytes of their own; undefined: there are none; a Fault: there are some, and they can not be read */
	get(key: number): Uint8Array | Fault | undefined;
	/** All of it or nothing, for good. @returns why not; then what was there still is */
	set(key: number, value: Uint8Array): Fault | undefined;
}

/**
 * Has attributes, observations and what is yet to be told outlive resets: written at the end of each turn that changes
 * them, taken up after the start. Only the time of the last notification is as old as the last change.
 */
export class ReportingKeeper implements Keeper {
	readonly #client: Client;
	readonly #store: Store;
	readonly #key: number;
	readonly #log: Log;
	#written = 0;
	/** Whether the store has refused, and the log has it. */
	#isRefused = false;

	/** @param key under which the store has it: nothing else's */
	constructor(client: Client, store: Store, key: number, log: Log) {
		this.#client = client;
		this.#store = store;
		this.#key = key;
		this.#log = log;
	}

	/** Takes up what was there; what can not be read is logged, and forgotten with the next change. */
	started(nowMs: number): void {
		const bytes = this.#store.get(this.#key);
		const kept = bytes === undefined || "code" in bytes ? bytes : decodeReports(bytes, this.#client.limits);
		if (kept !== undefined && "code" in kept) this.#log.write({ event: "reportingLost", reason: kept.code });
		else if (kept !== undefined) this.#client.importReporting(kept, nowMs);
		this.#written = this.#client.reportingChanges;
	}

	/** Writes what the turn has changed. */
	turnEnded(nowMs: number): void {
		const { reportingChanges } = this.#client;
		if (reportingChanges === this.#written) return;
		const refused = this.#store.set(this.#key, encodeReports(this.#client.exportReporting(nowMs)));
		if (refused === undefined) this.#written = reportingChanges;
		else if (!this.#isRefused) this.#log.write({ event: "reportingNotKept", reason: refused.code });
		this.#isRefused = refused !== undefined;
	}
}
