import type { Path } from "../formats/value.ts";
import type { StateReader, StateWriter } from "../sleep/state-codec.ts";
import type { ClientLimits } from "./limits.ts";
import { readPath, writePath } from "./reporting-state.ts";

/** A Send that waits to go out, as it outlives a reset: without whoever hears of its end. */
export interface KeptSend {
	readonly paths: readonly Path[];
	readonly format: number | undefined;
	readonly isConfirmable: boolean;
	readonly isDeferred: boolean;
	readonly withHistory: boolean;
	/** When it goes out at the latest, in milliseconds; 0 for as soon as may be. */
	readonly inMs: number;
}

const isConfirmable = 1;
const isDeferred = 2;
const withHistory = 4;
const flagsMax = 7;

const formatMax = 0xffff;
const pathsMax = 255;

/** How many; then of each flags, the format or none, when, how many paths, and they (FORMAT.md of modules/sleep). */
export function writeSends(out: StateWriter, sends: readonly KeptSend[]): void {
	out.number(sends.length);
	for (let at = 0; at < sends.length; at++) {
		const { paths, format, inMs, ...send } = sends[at]!;
		out.u8(
			(send.isConfirmable ? isConfirmable : 0) |
				(send.isDeferred ? isDeferred : 0) |
				(send.withHistory ? withHistory : 0),
		);
		out.maybe(format);
		out.number(inMs);
		out.number(paths.length);
		for (let index = 0; index < paths.length; index++) writePath(out, paths[index]!);
	}
}

/** Reads what writeSends() wrote; whether all was well says `from`. */
export function readSends(from: StateReader, limits: Pick<ClientLimits, "sends">): KeptSend[] {
	const sends: KeptSend[] = [];
	const count = from.number(limits.sends);
	for (let at = 0; at < count && from.isGood; at++) {
		const flags = from.u8();
		const format = from.maybe(formatMax);
		const inMs = from.number();
		const paths: Path[] = [];
		const pathCount = from.number(pathsMax);
		for (let index = 0; index < pathCount && from.isGood; index++) paths.push(readPath(from));
		if (flags > flagsMax || pathCount === 0) from.isGood = false;
		sends.push({
			paths,
			format,
			isConfirmable: (flags & isConfirmable) !== 0,
			isDeferred: (flags & isDeferred) !== 0,
			withHistory: (flags & withHistory) !== 0,
			inMs,
		});
	}
	return sends;
}
