import { toHex } from "../../modules/bytes.ts";
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
		let line = `{"t":${this.clock.nowMs()}`;
		for (const field of Object.keys(record)) {
			const value = record[field];
			if (value !== undefined) line += `,${quoted(field)}:${typeof value === "string" ? quoted(value) : textOf(value)}`;
		}
		this.print(`${line}}\n`);
	}
}

function textOf(value: number | boolean): string {
	return typeof value === "number" && !Number.isFinite(value) ? "null" : `${value}`;
}

/** A string of JSON (RFC 8259 §7). JSON.stringify is 4 KB of C that nothing else of a chip's image asks for. */
function quoted(text: string): string {
	let inside = "";
	for (const character of text) {
		const code = character.charCodeAt(0);
		if (code < 0x20) inside += `\\u00${toHex(Uint8Array.of(code))}`;
		else inside += character === '"' || character === "\\" ? `\\${character}` : character;
	}
	return `"${inside}"`;
}
