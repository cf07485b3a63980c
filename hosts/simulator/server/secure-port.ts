import { type Address, type Crypto, type Entropy, HostFailure } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Timekeeper } from "../time.ts";
import type { RemoteAddress } from "./peer-table.ts";
import type { ProvenIdentity, SecurityInfo, SecurityStore } from "./security-store.ts";
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
	/** Sessions and handshakes at once. */
	readonly sessions: number;
	/** A message out of a session. */
	received(bytes: Uint8Array, from: Readonly<RemoteAddress>, proven: ProvenIdentity): void;
	/** Somebody else speaks from this address now: what was under way there is void. */
	replaced(address: Readonly<RemoteAddress>): void;
}

/** CoAP over DTLS: one UDP port, and the sessions with all who come to it. */
export class SecurePort {
	readonly #options: SecurePortOptions;
	#socket: NetworkSocket | undefined;
	#port = 0;

	constructor(options: SecurePortOptions) {
		this.#options = options;
	}

	get port(): number {
		return this.#port;
	}

	/** Binds the port. @throws HostFailure with a message for people, naming the port, when it is taken */
	async open(port: number, host: string | undefined): Promise<void> {
		const socket = this.#options.network.open({
			port,
			onReadable: () => this.#read(),
			...(host === undefined ? {} : { host }),
		});
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
	write(_bytes: Uint8Array, _to: Readonly<Address>): boolean {
		return false;
	}

	/** These credentials count no more: the sessions that rest on them end. */
	revoke(_info: SecurityInfo): void {}

	/** Ends all sessions without a word. */
	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
	}

	#read(): void {}
}
