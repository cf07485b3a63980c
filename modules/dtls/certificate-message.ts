import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { AlertDescription } from "./alert.ts";
import { listItemsMax } from "./extensions.ts";
import { Reader, Writer } from "./vector.ts";

/** RFC 8422 §5.5: ClientCertificateType ecdsa_sign. */
export const ClientCertificateType = frozen({ ecdsaSign: 64 });

/** Certificates in one chain; one more makes it unreadable. */
export const certificatesMax = 8;

export const CERTIFICATE_BROKEN = fault("dtls.certificateBroken", AlertDescription.decodeError, "RFC 5246 §7.4.2");
export const CERTIFICATES_TOO_MANY = fault(
	"dtls.certificatesTooMany",
	AlertDescription.badCertificate,
	"RFC 5246 §7.4.2, README Limits",
);
export const RAW_KEY_BROKEN = fault("dtls.rawKeyBroken", AlertDescription.decodeError, "RFC 7250 §3");
export const REQUEST_BROKEN = fault("dtls.certificateRequestBroken", AlertDescription.decodeError, "RFC 5246 §7.4.4");
export const VERIFY_BROKEN = fault("dtls.certificateVerifyBroken", AlertDescription.decodeError, "RFC 5246 §7.4.8");

/** What a server wants to see of a client (RFC 5246 §7.4.4). The names of authorities are passed over. */
export interface CertificateRequest {
	/** Of ClientCertificateType. */
	readonly types: readonly number[];
	/** Of SignatureAlgorithm. */
	readonly algorithms: readonly number[];
}

export interface CertificateVerify {
	/** One of SignatureAlgorithm, or one that we do not know. */
	readonly algorithm: number;
	/** DER: for readSignature(). */
	readonly signature: Uint8Array;
}

/** Reads a Certificate of X.509 (RFC 5246 §7.4.2). @returns DER, the sender's own first; none where it has none */
export function readCertificate(bytes: Uint8Array, at: number, end: number): Uint8Array[] | Fault {
	const reader = new Reader(bytes, at, end);
	const list = reader.nested(3);
	const chain: Uint8Array[] = [];
	while (list.at < list.end) {
		if (chain.length === certificatesMax) return CERTIFICATES_TOO_MANY;
		chain.push(list.opaque(3, 1, 0xffffff));
	}
	return reader.isDone && !list.isBroken ? chain : CERTIFICATE_BROKEN;
}

export function writeCertificate(chain: readonly Uint8Array[]): Uint8Array {
	const writer = new Writer();
	const start = writer.open(3);
	for (let index = 0; index < chain.length; index++) writer.opaque(chain[index]!, 3);
	writer.close(start, 3);
	return writer.finish();
}

/** Reads a Certificate that is a raw public key (RFC 7250 §3). @returns a SubjectPublicKeyInfo, DER */
export function readRawPublicKey(bytes: Uint8Array, at: number, end: number): Uint8Array | Fault {
	const reader = new Reader(bytes, at, end);
	const key = reader.opaque(3, 1, 0xffffff);
	return reader.isDone ? key : RAW_KEY_BROKEN;
}

/** @param key a SubjectPublicKeyInfo, DER */
export function writeRawPublicKey(key: Uint8Array): Uint8Array {
	return new Writer().opaque(key, 3).finish();
}

export function readCertificateRequest(bytes: Uint8Array, at: number, end: number): CertificateRequest | Fault {
	const reader = new Reader(bytes, at, end);
	const types = reader.uints(1, 1, listItemsMax);
	const algorithms = reader.uints(2, 2, listItemsMax);
	const authorities = reader.nested(2);
	while (authorities.at < authorities.end) {
		const name = authorities.nested(2); // empty, too, when it does not fit
		if (name.at === name.end) return REQUEST_BROKEN;
	}
	return reader.isDone ? { types, algorithms } : REQUEST_BROKEN;
}

export function writeCertificateRequest({ types, algorithms }: CertificateRequest): Uint8Array {
	return new Writer().uints(types, 1, 1).uints(algorithms, 2, 2).uint(0, 2).finish();
}

export function readCertificateVerify(bytes: Uint8Array, at: number, end: number): CertificateVerify | Fault {
	const reader = new Reader(bytes, at, end);
	const algorithm = reader.uint(2);
	const signature = reader.opaque(2, 0, 0xffff);
	return reader.isDone ? { algorithm, signature } : VERIFY_BROKEN;
}

export function writeCertificateVerify({ algorithm, signature }: CertificateVerify): Uint8Array {
	return new Writer().uint(algorithm, 2).opaque(signature, 2).finish();
}
