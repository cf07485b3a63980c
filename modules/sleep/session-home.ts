import { readSequence, writeSequence } from "../dtls/record.ts";
import type { ReservationTuning } from "../dtls/reservation.ts";
import { decodeState, furtherState, stateReceived, stateSequence } from "../dtls/session-state.ts";
import type { StateHome } from "../dtls/state-homes.ts";
import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import { resumptionKind, sessionKind } from "./envelope.ts";
import type { RetainedArea } from "./retained-area.ts";
import { type StateStore, storedState, storeState } from "./stored-state.ts";

/** Where a secure session with one server outlives resets; modules/dtls/README.md says what such a home promises. */
export interface SessionHome extends StateHome {
	/** How often save() is to be called. */
	readonly tuning: ReservationTuning;
	/** Keeps the state as it is, for a sleep, where that is worth a write. @throws HostFailure as save() does */
	rest(state: Uint8Array): void;
	/** Forgets the state: the session is over. What resumes it stays. @throws HostFailure */
	forget(): void;
	/** What resumes a session by a short handshake (encodeSession()), in bytes of their own. @throws HostFailure */
	loadResumption(): Uint8Array | undefined;
	/** @param bytes undefined forgets it. @throws HostFailure */
	saveResumption(bytes: Uint8Array | undefined): void;
}

/** Short Server ID (2), fingerprint (4): whose session it is. */
const ownerBytes = 6;
/** Behind that in retained memory: what flash holds of the same session, our next number and the highest received. */
const farBytes = 12;

/** Whose session it is. */
export interface SessionOwner {
	readonly shortServerId: number;
	/** Another number says that the server is another one, or our keys for it are. */
	readonly fingerprint: number;
}

/** @returns the Short Server ID that a state stands under, as it seems; undefined where there is none */
export function ownerIn(area: RetainedArea): number | undefined {
	const bytes = area.glance(2);
	return bytes === undefined ? undefined : (bytes[0]! << 8) | bytes[1]!;
}

/** Values of the settings as a home. */
class StoreHome implements StateHome {
	private readonly store: StateStore;
	private readonly key: number;
	private readonly kind: number;
	private readonly owner: SessionOwner;

	constructor(store: StateStore, key: number, kind: number, owner: SessionOwner) {
		this.store = store;
		this.key = key;
		this.kind = kind;
		this.owner = owner;
	}

	save(state: Uint8Array): void {
		const content = owned(this.owner, state);
		const refused = storeState(this.store, this.key, this.kind, content);
		content.fill(0);
		if (refused !== undefined) throw new HostFailure(refused.code);
	}

	load(): Uint8Array | undefined {
		const content = storedState(this.store, this.key, this.kind);
		return content === undefined || "code" in content ? undefined : ownedBy(this.owner, content);
	}

	forget(): void {
		const refused = storeState(this.store, this.key, this.kind, undefined);
		if (refused !== undefined) throw new HostFailure(refused.code);
	}
}

export interface SessionHomeParts {
	/** Retained memory; absent where there is none, or too little. */
	readonly area?: RetainedArea | undefined;
	/** Absent: nothing outlives a power cut. */
	readonly store?: StateStore | undefined;
	/** Of the state and of what resumes the session: each with piecesMax behind it that are nobody else's. */
	readonly stateKey: number;
	readonly resumptionKey: number;
}

/**
 * How far the state in flash runs ahead of the one in retained memory: our numbers cost nothing when they are skipped;
 * of the server's records so many may be refused after a power cut, and are sent again: the answer to the third copy of
 * a request is heard, before a session that does not answer is given up.
 */
const farTuning = frozen({ sealedRecords: 65_536, openedRecords: 2 });
/** Flash alone: as many are refused where power goes while the device is awake. */
const flashTuning: ReservationTuning = frozen({ sealedRecords: 1024, openedRecords: 3 });
/** Retained memory does not wear out: what was received is noted before it is believed, and nothing is refused. */
const nearTuning: ReservationTuning = frozen({ sealedRecords: 1024, openedRecords: 1 });

/**
 * The home of one server's sessions: retained memory before flash where there are both, as TwoHomes is, but it knows
 * what flash holds without reading it.
 */
export class SessionPlace implements SessionHome {
	readonly tuning: ReservationTuning;
	private readonly owner: SessionOwner;
	private readonly area: RetainedArea | undefined;
	private readonly far: StoreHome | undefined;
	private readonly resumption: StoreHome | undefined;
	/** Of the session that the far home holds a state of: our next number, and the server's highest; -2: unknown. */
	private farSequence = 0;
	private farReceived = -2;
	/** Which session that is. */
	private farMark = 0;

	constructor(owner: SessionOwner, { area, store, stateKey, resumptionKey }: SessionHomeParts) {
		this.owner = owner;
		this.area = area;
		this.tuning = area === undefined ? flashTuning : nearTuning;
		if (store === undefined) return;
		this.far = new StoreHome(store, stateKey, sessionKind, owner);
		this.resumption = new StoreHome(store, resumptionKey, resumptionKind, owner);
	}

	save(state: Uint8Array): void {
		const { area, far } = this;
		if (area === undefined) this.saveFar(state);
		else if (far !== undefined && !this.isAhead(state)) {
			const further = furtherState(state, farTuning.sealedRecords, farTuning.openedRecords);
			this.saveFar(further);
			further.fill(0);
		}
		if (area !== undefined) this.saveNear(area, state);
	}

	rest(state: Uint8Array): void {
		if (this.area !== undefined) this.save(state);
		else if (stateReceived(state) !== this.farReceived) this.saveFar(state);
	}

	load(): Uint8Array | undefined {
		const near = ownedBy(this.owner, this.area?.load());
		if (near !== undefined && near.length > farBytes) {
			this.farSequence = readSequence(near, 0);
			this.farReceived = readSequence(near, 6) - 2;
			const state = near.slice(farBytes);
			this.farMark = markOf(state);
			near.fill(0);
			return state;
		}
		const far = this.far?.load();
		if (far === undefined || "code" in decodeState(far)) return undefined;
		this.noteFar(far);
		return far;
	}

	/** The session is over: nothing of the next one is known of the far home before it was written. */
	forget(): void {
		this.farReceived = -2;
		this.area?.forget();
		this.far?.forget();
	}

	loadResumption(): Uint8Array | undefined {
		return this.resumption?.load();
	}

	saveResumption(bytes: Uint8Array | undefined): void {
		if (bytes === undefined) this.resumption?.forget();
		else this.resumption?.save(bytes);
	}

	/** A state that does not fit is the far home's alone: here there is nothing then. */
	private saveNear(area: RetainedArea, state: Uint8Array): void {
		const known = new Uint8Array(farBytes + state.length);
		writeSequence(this.farSequence, known, 0);
		writeSequence(this.farReceived + 2, known, 6);
		known.set(state, farBytes);
		const content = owned(this.owner, known);
		if (!area.save(content)) area.forget();
		known.fill(0);
		content.fill(0);
	}

	private saveFar(state: Uint8Array): void {
		this.farReceived = -2; // until it is there
		this.far?.save(state);
		if (this.far !== undefined) this.noteFar(state);
	}

	private noteFar(state: Uint8Array): void {
		this.farSequence = stateSequence(state);
		this.farReceived = stateReceived(state);
		this.farMark = markOf(state);
	}

	/** Is what the far home holds of this session, and everything in `state` before it? */
	private isAhead(state: Uint8Array): boolean {
		if (this.farReceived === -2 || this.farMark !== markOf(state)) return false;
		return this.farSequence >= stateSequence(state) && this.farReceived >= stateReceived(state);
	}
}

/** The end of the key block: of another session it is another one. Its homes are told of its end besides. */
function markOf(state: Uint8Array): number {
	let mark = 0;
	for (let at = state.length - 8; at < state.length - 4; at++) mark = (mark << 8) | state[at]!;
	return mark;
}

function owned({ shortServerId, fingerprint }: SessionOwner, state: Uint8Array): Uint8Array {
	const content = new Uint8Array(ownerBytes + state.length);
	content[0] = shortServerId >> 8;
	content[1] = shortServerId;
	for (let at = 0; at < 4; at++) content[2 + at] = fingerprint >>> (24 - 8 * at);
	content.set(state, ownerBytes);
	return content;
}

/** @param content is overwritten. @returns the state, where it is this owner's */
function ownedBy(
	{ shortServerId, fingerprint }: SessionOwner,
	content: Uint8Array | undefined,
): Uint8Array | undefined {
	if (content === undefined || content.length < ownerBytes) return undefined;
	if (((content[0]! << 8) | content[1]!) !== shortServerId) return undefined;
	let found = 0;
	for (let at = 0; at < 4; at++) found = (found << 8) | content[2 + at]!;
	const state = found === fingerprint ? content.slice(ownerBytes) : undefined;
	content.fill(0);
	return state;
}
