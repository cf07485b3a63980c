import { ContentFormat } from "../formats/content-format.ts";
import { maxEntries } from "../formats/entry.ts";
import type { Formats } from "../formats/format.ts";
import type { Path, Value } from "../formats/value.ts";
import type { Registry } from "./registry.ts";
import type { TimeBase } from "./time-base.ts";

/** RFC 8428 §4.5.3: times below this are relative, to now. */
const firstAbsoluteS = 2 ** 28;

/** A payload, and when it said what was so "now", on the scale of nowMs. */
export interface Representation {
	readonly atMs: number;
	readonly contentFormat: number;
	readonly payload: Uint8Array;
}

/** Whether a payload of this format can say when its values were taken. */
export function hasTimes(contentFormat: number): boolean {
	switch (contentFormat) {
		case ContentFormat.senmlJson:
		case ContentFormat.senmlCbor:
		case ContentFormat.lwm2mJson:
		case ContentFormat.oldJson:
			return true;
		default:
			return false;
	}
}

/**
 * Puts payloads of one format with times into one payload, oldest first, each value with its time (LwM2M Core 1.2
 * §7.5.6).
 * @param base what all of them are about
 * @param kept in order of their times, at least one
 * @returns the payload and how many of `kept` it tells: as many as a receiver would take in one
 */
export function seriesOf(
	kept: readonly Representation[],
	base: Path,
	formats: Formats,
	registry: Registry,
	times: TimeBase,
): { readonly payload: Uint8Array; readonly count: number } {
	const { contentFormat } = kept[0]!;
	const writer = formats.writer(contentFormat, base);
	let count = 0;
	let entries = 0;
	for (let index = 0; index < kept.length; index++) {
		const { payload, atMs } = kept[index]!;
		const rows: { readonly path: Path; readonly value: Value; readonly timeS: number }[] = [];
		formats.read(contentFormat, payload, 0, payload.length, base, registry, {
			entry(path, value, timeS = 0) {
				const atS = Math.abs(timeS) < firstAbsoluteS ? times.timeS(atMs + timeS * 1000) : timeS;
				if (value !== undefined) rows.push({ path: { ...path }, value, timeS: atS });
				return undefined;
			},
		});
		if (count > 0 && entries + rows.length > maxEntries) break;
		for (let index = 0; index < rows.length; index++) {
			const { path, value, timeS } = rows[index]!;
			const type = registry.typeOf(path.objectId, path.resourceId);
			if (type !== undefined) writer?.entry(path, type, value, timeS);
		}
		entries += rows.length;
		count++;
	}
	return { payload: writer?.finish() ?? kept[0]!.payload, count };
}
