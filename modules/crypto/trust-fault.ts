import { type Fault, fault } from "../bytes.ts";

const pkix = "RFC 5280 §6.1.3";

/** Why a peer's chain or key is not trusted. Those of its bytes are in certificate.ts, der.ts and public-key.ts. */
export const chainLength = fault("trust.chainLength", "silence", 'RFC 5246 §7.4.2, README "Limits"');
export const unknownIssuer = fault("trust.unknownIssuer", "silence", pkix);
export const badSignature = fault("trust.signature", "silence", pkix);
export const otherAlgorithm = fault("trust.algorithm", "silence", "LwM2M Transport 1.2 §5.2.9.3");
export const notVersion3 = fault("trust.version", "silence", "LwM2M Transport 1.2 §5.2.9.3");
export const notYetValid = fault("trust.notYetValid", "silence", pkix);
export const expired = fault("trust.expired", "silence", pkix);
export const clockNotSet = fault("trust.clockNotSet", "silence", "LwM2M Transport 1.2 §5.2.9.5");
export const notCa = fault("trust.notCa", "silence", "RFC 5280 §6.1.4 (k), (n)");
export const pathTooLong = fault("trust.pathLength", "silence", "RFC 5280 §6.1.4 (l), (m)");
export const wrongPurpose = fault("trust.purpose", "silence", "RFC 5280 §4.2.1.12, §4.2.1.3");
export const unknownCritical = fault("trust.critical", "silence", "RFC 5280 §6.1.4 (o), §6.1.5 (f)");
export const nameConstraints = fault("trust.nameConstraints", "silence", "RFC 5280 §4.2.1.10");
export const emptySubject = fault("trust.emptySubject", "silence", "RFC 5280 §4.1.2.6");
export const tooMuchWork = fault("trust.work", "silence", 'README "Limits"');
export const wrongName = fault("trust.name", "silence", "RFC 6125 §6, LwM2M Transport 1.2 §5.2.9.3");
export const nameNotGiven = fault("trust.noServerName", "silence", "LwM2M Transport 1.2 §5.2.9.3");
export const otherCertificate = fault("trust.otherCertificate", "silence", "RFC 6698 §2.1.1");
export const constraintNotMet = fault("trust.caConstraint", "silence", "RFC 6698 §2.1.1");
export const otherRawKey = fault("trust.otherKey", "silence", "RFC 7250 §4.2, LwM2M Transport 1.2 §5.2.9.2");
export const rawKeyNotAccepted = fault("trust.noRawKey", "silence", "RFC 6698 §2.1.1");

/** What is wrong with our own settings: found before any handshake. */
export const matchingTypeNotSupported = fault("trust.matchingType", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/13");
export const usageNotSupported = fault("trust.usage", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/15");
export const badServerPublicKey = fault("trust.serverPublicKey", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/4");
export const noAnchors = fault("trust.noAnchors", "silence", "RFC 6698 §2.1.1");
export const badAnchor = fault("trust.anchor", "silence", "RFC 5280 §6.1.1 (d)");
export const noP256 = fault("trust.noP256", "silence", "LwM2M Transport 1.2 §5.2.9");

const badCertificate = 42;
const unsupportedCertificate = 43;
const certificateExpired = 45;
const certificateUnknown = 46;
const unknownCa = 48;

/** The alert that says this to the peer (RFC 5246 §7.2.2). @param fault what a PeerVerifier answered */
export function certificateAlert(fault: Fault): number {
	switch (fault) {
		case expired:
		case notYetValid:
			return certificateExpired;
		case unknownIssuer:
			return unknownCa;
		case otherAlgorithm:
		case notVersion3:
		case wrongPurpose:
		case unknownCritical:
		case nameConstraints:
			return unsupportedCertificate;
		case clockNotSet:
		case wrongName:
		case nameNotGiven:
		case otherCertificate:
		case constraintNotMet:
		case otherRawKey:
		case rawKeyNotAccepted:
			return certificateUnknown;
	}
	return badCertificate;
}
