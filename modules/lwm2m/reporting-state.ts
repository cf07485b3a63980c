import { type Fault, fault } from "../bytes.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { type Attached, type AttributeSet, attributeNames, isInOrder, type OpenSet } from "./attributes.ts";
import type { ClientLimits } from "./limits.ts";

/** One observation as it is kept over a restart; times are counted back from the export. */
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
	readonly dropped: number;
	readonly kept: readonly { readonly agoMs: number; readonly contentFormat: number; readonly payload: Uint8Array }[];
}

/** What one server's reporting keeps over a restart: attributes and observations, with what they have yet to tell. */
export interface KeptReporting {
	readonly shortServerId: number;
	readonly attached: readonly Attached[];
	readonly observations: readonly KeptObservation[];
}

/** That of all servers. */
export interface KeptReports {
	/** When it was exported, seconds since 1970; undefined where nobody had set the clock. */
	readonly wallTimeS: number | undefined;
	readonly servers: readonly KeptReporting[];
}

/** Of the bytes below; others are refused. */
const version = 1;
const absent = 0xffff;
const flag = frozen({ composite: 1, dormant: 2, accept: 4, own: 8 });

const unknownVersion = fault("reporting.version", "silence", "modules/lwm2m/README.md");
const malformed = fault("reporting.malformed", "silence", "modules/lwm2m/README.md");

/**
 * Spells what is kept as bytes, without a checksum of their own. All integers are big-endian: version u8, wall time f64
 * (NaN: none), servers u8, and for each its Short Server ID u16, attached and observations, each behind a count u16.
 */
export function encodeReports({ wallTimeS, servers }: KeptReports): Uint8Array {
	const out = new Out();
	out.u8(version);
	out.f64(wallTimeS ?? Number.NaN);
	out.u8(servers.length);
	for (let index = 0; index < servers.length; index++) {
		const { shortServerId, attached, observations } = servers[index]!;
		out.u16(shortServerId);
		out.u16(attached.length);
		for (let index = 0; index < attached.length; index++) {
			const { path, set } = attached[index]!;
			out.path(path);
			out.set(set);
		}
		out.u16(observations.length);
		for (let index = 0; index < observations.length; index++) writeObservation(out, observations[index]!);
	}
	return out.finish();
}

function writeObservation(out: Out, observation: KeptObservation): void {
	const { token, paths, isComposite, isDormant, accept, own, kept } = observation;
	const flags = (isComposite ? flag.composite : 0) | (isDormant ? flag.dormant : 0);
	out.u8(flags | (accept === undefined ? 0 : flag.accept) | (own === undefined ? 0 : flag.own));
	out.u8(token.length);
	out.bytes(token);
	out.u16(paths.length);
	for (let index = 0; index < paths.length; index++) out.path(paths[index]!);
	if (accept !== undefined) out.u16(accept);
	if (own !== undefined) out.set(own);
	out.f64(observation.sequence);
	out.f64(observation.notifiedAgoMs);
	out.f64(observation.confirmedAgoMs);
	out.f64(observation.dropped);
	out.u16(kept.length);
	for (let at = 0; at < kept.length; at++) {
		const { agoMs, contentFormat, payload } = kept[at]!;
		out.f64(agoMs);
		out.u16(contentFormat);
		out.u16(payload.length);
		out.bytes(payload);
	}
}

/**
 * Reads what encodeReports() wrote. Bytes may be torn or from elsewhere: never throws, and takes no memory on the word
 * of a length.
 * @param bytes stays the caller's; nothing here keeps a reference to it
 * @returns what was kept, within the limits, or why it is not taken
 */
export function decodeReports(bytes: Uint8Array, limits: ClientLimits): KeptReports | Fault {
	const from = new From(bytes);
	if (from.u8() !== version) return unknownVersion;
	const wallTimeS = from.f64();
	const servers: KeptReporting[] = [];
	const count = from.u8();
	if (count > limits.servers) return malformed;
	for (let index = 0; index < count && from.isGood; index++) {
		const shortServerId = from.u16();
		const attached: Attached[] = [];
		const attachedCount = from.u16();
		if (attachedCount > limits.attributes) return malformed;
		for (let at = 0; at < attachedCount && from.isGood; at++) attached.push({ path: from.path(), set: from.set() });
		const observations: KeptObservation[] = [];
		const observationCount = from.u16();
		if (observationCount > limits.observations) return malformed;
		for (let at = 0; at < observationCount && from.isGood; at++) observations.push(readObservation(from, limits));
		servers.push({ shortServerId, attached, observations });
	}
	if (!from.isGood || !from.isAtEnd) return malformed;
	return { wallTimeS: Number.isNaN(wallTimeS) ? undefined : wallTimeS, servers };
}

function readObservation(from: From, limits: ClientLimits): KeptObservation {
	const flags = from.u8();
	const tokenSize = from.u8();
	if (flags > 15 || tokenSize > 8) from.isGood = false;
	const token = from.bytes(tokenSize);
	const isComposite = (flags & flag.composite) !== 0;
	const paths: Path[] = [];
	const pathCount = from.u16();
	if (pathCount === 0 || (!isComposite && pathCount !== 1)) from.isGood = false;
	for (let at = 0; at < pathCount && from.isGood; at++) paths.push(from.path());
	if (!isComposite && (paths[0]?.objectId ?? -1) < 0) from.isGood = false;
	const accept = (flags & flag.accept) === 0 ? undefined : from.u16();
	const own = (flags & flag.own) === 0 ? undefined : from.set();
	const sequence = from.count(0xffffff);
	const notifiedAgoMs = from.count();
	const confirmedAgoMs = from.count();
	const dropped = from.count();
	const kept: { agoMs: number; contentFormat: number; payload: Uint8Array }[] = [];
	const keptCount = from.u16();
	if (keptCount > limits.keptNotifications) from.isGood = false;
	for (let at = 0; at < keptCount && from.isGood; at++) {
		const agoMs = from.count();
		const contentFormat = from.u16();
		kept.push({ agoMs, contentFormat, payload: from.bytes(from.u16()) });
	}
	const isDormant = (flags & flag.dormant) !== 0;
	return { token, paths, isComposite, isDormant, accept, sequence, own, notifiedAgoMs, confirmedAgoMs, dropped, kept };
}

/** Bytes under construction: this happens once in a while, and before a restart. */
class Out {
	#bytes = new Uint8Array(64);
	#size = 0;

	u8(value: number): void {
		this.#room(1)[this.#size++] = value;
	}

	u16(value: number): void {
		this.u8(value >> 8);
		this.u8(value & 0xff);
	}

	f64(value: number): void {
		const at = this.#size;
		const { buffer } = this.#room(8);
		new DataView(buffer).setFloat64(at, value);
		this.#size += 8;
	}

	bytes(bytes: Uint8Array): void {
		this.#room(bytes.length).set(bytes, this.#size);
		this.#size += bytes.length;
	}

	path({ objectId, instanceId, resourceId, resourceInstanceId }: Path): void {
		for (const id of [objectId, instanceId, resourceId, resourceInstanceId]) this.u16(id < 0 ? absent : id);
	}

	/** A bit for each name that is there, then the numbers. */
	set(set: AttributeSet): void {
		let mask = 0;
		for (let index = 0; index < attributeNames.length; index++)
			mask = mask * 2 + (set[attributeNames[index]!] === undefined ? 0 : 1);
		this.u16(mask);
		for (let index = 0; index < attributeNames.length; index++) {
			const name = attributeNames[index]!;
			if (set[name] !== undefined) this.f64(set[name]);
		}
	}

	finish(): Uint8Array {
		return this.#bytes.slice(0, this.#size);
	}

	#room(size: number): Uint8Array<ArrayBuffer> {
		if (this.#size + size > this.#bytes.length) {
			const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#size + size));
			larger.set(this.#bytes);
			this.#bytes = larger;
		}
		return this.#bytes;
	}
}

/** Reads bytes, and remembers whether all was well. */
class From {
	isGood = true;
	readonly #bytes: Uint8Array;
	#at = 0;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	get isAtEnd(): boolean {
		return this.#at === this.#bytes.length;
	}

	u8(): number {
		if (this.#at >= this.#bytes.length) {
			this.isGood = false;
			return 0;
		}
		return this.#bytes[this.#at++]!;
	}

	u16(): number {
		const high = this.u8();
		return (high << 8) | this.u8();
	}

	f64(): number {
		const bytes = this.bytes(8);
		return bytes.length === 8 ? new DataView(bytes.buffer).getFloat64(0) : 0;
	}

	/** A whole number from 0 on. */
	count(most: number = Number.MAX_SAFE_INTEGER): number {
		const value = this.f64();
		if (!Number.isInteger(value) || value < 0 || value > most) this.isGood = false;
		return value;
	}

	/** @returns a copy; empty where there are not so many */
	bytes(size: number): Uint8Array<ArrayBuffer> {
		const end = this.#at + size;
		if (end > this.#bytes.length) {
			this.isGood = false;
			return new Uint8Array(0);
		}
		const copy = new Uint8Array(size);
		for (let index = 0; index < size; index++) copy[index] = this.#bytes[this.#at + index]!;
		this.#at = end;
		return copy;
	}

	path(): Path {
		const ids: number[] = [];
		for (let level = 0; level < 4; level++) {
			const id = this.u16();
			ids.push(id === absent ? -1 : id);
			if (id !== absent && level > 0 && ids[level - 1]! < 0) this.isGood = false;
		}
		const [objectId = -1, instanceId = -1, resourceId = -1, resourceInstanceId = -1] = ids;
		return { objectId, instanceId, resourceId, resourceInstanceId };
	}

	set(): OpenSet {
		const mask = this.u16();
		const set: OpenSet = {};
		if (mask === 0 || mask >= 2 ** attributeNames.length) this.isGood = false;
		for (let index = 0; index < attributeNames.length; index++) {
			const name = attributeNames[index]!;
			if ((mask & (1 << (attributeNames.length - 1 - index))) === 0) continue;
			const value = name === "gt" || name === "lt" || name === "st" ? this.f64() : this.count(999_999_999);
			if (!Number.isFinite(value) || ((name === "edge" || name === "con") && value > 1)) this.isGood = false;
			set[name] = value;
		}
		if (!isInOrder(set) || (set.st ?? 0) < 0) this.isGood = false;
		return set;
	}
}
