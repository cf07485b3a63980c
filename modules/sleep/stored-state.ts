import { type Fault, fault } from "../bytes.ts";
import type { Change, Settings } from "../settings/settings.ts";
import { seal, sizeIn, TORN, unseal } from "./envelope.ts";

/** What this needs of the settings. */
export type StateStore = Pick<Settings, "get" | "nextKey" | "commit"> & {
	/** The longest value. */
	readonly valueMaxBytes: number;
};

/** Sealing takes so much of a value (modules/settings). */
const sealedMoreBytes = 32;
/** An envelope lies in so many values at most, under one key and those behind it. */
export const piecesMax = 16;

const TOO_LONG = fault("retained.tooLong", "silence", "modules/sleep/README.md");

/** Reads what storeState() kept. @throws HostFailure as the store does */
export function storedState(from: StateStore, key: number, kind: number): Uint8Array | Fault | undefined {
	const first = from.get(key);
	if (first === undefined || "code" in first) return first;
	let whole: Uint8Array = first;
	const size = sizeIn(first);
	for (let piece = 1; size !== undefined && whole.length < size && piece < piecesMax; piece++) {
		const next = from.get(key + piece);
		if (next === undefined || "code" in next) return TORN;
		whole = joined(whole, next);
	}
	const content = unseal(kind, whole);
	whole.fill(0);
	return content;
}

/**
 * Keeps `content` in an envelope, in place of what was there: all of it or nothing.
 * @param content undefined forgets what was there
 * @throws HostFailure as the store does
 */
export function storeState(
	into: StateStore,
	key: number,
	kind: number,
	content: Uint8Array | undefined,
): Fault | undefined {
	const bytes = content === undefined ? undefined : seal(kind, content);
	const pieceBytes = into.valueMaxBytes - sealedMoreBytes;
	const pieces = bytes === undefined ? 0 : Math.ceil(bytes.length / pieceBytes);
	if (pieces > piecesMax) return TOO_LONG;
	const changes: Change[] = [];
	for (let piece = 0; piece < pieces; piece++) {
		changes.push({ key: key + piece, value: bytes!.subarray(piece * pieceBytes, (piece + 1) * pieceBytes) });
	}
	for (let piece = pieces; piece < piecesMax && into.nextKey(key + piece - 1) === key + piece; piece++) {
		changes.push({ key: key + piece, value: undefined });
	}
	const refused = changes.length === 0 ? undefined : into.commit(changes);
	bytes?.fill(0);
	return refused;
}

/** Overwrites both. */
function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
	const both = new Uint8Array(a.length + b.length);
	both.set(a, 0);
	both.set(b, a.length);
	a.fill(0);
	b.fill(0);
	return both;
}
