import { readUtf8, utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { liveKey } from "../settings/key.ts";
import type { UpdateState } from "./update-table.ts";

/** The keys that modules/firmware has in the settings: live, so that a revert does not bring an old download back. */
export const firmwareKeys = frozen({ update: liveKey | 0x0500, progress: liveKey | 0x0501 });
export const softwareKeys = frozen({ update: liveKey | 0x0900, progress: liveKey | 0x0901 });

/** What outlives a reset of where an update stands: written at each change of state. */
export interface KeptUpdate {
	readonly state: UpdateState;
	readonly result: number;
	/** The other slot has been marked to be tried. */
	readonly isMarked: boolean;
	readonly severity: number;
	readonly maxDeferS: number;
	/** Automatic Upgrade at Download (Object 5), Activation State (Object 9). */
	readonly isOn: boolean;
	/** Seconds since 1970 of the last change of state; 0: the clock was not set. */
	readonly changedS: number;
	/** Hash of the image that is being started, as in its header. */
	readonly hash: string;
	readonly uri: string;
	/** Why the last update failed, readable: "reverted.watchdog". */
	readonly reason: string;
}

export const noUpdate: KeptUpdate = frozen({
	state: "idle",
	result: 0,
	isMarked: false,
	severity: 1,
	maxDeferS: 0,
	isOn: false,
	changedS: 0,
	hash: "",
	uri: "",
	reason: "",
});

/** How far a download is. */
export interface KeptProgress {
	readonly offset: number;
	readonly sizeBytes: number | undefined;
	readonly eTag: Uint8Array | undefined;
}

const version = 1;
/** The order is on flash: new states go to the end. */
const states: readonly UpdateState[] = frozen([
	"idle",
	"receiving",
	"fetching",
	"checking",
	"downloaded",
	"deferred",
	"updating",
	"installed",
]);
const headBytes = 18;

/**
 * Version, state, result, flags (1: marked, 2: on), severity, 1 byte spare, maxDeferS (4), changedS (8, a double), all
 * big-endian; then hash, uri and reason, each behind a byte with its length.
 */
export function encodeUpdate(kept: KeptUpdate): Uint8Array {
	const texts = [utf8(kept.hash), utf8(kept.uri), utf8(kept.reason)];
	let size = headBytes;
	for (let index = 0; index < 3; index++) size += 1 + texts[index]!.length;
	const bytes = new Uint8Array(size);
	const view = new DataView(bytes.buffer);
	bytes[0] = version;
	bytes[1] = states.indexOf(kept.state);
	bytes[2] = kept.result;
	bytes[3] = (kept.isMarked ? 1 : 0) | (kept.isOn ? 2 : 0);
	bytes[4] = kept.severity;
	view.setUint32(6, kept.maxDeferS);
	view.setFloat64(10, kept.changedS);
	let at = headBytes;
	for (let index = 0; index < 3; index++) {
		bytes[at] = texts[index]!.length;
		bytes.set(texts[index]!, at + 1);
		at += 1 + texts[index]!.length;
	}
	return bytes;
}

/** @returns undefined for bytes that another version wrote, or nobody */
export function decodeUpdate(bytes: Uint8Array): KeptUpdate | undefined {
	const state = states[bytes[1] ?? -1];
	if (bytes.length < headBytes + 3 || bytes[0] !== version || state === undefined) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const texts: string[] = [];
	let at = headBytes;
	for (let index = 0; index < 3; index++) {
		const end = at + 1 + (bytes[at] ?? 0);
		const text = end > bytes.length ? undefined : readUtf8(bytes, at + 1, end);
		if (text === undefined) return undefined;
		texts.push(text);
		at = end;
	}
	return {
		state,
		result: bytes[2]!,
		isMarked: (bytes[3]! & 1) !== 0,
		isOn: (bytes[3]! & 2) !== 0,
		severity: bytes[4]!,
		maxDeferS: view.getUint32(6),
		changedS: view.getFloat64(10),
		hash: texts[0]!,
		uri: texts[1]!,
		reason: texts[2]!,
	};
}

/** Offset (4), size (4, all ones for unknown), and the ETag: 8 to 16 bytes. */
export function encodeProgress({ offset, sizeBytes, eTag }: KeptProgress): Uint8Array {
	const bytes = new Uint8Array(8 + (eTag?.length ?? 0));
	const view = new DataView(bytes.buffer);
	view.setUint32(0, offset);
	view.setUint32(4, sizeBytes ?? 0xffff_ffff);
	if (eTag !== undefined) bytes.set(eTag, 8);
	return bytes;
}

export function decodeProgress(bytes: Uint8Array): KeptProgress | undefined {
	if (bytes.length < 8 || bytes.length > 16) return undefined;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const sizeBytes = view.getUint32(4);
	return {
		offset: view.getUint32(0),
		sizeBytes: sizeBytes === 0xffff_ffff ? undefined : sizeBytes,
		eTag: bytes.length > 8 ? bytes.slice(8) : undefined,
	};
}
