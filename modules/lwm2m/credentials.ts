import { type Fault, fault } from "../bytes.ts";
import type { PeerVerifier, ServerTrustSettings } from "../crypto/trust.ts";
import type { DtlsSettings } from "../dtls/settings.ts";
import { suiteById } from "../dtls/suite.ts";
import { frozen } from "../frozen.ts";
import type { Crypto, KeyHandle } from "../host.ts";
import type { Instance } from "./instance.ts";
import { readServerUri } from "./server-uri.ts";
import { type Held, isInstances } from "./value.ts";

/** Resources of the Security Object (LwM2M Core 1.1 Appendix E.1). */
const resource = frozen({
	serverUri: 0,
	securityMode: 2,
	publicKeyOrIdentity: 3,
	serverPublicKey: 4,
	secretKey: 5,
	matchingType: 13,
	sni: 14,
	certificateUsage: 15,
	ciphersuite: 16,
});

/** Resource 2. */
const psk = 0;
const rpk = 1;
const x509 = 2;

const longestPsk = 64;
/** Every server has these (LwM2M Transport 1.1 §5.2.8): offering no other ones is shortest. */
const pskSuites: readonly number[] = frozen([0xc0a8]);
const ecdsaSuites: readonly number[] = frozen([0xc0ae]);

const mode = fault(
	"credentials.mode",
	"silence",
	"LwM2M Core 1.1 Appendix E.1: this Security Mode is not in this build",
);
const identity = fault("credentials.identity", "silence", "LwM2M Core 1.1 Appendix E.1: Resource 3");
const secretKey = fault("credentials.secretKey", "silence", "LwM2M Core 1.1 Appendix E.1: Resource 5");
const serverKey = fault("credentials.serverPublicKey", "silence", "LwM2M Core 1.1 Appendix E.1: Resource 4");
const suite = fault(
	"credentials.ciphersuite",
	"silence",
	"LwM2M Core 1.1 Appendix E.1: Resource 16 has none that we speak",
);
const noP256 = fault("credentials.noP256", "silence", "LwM2M Transport 1.1 §5.2.8.2: this device has no P-256");

/** What modes 1 and 2 take: left out of a product that has pre-shared keys alone, they are not in its image. */
export interface PublicKeys {
	/** modules/crypto/public-key.ts */
	readonly readPrivateKey: (bytes: Uint8Array) => Uint8Array | Fault;
	/** modules/crypto/trust.ts */
	readonly serverTrust: (settings: ServerTrustSettings) => PeerVerifier | Fault;
	/** Certificates of authorities in DER, for certificate usages 0 and 1. */
	readonly anchors?: readonly Uint8Array[];
}

/** The part of the settings that an account says, and the keys in them. */
export interface Credentials {
	readonly settings: Pick<
		DtlsSettings,
		"suites" | "psk" | "identity" | "trust" | "peerCertificateTypes" | "serverName" | "sendServerName"
	>;
	/** What was imported for it: to be released when the handshake is over. */
	readonly key: KeyHandle;
}

/**
 * Reads a Security Object Instance, and imports its key.
 * @returns what a handshake takes, or the Fault of what is missing or wrong; then nothing was imported
 * @throws HostFailure when the Crypto port has no room
 */
export function readCredentials(
	security: Instance,
	crypto: Crypto,
	publicKeys: PublicKeys | undefined,
): Credentials | Fault {
	const secret = bytesOf(security.at(resource.secretKey));
	const own = bytesOf(security.at(resource.publicKeyOrIdentity));
	const which = security.at(resource.securityMode);
	if (which !== psk && which !== rpk && which !== x509) return mode;
	const suites = suitesOf(security.at(resource.ciphersuite), which === psk ? "psk" : "ecdheEcdsa");
	if (suites.length === 0) return suite;
	if (own === undefined) return identity;
	if (secret === undefined) return secretKey;
	if (which === psk) {
		if (secret.length > longestPsk) return secretKey;
		const key = crypto.importSecret(secret);
		return { key, settings: { suites, psk: { identity: own, key }, ...nameToSend(security) } };
	}
	if (publicKeys === undefined || crypto.p256 === undefined) return noP256;
	const trust = trustOf(security, crypto, publicKeys);
	if ("code" in trust) return trust;
	const scalar = publicKeys.readPrivateKey(secret);
	if ("code" in scalar) return scalar;
	const privateKey = crypto.p256.importPrivateKey(scalar);
	scalar.fill(0);
	if (privateKey === undefined) return secretKey;
	const shown = which === rpk ? { rawPublicKey: own } : { chain: [own] };
	const names = which === rpk ? nameToSend(security) : nameToCompare(security);
	// CertificateType (RFC 7250 §3): what we want to see of the server is what we show.
	const peerCertificateTypes = which === rpk ? rawPublicKeys : certificates;
	return {
		key: privateKey,
		settings: { suites, identity: { privateKey, ...shown }, trust, peerCertificateTypes, ...names },
	};
}

const rawPublicKeys: readonly number[] = frozen([2]);
const certificates: readonly number[] = frozen([0]);

function trustOf(security: Instance, crypto: Crypto, { serverTrust, anchors }: PublicKeys): PeerVerifier | Fault {
	const serverPublicKey = bytesOf(security.at(resource.serverPublicKey));
	if (serverPublicKey === undefined) return serverKey;
	const usage = security.at(resource.certificateUsage);
	const matchingType = security.at(resource.matchingType);
	return serverTrust({
		crypto,
		serverPublicKey,
		...(typeof usage === "number" ? { usage } : {}),
		...(typeof matchingType === "number" ? { matchingType } : {}),
		...(anchors === undefined ? {} : { anchors }),
	});
}

/** Resource 14, where it is there: nothing is sent that nobody asked for. */
function nameToSend(security: Instance): { serverName?: string } {
	const sni = security.at(resource.sni);
	return typeof sni === "string" && sni !== "" ? { serverName: sni } : {};
}

/**
 * Resource 14, else the host of the URI: a certificate is compared with it. An address literal is not sent (RFC 6066
 * §3).
 */
function nameToCompare(security: Instance): { serverName?: string; sendServerName?: boolean } {
	const { serverName } = nameToSend(security);
	if (serverName !== undefined) return { serverName };
	const uri = readServerUri(String(security.at(resource.serverUri) ?? ""));
	if ("code" in uri) return {};
	return { serverName: uri.host, sendServerName: !isLiteral(uri.host) };
}

/** An IPv6 address has colons, an IPv4 address ends in a digit, and no name does (RFC 1123 §2.1). */
function isLiteral(host: string): boolean {
	return host.indexOf(":") >= 0 || "0123456789".indexOf(host.slice(-1)) >= 0;
}

function bytesOf(held: Held | undefined): Uint8Array | undefined {
	return held instanceof Uint8Array && held.length > 0 ? held : undefined;
}

/** Those of Resource 16 that fit the mode, in order of their Resource Instance IDs; all others we do not speak. */
function suitesOf(held: Held | undefined, keyExchange: "psk" | "ecdheEcdsa"): readonly number[] {
	if (held === undefined || !isInstances(held)) return keyExchange === "psk" ? pskSuites : ecdsaSuites;
	const found: number[] = [];
	held.forEach((value) => {
		if (typeof value === "number" && suiteById(value)?.keyExchange === keyExchange) found.push(value);
	});
	return found;
}
