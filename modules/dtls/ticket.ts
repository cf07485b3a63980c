import type { Crypto, Entropy, KeyHandle } from "../host.ts";
import { decodeSession, encodeSession, type ResumableSession } from "./session.ts";

const nameBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;
/** When the session ends, on the jar's own scale, in front of it. */
const expiryBytes = 6;
/** No ticket of ours is longer; a longer one is not even opened. */
const ticketMaxBytes = 512;

/** A session out of a ticket. */
export interface TicketSession extends ResumableSession {
	/** When it ends. */
	readonly untilMs: number;
}

interface TicketKey {
	readonly name: Uint8Array;
	readonly key: KeyHandle;
	readonly bornMs: number;
}

/**
 * A server's tickets (RFC 5077): sessions sealed with a key of its own, so that it keeps none. name ‖ nonce ‖ AES-GCM
 * of expiry and session, with the name as associated data. The key changes with time; a ticket lives for one lifetime,
 * and the key before the present one opens what it sealed.
 */
export class TicketJar {
	readonly lifetimeMs: number;
	readonly #crypto: Crypto;
	readonly #entropy: Entropy;
	/** The newer one first. */
	#keys: TicketKey[] = [];

	constructor(crypto: Crypto, entropy: Entropy, lifetimeMs = 86_400_000) {
		this.#crypto = crypto;
		this.#entropy = entropy;
		this.lifetimeMs = lifetimeMs;
	}

	/** @returns undefined for a session too long for a ticket. @throws HostFailure without entropy, or room for a key */
	seal(session: ResumableSession, nowMs: number): Uint8Array | undefined {
		this.rotate(nowMs);
		const { name, key } = this.#keys[0]!;
		const plain = encodeSession(session);
		const ticket = new Uint8Array(nameBytes + nonceBytes + expiryBytes + plain.length + tagBytes);
		const nonce = new Uint8Array(nonceBytes);
		this.#entropy.fill(nonce);
		ticket.set(name);
		ticket.set(nonce, nameBytes);
		const at = nameBytes + nonceBytes;
		const end = ticket.length - tagBytes;
		let untilMs = nowMs + this.lifetimeMs;
		for (let index = expiryBytes - 1; index >= 0; index--) {
			ticket[at + index] = untilMs % 256;
			untilMs = Math.floor(untilMs / 256);
		}
		ticket.set(plain, at + expiryBytes);
		plain.fill(0);
		this.#crypto.seal("gcm", key, nonce, name, ticket, at, end, ticket, at);
		return ticket.length <= ticketMaxBytes ? ticket : undefined;
	}

	/** @returns the session, the caller's own; undefined for a ticket that is not ours, or too old. Never throws */
	open(ticket: Uint8Array, nowMs: number): TicketSession | undefined {
		const at = nameBytes + nonceBytes;
		if (ticket.length < at + expiryBytes + tagBytes || ticket.length > ticketMaxBytes) return undefined;
		const found = this.find(ticket);
		if (found === undefined) return undefined;
		const plain = new Uint8Array(ticket.length);
		const nonce = ticket.slice(nameBytes, at);
		const size = this.#crypto.open("gcm", found.key, nonce, found.name, ticket, at, ticket.length, plain, 0);
		if (size < expiryBytes) return undefined;
		let untilMs = 0;
		for (let index = 0; index < expiryBytes; index++) untilMs = untilMs * 256 + plain[index]!;
		const session = nowMs < untilMs ? decodeSession(plain, expiryBytes, size) : undefined;
		plain.fill(0);
		return session === undefined ? undefined : { ...session, untilMs };
	}

	/** Is it time for another ticket? */
	isHalfOver({ untilMs }: TicketSession, nowMs: number): boolean {
		return untilMs - nowMs < this.lifetimeMs / 2;
	}

	/** Gives the keys back; tickets made so far are void. */
	release(): void {
		for (let index = 0; index < this.#keys.length; index++) this.#crypto.release(this.#keys[index]!.key);
		this.#keys = [];
	}

	private find(ticket: Uint8Array): TicketKey | undefined {
		for (let index = 0; index < this.#keys.length; index++) {
			const candidate = this.#keys[index]!;
			let at = 0;
			while (at < nameBytes && candidate.name[at] === ticket[at]) at++;
			if (at === nameBytes) return candidate;
		}
		return undefined;
	}

	private rotate(nowMs: number): void {
		const newest = this.#keys[0];
		if (newest !== undefined && nowMs - newest.bornMs < this.lifetimeMs) return;
		const key = new Uint8Array(16);
		const name = new Uint8Array(nameBytes);
		this.#entropy.fill(key);
		this.#entropy.fill(name);
		const fresh = { name, key: this.#crypto.importAesKey(key), bornMs: nowMs };
		key.fill(0);
		if (this.#keys.length === 2) this.#crypto.release(this.#keys.pop()!.key);
		this.#keys.unshift(fresh);
	}
}
