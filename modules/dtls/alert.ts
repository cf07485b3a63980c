import { type Fault, fault } from "../bytes.ts";
import { frozen } from "../frozen.ts";

export const AlertLevel = frozen({ warning: 1, fatal: 2 });

/**
 * What an alert says (RFC 5246 §7.2, RFC 4279 §6, RFC 6066 §9, RFC 9146 adds none). The Faults of this module carry
 * one of these as `reply`.
 */
export const AlertDescription = frozen({
	closeNotify: 0,
	unexpectedMessage: 10,
	badRecordMac: 20,
	recordOverflow: 22,
	handshakeFailure: 40,
	badCertificate: 42,
	unsupportedCertificate: 43,
	certificateRevoked: 44,
	certificateExpired: 45,
	certificateUnknown: 46,
	illegalParameter: 47,
	unknownCa: 48,
	accessDenied: 49,
	decodeError: 50,
	decryptError: 51,
	protocolVersion: 70,
	insufficientSecurity: 71,
	internalError: 80,
	userCanceled: 90,
	noRenegotiation: 100,
	unsupportedExtension: 110,
	unrecognizedName: 112,
	unknownPskIdentity: 115,
});

export interface Alert {
	/** One of AlertLevel. */
	readonly level: number;
	/** One of AlertDescription, or a number that we do not know. */
	readonly description: number;
}

export const ALERT_BROKEN = fault("dtls.alertBroken", "silence", "RFC 5246 §7.2");

/** Reads an alert: two bytes, of a level that exists. A fragmented one counts as broken. */
export function readAlert(bytes: Uint8Array, at: number, end: number): Alert | Fault {
	const level = bytes[at]!;
	if (end - at !== 2 || level < AlertLevel.warning || level > AlertLevel.fatal) return ALERT_BROKEN;
	return { level, description: bytes[at + 1]! };
}

export function writeAlert(level: number, description: number): Uint8Array {
	return Uint8Array.of(level, description);
}
