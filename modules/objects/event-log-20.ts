import { frozen } from "../frozen.ts";
import type { Argument } from "../lwm2m/execute-arguments.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import { EVENT_LOG } from "./facts/event-log-20.ts";

/** Bits of LogStatus (Resource 4013). */
const stopped = 1;
const holdsData = 2;
const hasLost = 4;

/** Bytes before each record in the store: its length. */
const headSize = 2;
const maxRecordSize = 0xffff;

const hooks = frozen({
	read: {
		logStatus: (it: EventLog) => it.status,
		logData: (it: EventLog) => it.data,
	},
	check: {
		logDataFormat(format: number) {
			if (format !== 0) throw new RequestRefused(0x80, "bytes without a format are all there is");
		},
	},
	execute: {
		logStart: (it: EventLog, args: readonly Argument[]) => it.begin(isOne(args)),
		logStop: (it: EventLog, args: readonly Argument[]) => it.end(isOne(args)),
	},
});

/** Argument 0 of LogStart and LogStop: 0, as when it is left out, or 1. */
function isOne(args: readonly Argument[]): boolean {
	for (let index = 0; index < args.length; index++) {
		const { digit, text } = args[index]!;
		if (digit !== 0 || (text !== undefined && text !== "0" && text !== "1"))
			throw new RequestRefused(0x80, "arguments");
		if (text === "1") return true;
	}
	return false;
}

/** Events for a server to fetch, in a store of a fixed size: the oldest make room for new ones. */
export class EventLog extends ObjectInstance<typeof EVENT_LOG, EventLog> {
	readonly #store: Uint8Array;
	#used = 0;
	#records = 0;
	#isCollecting = true;
	#hasLost = false;

	constructor(id: number, logClass: number, capacityBytes: number) {
		super(EVENT_LOG, { id, values: { logClass, logDataFormat: 0 } }, hooks);
		this.#store = new Uint8Array(capacityBytes);
	}

	get status(): number {
		return (this.#isCollecting ? 0 : stopped) | (this.#records > 0 ? holdsData : 0) | (this.#hasLost ? hasLost : 0);
	}

	/** The records one after another. @returns a copy */
	get data(): Uint8Array {
		const bytes = new Uint8Array(this.#used - this.#records * headSize);
		for (let at = 0, to = 0; at < this.#used; ) {
			const size = this.sizeAt(at);
			bytes.set(this.#store.subarray(at + headSize, at + headSize + size), to);
			at += headSize + size;
			to += size;
		}
		return bytes;
	}

	/**
	 * Appends a record while the log is running; the oldest ones go where room is short, which shows in the status.
	 * @param record copied; what is longer than the store is lost
	 */
	log(record: Uint8Array): void {
		if (!this.#isCollecting) return;
		const size = headSize + record.length;
		if (size > this.#store.length || record.length > maxRecordSize) this.#hasLost = true;
		else {
			while (this.#used + size > this.#store.length) this.dropOldest();
			this.#store[this.#used] = record.length >> 8;
			this.#store[this.#used + 1] = record.length;
			this.#store.set(record, this.#used + headSize);
			this.#used += size;
			this.#records++;
		}
		this.tellNews();
	}

	/** LogStart. */
	begin(keepsData: boolean): void {
		this.#isCollecting = true;
		if (!keepsData) this.empty();
		this.tellNews();
	}

	/** LogStop. */
	end(empties: boolean): void {
		this.#isCollecting = false;
		if (empties) this.empty();
		this.tellNews();
	}

	private empty(): void {
		this.#used = 0;
		this.#records = 0;
		this.#hasLost = false;
	}

	private dropOldest(): void {
		const size = headSize + this.sizeAt(0);
		this.#store.copyWithin(0, size, this.#used);
		this.#used -= size;
		this.#records--;
		this.#hasLost = true;
	}

	private sizeAt(at: number): number {
		return (this.#store[at]! << 8) | this.#store[at + 1]!;
	}

	private tellNews(): void {
		this.look("logStatus");
		this.changed("logData");
	}
}

/**
 * One Event Log (Object 20, version 2.1), running from the start.
 * @param options.logClass 0 generic, 1 system, 2 security, 3 event, 4 trace, 5 panic, 6 charging, 100..255 own ones
 * @param options.capacityBytes of RAM for the records, two more for each of them
 */
export function eventLog(options: {
	readonly id?: number;
	readonly logClass?: number;
	readonly capacityBytes: number;
}): EventLog {
	return new EventLog(options.id ?? 0, options.logClass ?? 0, options.capacityBytes);
}
