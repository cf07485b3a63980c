import type { Clock, Log, LogRecord } from "../../modules/host.ts";

/** A line of JSON per record: {"t":milliseconds since the start,"event":…}, as `sim --json`. */
export class JsonLog implements Log {
	private readonly clock: Pick<Clock, "nowMs">;
	private readonly print: (line: string) => void;

	/** @param print takes a line with its end, such as the SDK's `trace` */
	constructor(clock: Pick<Clock, "nowMs">, print: (line: string) => void) {
		this.clock = clock;
		this.print = print;
	}

	write(record: LogRecord): void {
		// Field by field: XS refuses to serialize an object that lies in ROM, and a record may be a preloaded constant.
		let line = `{"t":${this.clock.nowMs()}`;
		for (const field of Object.keys(record)) {
			const value = record[field];
			if (value !== undefined) line += `,${JSON.stringify(field)}:${JSON.stringify(value)}`;
		}
		this.print(`${line}}\n`);
	}
}
