import { fault } from "../bytes.ts";

const pkix = "RFC 5280 §6.1.3";
/** The alert that says a Fault to the peer (RFC 5246 §7.2.2). Those of other files count as badCertificate. */
const badCertificate = 42;
const unsupportedCertificate = 43;
const certificateExpired = 45;
const certificateUnknown = 46;
const unknownCa = 48;

/** Why a peer's chain or key is not trusted. Those of its bytes are in certificate.ts, der.ts and public-key.ts. */
export const chainLength = fault("trust.chainLength", badCertificate, 'RFC 5246 §7.4.2, README "Limits"');
export const unknownIssuer = fault("trust.unknownIssuer", unknownCa, pkix);
export const badSignature = fault("trust.signature", badCertificate, pkix);
export const otherAlgorithm = fault("trust.algorithm", unsupportedCertificate, "LwM2M Transport 1.2 §5.2.9.3");
export const notVersion3 = fault("trust.version", unsupportedCertificate, "LwM2M Transport 1.2 §5.2.9.3");
export const notYetValid = fault("trust.notYetValid", certificateExpired, pkix);
export const expired = fault("trust.expired", certificateExpired, pkix);
export const clockNotSet = fault("trust.clockNotSet", certificateUnknown, "LwM2M Transport 1.2 §5.2.9.5");
export const notCa = fault("trust.notCa", badCertificate, "RFC 5280 §6.1.4 (k), (n)");
export const pathTooLong = fault("trust.pathLength", badCertificate, "RFC 5280 §6.1.4 (l), (m)");
export const wrongPurpose = fault("trust.purpose", unsupportedCertificate, "RFC 5280 §4.2.1.12, §4.2.1.3");
export const unknownCritical = fault("trust.critical", unsupportedCertificate, "RFC 5280 §6.1.4 (o), §6.1.5 (f)");
export const nameConstraints = fault("trust.nameConstraints", unsupportedCertificate, "RFC 5280 §4.2.1.10");
export const emptySubject = fault("trust.emptySubject", badCertificate, "RFC 5280 §4.1.2.6");
export const tooMuchWork = fault("trust.work", badCertificate, 'README "Limits"');
export const wrongName = fault("trust.name", certificateUnknown, "RFC 6125 §6, LwM2M Transport 1.2 §5.2.9.3");
export const nameNotGiven = fault("trust.noServerName", certificateUnknown, "LwM2M Transport 1.2 §5.2.9.3");
export const otherCertificate = fault("trust.otherCertificate", certificateUnknown, "RFC 6698 §2.1.1");
export const constraintNotMet = fault("trust.caConstraint", certificateUnknown, "RFC 6698 §2.1.1");
export const otherRawKey = fault("trust.otherKey", certificateUnknown, "RFC 7250 §4.2, LwM2M Transport 1.2 §5.2.9.2");
export const rawKeyNotAccepted = fault("trust.noRawKey", certificateUnknown, "RFC 6698 §2.1.1");

/** What is wrong with our own settings: found before any handshake. */
export const matchingTypeNotSupported = fault("trust.matchingType", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/13");
export const usageNotSupported = fault("trust.usage", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/15");
export const badServerPublicKey = fault("trust.serverPublicKey", "silence", "LwM2M Core 1.2 Appendix E.1, 0/x/4");
export const noAnchors = fault("trust.noAnchors", "silence", "RFC 6698 §2.1.1");
export const badAnchor = fault("trust.anchor", "silence", "RFC 5280 §6.1.1 (d)");
export const noP256 = fault("trust.noP256", "silence", "LwM2M Transport 1.2 §5.2.9");
