import { equalBytes, utf8 } from "../../../modules/bytes.ts";
import type { Crypto, KeyHandle } from "../../../modules/host.ts";

/** How one client proves who it is. */
export type SecurityInfo = { readonly endpoint: string } & (
	| { readonly mode: "psk"; readonly identity: string; readonly key: Uint8Array }
	/** A SubjectPublicKeyInfo of P-256. */
	| { readonly mode: "rpk"; readonly publicKey: Uint8Array }
	/** A certificate of an authority that the server trusts, its common name the endpoint client name. */
	| { readonly mode: "x509" }
);

/** What a client has proved in its handshake. */
export interface ProvenIdentity {
	readonly psk?: Uint8Array;
	/** The point of its key, 65 bytes. */
	readonly publicKey?: Uint8Array;
	/** The common name of its certificate; absent where it showed none. */
	readonly commonName?: string;
}

/** The store can not take this; the message is for people. */
export class SecurityRefused extends Error {
	override get name() {
		return "SecurityRefused";
	}
}

interface Entry {
	readonly info: SecurityInfo;
	/** Of a pre-shared key. */
	readonly key: KeyHandle | undefined;
}

/** What comes before the point in a SubjectPublicKeyInfo of P-256 (RFC 5480 §2). */
const spkiHeadBytes = 26;

/**
 * Who may register, and how each proves it, as leshan-demo-server keeps it: one entry per endpoint client name, and no
 * two with one PSK identity. An endpoint without an entry registers without security, one with an entry only with it.
 */
export class SecurityStore {
	readonly #crypto: Crypto;
	readonly #limit: number;
	readonly #byEndpoint = new Map<string, Entry>();
	readonly #byIdentity = new Map<string, Entry>();
	readonly #onRemoved: (info: SecurityInfo) => void;
	/** Hears of each change, undefined for credentials that are gone. */
	changed: (endpoint: string, info: SecurityInfo | undefined) => void = () => {};

	/** @param onRemoved hears of credentials that count no more: their sessions end */
	constructor(crypto: Crypto, limit: number, onRemoved: (info: SecurityInfo) => void) {
		this.#crypto = crypto;
		this.#limit = limit;
		this.#onRemoved = onRemoved;
	}

	get size(): number {
		return this.#byEndpoint.size;
	}

	all(): SecurityInfo[] {
		return [...this.#byEndpoint.values()].map(({ info }) => info);
	}

	byEndpoint(endpoint: string): SecurityInfo | undefined {
		return this.#byEndpoint.get(endpoint)?.info;
	}

	/** The key of a PSK identity, for a handshake; it stays the store's. */
	keyOf(identity: Uint8Array): KeyHandle | undefined {
		return this.#byIdentity.get(nameOf(identity))?.key;
	}

	/** Whether a raw public key is somebody's. @param spki a SubjectPublicKeyInfo */
	hasPublicKey(spki: Uint8Array): boolean {
		for (const { info } of this.#byEndpoint.values()) {
			if (info.mode === "rpk" && equalBytes(info.publicKey, spki)) return true;
		}
		return false;
	}

	/** Adds or replaces an endpoint's entry. @throws SecurityRefused for an identity of another's, and when it is full */
	add(info: SecurityInfo): void {
		const before = this.#byEndpoint.get(info.endpoint);
		if (before === undefined && this.#byEndpoint.size >= this.#limit) {
			throw new SecurityRefused(`No room: ${this.#limit} endpoints have credentials`);
		}
		const identity = info.mode === "psk" ? nameOf(utf8(info.identity)) : undefined;
		const owner = identity === undefined ? undefined : this.#byIdentity.get(identity);
		if (info.mode === "psk" && owner !== undefined && owner.info.endpoint !== info.endpoint) {
			throw new SecurityRefused(`PSK Identity ${info.identity} is already used`);
		}
		if (before !== undefined && isSame(before.info, info)) return;
		if (before !== undefined) this.#drop(before);
		const entry = { info, key: info.mode === "psk" ? this.#crypto.importSecret(info.key) : undefined };
		this.#byEndpoint.set(info.endpoint, entry);
		if (identity !== undefined) this.#byIdentity.set(identity, entry);
		this.changed(info.endpoint, info);
	}

	/** @returns whether there was one */
	remove(endpoint: string): boolean {
		const entry = this.#byEndpoint.get(endpoint);
		if (entry === undefined) return false;
		this.#drop(entry);
		this.changed(endpoint, undefined);
		return true;
	}

	/** Forgets all of them and their keys. */
	clear(): void {
		for (const { key } of this.#byEndpoint.values()) if (key !== undefined) this.#crypto.release(key);
		this.#byEndpoint.clear();
		this.#byIdentity.clear();
	}

	/**
	 * Whether a client may speak as `endpoint`, as Leshan's SecurityChecker decides.
	 * @param proven undefined for a client that came without security
	 */
	isAuthorized(endpoint: string, proven: ProvenIdentity | undefined): boolean {
		const info = this.byEndpoint(endpoint);
		if (info === undefined || proven === undefined) return info === undefined && proven === undefined;
		return isProvenBy(info, proven);
	}

	/** What a client that has proved this is called, where it does not say so itself (Core 1.2 §6.2.1). */
	endpointOf({ psk, publicKey, commonName }: ProvenIdentity): string | undefined {
		if (commonName !== undefined) return commonName;
		if (psk !== undefined) return this.#byIdentity.get(nameOf(psk))?.info.endpoint;
		if (publicKey === undefined) return undefined;
		return this.all().find((info) => info.mode === "rpk" && isProvenBy(info, { publicKey }))?.endpoint;
	}

	#drop(entry: Entry): void {
		const { info, key } = entry;
		this.#byEndpoint.delete(info.endpoint);
		if (info.mode === "psk") this.#byIdentity.delete(nameOf(utf8(info.identity)));
		if (key !== undefined) this.#crypto.release(key);
		this.#onRemoved(info);
	}
}

/** Whether a client that has proved this has what `info` asks for. */
export function isProvenBy(info: SecurityInfo, { psk, publicKey, commonName }: ProvenIdentity): boolean {
	switch (info.mode) {
		case "psk":
			return psk !== undefined && nameOf(psk) === nameOf(utf8(info.identity));
		case "rpk":
			return (
				publicKey !== undefined &&
				commonName === undefined &&
				equalBytes(publicKey, info.publicKey.subarray(spkiHeadBytes))
			);
		case "x509":
			return commonName === info.endpoint;
	}
}

/** Whether it is the same client that has proved both. */
export function isSameProof(a: ProvenIdentity | undefined, b: ProvenIdentity | undefined): boolean {
	const text = ({ psk, publicKey, commonName = "" }: ProvenIdentity) =>
		[psk, publicKey].map((bytes) => (bytes === undefined ? "" : nameOf(bytes))).join() + commonName;
	return a === undefined || b === undefined ? a === b : text(a) === text(b);
}

/** Identities are bytes; those that are no UTF-8 have names of their own, too. */
function nameOf(identity: Uint8Array): string {
	return Buffer.from(identity).toString("latin1");
}

function isSame(a: SecurityInfo, b: SecurityInfo): boolean {
	if (a.mode === "psk" && b.mode === "psk") return a.identity === b.identity && equalBytes(a.key, b.key);
	if (a.mode === "rpk" && b.mode === "rpk") return equalBytes(a.publicKey, b.publicKey);
	return a.mode === b.mode;
}
