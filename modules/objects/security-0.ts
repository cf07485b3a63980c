import { frozen } from "../frozen.ts";
import type { ObjectFacts } from "../lwm2m/facts.ts";
import { type InstanceOptions, ObjectInstance } from "../lwm2m/instance.ts";
import type { ObjectOptions } from "../lwm2m/registry.ts";
import { SECURITY } from "./facts/security-0-v1-1.ts";
import type { SECURITY as SECURITY_1_2 } from "./facts/security-0-v1-2.ts";

/** Security Mode (LwM2M Security, Resource 2; LwM2M Core 1.1 Appendix E.1). Mode 4, EST, is not in this build. */
export const SecurityMode = frozen({ psk: 0, rpk: 1, x509: 2, noSec: 3 });

/** A key that both sides know (LwM2M Transport 1.1 §5.2.8.1). */
export interface PskCredentials {
	readonly mode: "psk";
	/** UTF-8, at most 128 bytes for a server to be sure to take it (RFC 7925 §9). */
	readonly identity: Uint8Array;
	/** 1 to 64 bytes; 16 is what LwM2M asks for. */
	readonly key: Uint8Array;
}

/** Raw public keys of P-256 (LwM2M Transport 1.1 §5.2.8.2, RFC 7250). */
export interface RpkCredentials {
	readonly mode: "rpk";
	/** Ours: a SubjectPublicKeyInfo (RFC 5480). */
	readonly publicKey: Uint8Array;
	/** Ours: PKCS #8 (RFC 5958) or RFC 5915. */
	readonly privateKey: Uint8Array;
	/** The server's: a SubjectPublicKeyInfo. */
	readonly serverPublicKey: Uint8Array;
}

/** Certificates (LwM2M Transport 1.1 §5.2.8.7). */
export interface X509Credentials {
	readonly mode: "x509";
	/** Ours, in DER. */
	readonly certificate: Uint8Array;
	/** Ours: PKCS #8 (RFC 5958) or RFC 5915. */
	readonly privateKey: Uint8Array;
	/** What the server is held to: its certificate or that of an authority, in DER, or as Matching Type says. */
	readonly serverCertificate: Uint8Array;
	/** Resource 15, as TLSA has it (RFC 6698 §2.1.1): 0 CA, 1 service, 2 trust anchor, 3 domain-issued, the default. */
	readonly certificateUsage?: number;
	/** Resource 13: 0 the certificate itself, the default; 1 its SHA-256. */
	readonly matchingType?: number;
}

export interface SecurityOptions {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/** coap://host:port, or coaps://host:port with credentials */
	readonly serverUri: string;
	/** 1..65534; the Server Object has an Instance with the same. */
	readonly shortServerId: number;
	/** Absent: no security. */
	readonly credentials?: PskCredentials | RpkCredentials | X509Credentials;
	/** Server Name Indication (Resource 14, RFC 6066 §3); the host of the URI where it is a name, when left out. */
	readonly sni?: string;
	/** Cipher suites by their IANA numbers (Resource 16), the best first; AES_128_CCM_8 when left out. */
	readonly ciphersuites?: readonly number[];
	/** Whatever else the table has, by name: hold-off time, OSCORE link, 1.2's groups, algorithms, secondary URIs. */
	readonly more?: InstanceOptions<typeof SECURITY_1_2>["values"];
}

/** Any version of the table. */
export type SecurityFacts = ObjectFacts & { readonly id: 0 };

/**
 * How to reach one LwM2M Server (LwM2M Core 1.2 Appendix E.1). No server ever reads or writes it; the keys in it are
 * used where they are.
 * @param facts another version of the table: facts/security-0-v1-2.ts has what `more` may name of 1.2
 */
export function security(
	options: SecurityOptions,
	facts: SecurityFacts = SECURITY,
): ObjectInstance<typeof SECURITY_1_2> {
	const { id = 0, serverUri, shortServerId, credentials, sni, ciphersuites, more } = options;
	const table = facts as typeof SECURITY_1_2;
	const values = {
		...more,
		serverUri,
		bootstrapServer: false,
		securityMode: credentials === undefined ? SecurityMode.noSec : SecurityMode[credentials.mode],
		shortServerId,
	};
	if (credentials === undefined) return new ObjectInstance(table, { id, values });
	return new ObjectInstance(table, {
		id,
		values: {
			...values,
			...keysOf(credentials),
			...(sni === undefined ? {} : { sni }),
			...(ciphersuites === undefined ? {} : { dtlsTlsCiphersuite: ciphersuites }),
		},
	});
}

/** For `client.addObject(SECURITY, securityObject())`: Instances that a bootstrap or a kept configuration fills. */
export function securityObject(facts: SecurityFacts = SECURITY): ObjectOptions {
	return new SecurityObject(facts);
}

/** A class, because a closure would take some ten slots more. */
class SecurityObject implements ObjectOptions {
	private readonly facts: SecurityFacts;

	constructor(facts: SecurityFacts) {
		this.facts = facts;
	}

	provide(id: number): ObjectInstance<SecurityFacts> {
		return new ObjectInstance(this.facts, { id });
	}
}

/** Which Resource holds what, by mode (LwM2M Transport 1.1 §5.2.8). */
function keysOf(credentials: PskCredentials | RpkCredentials | X509Credentials) {
	switch (credentials.mode) {
		case "psk":
			return { publicKeyOrIdentity: credentials.identity, secretKey: credentials.key };
		case "rpk":
			return {
				publicKeyOrIdentity: credentials.publicKey,
				serverPublicKey: credentials.serverPublicKey,
				secretKey: credentials.privateKey,
			};
		case "x509": {
			const { certificateUsage, matchingType } = credentials;
			return {
				publicKeyOrIdentity: credentials.certificate,
				serverPublicKey: credentials.serverCertificate,
				secretKey: credentials.privateKey,
				...(certificateUsage === undefined ? {} : { certificateUsage }),
				...(matchingType === undefined ? {} : { matchingType }),
			};
		}
	}
}
