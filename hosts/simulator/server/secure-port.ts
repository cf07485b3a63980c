import { toHex, utf8 } from "../../../modules/bytes.ts";
import { readEndpointName } from "../../../modules/crypto/certificate-name.ts";
import { clientTrust } from "../../../modules/crypto/trust.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { DtlsDatagrams } from "../../../modules/dtls/datagrams.ts";
import { CertificateType } from "../../../modules/dtls/extensions.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import { suites } from "../../../modules/dtls/suite.ts";
import { type Address, type Crypto, type Entropy, HostFailure, type KeyHandle } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import { Alarm } from "./alarm.ts";
import type { RemoteAddress } from "./peer-table.ts";
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
	/** A handshake with this address has come to nothing. */
	failed(address: Readonly<Address>, reason: string): void;
	/** The credentials of whoever is registered from this address. */
	expected(address: Readonly<RemoteAddress>): SecurityInfo | undefined;
	/** A session goes on from another address (RFC 9146 §6). */
	moved(from: Readonly<RemoteAddress>, to: Readonly<RemoteAddress>): void;
}

/** Of the connection IDs we give out: enough to be nobody else's, and to be found by. */
const connectionIdBytes = 6;
/** Longest message that comes out of a record (RFC 6347 §4.1). */
const messageBytesMax = 16_384;

/** CoAP over DTLS: one UDP port, and the sessions with all who come to it. */
export class SecurePort {
	readonly #options: SecurePortOptions;
	readonly #settings: DtlsSettings;
	readonly #cookies: CookieJar;
	readonly #key: KeyHandle;
	readonly #alarm: Alarm;
	/** Who speaks from where. */
	readonly #proven = new Map<string, { readonly address: Address; readonly identity: ProvenIdentity }>();
	/** Names out of certificates, by public key: a resumed session shows none. */
	readonly #names = new Map<string, string>();
	#dtls: DtlsDatagrams | undefined;
	#port = 0;

	/** @throws HostFailure for an authority that is no certificate */
	constructor(options: SecurePortOptions) {
		const { crypto, entropy, identity, store, authorities, time } = options;
		this.#options = options;
		this.#alarm = new Alarm(time, () => this.#ring());
		this.#key = crypto.p256!.importPrivateKey(identity.privateKey)!;
		this.#cookies = new CookieJar(crypto, entropy);
		const trust = clientTrust({
			crypto,
			...(authorities.length === 0 ? {} : { anchors: authorities }),
			knowsRawKey: (spki) => store.hasPublicKey(spki),
			withoutClock: "accept",
		});
		if ("code" in trust) throw new HostFailure(`The authority for clients can not be used: ${trust.code}`);
		const { publicKey: rawPublicKey, chain } = identity;
		this.#settings = {
			crypto,
			entropy,
			suites: suites.map(({ id }) => id),
			pskOf: (identity) => store.keyOf(identity),
			unknownIdentity: "alert", // a person who mistyped it wants to know
			identity: { privateKey: this.#key, rawPublicKey, ...(chain.length === 0 ? {} : { chain }) },
			trust,
			peerCertificateTypes: [CertificateType.rawPublicKey, CertificateType.x509],
			requestPeerCertificate: true,
			requirePeerCertificate: true,
			wallTimeS: () => (options.hasCalendar ? Math.floor(time.wallTimeMs() / 1000) : undefined),
			sessions: new SessionCache(options.sessions),
		};
	}

	get port(): number {
		return this.#port;
	}

	/** Clients with a session or a handshake. */
	get size(): number {
		return this.#dtls?.endpointCount ?? 0;
	}

	/** Binds the port. @throws HostFailure with a message for people, naming the port, when it is taken */
	async open(port: number, host: string | undefined): Promise<void> {
		const { network, time, sessions } = this.#options;
		let socket: NetworkSocket | undefined;
		this.#dtls = new DtlsDatagrams({
			open: (options) => {
				const onReadable = (count: number) => {
					options.onReadable(count);
					this.#settle(); // a handshake goes on, and its time with it
				};
				socket = network.open({ port, onReadable, ...(host === undefined ? {} : { host }) });
				return socket;
			},
			nowMs: () => time.nowMs(),
			server: this.#settings,
			client: (to) => this.#settingsFor(to),
			cookies: this.#cookies,
			connectionIdBytes,
			endpointsMax: sessions,
			events: {
				established: (at, session) => this.#established(at, session),
				closed: (at, { code }) => {
					if (!this.#proven.delete(keyOf(at))) this.#options.failed(at, code);
				},
				moved: (from, to) => this.#moved(from, to),
			},
			onReadable: () => this.#read(),
		});
		try {
			this.#port = await socket!.bound;
		} catch (cause) {
			const why = cause instanceof Error ? cause.message : String(cause);
			throw new HostFailure(`The LwM2M server can not listen on UDP port ${port}: ${why}`, { cause });
		}
	}

	/**
	 * Protects one message. Without a session it begins one, where it knows who should be there; the message waits.
	 * @returns false when nobody is known to be there
	 */
	write(bytes: Uint8Array, to: Readonly<Address>): boolean {
		const dtls = this.#dtls;
		if (dtls === undefined) return false;
		dtls.write(bytes, to);
		this.#settle();
		return dtls.association(to) !== undefined;
	}

	/** These credentials count no more: the sessions that rest on them end, and none is resumed. */
	revoke(info: SecurityInfo): void {
		this.#settings.sessions?.clear();
		for (const { address, identity } of [...this.#proven.values()]) {
			if (isProvenBy(info, identity)) this.#dtls?.disconnect(address);
		}
	}

	/** Ends all sessions, with a good-bye to each client. */
	close(): void {
		this.#alarm.stop();
		this.#dtls?.close();
		this.#dtls = undefined;
		this.#cookies.release();
		this.#options.crypto.release(this.#key);
		this.#settings.sessions?.clear();
	}

	#read(): void {
		const from: Address = { host: "", port: 0 };
		const buffer = new Uint8Array(messageBytesMax);
		for (;;) {
			const size = this.#dtls?.read(buffer, from) ?? -1;
			if (size < 0) break;
			const { host, port } = from;
			const proven = this.#proven.get(keyOf(from))?.identity ?? {};
			this.#options.received(buffer.subarray(0, size), { host, port, secure: true }, proven);
		}
		this.#settle();
	}

	#ring(): void {
		this.#dtls?.poll(this.#options.time.nowMs());
		this.#settle();
	}

	#settle(): void {
		if (this.#dtls !== undefined) this.#alarm.set(Math.max(this.#options.time.nowMs(), this.#dtls.deadlineMs));
	}

	/** How to begin with a client that is registered from there: with its credentials. */
	#settingsFor(to: Readonly<Address>): DtlsSettings | undefined {
		const info = this.#options.expected({ ...to, secure: true });
		if (info === undefined) return undefined;
		if (info.mode !== "psk") return this.#settings;
		const identity = utf8(info.identity);
		const key = this.#options.store.keyOf(identity);
		return key === undefined ? undefined : { ...this.#settings, psk: { identity, key } };
	}

	#established(at: Readonly<Address>, { peer, chain }: Established): void {
		const commonName = this.#nameOf(peer.publicKey, chain);
		const identity = { ...peer, ...(commonName === undefined ? {} : { commonName }) };
		this.#proven.set(keyOf(at), { address: { host: at.host, port: at.port }, identity });
	}

	#moved(from: Readonly<Address>, to: Readonly<Address>): void {
		const proven = this.#proven.get(keyOf(from));
		this.#proven.delete(keyOf(from));
		if (proven !== undefined) this.#proven.set(keyOf(to), { ...proven, address: { host: to.host, port: to.port } });
		this.#options.moved({ ...from, secure: true }, { ...to, secure: true });
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
