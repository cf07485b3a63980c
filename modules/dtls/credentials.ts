import { type Fault, fault } from "../bytes.ts";
import type { Crypto } from "../host.ts";
import { AlertDescription } from "./alert.ts";
import {
	readCertificate,
	readCertificateVerify,
	readRawPublicKey,
	writeCertificate,
	writeCertificateVerify,
	writeRawPublicKey,
} from "./certificate-message.ts";
import { CertificateType, SignatureAlgorithm } from "./extensions.ts";
import { readEcdheServerKeyExchange, signedHash } from "./key-exchange.ts";
import type { DtlsSettings, Identity } from "./settings.ts";
import { readSignature, SIGNATURE_BROKEN, writeSignature } from "./signature.ts";
import { type Suite, suiteById } from "./suite.ts";

export const CERTIFICATE_UNTRUSTED = fault("dtls.untrusted", AlertDescription.badCertificate, "RFC 5246 §7.4.2");
export const CERTIFICATE_MISSING = fault(
	"dtls.certificateMissing",
	AlertDescription.handshakeFailure,
	"RFC 5246 §7.4.6",
);

/** What the peer showed of itself. */
export interface PeerCredentials {
	/** 65 bytes. */
	readonly publicKey: Uint8Array;
	/** Empty for a raw public key. */
	readonly chain: readonly Uint8Array[];
}

/** How we can show our own key, of CertificateType, the shorter one first. */
export function ownCertificateTypes(identity: Identity | undefined): number[] {
	const types: number[] = [];
	if (identity?.rawPublicKey !== undefined) types.push(CertificateType.rawPublicKey);
	if (identity?.chain !== undefined) types.push(CertificateType.x509);
	return types;
}

/** What we take from the peer, of CertificateType, the preferred one first. */
export function acceptedCertificateTypes({ peerCertificateTypes, identity }: DtlsSettings): readonly number[] {
	if (peerCertificateTypes !== undefined) return peerCertificateTypes;
	const isRaw = identity?.rawPublicKey !== undefined && identity.chain === undefined;
	return [isRaw ? CertificateType.rawPublicKey : CertificateType.x509];
}

/** The extension of a ClientHello for `types`: absent where only X.509 is meant (RFC 7250 §4.1). */
export function offeredCertificateTypes(types: readonly number[]): readonly number[] | undefined {
	const isDefault = types.length === 0 || (types.length === 1 && types[0] === CertificateType.x509);
	return isDefault ? undefined : types;
}

/** @returns the first of `ours` that is among `theirs`; absent, theirs is X.509 alone. undefined: none */
export function commonCertificateType(
	ours: readonly number[],
	theirs: readonly number[] | undefined,
): number | undefined {
	for (let index = 0; index < ours.length; index++) {
		const type = ours[index]!;
		if (theirs === undefined ? type === CertificateType.x509 : theirs.includes(type)) return type;
	}
	return undefined;
}

/** The body of our Certificate; an empty list where there is nothing of that type to show (RFC 5246 §7.4.6). */
export function writeOwnCertificate(identity: Identity | undefined, type: number): Uint8Array {
	if (type === CertificateType.rawPublicKey && identity?.rawPublicKey !== undefined) {
		return writeRawPublicKey(identity.rawPublicKey);
	}
	return writeCertificate(type === CertificateType.x509 ? (identity?.chain ?? []) : []);
}

/**
 * Reads the body of the peer's Certificate and has it verified.
 * @returns undefined when the peer has none to show
 */
export function readPeerCertificate(
	settings: DtlsSettings,
	type: number,
	body: Uint8Array,
): PeerCredentials | Fault | undefined {
	const { trust } = settings;
	if (isEmptyCertificate(body)) return undefined;
	if (trust === undefined) return CERTIFICATE_UNTRUSTED;
	if (type === CertificateType.rawPublicKey) {
		const key = readRawPublicKey(body, 0, body.length);
		if ("code" in key) return key;
		const publicKey = trust.verifyRawKey(key);
		return "code" in publicKey ? untrusted(publicKey) : { publicKey, chain: [] };
	}
	const chain = readCertificate(body, 0, body.length);
	if ("code" in chain) return chain;
	const publicKey = trust.verifyChain(chain, settings.serverName, settings.wallTimeS?.());
	return "code" in publicKey ? untrusted(publicKey) : { publicKey, chain };
}

/** A verifier's Fault, with the alert that says it; bytes that can not be read have none of their own. */
function untrusted(refusal: Fault): Fault {
	if (typeof refusal.reply === "number") return refusal;
	return fault(refusal.code, AlertDescription.badCertificate, refusal.see);
}

/** Three bytes of zero: no certificate, no raw public key. */
export function isEmptyCertificate(body: Uint8Array): boolean {
	return body.length === 3 && body[0] === 0 && body[1] === 0 && body[2] === 0;
}

/** The body of a CertificateVerify (RFC 5246 §7.4.8): we have the private key. @param hash of all messages so far */
export function writeProof({ crypto, identity }: DtlsSettings, hash: Uint8Array): Uint8Array {
	const signature = writeSignature(crypto.p256!.sign(identity!.privateKey, hash));
	return writeCertificateVerify({ algorithm: SignatureAlgorithm.ecdsaSha256, signature });
}

/** Does the body of a CertificateVerify prove that the peer has the private key? @returns why not */
export function readProof(
	crypto: Crypto,
	publicKey: Uint8Array,
	hash: Uint8Array,
	body: Uint8Array,
): Fault | undefined {
	const proof = readCertificateVerify(body, 0, body.length);
	return "code" in proof ? proof : judgeSignature(crypto, publicKey, hash, proof.algorithm, proof.signature);
}

/** The server's point out of the body of a ServerKeyExchange (RFC 8422 §5.4), if the owner of this key signed it. */
export function readSignedPoint(
	crypto: Crypto,
	publicKey: Uint8Array,
	randoms: { readonly clientRandom: Uint8Array; readonly serverRandom: Uint8Array },
	body: Uint8Array,
): Uint8Array | Fault {
	const exchange = readEcdheServerKeyExchange(body, 0, body.length);
	if ("code" in exchange) return exchange;
	const hash = signedHash(crypto, randoms, body, exchange.signedAt, exchange.signedEnd);
	return judgeSignature(crypto, publicKey, hash, exchange.algorithm, exchange.signature) ?? exchange.point;
}

function judgeSignature(
	crypto: Crypto,
	publicKey: Uint8Array,
	hash: Uint8Array,
	algorithm: number,
	der: Uint8Array,
): Fault | undefined {
	const signature = readSignature(der);
	if ("code" in signature) return signature;
	if (algorithm !== SignatureAlgorithm.ecdsaSha256) return SIGNATURE_BROKEN;
	return crypto.p256!.verify(publicKey, hash, signature) ? undefined : SIGNATURE_BROKEN;
}

/** The suites of the settings that we have credentials for in the client's role. */
export function offeredSuites(settings: DtlsSettings): Suite[] {
	const offered: Suite[] = [];
	for (let index = 0; index < settings.suites.length; index++) {
		const suite = suiteById(settings.suites[index]!);
		if (suite === undefined) continue;
		const isPossible =
			suite.keyExchange === "psk"
				? settings.psk !== undefined
				: settings.trust !== undefined && settings.crypto.p256 !== undefined;
		if (isPossible) offered.push(suite);
	}
	return offered;
}
