import type { ReservationTuning } from "../dtls/reservation.ts";
import { decodeState, furtherState, sessionOf, stateReceived, stateSequence } from "../dtls/session-state.ts";
import type { StateHome } from "../dtls/state-homes.ts";
import { frozen } from "../frozen.ts";
import { HostFailure } from "../host.ts";
import { crc32 } from "../settings/crc32.ts";
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

/** Whose session it is. */
export interface SessionOwner {
	readonly shortServerId: number;
	/** Another number says that the server is another one, or our keys for it are. */
	readonly fingerprint: number;
}

/** @returns the Short Server ID that a state stands under; undefined where there is none */
export function ownerIn(content: Uint8Array | undefined): number | undefined {
	return content === undefined || content.length < ownerBytes ? undefined : (content[0]! << 8) | content[1]!;
}

/** A retained area as a home. */
class AreaHome implements StateHome {
	private readonly area: RetainedArea;
	private readonly owner: SessionOwner;

	constructor(area: RetainedArea, owner: SessionOwner) {
		this.area = area;
		this.owner = owner;
	}

	/** A state that does not fit is the other home's alone: here there is nothing then. */
	save(state: Uint8Array): void {
		const content = owned(this.owner, state);
		if (!this.area.save(content)) this.area.forget();
		content.fill(0);
	}

	load(): Uint8Array | undefined {
		return ownedBy(this.owner, this.area.load());
	}
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
	private readonly area: RetainedArea | undefined;
	private readonly near: AreaHome | undefined;
	private readonly far: StoreHome | undefined;
	private readonly resumption: StoreHome | undefined;
	/** Of what the far home holds: its session, our next number, and the server's highest; -2 while that is unknown. */
	private farSession = 0;
	private farSequence = 0;
	private farReceived = -2;

	constructor(owner: SessionOwner, { area, store, stateKey, resumptionKey }: SessionHomeParts) {
		this.area = area;
		this.tuning = area === undefined ? flashTuning : nearTuning;
		if (area !== undefined) this.near = new AreaHome(area, owner);
		if (store === undefined) return;
		this.far = new StoreHome(store, stateKey, sessionKind, owner);
		this.resumption = new StoreHome(store, resumptionKey, resumptionKind, owner);
	}

	save(state: Uint8Array): void {
		const { near, far } = this;
		if (near === undefined) this.saveFar(state);
		else if (far !== undefined && !this.isAhead(state)) {
			const further = furtherState(state, farTuning.sealedRecords, farTuning.openedRecords);
			this.saveFar(further);
			further.fill(0);
		}
		near?.save(state);
	}

	rest(state: Uint8Array): void {
		const { near } = this;
		if (near !== undefined) this.save(state);
		else if (!this.isOf(state) || stateReceived(state) !== this.farReceived) this.saveFar(state);
	}

	load(): Uint8Array | undefined {
		const far = believed(this.far?.load());
		if (far !== undefined) this.noteFar(far);
		const near = believed(this.near?.load());
		if (near !== undefined) far?.fill(0);
		return near ?? far;
	}

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

	private saveFar(state: Uint8Array): void {
		this.farReceived = -2; // until it is there
		this.far?.save(state);
		this.noteFar(state);
	}

	private noteFar(state: Uint8Array): void {
		this.farSession = sumOfSession(state);
		this.farSequence = stateSequence(state);
		this.farReceived = stateReceived(state);
	}

	/** Is what the far home holds of the same session, and everything in `state` before it? */
	private isAhead(state: Uint8Array): boolean {
		return this.isOf(state) && this.farSequence >= stateSequence(state) && this.farReceived >= stateReceived(state);
	}

	private isOf(state: Uint8Array): boolean {
		return this.farReceived > -2 && this.farSession === sumOfSession(state);
	}
}

function sumOfSession(state: Uint8Array): number {
	const session = sessionOf(state);
	return crc32(session, 0, session.length, 0);
}

function believed(state: Uint8Array | undefined): Uint8Array | undefined {
	return state === undefined || "code" in decodeState(state) ? undefined : state;
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
	if (content === undefined || ownerIn(content) !== shortServerId) return undefined;
	let found = 0;
	for (let at = 0; at < 4; at++) found = (found << 8) | content[2 + at]!;
	const state = found === fingerprint ? content.slice(ownerBytes) : undefined;
	content.fill(0);
	return state;
}
