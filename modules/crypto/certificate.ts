import { type Fault, fault } from "../bytes.ts";
import { takeTime } from "./certificate-time.ts";
import { DerReader, derTrailing, equalRange, tagContext0, tagContext3, tagOctetString, tagSequence } from "./der.ts";
import { readEcdsaSignature, takeSpki } from "./public-key.ts";

/** The largest certificate that is looked at. RFC 7925 §4.4 wants them small; those of P-256 have some 300 to 900. */
export const certificateBytesMax = 4096;
/** The longest serial number (RFC 5280 §4.1.2.2). */
const serialBytesMax = 20;
const extensionsMax = 32;

export const certificateSize = fault("x509.size", "silence", 'README "Limits"');
export const certificateVersion = fault("x509.version", "silence", "RFC 5280 §4.1.2.1");
export const certificateSerial = fault("x509.serial", "silence", "RFC 5280 §4.1.2.2");
export const certificateIssuer = fault("x509.issuer", "silence", "RFC 5280 §4.1.2.4");
export const certificateAlgorithm = fault("x509.algorithm", "silence", "RFC 5280 §4.1.1.2");
export const certificateExtension = fault("x509.extension", "silence", "RFC 5280 §4.2");

/** Object identifiers as DER content in hexadecimal digits. */
const ecdsaWithSha256 = "2a8648ce3d040302"; // RFC 5758 §3.2
const idSubjectKeyIdentifier = "551d0e";
const idKeyUsage = "551d0f"; // RFC 5280 §4.2.1.3
const idSubjectAltName = "551d11"; // §4.2.1.6
const idBasicConstraints = "551d13"; // §4.2.1.9
const idNameConstraints = "551d1e"; // §4.2.1.10
const idPolicyConstraints = "551d24"; // §4.2.1.11
const idExtendedKeyUsage = "551d25"; // §4.2.1.12
const idServerAuth = "2b06010505070301";
const idClientAuth = "2b06010505070302";
const idAnyExtendedKeyUsage = "551d2500";

/** Bits of keyUsage (RFC 5280 §4.2.1.3) as they stand in its first byte. */
export const keyUsageDigitalSignature = 0x80;
export const keyUsageKeyCertSign = 0x04;

/** Bits for what extendedKeyUsage allows. */
export const purposeServerAuth = 1;
export const purposeClientAuth = 2;
export const purposeAny = 4;

/** Extensions that were met, to find those that come twice. */
const metKeyUsage = 1;
const metAltName = 2;
const metBasicConstraints = 4;
const metNameConstraints = 8;
const metExtendedKeyUsage = 16;
const metKeyIdentifier = 32;

/**
 * What path validation asks of an X.509 certificate (RFC 5280 §4.1). Offsets point into `bytes`, to which it keeps a
 * reference: they must not change. The reader fills it; everybody else only reads.
 */
export class Certificate {
	readonly bytes: Uint8Array;
	/** 1 or 3. */
	version = 1;
	/** What is signed, with tag and length. */
	signedAt = 0;
	signedEnd = 0;
	/** Content of the serial number. */
	serialAt = 0;
	serialEnd = 0;
	/** Names with tag and length. */
	issuerAt = 0;
	issuerEnd = 0;
	subjectAt = 0;
	subjectEnd = 0;
	/** Seconds since 1970; both moments belong to the validity. */
	notBeforeS = 0;
	notAfterS = 0;
	/** SubjectPublicKeyInfo with tag and length. */
	spkiAt = 0;
	spkiEnd = 0;
	/** The key, 65 bytes; undefined when it is not of P-256. */
	point: Uint8Array | undefined;
	/** r and s, 64 bytes; undefined when the algorithm is not ecdsa-with-SHA256. */
	signature: Uint8Array | undefined;
	/** basicConstraints with cA. */
	isCa = false;
	/** -1: no limit. */
	pathLength = -1;
	/** The first byte of keyUsage; -1: there is none, so nothing is excluded. */
	keyUsage = -1;
	/** Bits of purpose…; -1: there is no extendedKeyUsage, so nothing is excluded. */
	purposes = -1;
	/** The GeneralNames of subjectAltName, content; -1: there is none. */
	altNamesAt = -1;
	altNamesEnd = -1;
	isAltNameCritical = false;
	/** A nameConstraints extension, which we do not process, critical or not. */
	hasNameConstraints = false;
	/** A critical extension that is not known here. */
	hasUnknownCritical = false;

	constructor(bytes: Uint8Array) {
		this.bytes = bytes;
	}

	/** Whether the subject is the empty name (RFC 5280 §4.1.2.6). */
	get hasEmptySubject(): boolean {
		return this.subjectEnd - this.subjectAt === 2;
	}

	/** Issuer and subject are the same bytes. */
	get isSelfIssued(): boolean {
		return this.isIssuedBy(this);
	}

	/** Compares names, byte by byte as RFC 5280 §7.1 lets those who know no string preparation; no signature. */
	isIssuedBy(other: Certificate): boolean {
		return equalRange(this.bytes, this.issuerAt, this.issuerEnd, other.bytes, other.subjectAt, other.subjectEnd);
	}
}

/**
 * Reads one certificate that fills `bytes`: X.509 version 3 in DER, and version 1, which has no extensions. Says what
 * stands there and nothing about trust: a key or signature of other algorithms comes as undefined, an unknown critical
 * extension as a flag.
 * @returns it with a reference to `bytes`, or the Fault. Never throws
 */
export function readCertificate(bytes: Uint8Array): Certificate | Fault {
	if (bytes.length > certificateBytesMax) return certificateSize;
	const certificate = new Certificate(bytes);
	const der = new DerReader(bytes, 0, bytes.length);
	const outer = der.enter(tagSequence);
	certificate.signedAt = der.at;
	const signed = der.enter(tagSequence);
	certificate.signedEnd = der.end;
	takeVersionAndSerial(der, certificate);
	const algorithmAt = der.at;
	const isEcdsa = takeAlgorithm(der);
	const algorithmEnd = der.at;
	takeNamesAndKey(der, certificate);
	if (der.isNext(tagContext3)) {
		if (certificate.version !== 3) der.refuse(certificateVersion);
		takeExtensions(der, certificate);
	}
	der.leave(signed);
	const againAt = der.at;
	takeAlgorithm(der);
	if (!equalRange(bytes, algorithmAt, algorithmEnd, bytes, againAt, der.at)) der.refuse(certificateAlgorithm);
	if (der.takeBits() > 0) der.refuse(certificateAlgorithm);
	const { contentAt, contentEnd } = der;
	der.leave(outer);
	if (!der.isDone) der.refuse(derTrailing);
	if (der.fault !== undefined) return der.fault;
	if (!isEcdsa) return certificate;
	const signature = readEcdsaSignature(bytes, contentAt, contentEnd);
	if ("code" in signature) return signature;
	certificate.signature = signature;
	return certificate;
}

function takeVersionAndSerial(der: DerReader, certificate: Certificate): void {
	if (der.isNext(tagContext0)) {
		const outer = der.enter(tagContext0);
		// 0, version 1, is the default and so must not be written; version 2 lives in no wild that we know.
		if (der.takeSmall() !== 2) der.refuse(certificateVersion);
		der.leave(outer);
		certificate.version = 3;
	}
	der.takeUnsigned();
	const { contentAt, contentEnd } = der;
	const isZero = contentEnd - contentAt === 1 && der.bytes[contentAt] === 0;
	if (isZero || contentEnd - contentAt > serialBytesMax) der.refuse(certificateSerial);
	certificate.serialAt = contentAt;
	certificate.serialEnd = contentEnd;
}

/** Reads an AlgorithmIdentifier. @returns whether it is ecdsa-with-SHA256, which has no parameters (RFC 5758 §3.2) */
function takeAlgorithm(der: DerReader): boolean {
	const outer = der.enter(tagSequence);
	const isEcdsa = der.takeIdentifier() === ecdsaWithSha256;
	if (isEcdsa && !der.isDone) der.refuse(certificateAlgorithm);
	if (!der.isDone) der.takeAny();
	der.leave(outer);
	return isEcdsa;
}

function takeNamesAndKey(der: DerReader, certificate: Certificate): void {
	certificate.issuerAt = der.at;
	der.take(tagSequence);
	certificate.issuerEnd = der.at;
	if (der.contentAt === der.contentEnd) der.refuse(certificateIssuer);
	const validity = der.enter(tagSequence);
	certificate.notBeforeS = takeTime(der);
	certificate.notAfterS = takeTime(der);
	der.leave(validity);
	certificate.subjectAt = der.at;
	der.take(tagSequence);
	certificate.subjectEnd = der.at;
	certificate.spkiAt = der.at;
	certificate.point = takeSpki(der);
	certificate.spkiEnd = der.at;
}

/** Reads [3] { SEQUENCE SIZE (1..) OF Extension } (RFC 5280 §4.1.2.9). */
function takeExtensions(der: DerReader, certificate: Certificate): void {
	const outer = der.enter(tagContext3);
	const list = der.enter(tagSequence);
	if (der.isDone) der.refuse(certificateExtension);
	let met = 0;
	for (let count = 0; !der.isDone; count++) {
		if (count === extensionsMax) der.refuse(certificateExtension);
		const extension = der.enter(tagSequence);
		const id = der.takeIdentifier();
		const isCritical = der.takeFlag();
		const value = der.enter(tagOctetString);
		const bit = takeExtension(der, certificate, id, isCritical);
		if ((met & bit) !== 0) der.refuse(certificateExtension); // RFC 5280 §4.2: not twice
		met |= bit;
		der.leave(value);
		der.leave(extension);
	}
	der.leave(list);
	der.leave(outer);
}

/** Reads the content of one extension. @returns its bit; 0 for one that is not known here */
function takeExtension(der: DerReader, certificate: Certificate, id: string, isCritical: boolean): number {
	switch (id) {
		case idBasicConstraints:
			takeBasicConstraints(der, certificate);
			return metBasicConstraints;
		case idKeyUsage:
			takeKeyUsage(der, certificate);
			return metKeyUsage;
		case idExtendedKeyUsage:
			takeExtendedKeyUsage(der, certificate);
			return metExtendedKeyUsage;
		case idSubjectAltName:
			takeAltNames(der, certificate, isCritical);
			return metAltName;
		case idNameConstraints:
			certificate.hasNameConstraints = true;
			der.take(tagSequence);
			return metNameConstraints;
	}
	// RFC 5280 §4.2.1.11 wants policyConstraints critical: whoever left that out meant them all the same.
	if (isCritical || id === idPolicyConstraints) certificate.hasUnknownCritical = true;
	der.at = der.end; // passed over: whatever an OCTET STRING holds
	return id === idSubjectKeyIdentifier ? metKeyIdentifier : 0;
}

/** RFC 5280 §4.2.1.9. */
function takeBasicConstraints(der: DerReader, certificate: Certificate): void {
	const outer = der.enter(tagSequence);
	certificate.isCa = der.takeFlag();
	if (!der.isDone) {
		certificate.pathLength = der.takeSmall();
		if (!certificate.isCa) der.refuse(certificateExtension);
	}
	der.leave(outer);
}

/** RFC 5280 §4.2.1.3: at least one bit, and as a named bit list without zero bits at its end (X.690 §11.2.2). */
function takeKeyUsage(der: DerReader, certificate: Certificate): void {
	const unused = der.takeBits();
	const { bytes, contentAt, contentEnd } = der;
	if (contentAt === contentEnd || (bytes[contentEnd - 1]! & (1 << unused)) === 0) der.refuse(certificateExtension);
	else certificate.keyUsage = bytes[contentAt]!;
}

/** RFC 5280 §4.2.1.12. */
function takeExtendedKeyUsage(der: DerReader, certificate: Certificate): void {
	const outer = der.enter(tagSequence);
	if (der.isDone) der.refuse(certificateExtension);
	certificate.purposes = 0;
	while (!der.isDone) {
		const id = der.takeIdentifier();
		if (id === idServerAuth) certificate.purposes |= purposeServerAuth;
		else if (id === idClientAuth) certificate.purposes |= purposeClientAuth;
		else if (id === idAnyExtendedKeyUsage) certificate.purposes |= purposeAny;
	}
	der.leave(outer);
}

/** RFC 5280 §4.2.1.6: at least one name. Their kinds are for those who compare names. */
function takeAltNames(der: DerReader, certificate: Certificate, isCritical: boolean): void {
	const outer = der.enter(tagSequence);
	if (der.isDone) der.refuse(certificateExtension);
	certificate.altNamesAt = der.at;
	certificate.altNamesEnd = der.end;
	certificate.isAltNameCritical = isCritical;
	while (!der.isDone) der.takeAny();
	der.leave(outer);
}
