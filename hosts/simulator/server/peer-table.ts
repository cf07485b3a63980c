import { Code } from "../../../modules/coap/code.ts";
import { type Failure, Peer, type Request, type Response } from "../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import type { Address, Dice, Entropy } from "../../../modules/host.ts";
import type { Timekeeper } from "../time.ts";
import { Alarm } from "./alarm.ts";
import type { ServerLimits } from "./limits.ts";
import { isSameProof, type ProvenIdentity } from "./security-store.ts";
import { TokenSource } from "./token-source.ts";
import { pathOf, readWire } from "./wire.ts";

/** Where a client is, and whether it speaks through DTLS from there. */
export interface RemoteAddress extends Address {
	readonly secure?: true;
}

/** One remote address and the CoAP exchanges with it. */
export interface Correspondent {
	readonly address: Readonly<RemoteAddress>;
	/** Who it is, where it has proved that; of the newest session. */
	proven: ProvenIdentity | undefined;
	readonly peer: Peer;
	/** What its tokens come from. */
	readonly tokens: TokenSource;
	/** Registrations that live at this address, by id; one without any is a stranger and forgotten when silent. */
	readonly registrationIds: Set<string>;
	/** Requests of ours that wait or observe, by the peer's request id. */
	readonly exchanges: Map<number, Exchange>;
	readonly alarm: Alarm;
	heardMs: number;
}

/**
 * What is done with the answer to a request of ours. An observation stays; everything else ends with its first
 * call.
 */
export interface Exchange {
	readonly registrationId: string;
	responded(response: Response, nowMs: number): void;
	failed(reason: Failure): void;
}

export interface PeerTableOptions {
	readonly time: Timekeeper;
	readonly dice: Dice;
	readonly entropy: Entropy;
	readonly limits: ServerLimits;
	send(bytes: Uint8Array, to: Readonly<RemoteAddress>): void;
	/** A request of a client's. Answer it now, with correspondent.peer.respond. */
	requested(correspondent: Correspondent, request: Request, nowMs: number): void;
	/** A message has been taken, and what there was to answer is answered. */
	heard(correspondent: Correspondent): void;
	/** Every datagram in and out, for who wants to watch. */
	traced(correspondent: Correspondent, bytes: Uint8Array, incoming: boolean): void;
	/**
	 * Whether this location is one of a living registration: its Update from a new address brings the old address's
	 * exchanges along.
	 */
	addressOfLocation(id: string): Readonly<RemoteAddress> | undefined;
	/** Whether who proved that may go on with this registration. */
	mayMove(id: string, proven: ProvenIdentity | undefined): boolean;
}

/** All addresses the server speaks with: one CoAP peer each, made by its first valid request. */
export class PeerTable {
	readonly #options: PeerTableOptions;
	/** In order of last hearing: the first is silent for longest. */
	readonly #table = new Map<string, Correspondent>();

	constructor(options: PeerTableOptions) {
		this.#options = options;
	}

	get size(): number {
		return this.#table.size;
	}

	at(address: Readonly<RemoteAddress>): Correspondent | undefined {
		return this.#table.get(keyOf(address));
	}

	/** As at, but an address that has not been heard for long is spoken with, too. @returns undefined without room */
	reach(address: Readonly<RemoteAddress>): Correspondent | undefined {
		const known = this.at(address);
		if (known !== undefined) return known;
		if (this.#table.size >= this.#options.limits.peers && !this.#forgetLongestSilent()) return undefined;
		const correspondent = this.#newCorrespondent(copyOf(address), this.#options.time.nowMs());
		this.#table.set(keyOf(address), correspondent);
		return correspondent;
	}

	/**
	 * Takes one message. Garbage from strangers leaves nothing behind.
	 * @param proven who it is, for a message out of a DTLS session
	 */
	receive(bytes: Uint8Array, from: Readonly<RemoteAddress>, proven?: ProvenIdentity): void {
		const nowMs = this.#options.time.nowMs();
		const key = keyOf(from);
		const known = this.#table.get(key);
		// Somebody else speaks from there now: what was under way is void.
		if (known !== undefined && !isSameProof(known.proven, proven)) this.forget(from);
		const correspondent = this.#table.get(key) ?? this.#greet(bytes, from, proven, nowMs);
		if (correspondent === undefined) return;
		correspondent.proven = proven;
		correspondent.heardMs = nowMs;
		this.#table.delete(key);
		this.#table.set(key, correspondent);
		this.#options.traced(correspondent, bytes, true);
		correspondent.peer.receive(bytes, 0, bytes.length, nowMs);
		this.settle(correspondent, nowMs);
		this.#options.heard(correspondent);
	}

	/** Sends what the peer has to say, and sets its alarm. Call after everything that was done with a peer. */
	settle(correspondent: Correspondent, nowMs: number): void {
		const { peer, address, alarm } = correspondent;
		for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) {
			this.#options.traced(correspondent, bytes, false);
			this.#options.send(bytes, address);
		}
		const isStranger = correspondent.registrationIds.size === 0;
		const idleMs = correspondent.heardMs + this.#options.limits.strangerIdleMs;
		alarm.set(Math.max(nowMs, isStranger ? Math.min(peer.deadlineMs, idleMs) : peer.deadlineMs));
	}

	/** A client goes on from another address, and so does all that is under way with it. @returns its registrations */
	relocate(from: Readonly<RemoteAddress>, to: Readonly<RemoteAddress>): readonly string[] {
		const correspondent = this.at(from);
		if (correspondent === undefined) return [];
		this.forget(to);
		this.#table.delete(keyOf(from));
		(correspondent as { address: Readonly<RemoteAddress> }).address = copyOf(to);
		this.#table.set(keyOf(to), correspondent);
		return [...correspondent.registrationIds];
	}

	/** Forgets an address: what waits for it fails, as if it had been reset. */
	forget(address: Readonly<RemoteAddress>): void {
		const correspondent = this.at(address);
		if (correspondent === undefined) return;
		this.#forget(keyOf(address));
		for (const [requestId, exchange] of [...correspondent.exchanges]) {
			correspondent.exchanges.delete(requestId);
			exchange.failed("cancelled");
		}
	}

	/** Forgets every address. */
	clear(): void {
		for (const key of [...this.#table.keys()]) this.#forget(key);
	}

	#greet(
		bytes: Uint8Array,
		from: Readonly<RemoteAddress>,
		proven: ProvenIdentity | undefined,
		nowMs: number,
	): Correspondent | undefined {
		const message = readWire(bytes);
		const isRequest =
			message !== undefined && (message.type === "CON" || message.type === "NON") && message.code < 0x20;
		if (!isRequest) return undefined;
		const [root, location, ...more] = pathOf(message);
		if (message.code === Code.post && root === "rd" && location !== undefined && more.length === 0) {
			const moved = this.#options.mayMove(location, proven) ? this.#move(location, from) : undefined;
			if (moved !== undefined) return moved;
		}
		if (this.#table.size >= this.#options.limits.peers && !this.#forgetLongestSilent()) return undefined;
		return this.#newCorrespondent(copyOf(from), nowMs);
	}

	/**
	 * A client came back from behind a NAT with another address: the exchanges, observations among them, go on with
	 * it.
	 */
	#move(location: string, to: Readonly<RemoteAddress>): Correspondent | undefined {
		const from = this.#options.addressOfLocation(location);
		if (from?.secure !== to.secure) return undefined;
		const correspondent = from === undefined ? undefined : this.#table.get(keyOf(from));
		if (from === undefined || correspondent === undefined || correspondent.registrationIds.size !== 1) return undefined;
		this.#table.delete(keyOf(from));
		(correspondent as { address: Readonly<RemoteAddress> }).address = copyOf(to);
		return correspondent;
	}

	#newCorrespondent(address: Readonly<RemoteAddress>, nowMs: number): Correspondent {
		const { time, dice, entropy, limits, requested } = this.#options;
		const exchanges = new Map<number, Exchange>();
		const tokens = new TokenSource(entropy);
		const peer = new Peer({
			dice,
			entropy: tokens,
			limits: { ...HOST_LIMITS, requests: limits.requests + limits.observations, bodyBytes: limits.bodyBytes },
			listener: {
				requested: (request, nowMs) => requested(correspondent, request, nowMs),
				responded: (requestId, response, nowMs) => {
					this.settle(correspondent, nowMs); // its acknowledgement goes out before anybody is told
					exchanges.get(requestId)?.responded(response, nowMs);
				},
				failed: (requestId, reason) => {
					const exchange = exchanges.get(requestId);
					exchanges.delete(requestId);
					exchange?.failed(reason);
				},
				observerGone: () => {}, // nothing of ours is observed
			},
		});
		const alarm = new Alarm(time, () => this.#ring(correspondent));
		const correspondent: Correspondent = {
			address,
			proven: undefined,
			peer,
			tokens,
			registrationIds: new Set(),
			exchanges,
			alarm,
			heardMs: nowMs,
		};
		return correspondent;
	}

	#ring(correspondent: Correspondent): void {
		const nowMs = this.#options.time.nowMs();
		const isIdle = nowMs >= correspondent.heardMs + this.#options.limits.strangerIdleMs;
		if (correspondent.registrationIds.size === 0 && isIdle) {
			this.#forget(keyOf(correspondent.address));
			return;
		}
		correspondent.peer.poll(nowMs);
		this.settle(correspondent, nowMs);
	}

	#forget(key: string): void {
		const correspondent = this.#table.get(key);
		this.#table.delete(key);
		correspondent?.alarm.stop();
	}

	/** @returns false when all have registrations */
	#forgetLongestSilent(): boolean {
		for (const [key, correspondent] of this.#table) {
			if (correspondent.registrationIds.size > 0) continue;
			this.#forget(key);
			return true;
		}
		return false;
	}
}

function keyOf({ host, port, secure }: Readonly<RemoteAddress>): string {
	return secure === true ? `${host} ${port} secure` : `${host} ${port}`;
}

/** The receiver's own object is used again for the next datagram. */
function copyOf({ host, port, secure }: Readonly<RemoteAddress>): RemoteAddress {
	return secure === true ? { host, port, secure } : { host, port };
}
