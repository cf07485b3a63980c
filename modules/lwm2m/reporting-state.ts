import { type Fault, fault } from "../bytes.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { StateReader, StateWriter } from "../sleep/state-codec.ts";
import { type Attached, type AttributeSet, attributeNames, isInOrder, type OpenSet } from "./attributes.ts";
import type { Marks } from "./judge.ts";
import type { ClientLimits } from "./limits.ts";
import { readMarks, writeMarks } from "./marks-state.ts";
import { levelOf } from "./path.ts";

/** One observation as it outlives a reset; times are counted back from the export. */
export interface KeptObservation {
	readonly token: Uint8Array;
	readonly paths: readonly Path[];
	readonly isComposite: boolean;
	readonly isDormant: boolean;
	readonly accept: number | undefined;
	readonly sequence: number;
	readonly own: AttributeSet | undefined;
	readonly notifiedAgoMs: number;
	readonly confirmedAgoMs: number;
	/** undefined where neither epmin nor epmax is in force. */
	readonly evaluatedAgoMs: number | undefined;
	/** There is something to tell. */
	readonly isPending: boolean;
	/** A change waits for epmin. */
	readonly isUnseen: boolean;
	/** The target is gone, and that is to be told. */
	readonly isGone: boolean;
	/** Of each path, what conditions compare with; undefined where none is in force. */
	readonly marks: readonly (Marks | undefined)[];
	/** Of the values as they were: other ones are news. */
	readonly digest: number;
	readonly dropped: number;
	readonly kept: readonly { readonly agoMs: number; readonly contentFormat: number; readonly payload: Uint8Array }[];
}

/** What one server's reporting keeps over a restart: attributes and observations, with what they have yet to tell. */
export interface KeptReporting {
	readonly attached: readonly Attached[];
	readonly observations: readonly KeptObservation[];
}

/** That of all servers. */
export interface KeptReports {
	/** When it was exported, seconds since 1970; undefined where nobody had set the clock. */
	readonly wallTimeS: number | undefined;
	readonly servers: readonly (KeptReporting & { readonly shortServerId: number })[];
}

/** Of encodeReports(); others are refused. */
const version = 2;
const flag = frozen({ composite: 1, dormant: 2, accept: 4, own: 8, pending: 16, unseen: 32, gone: 64, marks: 128 });
/** What a list in a CoAP message could have at most. */
const pathsMax = 255;
const periodMax = 999_999_999;

const unknownVersion = fault("reporting.version", "silence", "modules/lwm2m/README.md");
const malformed = fault("reporting.malformed", "silence", "modules/lwm2m/README.md");

/** Spells what is kept as bytes, without a checksum of their own: version, wall time + 1, servers; for each its ID. */
export function encodeReports({ wallTimeS, servers }: KeptReports): Uint8Array {
	const out = new StateWriter();
	out.u8(version);
	out.maybe(wallTimeS);
	out.number(servers.length);
	for (let index = 0; index < servers.length; index++) {
		out.number(servers[index]!.shortServerId);
		writeReporting(out, servers[index]!);
	}
	return out.finish();
}

/**
 * Reads what encodeReports() wrote. Bytes may be torn or from elsewhere: never throws, and takes no memory on the word
 * of a length.
 * @param bytes stays the caller's; nothing here keeps a reference to it
 * @returns what was kept, within the limits, or why it is not taken
 */
export function decodeReports(bytes: Uint8Array, limits: ClientLimits): KeptReports | Fault {
	const from = new StateReader(bytes);
	if (from.u8() !== version) return unknownVersion;
	const wallTimeS = from.maybe();
	const servers: KeptReports["servers"][number][] = [];
	const count = from.number(limits.servers);
	for (let index = 0; index < count && from.isGood; index++) {
		const shortServerId = from.number(0xffff);
		servers.push({ shortServerId, ...readReporting(from, limits) });
	}
	return from.isGood && from.isAtEnd ? { wallTimeS, servers } : malformed;
}

/** Attached attributes and observations, each behind their count. */
export function writeReporting(out: StateWriter, { attached, observations }: KeptReporting): void {
	out.number(attached.length);
	for (let index = 0; index < attached.length; index++) {
		writePath(out, attached[index]!.path);
		writeSet(out, attached[index]!.set);
	}
	out.number(observations.length);
	for (let index = 0; index < observations.length; index++) writeObservation(out, observations[index]!);
}

/** Reads what writeReporting() wrote, within the limits; whether all was well says `from`. */
export function readReporting(from: StateReader, limits: ClientLimits): KeptReporting {
	const attached: Attached[] = [];
	const attachedCount = from.number(limits.attributes);
	for (let at = 0; at < attachedCount && from.isGood; at++) attached.push({ path: readPath(from), set: readSet(from) });
	const observations: KeptObservation[] = [];
	const observationCount = from.number(limits.observations);
	for (let at = 0; at < observationCount && from.isGood; at++) observations.push(readObservation(from, limits));
	return { attached, observations };
}

function writeObservation(out: StateWriter, observation: KeptObservation): void {
	const { token, paths, isComposite, accept, own, kept, marks } = observation;
	const hasMarks = marks.some((each) => each !== undefined);
	out.u8(
		(isComposite ? flag.composite : 0) |
			(observation.isDormant ? flag.dormant : 0) |
			(accept === undefined ? 0 : flag.accept) |
			(own === undefined ? 0 : flag.own) |
			(observation.isPending ? flag.pending : 0) |
			(observation.isUnseen ? flag.unseen : 0) |
			(observation.isGone ? flag.gone : 0) |
			(hasMarks ? flag.marks : 0),
	);
	out.bytes(token);
	if (isComposite) out.number(paths.length);
	for (let index = 0; index < paths.length; index++) writePath(out, paths[index]!);
	if (accept !== undefined) out.number(accept);
	if (own !== undefined) writeSet(out, own);
	out.number(observation.sequence);
	out.number(observation.notifiedAgoMs);
	out.number(observation.confirmedAgoMs);
	out.maybe(observation.evaluatedAgoMs);
	if (hasMarks) for (let index = 0; index < paths.length; index++) writeMarks(out, marks[index]);
	out.u32(observation.digest);
	out.number(observation.dropped);
	out.number(kept.length);
	for (let at = 0; at < kept.length; at++) {
		const { agoMs, contentFormat, payload } = kept[at]!;
		out.number(agoMs);
		out.number(contentFormat);
		out.bytes(payload);
	}
}

function readObservation(from: StateReader, limits: ClientLimits): KeptObservation {
	const flags = from.u8();
	const token = from.bytes(8);
	const isComposite = (flags & flag.composite) !== 0;
	const paths: Path[] = [];
	const pathCount = isComposite ? from.number(pathsMax) : 1;
	if (pathCount === 0) from.isGood = false;
	for (let at = 0; at < pathCount && from.isGood; at++) paths.push(readPath(from));
	if (!isComposite && (paths[0]?.objectId ?? -1) < 0) from.isGood = false;
	const accept = (flags & flag.accept) === 0 ? undefined : from.number(0xffff);
	const own = (flags & flag.own) === 0 ? undefined : readSet(from);
	const sequence = from.number(0xffffff);
	const notifiedAgoMs = from.number();
	const confirmedAgoMs = from.number();
	const evaluatedAgoMs = from.maybe();
	const marks: (Marks | undefined)[] = [];
	const markCount = (flags & flag.marks) === 0 ? 0 : paths.length;
	for (let at = 0; at < markCount && from.isGood; at++) marks.push(readMarks(from, limits));
	const digest = from.u32() | 0;
	const dropped = from.number();
	const kept: { agoMs: number; contentFormat: number; payload: Uint8Array }[] = [];
	const keptCount = from.number(limits.keptNotifications);
	for (let at = 0; at < keptCount && from.isGood; at++) {
		const agoMs = from.number();
		const contentFormat = from.number(0xffff);
		kept.push({ agoMs, contentFormat, payload: from.bytes(limits.keptBytes) });
	}
	return {
		token,
		paths,
		isComposite,
		isDormant: (flags & flag.dormant) !== 0,
		accept,
		sequence,
		own,
		notifiedAgoMs,
		confirmedAgoMs,
		evaluatedAgoMs,
		isPending: (flags & flag.pending) !== 0,
		isUnseen: (flags & flag.unseen) !== 0,
		isGone: (flags & flag.gone) !== 0,
		marks,
		digest,
		dropped,
		kept,
	};
}

/** How many levels, and the ID of each. */
export function writePath(out: StateWriter, path: Path): void {
	const { objectId, instanceId, resourceId, resourceInstanceId } = path;
	const ids = [objectId, instanceId, resourceId, resourceInstanceId];
	const levels = levelOf(path);
	out.u8(levels);
	for (let level = 0; level < levels; level++) out.number(ids[level]!);
}

export function readPath(from: StateReader): Path {
	const levels = from.u8();
	if (levels > 4) from.isGood = false;
	const ids: number[] = [];
	for (let level = 0; level < 4; level++) ids.push(level < levels ? from.number(0xfffe) : -1);
	const [objectId = -1, instanceId = -1, resourceId = -1, resourceInstanceId = -1] = ids;
	return { objectId, instanceId, resourceId, resourceInstanceId };
}

/** A bit for each name that is there, then the numbers: values as doubles, periods whole. */
function writeSet(out: StateWriter, set: AttributeSet): void {
	let mask = 0;
	for (let index = 0; index < attributeNames.length; index++) {
		if (set[attributeNames[index]!] !== undefined) mask |= 1 << index;
	}
	out.number(mask);
	for (let index = 0; index < attributeNames.length; index++) {
		const name = attributeNames[index]!;
		const value = set[name];
		if (value === undefined) continue;
		if (name === "gt" || name === "lt" || name === "st") out.double(value);
		else out.number(value);
	}
}

function readSet(from: StateReader): OpenSet {
	const mask = from.number(2 ** attributeNames.length - 1);
	const set: OpenSet = {};
	if (mask === 0) from.isGood = false;
	for (let index = 0; index < attributeNames.length; index++) {
		const name = attributeNames[index]!;
		if ((mask & (1 << index)) === 0) continue;
		const value = name === "gt" || name === "lt" || name === "st" ? from.double() : from.number(periodMax);
		if (!Number.isFinite(value) || ((name === "edge" || name === "con") && value > 1)) from.isGood = false;
		set[name] = value;
	}
	if (!isInOrder(set) || (set.st ?? 0) < 0) from.isGood = false;
	return set;
}
