import { frozen } from "../frozen.ts";
import type { Cell } from "./handshake.ts";

/** Where a server's handshake stands (RFC 6347 §4.2.4, RFC 5246 §7.3); before it are cookies, and no state at all. */
export type ServerState =
	/** A ClientHello is not yet whole. */
	| "idle"
	/** Our flight is out; the client's ClientKeyExchange names a pre-shared key. */
	| "pskKeyExchangeDue"
	/** ... or has a point, and there is no certificate. */
	| "ecdheKeyExchangeDue"
	/** We asked for the client's certificate. */
	| "certificateDue"
	| "certifiedKeyExchangeDue"
	| "certificateVerifyDue"
	| "finishedDue"
	/** A session is taken up again, and we have said all. */
	| "resumedFinishedDue"
	| "done";

export type ServerEvent =
	/** ClientHello, by what we choose. */
	| "pskClientHello"
	| "ecdheClientHello"
	/** ... and we ask for a certificate. */
	| "ecdheClientHelloAsked"
	| "resumedClientHello"
	| "certificate"
	/** An empty one. */
	| "noCertificate"
	| "clientKeyExchange"
	| "certificateVerify"
	| "finished"
	/** The client repeats its flight: it has not got ours. */
	| "repeated"
	/** The timer ran out. */
	| "resend";

/** What to do; ServerHandshake does it. */
export type ServerAction =
	/** ServerHello, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone, as they apply. */
	| "sendHello"
	/** ServerHello, NewSessionTicket, ChangeCipherSpec, Finished. */
	| "resume"
	| "takeIdentity"
	| "takePoint"
	| "takeCertificate"
	| "takeNoCertificate"
	| "takeVerify"
	/** NewSessionTicket, ChangeCipherSpec, Finished, and that was all. */
	| "finish"
	| "finishResumed"
	| "sendAgain";

/** By name: a string of its own in each cell costs XS four times as much. */
const ignore = "ignore";
const impossible = "impossible";

/**
 * The whole machine. "ignore" is for what anybody may send at any time: the message is refused, and its place waits for
 * another. A second ClientHello is none of this handshake: it begins another, behind a cookie.
 */
export const serverTable: {
	readonly [S in ServerState]: { readonly [E in ServerEvent]: Cell<ServerAction, ServerState> };
} = frozen({
	idle: {
		pskClientHello: ["sendHello", "pskKeyExchangeDue"],
		ecdheClientHello: ["sendHello", "ecdheKeyExchangeDue"],
		ecdheClientHelloAsked: ["sendHello", "certificateDue"],
		resumedClientHello: ["resume", "resumedFinishedDue"], // RFC 5246 §7.3: we speak first
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ignore,
		certificateVerify: ignore,
		finished: ignore,
		repeated: ["sendAgain", "idle"], // that is nothing so far
		resend: ["sendAgain", "idle"],
	},
	pskKeyExchangeDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ["takeIdentity", "finishedDue"],
		certificateVerify: ignore,
		finished: ignore,
		repeated: ["sendAgain", "pskKeyExchangeDue"],
		resend: ["sendAgain", "pskKeyExchangeDue"],
	},
	ecdheKeyExchangeDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ["takePoint", "finishedDue"],
		certificateVerify: ignore,
		finished: ignore,
		repeated: ["sendAgain", "ecdheKeyExchangeDue"],
		resend: ["sendAgain", "ecdheKeyExchangeDue"],
	},
	certificateDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ["takeCertificate", "certifiedKeyExchangeDue"],
		noCertificate: ["takeNoCertificate", "ecdheKeyExchangeDue"], // RFC 5246 §7.4.6: it has none to show
		clientKeyExchange: ignore,
		certificateVerify: ignore,
		finished: ignore,
		repeated: ["sendAgain", "certificateDue"],
		resend: ["sendAgain", "certificateDue"],
	},
	certifiedKeyExchangeDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ["takePoint", "certificateVerifyDue"],
		certificateVerify: ignore,
		finished: ignore,
		repeated: ["sendAgain", "certifiedKeyExchangeDue"],
		resend: ["sendAgain", "certifiedKeyExchangeDue"],
	},
	certificateVerifyDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ignore,
		certificateVerify: ["takeVerify", "finishedDue"], // RFC 5246 §7.4.8: it has the private key
		finished: ignore,
		repeated: ["sendAgain", "certificateVerifyDue"],
		resend: ["sendAgain", "certificateVerifyDue"],
	},
	finishedDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ignore,
		certificateVerify: ignore,
		finished: ["finish", "done"],
		repeated: ["sendAgain", "finishedDue"],
		resend: ["sendAgain", "finishedDue"],
	},
	resumedFinishedDue: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: ignore,
		noCertificate: ignore,
		clientKeyExchange: ignore,
		certificateVerify: ignore,
		finished: ["finishResumed", "done"],
		repeated: ["sendAgain", "resumedFinishedDue"],
		resend: ["sendAgain", "resumedFinishedDue"],
	},
	done: {
		pskClientHello: impossible,
		ecdheClientHello: impossible,
		ecdheClientHelloAsked: impossible,
		resumedClientHello: impossible,
		certificate: impossible,
		noCertificate: impossible,
		clientKeyExchange: impossible,
		certificateVerify: impossible,
		finished: impossible,
		repeated: impossible,
		resend: impossible,
	},
});
