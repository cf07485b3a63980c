import { equalBytes, toHex } from "../bytes.ts";
import type { ResumableSession } from "./session.ts";

interface Entry {
	readonly session: ResumableSession;
	readonly untilMs: number;
}

/** A server's sessions to be resumed by id (RFC 5246 §7.3), bounded: the oldest goes first, and is overwritten. */
export class SessionCache {
	readonly #entries = new Map<string, Entry>();
	readonly #sessionsMax: number;
	readonly #lifetimeMs: number;

	/** @param lifetimeMs how long a session lives: a day at most (RFC 5246 appendix F.1.4) */
	constructor(sessionsMax = 16, lifetimeMs = 86_400_000) {
		this.#sessionsMax = sessionsMax;
		this.#lifetimeMs = lifetimeMs;
	}

	get count(): number {
		return this.#entries.size;
	}

	/** Keeps a session; its master secret belongs to the cache from here on. */
	keep(session: ResumableSession, nowMs: number): void {
		this.forget(session.sessionId);
		if (this.#entries.size >= this.#sessionsMax) this.drop(this.#entries.keys().next().value!);
		this.#entries.set(toHex(session.sessionId), { session, untilMs: nowMs + this.#lifetimeMs });
	}

	/** @returns the session, still the cache's own, or undefined when it is too old or not there */
	find(sessionId: Uint8Array, nowMs: number): ResumableSession | undefined {
		const entry = this.#entries.get(toHex(sessionId));
		if (entry === undefined) return undefined;
		if (nowMs < entry.untilMs && equalBytes(entry.session.sessionId, sessionId)) return entry.session;
		this.forget(sessionId);
		return undefined;
	}

	/** A session that ended with a fatal alert must not be resumed (RFC 5246 §7.2.2). */
	forget(sessionId: Uint8Array): void {
		this.drop(toHex(sessionId));
	}

	clear(): void {
		const keys = [...this.#entries.keys()];
		for (let index = 0; index < keys.length; index++) this.drop(keys[index]!);
	}

	private drop(key: string): void {
		this.#entries.get(key)?.session.master.fill(0);
		this.#entries.delete(key);
	}
}
