import { equalBytes, type Fault } from "../bytes.ts";
import type { Crypto } from "../host.ts";
import { type Certificate, purposeClientAuth, purposeServerAuth, readCertificate } from "./certificate.ts";
import { isNamed } from "./certificate-name.ts";
import { equalSecret } from "./equal.ts";
import { readSpki, writeSpki } from "./public-key.ts";
import {
	badAnchor,
	badServerPublicKey,
	chainLength,
	clockNotSet,
	matchingTypeNotSupported,
	nameNotGiven,
	noAnchors,
	noP256,
	otherAlgorithm,
	otherCertificate,
	otherRawKey,
	rawKeyNotAccepted,
	unknownIssuer,
	usageNotSupported,
	wrongName,
} from "./trust-fault.ts";
import { type Anchor, PathSearch } from "./trust-path.ts";

/** Most certificates in a chain, the leaf included, and most anchors. */
export const chainMax = 4;
export const anchorsMax = 8;

const hashBytes = 32;

/** Certificate Usage, 0/x/15 (LwM2M Transport 1.2 §5.2.9.7, RFC 6698 §2.1.1). */
export const usageCaConstraint = 0;
export const usageServiceCertificate = 1;
export const usageTrustAnchor = 2;
export const usageDomainIssued = 3;

/** Matching Type, 0/x/13. SHA-384 (2) and SHA-512 (3) are refused: the Crypto port has SHA-256 only. */
export const matchExact = 0;
export const matchSha256 = 1;

/** Says whether the other side of a handshake is the one it should be. Never throws: its bytes are the network's. */
export interface PeerVerifier {
	/**
	 * @param chain certificates in DER as the peer sent them, its own first
	 * @param serverName whom we wanted: the SNI Resource, else the host of the URI. Not used in the server role
	 * @param nowS seconds since 1970; undefined while the clock is not set
	 * @returns the peer's key, 65 bytes of its own, or the Fault
	 */
	verifyChain(
		chain: readonly Uint8Array[],
		serverName: string | undefined,
		nowS: number | undefined,
	): Uint8Array | Fault;
	/** @param spki the raw public key (RFC 7250) that the peer sent. @returns the key, 65 bytes, or the Fault */
	verifyRawKey(spki: Uint8Array): Uint8Array | Fault;
}

/**
 * Which paths are accepted while nobody has set the clock, so that validity can not be looked at: none; those whose
 * leaf is pinned (certificate usage 1); all. A certificate of usage 3 is accepted in any case.
 */
export type WithoutClock = "refuse" | "pinned" | "accept";

/** What a Security Object Instance says about its server, and what the device knows. */
export interface ServerTrustSettings {
	readonly crypto: Crypto;
	/** 0/x/4: a certificate or a SubjectPublicKeyInfo in DER, or the SHA-256 of either. Copied. */
	readonly serverPublicKey: Uint8Array;
	/** 0/x/15; default 3. */
	readonly usage?: number;
	/** 0/x/13; default 0. */
	readonly matchingType?: number;
	/** The device's own trust anchors, certificates in DER: needed for usages 0 and 1, not looked at for 2 and 3. */
	readonly anchors?: readonly Uint8Array[];
	/** Default "pinned". */
	readonly withoutClock?: WithoutClock;
}

/** What 0/x/4 holds. */
interface Pin {
	readonly kind: "certificate" | "spki" | "sha256";
	/** The certificate, the SubjectPublicKeyInfo, or the hash. */
	readonly bytes: Uint8Array;
	readonly certificate: Certificate | undefined;
	readonly point: Uint8Array | undefined;
}

/**
 * Makes the verifier that a client uses for one server.
 * @returns it, or the Fault that is in the settings. Never throws: a bootstrap server may have written them
 */
export function serverTrust(settings: ServerTrustSettings): ServerTrust | Fault {
	const { crypto, usage = usageDomainIssued, matchingType = matchExact } = settings;
	if (crypto.p256 === undefined) return noP256;
	if (usage !== 0 && usage !== 1 && usage !== 2 && usage !== 3) return usageNotSupported;
	if (matchingType !== matchExact && matchingType !== matchSha256) return matchingTypeNotSupported;
	const pin = readPin(settings.serverPublicKey, matchingType);
	if ("code" in pin) return pin;
	let anchors: readonly Anchor[] = [];
	if (usage === usageCaConstraint || usage === usageServiceCertificate) {
		const read = readAnchors(settings.anchors ?? []);
		if ("code" in read) return read;
		anchors = read;
	} else if (usage === usageTrustAnchor && pin.point !== undefined) {
		anchors = [{ certificate: pin.certificate, point: pin.point }];
	}
	return new ServerTrust(crypto, usage, pin, anchors, settings.withoutClock ?? "pinned");
}

function readPin(given: Uint8Array, matchingType: number): Pin | Fault {
	const bytes = given.slice();
	if (matchingType === matchSha256) {
		if (bytes.length !== hashBytes) return badServerPublicKey;
		return { kind: "sha256", bytes, certificate: undefined, point: undefined };
	}
	const point = readSpki(bytes);
	if (!("code" in point)) return { kind: "spki", bytes, certificate: undefined, point };
	const certificate = readCertificate(bytes);
	if ("code" in certificate || certificate.point === undefined) return badServerPublicKey;
	return { kind: "certificate", bytes, certificate, point: certificate.point };
}

function readAnchors(list: readonly Uint8Array[]): readonly Anchor[] | Fault {
	if (list.length === 0) return noAnchors;
	const anchors: Anchor[] = [];
	for (const bytes of list) {
		const certificate = readCertificate(bytes.slice());
		if ("code" in certificate || certificate.point === undefined || anchors.length === anchorsMax) return badAnchor;
		anchors.push({ certificate, point: certificate.point });
	}
	return anchors;
}

/**
 * Reads a chain. Certificates behind the first may be unreadable or of other algorithms: they are left out, for a path
 * may well do without them.
 */
function readChain(chain: readonly Uint8Array[]): Certificate[] | Fault {
	if (chain.length === 0 || chain.length > chainMax) return chainLength;
	const read: Certificate[] = [];
	for (const bytes of chain) {
		const certificate = readCertificate(bytes);
		if (!("code" in certificate)) read.push(certificate);
		else if (read.length === 0) return certificate;
	}
	return read;
}

/** Verifies one server as its Security Object Instance says. Made by serverTrust(). */
export class ServerTrust implements PeerVerifier {
	readonly #crypto: Crypto;
	readonly #usage: number;
	readonly #pin: Pin;
	readonly #anchors: readonly Anchor[];
	readonly #withoutClock: WithoutClock;

	/** Use serverTrust(), which checks what comes in. */
	constructor(crypto: Crypto, usage: number, pin: Pin, anchors: readonly Anchor[], withoutClock: WithoutClock) {
		this.#crypto = crypto;
		this.#usage = usage;
		this.#pin = pin;
		this.#anchors = anchors;
		this.#withoutClock = withoutClock;
	}

	verifyChain(
		chain: readonly Uint8Array[],
		serverName: string | undefined,
		nowS: number | undefined,
	): Uint8Array | Fault {
		const read = readChain(chain);
		if ("code" in read) return read;
		const leaf = read[0]!;
		if (leaf.point === undefined) return otherAlgorithm;
		// LwM2M Transport 1.2 §5.2.9.3: a server whose certificate is the configured one needs no other name.
		const isPinned = this.#usage === usageDomainIssued || this.#usage === usageServiceCertificate;
		if (isPinned && !this.matches(leaf)) return otherCertificate;
		if (this.#usage === usageDomainIssued) return leaf.point;
		const isClockNeeded = this.#withoutClock === "refuse" || (this.#withoutClock === "pinned" && !isPinned);
		if (nowS === undefined && isClockNeeded) return clockNotSet;
		if (!isPinned) {
			if (serverName === undefined) return nameNotGiven;
			if (!isNamed(leaf, serverName)) return wrongName;
		}
		return this.search(leaf, read, nowS) ?? leaf.point;
	}

	verifyRawKey(spki: Uint8Array): Uint8Array | Fault {
		const point = readSpki(spki);
		if ("code" in point) return point;
		// The other usages are about paths, and a raw key has none.
		if (this.#usage !== usageDomainIssued || this.#pin.kind === "certificate") return rawKeyNotAccepted;
		const { bytes } = this.#pin;
		const presented = this.#pin.kind === "spki" ? spki : this.hash(spki, 0, spki.length);
		const isSame = presented.length === bytes.length && equalSecret(presented, 0, bytes, 0, bytes.length);
		return isSame ? point : otherRawKey;
	}

	private search(leaf: Certificate, chain: readonly Certificate[], nowS: number | undefined): Fault | undefined {
		const crypto = this.#crypto;
		const purpose = purposeServerAuth;
		const pool = chain.slice(1);
		if (this.#usage === usageTrustAnchor) {
			const anchors = this.#anchors.slice();
			// A hash, or a key that has a name after all: the server sends the anchor along (RFC 7671 §5.2.1).
			if (this.#pin.kind !== "certificate") {
				for (const certificate of chain) {
					if (certificate.point === undefined || !this.matches(certificate)) continue;
					anchors.unshift({ certificate, point: certificate.point });
				}
			}
			if (anchors.length === 0) return unknownIssuer;
			return new PathSearch({ crypto, purpose, nowS, anchors, pool }).run(leaf);
		}
		const anchors = this.#anchors;
		if (this.#usage !== usageCaConstraint) return new PathSearch({ crypto, purpose, nowS, anchors, pool }).run(leaf);
		if (this.#pin.certificate !== undefined) pool.push(this.#pin.certificate);
		const mustMeet = (certificate: Certificate) => this.matches(certificate);
		return new PathSearch({ crypto, purpose, nowS, anchors, pool, mustMeet }).run(leaf);
	}

	/** RFC 6698 §2.1.2, §2.1.3: a hash does not say of what, so both are tried. */
	private matches({ bytes, spkiAt, spkiEnd }: Certificate): boolean {
		const pin = this.#pin;
		if (pin.kind === "certificate") return equalBytes(bytes, pin.bytes);
		if (pin.kind === "spki") return equalBytes(bytes.subarray(spkiAt, spkiEnd), pin.bytes);
		return (
			equalBytes(this.hash(bytes, 0, bytes.length), pin.bytes) ||
			equalBytes(this.hash(bytes, spkiAt, spkiEnd), pin.bytes)
		);
	}

	private hash(bytes: Uint8Array, at: number, end: number): Uint8Array {
		const run = this.#crypto.sha256();
		run.update(bytes, at, end);
		return run.digest();
	}
}

/** Whom the server role lets in. */
export interface ClientTrustSettings {
	readonly crypto: Crypto;
	/** Certificates of CAs, or of single clients, in DER. Copied. None: no chain is accepted. */
	readonly anchors?: readonly Uint8Array[];
	/** Whether a raw public key is known; asked with the SubjectPublicKeyInfo, 91 bytes. Absent: none is. */
	readonly knowsRawKey?: (spki: Uint8Array) => boolean;
	/** "accept" looks at no validity while the clock is not set; anything else refuses then. Default "refuse". */
	readonly withoutClock?: "refuse" | "accept";
}

/** Makes the verifier that a server uses for its clients. @returns it, or the Fault that is in the settings */
export function clientTrust(settings: ClientTrustSettings): ClientTrust | Fault {
	if (settings.crypto.p256 === undefined) return noP256;
	const anchors = settings.anchors === undefined ? [] : readAnchors(settings.anchors);
	return "code" in anchors ? anchors : new ClientTrust(settings, anchors);
}

/** Verifies clients: a path to an anchor, for clientAuth. Who it is says readEndpointName(). Made by clientTrust(). */
export class ClientTrust implements PeerVerifier {
	readonly #settings: ClientTrustSettings;
	readonly #anchors: readonly Anchor[];

	/** Use clientTrust(), which checks what comes in. */
	constructor(settings: ClientTrustSettings, anchors: readonly Anchor[]) {
		this.#settings = settings;
		this.#anchors = anchors;
	}

	verifyChain(
		chain: readonly Uint8Array[],
		_serverName: string | undefined,
		nowS: number | undefined,
	): Uint8Array | Fault {
		const read = readChain(chain);
		if ("code" in read) return read;
		const leaf = read[0]!;
		const { crypto, withoutClock } = this.#settings;
		if (leaf.point === undefined) return otherAlgorithm;
		if (nowS === undefined && withoutClock !== "accept") return clockNotSet;
		const anchors = this.#anchors;
		const search = new PathSearch({ crypto, purpose: purposeClientAuth, nowS, anchors, pool: read.slice(1) });
		return search.run(leaf) ?? leaf.point;
	}

	verifyRawKey(spki: Uint8Array): Uint8Array | Fault {
		const point = readSpki(spki);
		if ("code" in point) return point;
		return this.#settings.knowsRawKey?.(writeSpki(point)) === true ? point : otherRawKey;
	}
}
