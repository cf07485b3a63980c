import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { type Host, HostFailure } from "../host.ts";
import { sessionKind, snapshotKind } from "../sleep/envelope.ts";
import { RetainedArea } from "../sleep/retained-area.ts";
import type { Retention } from "../sleep/retention.ts";
import { ownerIn, type SessionHome, type SessionOwner, SessionPlace } from "../sleep/session-home.ts";
import { piecesMax, type StateStore, storedState, storeState } from "../sleep/stored-state.ts";
import { mixed } from "./accounts.ts";
import type { Client } from "./client.ts";
import type { SessionHomes } from "./client-options.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "./client-snapshot.ts";
import type { Keeper } from "./loop.ts";
import type { Since } from "./observed-retention.ts";
import { exportSession, identityOf, type Retained, restoreSession } from "./session-retention.ts";

export interface ClientRetentionOptions {
	readonly host: Pick<Host, "power" | "clock" | "dice" | "log">;
	/** Outlives power cuts; absent: only what retained memory outlives is outlived. */
	readonly store?: StateStore | undefined;
	/** The first of `retentionKeys` keys in the store that are nobody else's: live, and secret. */
	readonly key: number;
	readonly what: Retained;
}

/** Keys: the snapshot; then the state of each Short Server ID's session, and what resumes it. */
const sessionsFrom = 0x10_0000;
const resumptionsFrom = 0x20_0000;
export const retentionKeys = 0x30_0000;

/** A retained memory of less has one place for a session, of `slotBytesLeast`, and more has four. */
const manySlotsBytes = 1024;
const slotBytesLeast = 128;
const slotBytes = 192;
const slotsMost = 4;

/** Ports that nobody else is given (RFC 6335 §6). */
const firstPort = 49_152;
const portCount = 16_384;

const NOT_WHOLE = fault("retention.reportingAlone", "silence", "modules/sleep/README.md");
const NO_ROOM = fault("retention.noRoom", "silence", "modules/sleep/README.md");
const HOST_FAILED = fault("retention.hostFailed", "silence", "modules/sleep/README.md");

const noSlots: readonly RetainedArea[] = frozen([]);

/**
 * Has a client outlive deep sleep, resets and power cuts: its registrations, observations, secure sessions, and what
 * tells messages from one another. Retained memory first, flash for what does not fit there and for power cuts; of two
 * states the newer one counts. What can not be believed is as not there, one thing at a time: without its secure
 * session a registration stands, and without a registration the session does.
 */
export class ClientRetention implements Keeper, Retention, SessionHomes {
	private readonly options: ClientRetentionOptions;
	private readonly slots: readonly RetainedArea[];
	/** Of the snapshot, behind the slots; undefined where there is no memory. */
	private readonly area: RetainedArea | undefined;
	private client: Client | undefined;
	endpointName = "";
	/** Of an earlier life, until it is taken up. */
	private found: Snapshot | undefined;
	private generation = 0;
	private port = 0;
	/** Of what was written last: what a power cut must not lose, and what a reset must not. */
	private stamp = 0;
	private lightStamp = 0;
	private isForgotten = false;
	/** Whether the last write was refused, and the log has it. */
	private isRefused = false;

	constructor(options: ClientRetentionOptions) {
		this.options = options;
		const memory = options.what === "everything" ? options.host.power.retained : undefined;
		const sizeBytes = memory?.sizeBytes ?? 0;
		const each = sizeBytes >= manySlotsBytes ? slotBytes : slotBytesLeast;
		const count = Math.min(sizeBytes >= manySlotsBytes ? slotsMost : 1, Math.floor(sizeBytes / each));
		const slots: RetainedArea[] = [];
		for (let at = 0; at < count; at++) slots.push(new RetainedArea(memory!, at * each, each, sessionKind));
		this.slots = count === 0 ? noSlots : slots;
		const rest = sizeBytes - count * each;
		if (memory !== undefined) this.area = new RetainedArea(memory, count * each, rest, snapshotKind);
	}

	/** To be called before the loop starts. */
	drive(client: Client, endpointName: string): this {
		this.client = client;
		this.endpointName = endpointName;
		return this;
	}

	/** The port for our socket, of this life and those before it; undefined lets the host choose. */
	get localPort(): number | undefined {
		if (this.options.what !== "everything") return undefined;
		if (this.port === 0) {
			this.found = this.newest();
			this.port = this.found?.localPort ?? 0;
			if (this.port === 0) this.port = firstPort + this.options.host.dice.below(portCount);
		}
		return this.port;
	}

	homeOf({ shortServerId, fingerprint }: SessionOwner): SessionHome | undefined {
		const { store, key, what } = this.options;
		if (what !== "everything" || this.isForgotten) return undefined;
		const area = this.slots.find((slot) => ownerIn(slot.load()) === shortServerId) ?? this.freeSlot();
		if (area === undefined && store === undefined) return undefined;
		const at = shortServerId * piecesMax;
		const parts = { area, store, stateKey: key + sessionsFrom + at, resumptionKey: key + resumptionsFrom + at };
		return new SessionPlace({ shortServerId, fingerprint }, parts);
	}

	started(nowMs: number): void {
		if (this.port === 0) this.found = this.newest();
		try {
			const { found: snapshot } = this;
			this.found = undefined;
			if (snapshot !== undefined) this.restore(snapshot, nowMs);
			else this.stamp = this.stampNow();
			this.lightStamp = this.lightStampNow();
			if (this.options.what === "everything") this.forgetStrangers();
		} catch (error) {
			this.note(error);
		}
	}

	/** What an answer acknowledges is kept before it leaves. */
	answering(nowMs: number): void {
		this.turnEnded(nowMs);
	}

	/** Keeps what the turn has changed: where power cuts can not harm it, if it matters that much. */
	turnEnded(nowMs: number): void {
		if (this.isForgotten) return;
		const stamp = this.stampNow();
		const lightStamp = this.lightStampNow();
		const matters = stamp !== this.stamp;
		if (!matters && lightStamp === this.lightStamp) return;
		try {
			const bytes = this.encode(nowMs, false);
			const isKept = this.area?.save(bytes) === true;
			const refused = matters || !isKept ? this.keep(bytes, isKept) : undefined;
			if (refused === undefined) {
				this.stamp = stamp;
				this.lightStamp = lightStamp;
			} else if (!this.isRefused) this.log("notRetained", refused.code);
			this.isRefused = refused !== undefined;
		} catch (error) {
			this.note(error);
		}
	}

	save(nowMs: number): Fault | undefined {
		if (this.options.what !== "everything" || this.isForgotten) return NOT_WHOLE;
		try {
			const { sessions } = this.client!;
			for (let at = 0; at < sessions.length; at++) sessions[at]!.goHome();
			const bytes = this.encode(nowMs, true);
			return this.area?.save(bytes) === true ? undefined : this.keep(bytes, false);
		} catch (error) {
			this.note(error);
			return HOST_FAILED;
		}
	}

	/** Forgets all, as a factory reset does; until the restart nothing is kept any more. */
	forget(): void {
		this.isForgotten = true;
		try {
			this.slots.forEach((slot) => {
				slot.forget();
			});
			this.area?.forget();
			const { store, key } = this.options;
			if (store !== undefined) this.remove(store, key, key + retentionKeys);
		} catch (error) {
			this.note(error);
		}
	}

	/** @param isKept whether retained memory has it */
	private keep(bytes: Uint8Array, isKept: boolean): Fault | undefined {
		const { store, key } = this.options;
		if (store !== undefined) return storeState(store, key, snapshotKind, bytes);
		return isKept ? undefined : NO_ROOM;
	}

	private restore(snapshot: Snapshot, nowMs: number): void {
		const { log, power } = this.options.host;
		const client = this.client!;
		const agoMs = this.elapsedMs(snapshot, nowMs);
		const since = { agoMs, isExact: snapshot.isExact && power.resetCause === "deepSleep" };
		this.generation = snapshot.generation;
		client.restoreSamplings(snapshot.samplings, since, nowMs);
		for (let at = 0; at < snapshot.servers.length; at++) {
			const kept = snapshot.servers[at]!;
			const session = client.sessions.find(({ shortServerId }) => shortServerId === kept.shortServerId);
			if (session === undefined || identityOf(session, this) !== kept.fingerprint) continue;
			const { registration, session: secured } = restoreSession(session, kept, since, nowMs);
			if (this.options.what !== "everything") continue;
			const more = secured === undefined ? {} : { session: secured };
			log.write({ event: "restored", server: kept.shortServerId, registration, ...more });
		}
		// What is not exact is written anew at once: the times and numbers of this life are others.
		if (since.isExact || this.options.what !== "everything") this.stamp = this.stampNow();
	}

	/** How long ago it was taken; undefined where nobody knows. */
	private elapsedMs({ atMs, wallTimeS }: Snapshot, nowMs: number): Since["agoMs"] {
		const { clock, power } = this.options.host;
		if (power.clockWentOn === true && nowMs >= atMs) return nowMs - atMs;
		const nowS = clock.wallTimeS();
		if (nowS === undefined || wallTimeS === undefined || nowS < wallTimeS) return undefined;
		return Math.floor((nowS - wallTimeS) * 1000);
	}

	/** The newer one of both places, as far as it can be believed. */
	private newest(): Snapshot | undefined {
		const { area, options } = this;
		const near = area === undefined ? undefined : this.attempt(() => area.load());
		const { store, key } = options;
		const far = store === undefined ? undefined : this.attempt(() => storedState(store, key, snapshotKind));
		const nearSnapshot = near === undefined ? undefined : this.decode(near);
		const farSnapshot = far === undefined ? undefined : this.decode(far);
		if (nearSnapshot === undefined || farSnapshot === undefined) return nearSnapshot ?? farSnapshot;
		return farSnapshot.generation > nearSnapshot.generation ? farSnapshot : nearSnapshot;
	}

	private attempt<T>(load: () => T): T | undefined {
		try {
			return load();
		} catch (error) {
			this.note(error);
			return undefined;
		}
	}

	private decode(bytes: Uint8Array | Fault): Snapshot | undefined {
		const snapshot = "code" in bytes ? bytes : decodeSnapshot(bytes, this.client!.limits);
		if (!("code" in snapshot)) return snapshot;
		this.log("retainedLost", snapshot.code);
		return undefined;
	}

	private encode(nowMs: number, isExact: boolean): Uint8Array {
		const { options, generation } = this;
		const { what, host } = options;
		const client = this.client!;
		this.generation = generation + 1;
		const wallTimeS = host.clock.wallTimeS();
		return encodeSnapshot({
			generation: this.generation,
			isExact,
			atMs: nowMs,
			wallTimeS: wallTimeS === undefined ? undefined : Math.floor(wallTimeS),
			localPort: this.port,
			samplings: what === "everything" ? client.exportSamplings(nowMs) : [],
			servers: client.sessions.map((session) => exportSession(session, what, identityOf(session, this), nowMs)),
		});
	}

	/** Of what a power cut must not lose: another number, and there is something to write. */
	private stampNow(): number {
		const { sessions } = this.client!;
		const isWhole = this.options.what === "everything";
		let stamp = 0;
		for (let at = 0; at < sessions.length; at++) {
			const { shortServerId, isRegistered, registration, reporting } = sessions[at]!;
			stamp = mixed(mixed(stamp, shortServerId), reporting.changes);
			if (isWhole) stamp = mixed(stamp, isRegistered ? 1 + registration.changes : 0);
		}
		return stamp;
	}

	/** Of what a reset must not lose. */
	private lightStampNow(): number {
		const { sessions } = this.client!;
		let stamp = 0;
		if (this.options.what !== "everything") return stamp;
		for (let at = 0; at < sessions.length; at++) stamp = mixed(stamp, sessions[at]!.peer.essentials);
		return stamp;
	}

	private freeSlot(): RetainedArea | undefined {
		return this.slots.find((slot) => ownerIn(slot.load()) === undefined);
	}

	/** Forgets the sessions of servers that there are no accounts of any more. */
	private forgetStrangers(): void {
		const { sessions } = this.client!;
		this.slots.forEach((slot) => {
			const owner = ownerIn(slot.load());
			if (owner !== undefined && !sessions.some(({ shortServerId }) => shortServerId === owner)) slot.forget();
		});
		const { store, key } = this.options;
		if (store === undefined) return;
		for (let from = key + sessionsFrom; from < key + retentionKeys; ) {
			const next = store.nextKey(from - 1);
			if (next === undefined || next >= key + retentionKeys) return;
			const owner = Math.floor(((next - key) % sessionsFrom) / piecesMax);
			if (!sessions.some(({ shortServerId }) => shortServerId === owner)) this.remove(store, next, next + 1);
			from = next + 1;
		}
	}

	private remove(store: StateStore, from: number, end: number): void {
		for (let next = store.nextKey(from - 1); next !== undefined && next < end; next = store.nextKey(next)) {
			store.commit([{ key: next, value: undefined }]);
		}
	}

	private note(error: unknown): void {
		if (!(error instanceof HostFailure)) throw error;
		this.log("hostFailure", error.message);
	}

	private log(event: string, reason: string): void {
		this.options.host.log.write(event === "hostFailure" ? { event, what: reason } : { event, reason });
	}
}
