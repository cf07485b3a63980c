import { toHex, utf8 } from "../../../modules/bytes.ts";
import { readEndpointName } from "../../../modules/crypto/certificate-name.ts";
import { clientTrust } from "../../../modules/crypto/trust.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import { suites } from "../../../modules/dtls/suite.ts";
import { type Address, type Crypto, type Entropy, HostFailure, type KeyHandle } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import type { RemoteAddress } from "./peer-table.ts";
import { isHello, SecureSession, type SessionHolder } from "./secure-session.ts";
import { isProvenBy, type ProvenIdentity, type SecurityInfo, type SecurityStore } from "./security-store.ts";
import type { ServerIdentity } from "./server-identity.ts";

export interface SecurePortOptions {
	readonly network: Network;
	readonly time: Timekeeper;
	readonly entropy: Entropy;
	readonly crypto: Crypto;
	readonly identity: ServerIdentity;
	readonly store: SecurityStore;
	/** Of clients with certificates, in DER. */
	readonly authorities: readonly Uint8Array[];
	/** Whether `time` is that of the calendar, and certificates have to be valid now. */
	readonly hasCalendar: boolean;
	/** Sessions and handshakes at once. */
	readonly sessions: number;
	/** A message out of a session. */
	received(bytes: Uint8Array, from: Readonly<RemoteAddress>, proven: ProvenIdentity): void;
	/** Somebody else speaks from this address now: what was under way there is void. */
	replaced(address: Readonly<RemoteAddress>): void;
	/** A session goes on from another address (RFC 9146 §6). */
	moved(from: Readonly<RemoteAddress>, to: Readonly<RemoteAddress>): void;
}

/** Of the connection IDs we give out: enough to be nobody else's, and to be found by. */
const connectionIdBytes = 6;
const cidAt = 11;
const tls12Cid = 25;
const receiveBufferBytes = 65_535;

/** CoAP over DTLS: one UDP port, and the sessions with all who come to it. */
export class SecurePort implements SessionHolder {
	readonly time: Timekeeper;
	readonly #options: SecurePortOptions;
	readonly #settings: Omit<DtlsSettings, "connectionId" | "peerAddress">;
	readonly #cookies: CookieJar;
	readonly #key: KeyHandle;
	/** By address, in order of last hearing. */
	readonly #sessions = new Map<string, SecureSession>();
	readonly #byConnectionId = new Map<string, SecureSession>();
	readonly #proven = new Map<SecureSession, ProvenIdentity>();
	/** Names out of certificates, by public key: a resumed session shows none. */
	readonly #names = new Map<string, string>();
	#socket: NetworkSocket | undefined;
	#port = 0;

	/** @throws HostFailure for an authority that is no certificate */
	constructor(options: SecurePortOptions) {
		const { crypto, entropy, identity, store, authorities, time } = options;
		this.#options = options;
		this.time = time;
		this.#key = crypto.p256!.importPrivateKey(identity.privateKey)!;
		this.#cookies = new CookieJar(crypto, entropy);
		const keys = () => store.all().flatMap((info) => (info.mode === "rpk" ? [toHex(info.publicKey)] : []));
		const trust = clientTrust({
			crypto,
			...(authorities.length === 0 ? {} : { anchors: authorities }),
			knowsRawKey: (spki) => keys().includes(toHex(spki)),
			withoutClock: "accept",
		});
		if ("code" in trust) throw new HostFailure(`The authority for clients can not be used: ${trust.code}`);
		const { publicKey: rawPublicKey, chain } = identity;
		this.#settings = {
			crypto,
			entropy,
			suites: suites.map(({ id }) => id),
			pskOf: (identity) => store.keyOf(identity),
			unknownIdentity: "alert", // leshan-demo-server says so, too, and a person who mistyped it wants to know
			identity: { privateKey: this.#key, rawPublicKey, ...(chain.length === 0 ? {} : { chain }) },
			trust,
			peerCertificateTypes: [2, 0],
			requestPeerCertificate: true,
			requirePeerCertificate: true,
			wallTimeS: () => (options.hasCalendar ? Math.floor(time.wallTimeMs() / 1000) : undefined),
			sessions: new SessionCache(options.sessions),
			cookies: this.#cookies,
		};
	}

	get port(): number {
		return this.#port;
	}

	/** Sessions and handshakes. */
	get size(): number {
		return this.#sessions.size;
	}

	/** Binds the port. @throws HostFailure with a message for people, naming the port, when it is taken */
	async open(port: number, host: string | undefined): Promise<void> {
		const buffer = new Uint8Array(receiveBufferBytes);
		const from: Address = { host: "", port: 0 };
		const onReadable = () => {
			for (;;) {
				const size = this.#socket?.read(buffer, from) ?? -1;
				if (size < 0) return;
				this.#hear(buffer.subarray(0, size), from);
			}
		};
		const socket = this.#options.network.open({ port, onReadable, ...(host === undefined ? {} : { host }) });
		this.#socket = socket;
		try {
			this.#port = await socket.bound;
		} catch (cause) {
			this.#socket = undefined;
			const why = cause instanceof Error ? cause.message : String(cause);
			throw new HostFailure(`The LwM2M server can not listen on UDP port ${port}: ${why}`, { cause });
		}
	}

	/** Protects one message. @returns false when there is no session to send it through */
	write(bytes: Uint8Array, to: Readonly<Address>): boolean {
		return this.#sessions.get(keyOf(to))?.send(bytes, this.time.nowMs()) ?? false;
	}

	/** These credentials count no more: the sessions that rest on them end. */
	revoke(info: SecurityInfo): void {
		for (const [session, proven] of [...this.#proven]) {
			if (isProvenBy(info, proven)) session.close(this.time.nowMs());
		}
	}

	/** Ends all sessions; no client is told. */
	close(): void {
		const socket = this.#socket;
		this.#socket = undefined;
		for (const session of [...this.#sessions.values()]) session.close(this.time.nowMs());
		this.#cookies.release();
		this.#options.crypto.release(this.#key);
		this.#settings.sessions?.clear();
		socket?.close();
	}

	#hear(bytes: Uint8Array, from: Readonly<Address>): void {
		const nowMs = this.time.nowMs();
		const named =
			bytes[0] === tls12Cid
				? this.#byConnectionId.get(toHex(bytes, cidAt, Math.min(bytes.length, cidAt + connectionIdBytes)))
				: undefined;
		const session = named ?? this.#sessions.get(keyOf(from)) ?? this.#greet(bytes, from);
		if (session === undefined) return;
		this.#refresh(session);
		session.receive(bytes, from, nowMs);
	}

	/** A ClientHello begins; everything else of a stranger's is noise. */
	#greet(bytes: Uint8Array, from: Readonly<Address>): SecureSession | undefined {
		if (!isHello(bytes)) return undefined;
		if (this.#sessions.size >= this.#options.sessions) {
			const [longestSilent] = this.#sessions.values();
			longestSilent?.close(this.time.nowMs());
		}
		const session = new SecureSession(from, this);
		this.#sessions.set(keyOf(from), session);
		return session;
	}

	#refresh(session: SecureSession): void {
		const key = keyOf(session.address);
		this.#sessions.delete(key);
		this.#sessions.set(key, session);
	}

	settingsFor(address: Readonly<Address>): DtlsSettings {
		const connectionId = new Uint8Array(connectionIdBytes);
		this.#options.entropy.fill(connectionId);
		return { ...this.#settings, connectionId, peerAddress: utf8(keyOf(address)) };
	}

	send(bytes: Uint8Array, to: Readonly<Address>): void {
		try {
			this.#socket?.write(bytes, to);
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error; // no route: like a loss
		}
	}

	established(session: SecureSession, { peer, chain }: Established): void {
		const commonName = this.#nameOf(peer.publicKey, chain);
		const proven = { ...peer, ...(commonName === undefined ? {} : { commonName }) };
		const before = this.#proven.get(session);
		this.#proven.set(session, proven);
		if (before !== undefined && textOf(before) !== textOf(proven)) {
			this.#options.replaced({ ...session.address, secure: true });
		}
	}

	received(session: SecureSession, bytes: Uint8Array): void {
		const { host, port } = session.address;
		this.#options.received(bytes, { host, port, secure: true }, this.#proven.get(session) ?? {});
	}

	moved(session: SecureSession, to: Readonly<Address>): void {
		const displaced = this.#sessions.get(keyOf(to));
		this.#sessions.delete(keyOf(session.address));
		if (displaced !== undefined && displaced !== session) displaced.close(this.time.nowMs());
		this.#sessions.set(keyOf(to), session);
		this.#options.moved({ ...session.address, secure: true }, { ...to, secure: true });
	}

	ended(session: SecureSession): void {
		this.#proven.delete(session);
		const key = keyOf(session.address);
		if (this.#sessions.get(key) === session) this.#sessions.delete(key);
	}

	named(session: SecureSession, connectionId: Uint8Array): void {
		if (connectionId.length > 0) this.#byConnectionId.set(toHex(connectionId), session);
	}

	unnamed(connectionId: Uint8Array): void {
		this.#byConnectionId.delete(toHex(connectionId));
	}

	#nameOf(publicKey: Uint8Array | undefined, chain: readonly Uint8Array[]): string | undefined {
		if (publicKey === undefined) return undefined;
		const key = toHex(publicKey);
		const [own] = chain;
		if (own === undefined) return this.#names.get(key);
		const name = readEndpointName(own);
		if (typeof name !== "string") return "";
		if (this.#names.size >= this.#options.sessions) this.#names.delete(this.#names.keys().next().value!);
		this.#names.set(key, name);
		return name;
	}
}

function keyOf({ host, port }: Readonly<Address>): string {
	return `${host} ${port}`;
}

function textOf({ psk, publicKey, commonName }: ProvenIdentity): string {
	return [psk, publicKey].map((bytes) => (bytes === undefined ? "" : toHex(bytes))).join() + (commonName ?? "");
}
