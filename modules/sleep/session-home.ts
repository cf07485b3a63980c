import { type StateHome, TwoHomes } from "../dtls/state-homes.ts";
import { HostFailure } from "../host.ts";
import { resumptionKind, sessionKind } from "./envelope.ts";
import type { RetainedArea } from "./retained-area.ts";
import { type StateStore, storedState, storeState } from "./stored-state.ts";

/** Where a secure session with one server outlives resets; modules/dtls/README.md says what such a home promises. */
export interface SessionHome extends StateHome {
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

/** The home of one server's sessions: retained memory before flash where there are both. */
export class SessionPlace implements SessionHome {
	private readonly area: RetainedArea | undefined;
	private readonly state: StoreHome | undefined;
	private readonly resumption: StoreHome | undefined;
	private readonly home: StateHome | undefined;

	constructor(owner: SessionOwner, { area, store, stateKey, resumptionKey }: SessionHomeParts) {
		this.area = area;
		const near = area === undefined ? undefined : new AreaHome(area, owner);
		if (store !== undefined) {
			this.state = new StoreHome(store, stateKey, sessionKind, owner);
			this.resumption = new StoreHome(store, resumptionKey, resumptionKind, owner);
		}
		this.home = near === undefined || this.state === undefined ? (near ?? this.state) : new TwoHomes(near, this.state);
	}

	save(state: Uint8Array): void {
		this.home?.save(state);
	}

	load(): Uint8Array | undefined {
		return this.home?.load();
	}

	forget(): void {
		this.area?.forget();
		this.state?.forget();
	}

	loadResumption(): Uint8Array | undefined {
		return this.resumption?.load();
	}

	saveResumption(bytes: Uint8Array | undefined): void {
		if (bytes === undefined) this.resumption?.forget();
		else this.resumption?.save(bytes);
	}
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
