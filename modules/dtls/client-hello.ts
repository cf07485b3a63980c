import { equalBytes, type Fault, fault } from "../bytes.ts";
import { AlertDescription } from "./alert.ts";
import {
	acceptedCertificateTypes,
	offeredCertificateTypes,
	offeredSuites,
	ownCertificateTypes,
} from "./credentials.ts";
import { type Extensions, NamedGroup, SignatureAlgorithm, unofferedExtension } from "./extensions.ts";
import { CID_TOO_LONG, EXTENDED_MASTER_SECRET_MISSING, RENEGOTIATION_BROKEN } from "./handshake.ts";
import { ProtocolVersion } from "./handshake-type.ts";
import { type ClientHello, randomSize, type ServerHello } from "./hello.ts";
import type { ResumableSession } from "./session.ts";
import type { DtlsSettings } from "./settings.ts";
import { type Suite, suiteById } from "./suite.ts";

/** RFC 5746 §3.3: two bytes that say what an extension of five would. */
export const emptyRenegotiationInfo = 0x00ff;
/** With a ticket, a session id of ours tells by its echo that the ticket was taken (RFC 5077 §3.4). */
const ticketSessionIdSize = 8;

export const SUITE_UNOFFERED = fault("dtls.suiteUnoffered", AlertDescription.illegalParameter, "RFC 5246 §7.4.1.3");
export const RESUMPTION_BROKEN = fault("dtls.resumptionBroken", AlertDescription.illegalParameter, "RFC 5246 §7.4.1.3");
export const LIMIT_UNASKED = fault("dtls.recordLimit", AlertDescription.illegalParameter, "RFC 6066 §4, RFC 8449 §5");
export const CERTIFICATE_TYPE = fault("dtls.certificateType", AlertDescription.unsupportedCertificate, "RFC 7250 §4.2");

/**
 * Makes the smallest ClientHello that says what the settings ask for.
 * @param session to resume; undefined: a full handshake
 * @returns undefined when there is no suite to offer
 */
export function makeClientHello(
	settings: DtlsSettings,
	session: ResumableSession | undefined,
): ClientHello | undefined {
	const { entropy } = settings;
	const suites = offeredSuites(settings);
	if (suites.length === 0) return undefined;
	const random = new Uint8Array(randomSize);
	entropy.fill(random);
	let sessionId = session?.sessionId ?? new Uint8Array(0);
	if (session?.ticket !== undefined && sessionId.length === 0) {
		sessionId = new Uint8Array(ticketSessionIdSize);
		entropy.fill(sessionId);
	}
	const ids = suites.map(({ id }) => id);
	return {
		version: ProtocolVersion.dtls12,
		random,
		sessionId,
		cookie: new Uint8Array(0),
		suites: [...ids, emptyRenegotiationInfo],
		extensions: offeredExtensions(settings, suites, session),
	};
}

function offeredExtensions(
	settings: DtlsSettings,
	suites: readonly Suite[],
	session: ResumableSession | undefined,
): Extensions {
	const { connectionId, maxFragmentLength, recordSizeLimit, resumption, sendServerName = true, serverName } = settings;
	const extensions: Extensions = { extendedMasterSecret: true };
	if (serverName !== undefined && sendServerName) extensions.serverName = serverName;
	if (connectionId !== undefined) extensions.connectionId = connectionId;
	if (recordSizeLimit !== undefined) extensions.recordSizeLimit = recordSizeLimit;
	else if (maxFragmentLength !== undefined) extensions.maxFragmentLength = 23 - Math.clz32(maxFragmentLength);
	if (session?.ticket !== undefined) extensions.sessionTicket = session.ticket;
	else if (resumption === "ticket") extensions.sessionTicket = new Uint8Array(0);
	if (suites.some(({ cipher }) => cipher === "cbcSha256")) extensions.encryptThenMac = true;
	if (suites.some(({ keyExchange }) => keyExchange === "ecdheEcdsa")) offerCertificates(settings, extensions);
	return extensions;
}

function offerCertificates(settings: DtlsSettings, extensions: Extensions): void {
	const clientCertificateTypes = offeredCertificateTypes(ownCertificateTypes(settings.identity));
	const serverCertificateTypes = offeredCertificateTypes(acceptedCertificateTypes(settings));
	extensions.supportedGroups = [NamedGroup.secp256r1];
	extensions.pointFormats = [0];
	extensions.signatureAlgorithms = [SignatureAlgorithm.ecdsaSha256];
	if (clientCertificateTypes !== undefined) extensions.clientCertificateTypes = clientCertificateTypes;
	if (serverCertificateTypes !== undefined) extensions.serverCertificateTypes = serverCertificateTypes;
}

/**
 * Is this ServerHello an answer to this ClientHello (RFC 5246 §7.4.1.3, §7.4.1.4)?
 * @returns the suite, or why not
 */
export function judgeServerHello(
	settings: DtlsSettings,
	hello: ClientHello,
	answer: ServerHello,
	session: ResumableSession | undefined,
	peerConnectionIdBytes: number,
): Suite | Fault {
	const { extensions } = answer;
	const suite = suiteById(answer.suite);
	if (suite === undefined || !hello.suites.includes(suite.id)) return SUITE_UNOFFERED;
	const unoffered = unofferedExtension(hello.extensions, extensions);
	if (unoffered !== undefined) return unoffered;
	if (extensions.renegotiationInfo !== undefined && extensions.renegotiationInfo.length > 0)
		return RENEGOTIATION_BROKEN;
	const isExtended = extensions.extendedMasterSecret === true;
	if (settings.extendedMasterSecret === "require" && !isExtended) return EXTENDED_MASTER_SECRET_MISSING;
	if ((extensions.connectionId?.length ?? 0) > peerConnectionIdBytes) return CID_TOO_LONG;
	const { maxFragmentLength, recordSizeLimit } = extensions;
	if (maxFragmentLength !== undefined) {
		const isSame = maxFragmentLength === hello.extensions.maxFragmentLength;
		if (!isSame || recordSizeLimit !== undefined) return LIMIT_UNASKED;
	}
	if (isResumption(hello, answer) && session !== undefined) {
		// RFC 7627 §5.3: a session keeps what its master secret is made of
		return suite.id === session.suite && isExtended === session.extendedMasterSecret ? suite : RESUMPTION_BROKEN;
	}
	const type = extensions.serverCertificateTypes?.[0];
	if (type !== undefined && !hello.extensions.serverCertificateTypes!.includes(type)) return CERTIFICATE_TYPE;
	const ownType = extensions.clientCertificateTypes?.[0];
	if (ownType !== undefined && !hello.extensions.clientCertificateTypes!.includes(ownType)) return CERTIFICATE_TYPE;
	return suite;
}

/** Does the server take up the session that we offered (RFC 5246 §7.3, RFC 5077 §3.4)? */
export function isResumption(hello: ClientHello, answer: ServerHello): boolean {
	return hello.sessionId.length > 0 && equalBytes(hello.sessionId, answer.sessionId);
}
