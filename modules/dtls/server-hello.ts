import { type Fault, fault } from "../bytes.ts";
import { AlertDescription } from "./alert.ts";
import { emptyRenegotiationInfo } from "./client-hello.ts";
import { acceptedCertificateTypes, commonCertificateType, ownCertificateTypes } from "./credentials.ts";
import { type Extensions, NamedGroup, SignatureAlgorithm } from "./extensions.ts";
import { EXTENDED_MASTER_SECRET_MISSING, RENEGOTIATION_BROKEN } from "./handshake.ts";
import type { ClientHello } from "./hello.ts";
import { recordPlaintextMaxBytes } from "./record.ts";
import type { ResumableSession } from "./session.ts";
import type { DtlsSettings } from "./settings.ts";
import { type Suite, suiteById } from "./suite.ts";
import type { TicketSession } from "./ticket.ts";

export const NOTHING_SHARED = fault("dtls.nothingShared", AlertDescription.handshakeFailure, "RFC 5246 §7.4.1.3");
/** Of the ids that we give to sessions: mbedTLS does not offer one below 16 bytes. */
const sessionIdSize = 16;

type Resumable = ResumableSession | TicketSession;

/** What a server makes of a ClientHello. */
export interface Choice {
	readonly suite: Suite;
	readonly sessionId: Uint8Array;
	readonly extensions: Extensions;
	/** To take up; undefined: a full handshake. */
	readonly session: ResumableSession | undefined;
	/** Of CertificateType. */
	readonly ownCertificateType: number;
	/** What the client's certificate will be; undefined: we ask for none. */
	readonly peerCertificateType: number | undefined;
}

/** Chooses the answer to a ClientHello (RFC 5246 §7.4.1.3), or says why there is none. */
export function chooseAnswer(settings: DtlsSettings, hello: ClientHello, nowMs: number): Choice | Fault {
	const { renegotiationInfo } = hello.extensions;
	if (renegotiationInfo !== undefined && renegotiationInfo.length > 0) return RENEGOTIATION_BROKEN;
	const isExtended = hello.extensions.extendedMasterSecret === true;
	if (settings.extendedMasterSecret === "require" && !isExtended) return EXTENDED_MASTER_SECRET_MISSING;
	const session = findSession(settings, hello, nowMs);
	if (session !== undefined && "code" in session) return session;
	if (session !== undefined) return resumption(settings, hello, session, nowMs);
	for (let index = 0; index < settings.suites.length; index++) {
		const suite = suiteById(settings.suites[index]!);
		if (suite === undefined || !hello.suites.includes(suite.id)) continue;
		const choice =
			suite.keyExchange === "psk" ? choosePsk(settings, hello, suite) : chooseEcdhe(settings, hello, suite);
		if (choice !== undefined) return choice;
	}
	return NOTHING_SHARED;
}

/** The session that the client wants to take up, and may; undefined: none (RFC 5077 §3.4, RFC 7627 §5.3). */
function findSession(settings: DtlsSettings, hello: ClientHello, nowMs: number): Resumable | Fault | undefined {
	const { sessions, suites, tickets } = settings;
	const { extendedMasterSecret, sessionTicket } = hello.extensions;
	let session: Resumable | undefined;
	if (sessionTicket !== undefined && sessionTicket.length > 0) session = tickets?.open(sessionTicket, nowMs);
	else if (hello.sessionId.length > 0) session = sessions?.find(hello.sessionId, nowMs);
	if (session === undefined) return undefined;
	if (!hello.suites.includes(session.suite) || !suites.includes(session.suite)) return undefined;
	if (suiteById(session.suite) === undefined) return undefined;
	if (session.extendedMasterSecret) return extendedMasterSecret === true ? session : EXTENDED_MASTER_SECRET_MISSING;
	return extendedMasterSecret === true ? undefined : session;
}

function resumption(settings: DtlsSettings, hello: ClientHello, session: Resumable, nowMs: number): Choice {
	const suite = suiteById(session.suite)!;
	const extensions = answeredExtensions(settings, hello, suite);
	// RFC 5077 §3.3: another ticket is ours to give; 150 bytes less while this one is good
	if ("untilMs" in session && !settings.tickets!.isHalfOver(session, nowMs)) delete extensions.sessionTicket;
	const { sessionId } = hello;
	return { suite, sessionId, extensions, session, ownCertificateType: 0, peerCertificateType: undefined };
}

function choosePsk(settings: DtlsSettings, hello: ClientHello, suite: Suite): Choice | undefined {
	if (settings.pskOf === undefined) return undefined;
	const extensions = answeredExtensions(settings, hello, suite);
	const sessionId = newSessionId(settings, extensions);
	return { suite, sessionId, extensions, session: undefined, ownCertificateType: 0, peerCertificateType: undefined };
}

function chooseEcdhe(settings: DtlsSettings, hello: ClientHello, suite: Suite): Choice | undefined {
	const { crypto, identity, requestPeerCertificate, requirePeerCertificate } = settings;
	const { clientCertificateTypes, pointFormats, serverCertificateTypes } = hello.extensions;
	const { signatureAlgorithms, supportedGroups } = hello.extensions;
	if (crypto.p256 === undefined || identity === undefined) return undefined;
	if (supportedGroups?.includes(NamedGroup.secp256r1) === false) return undefined;
	if (pointFormats?.includes(0) === false) return undefined;
	if (signatureAlgorithms?.includes(SignatureAlgorithm.ecdsaSha256) === false) return undefined;
	const ownCertificateType = commonCertificateType(ownCertificateTypes(identity), serverCertificateTypes);
	if (ownCertificateType === undefined) return undefined;
	let peerCertificateType: number | undefined;
	if (requestPeerCertificate === true || requirePeerCertificate === true) {
		peerCertificateType = commonCertificateType(acceptedCertificateTypes(settings), clientCertificateTypes);
		if (peerCertificateType === undefined && requirePeerCertificate === true) return undefined;
	}
	const extensions = answeredExtensions(settings, hello, suite);
	if (serverCertificateTypes !== undefined) extensions.serverCertificateTypes = [ownCertificateType];
	// RFC 7250 §4.2: only where a certificate is asked for
	if (clientCertificateTypes !== undefined && peerCertificateType !== undefined) {
		extensions.clientCertificateTypes = [peerCertificateType];
	}
	if (pointFormats !== undefined) extensions.pointFormats = [0];
	const sessionId = newSessionId(settings, extensions);
	return { suite, sessionId, extensions, session: undefined, ownCertificateType, peerCertificateType };
}

/** Empty where a session is not kept, or goes into a ticket (RFC 5077 §3.4). */
function newSessionId({ entropy, sessions }: DtlsSettings, extensions: Extensions): Uint8Array {
	if (sessions === undefined || extensions.sessionTicket !== undefined) return new Uint8Array(0);
	const sessionId = new Uint8Array(sessionIdSize);
	entropy.fill(sessionId);
	return sessionId;
}

function answeredExtensions(settings: DtlsSettings, hello: ClientHello, suite: Suite): Extensions {
	const offered = hello.extensions;
	const { connectionId, tickets } = settings;
	const answered: Extensions = {};
	if (offered.extendedMasterSecret === true) answered.extendedMasterSecret = true;
	if (offered.encryptThenMac === true && suite.cipher === "cbcSha256") answered.encryptThenMac = true;
	if (offered.sessionTicket !== undefined && tickets !== undefined) answered.sessionTicket = new Uint8Array(0);
	if (offered.connectionId !== undefined && connectionId !== undefined) answered.connectionId = connectionId;
	// RFC 8449 §5: with it, max_fragment_length means nothing
	if (offered.recordSizeLimit !== undefined) {
		answered.recordSizeLimit = settings.recordSizeLimit ?? recordPlaintextMaxBytes;
	} else if (offered.maxFragmentLength !== undefined) answered.maxFragmentLength = offered.maxFragmentLength;
	const { renegotiationInfo } = offered;
	if (renegotiationInfo !== undefined || hello.suites.includes(emptyRenegotiationInfo)) {
		answered.renegotiationInfo = new Uint8Array(0);
	}
	return answered;
}
