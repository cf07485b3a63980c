import { type Address, type Crypto, type Entropy, HostFailure } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import type { RemoteAddress } from "./peer-table.ts";
import { SecurePort } from "./secure-port.ts";
import type { ProvenIdentity, SecurityInfo, SecurityStore } from "./security-store.ts";
import { drawIdentity, type ServerIdentity } from "./server-identity.ts";
import type { Store } from "./store/store.ts";

/** Where a server listens, and who it says it is. */
export interface Listening {
	readonly network: Network;
	readonly time: Timekeeper;
	/** Local address literal; absent listens on what the network has. */
	readonly host?: string;
	/** UDP port; 0 lets the network choose. */
	readonly port?: number;
	/** UDP port for CoAP over DTLS; absent: no DTLS, 0 lets the network choose. */
	readonly securePort?: number;
	/** The server's own key and certificate; drawn anew when left out, and kept where there is a store. */
	readonly identity?: ServerIdentity;
	/** Certificates in DER: of authorities whose clients may come with certificates, or of single clients. */
	readonly clientAuthorities?: readonly Uint8Array[];
	/** Whether `time` is that of the calendar, so that clients' certificates have to be valid now; true by default. */
	readonly hasCalendar?: boolean;
	/** Keeps what a restart is not to lose; it stays the caller's, who closes it after the server. */
	readonly store?: Store;
}

/** Where an identity that was drawn is kept. */
export interface IdentityKeeper {
	load(): ServerIdentity | undefined;
	save(identity: ServerIdentity): void;
}

export interface PortsOptions {
	readonly listening: Listening;
	/** For messages to people: "LwM2M server". */
	readonly title: string;
	readonly port: number;
	readonly crypto: Crypto;
	readonly entropy: Entropy;
	readonly store: SecurityStore;
	readonly keeper: IdentityKeeper | undefined;
	/** DTLS sessions and handshakes at once. */
	readonly sessions: number;
	received(bytes: Uint8Array, from: Readonly<RemoteAddress>, proven?: ProvenIdentity): void;
	/** A handshake with this address has come to nothing. */
	failed(address: Readonly<Address>, reason: string): void;
	/** The credentials of whoever is known at this address, to begin a handshake with. */
	expected(address: Readonly<RemoteAddress>): SecurityInfo | undefined;
	/** A DTLS session goes on from another address (RFC 9146 §6). */
	moved(from: Readonly<RemoteAddress>, to: Readonly<RemoteAddress>): void;
}

/** Longest UDP payload; what a client sends beyond our CoAP limits is refused by the protocol, not lost here. */
const receiveBufferBytes = 65_535;

/** A server's UDP port in the clear, and the one of DTLS where it has one. */
export class ServerPorts {
	readonly #options: PortsOptions;
	#socket: NetworkSocket | undefined;
	#port = 0;
	#secure: SecurePort | undefined;
	#identity: ServerIdentity | undefined;
	/** Datagrams that the network refused to send: no route, too large. Like a loss for the protocol. */
	unsent = 0;

	constructor(options: PortsOptions) {
		this.#options = options;
		this.#identity = options.listening.identity;
	}

	get port(): number {
		return this.#port;
	}

	get securePort(): number | undefined {
		return this.#secure?.port;
	}

	/** What it shows of itself in DTLS; undefined without a secure port. */
	get identity(): ServerIdentity | undefined {
		return this.#identity;
	}

	/** Binds the ports. @throws HostFailure with a message for people, naming the port, when one is taken */
	async open(): Promise<void> {
		await this.#openPlain();
		if (this.#options.listening.securePort === undefined) return;
		try {
			await this.#openSecure(this.#options.listening.securePort);
		} catch (error) {
			this.close();
			throw error;
		}
	}

	close(): void {
		this.#secure?.close();
		this.#secure = undefined;
		this.#socket?.close();
		this.#socket = undefined;
	}

	send(bytes: Uint8Array, to: Readonly<RemoteAddress>): void {
		try {
			if (to.secure !== true) this.#socket?.write(bytes, to);
			else if (this.#secure?.write(bytes, to) !== true) this.unsent++;
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.unsent++;
		}
	}

	/** These credentials count no more. */
	revoke(info: SecurityInfo): void {
		this.#secure?.revoke(info);
	}

	#ownIdentity(): ServerIdentity {
		const { keeper, entropy } = this.#options;
		this.#identity ??= keeper?.load();
		if (this.#identity === undefined) {
			this.#identity = drawIdentity("dormouse", (bytes) => entropy.fill(bytes));
			keeper?.save(this.#identity);
		}
		return this.#identity;
	}

	async #openPlain(): Promise<void> {
		const { listening, port, title, received } = this.#options;
		const { network, host } = listening;
		const buffer = new Uint8Array(receiveBufferBytes);
		const from: Address = { host: "", port: 0 };
		const onReadable = () => {
			for (;;) {
				const size = this.#socket?.read(buffer, from) ?? -1;
				if (size < 0) return;
				received(buffer.subarray(0, size), from);
			}
		};
		const socket = network.open({ port, onReadable, ...(host === undefined ? {} : { host }) });
		this.#socket = socket;
		try {
			this.#port = await socket.bound;
		} catch (cause) {
			this.#socket = undefined;
			const why = cause instanceof Error ? cause.message : String(cause);
			throw new HostFailure(`The ${title} can not listen on UDP port ${port}: ${why}`, { cause });
		}
	}

	async #openSecure(port: number): Promise<void> {
		const { listening, entropy, crypto, store, sessions, received, failed, expected, moved } = this.#options;
		const { network, host, time, clientAuthorities = [], hasCalendar = true } = listening;
		const identity = this.#ownIdentity();
		const common = { network, time, entropy, crypto, identity, store, sessions, hasCalendar };
		const tell = { received, failed, expected, moved };
		this.#secure = new SecurePort({ ...common, ...tell, authorities: clientAuthorities });
		await this.#secure.open(port, host);
	}
}
