import type { Clock, Log, LogRecord } from "../../modules/host.ts";

/** A line of JSON per record on the console (trace): {"t":milliseconds since the start,"event":…}, as `sim --json`. */
export class TraceLog implements Log {
	readonly #clock: Clock;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	write(record: LogRecord): void {
		// Field by field: XS refuses to serialize an object that lies in ROM, and a record may be a preloaded constant.
		let line = `{"t":${this.#clock.nowMs()}`;
		for (const field of Object.keys(record)) {
			const value = record[field];
			if (value !== undefined) line += `,${JSON.stringify(field)}:${JSON.stringify(value)}`;
		}
		trace(`${line}}\n`);
	}
}
