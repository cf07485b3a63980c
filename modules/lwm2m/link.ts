import type { Fault } from "../bytes.ts";
import { Peer, type PeerListener } from "../coap/peer.ts";
import { frozen } from "../frozen.ts";
import type { LogRecord } from "../host.ts";
import type { ClientOptions } from "./client-options.ts";
import type { Instance } from "./instance.ts";
import { protectionOf, type SecureChannel, type Secured, type SecureListener, type Unsecured } from "./secure.ts";
import { readServerUri, type ServerUri } from "./server-uri.ts";

/** Resource of the Security Object (LwM2M Core 1.1 Appendix E.1). */
const serverUri = 0;

/** So long after a record of refused bytes there is no other one. */
const refusedQuietMs = 10_000;

/** Whom a link tells. */
export interface LinkOwner extends PeerListener {
	/** Messages reach the server from now on. */
	secured(nowMs: number): void;
	/** The handshake failed, or the session is over. @param hasWorked it had carried a message of the server's */
	unsecured(why: Unsecured, hasWorked: boolean, nowMs: number): void;
	log(event: string, fields: Omit<LogRecord, "event">): void;
}

const nobody: SecureListener = frozen({ handshaking() {}, secured() {}, decrypted() {}, unsecured() {} });

/** @returns where the account's server is, or what makes the account unusable here */
export function vetAccount(security: Instance, options: Pick<ClientOptions, "secure">): ServerUri | Fault {
	const uri = readServerUri(String(security.at(serverUri) ?? ""));
	if ("code" in uri) return uri;
	const protection = protectionOf(security, uri.scheme, options);
	if (protection === undefined) return uri;
	if ("code" in protection) return protection;
	const channel = protection.open(security, nobody);
	return "code" in channel ? channel : uri;
}

/**
 * CoAP, and DTLS under it where the account asks for it, between us and one server of one address: messages go in and
 * come out, and nothing leaves unprotected that is to be protected.
 */
export class Link implements SecureListener {
	readonly peer: Peer;
	readonly #owner: LinkOwner;
	readonly #channel: SecureChannel | undefined;
	/** Whether the secure session has carried a message of the server's. */
	#hasWorked = false;
	#isClosing = false;
	#nowMs = 0;
	#refusedCount = 0;
	#refusedQuietUntilMs = 0;

	/** @param security an account that vetAccount() found usable */
	constructor(owner: LinkOwner, security: Instance, scheme: ServerUri["scheme"], options: ClientOptions) {
		const { dice, entropy, coapTuning, coapLimits, secure } = options;
		this.#owner = owner;
		this.peer = new Peer({
			dice,
			entropy,
			listener: owner,
			...(coapTuning === undefined ? {} : { tuning: coapTuning }),
			...(coapLimits === undefined ? {} : { limits: coapLimits }),
		});
		const channel = scheme === "coaps" ? secure!.open(security, this) : undefined;
		if (channel !== undefined && !("code" in channel)) this.#channel = channel;
	}

	get isSecure(): boolean {
		return this.#channel !== undefined;
	}

	get deadlineMs(): number {
		return this.#channel === undefined
			? this.peer.deadlineMs
			: Math.min(this.peer.deadlineMs, this.#channel.deadlineMs);
	}

	/** Whether messages reach the server now; if not, a handshake is begun, and secured() or unsecured() follows. */
	reach(nowMs: number): boolean {
		if (this.#channel === undefined || this.#channel.isSecured) return true;
		this.#channel.connect(nowMs);
		return false;
	}

	/** @param bytes one datagram from the server's address; nothing here keeps a reference to it */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.#nowMs = nowMs;
		if (this.#channel === undefined) this.decrypted(bytes, at, end, nowMs);
		else this.#channel.receive(bytes, at, end, nowMs);
	}

	decrypted(bytes: Uint8Array, at: number, end: number, nowMs: number): void {
		this.#hasWorked = true;
		const refused = this.peer.receive(bytes, at, end, nowMs);
		if (refused !== undefined) this.refuse(refused.code, nowMs);
	}

	poll(nowMs: number): void {
		this.#nowMs = nowMs;
		this.#channel?.poll(nowMs);
		this.peer.poll(nowMs);
		if (this.#isClosing) this.hangUp(nowMs);
	}

	/** @returns the next datagram for the server; its bytes are not to be changed */
	takeDatagram(): Uint8Array | undefined {
		const channel = this.#channel;
		if (channel === undefined) return this.peer.takeDatagram();
		for (;;) {
			const record = channel.takeDatagram();
			if (record !== undefined || !channel.isSecured) return record;
			const message = this.peer.takeDatagram(); // waits in the peer's outbox while there is no session
			if (message === undefined) return undefined;
			channel.send(message, this.#nowMs);
		}
	}

	/** Ends the secure session, if there is one, at the end of the turn, when the last acknowledgements are out. */
	close(): void {
		this.#isClosing = true;
	}

	/** Forgets the secure session, if there is one, and all that is under way, without a word. */
	drop(): void {
		this.peer.reset();
		this.#channel?.drop();
	}

	handshaking(crypto: string): void {
		this.#owner.log("handshaking", { crypto });
	}

	secured({ suite, cid, resumed }: Secured, nowMs: number): void {
		this.#hasWorked = false;
		this.#owner.log("secured", cid === undefined ? { suite, resumed } : { suite, cid, resumed });
		this.#owner.secured(nowMs);
	}

	unsecured(why: Unsecured, nowMs: number): void {
		const hasWorked = this.#hasWorked;
		this.#hasWorked = false;
		if (hasWorked) this.#owner.log("unsecured", { ...why });
		this.#owner.unsecured(why, hasWorked, nowMs);
	}

	private hangUp(nowMs: number): void {
		this.#isClosing = false;
		const channel = this.#channel;
		if (channel === undefined) return;
		if (channel.isSecured) {
			for (let rest = this.peer.takeDatagram(); rest !== undefined; rest = this.peer.takeDatagram()) {
				channel.send(rest, nowMs);
			}
		}
		channel.close(nowMs);
	}

	/**
	 * One record stands for all refused datagrams since the last one: how often we write must not be the sender's to
	 * choose.
	 */
	private refuse(code: string, nowMs: number): void {
		this.#refusedCount += 1;
		if (nowMs < this.#refusedQuietUntilMs) return;
		this.#owner.log("refusedBytes", { code, count: this.#refusedCount });
		this.#refusedCount = 0;
		this.#refusedQuietUntilMs = nowMs + refusedQuietMs;
	}
}
