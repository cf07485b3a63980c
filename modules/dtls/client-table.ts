import { frozen } from "../frozen.ts";
import type { Cell } from "./handshake.ts";

/** Where a client's handshake stands (RFC 6347 §4.2.4, RFC 5246 §7.3). */
export type ClientState =
	| "idle"
	/** A ClientHello without a cookie is out. */
	| "helloSent"
	/** One with the server's cookie is out. */
	| "cookieSent"
	| "certificateDue"
	| "keyExchangeDue"
	/** CertificateRequest or ServerHelloDone. */
	| "requestOrDoneDue"
	/** ServerKeyExchange with a hint, or ServerHelloDone. */
	| "hintOrDoneDue"
	| "doneDue"
	/** All is said; NewSessionTicket and Finished come. */
	| "finishedDue"
	/** A session is taken up again: the server speaks first. */
	| "resumedFinishedDue"
	| "done";

export type ClientEvent =
	| "connect"
	| "helloVerifyRequest"
	/** ServerHello, by what it chose. */
	| "pskServerHello"
	| "ecdheServerHello"
	| "resumedServerHello"
	| "certificate"
	| "serverKeyExchange"
	| "certificateRequest"
	| "serverHelloDone"
	| "newSessionTicket"
	| "finished"
	/** The server repeats its flight: it has not got ours. */
	| "repeated"
	/** The timer ran out. */
	| "resend"
	/** A message came twice, and was not the same: one of the two is forged. */
	| "rivalled"
	/** Something forged has spoiled this attempt. */
	| "spoiled";

/** What to do; ClientHandshake does it. */
export type ClientAction =
	/** Begin with a ClientHello, a new random and nothing else. */
	| "begin"
	/** Go back to the last ClientHello, and say it again. */
	| "takeBack"
	/** Say the ClientHello again, with the cookie. */
	| "sendCookie"
	| "takeHello"
	| "takeCertificate"
	| "takeHint"
	| "takeKeyExchange"
	| "takeRequest"
	/** Certificate, ClientKeyExchange, CertificateVerify, ChangeCipherSpec, Finished, as they apply. */
	| "sendKeys"
	/** Take up the session that we offered. */
	| "resume"
	| "takeTicket"
	| "finish"
	/** ChangeCipherSpec and Finished, and that was all. */
	| "finishResumed"
	| "sendAgain";

type ClientCell = Cell<ClientAction, ClientState>;

const begin: ClientCell = frozen(["begin", "helloSent"]);
const takeBack: ClientCell = frozen(["takeBack", "cookieSent"]);
const toPsk: ClientCell = frozen(["takeHello", "hintOrDoneDue"]);
const toEcdhe: ClientCell = frozen(["takeHello", "certificateDue"]);
const toResumed: ClientCell = frozen(["resume", "resumedFinishedDue"]);
const toFinished: ClientCell = frozen(["sendKeys", "finishedDue"]);

/** By name: a string of its own in each cell costs XS four times as much. */
const ignore = "ignore";
const impossible = "impossible";

/**
 * The whole machine. "ignore" is for what anybody may send at any time: the message is refused, and its place waits for
 * another. ChangeCipherSpec is no event: a record that verifies under the new keys says the same, and better.
 */
export const clientTable: { readonly [S in ClientState]: { readonly [E in ClientEvent]: ClientCell } } = frozen({
	idle: {
		connect: begin,
		helloVerifyRequest: impossible,
		pskServerHello: impossible,
		ecdheServerHello: impossible,
		resumedServerHello: impossible,
		certificate: impossible,
		serverKeyExchange: impossible,
		certificateRequest: impossible,
		serverHelloDone: impossible,
		newSessionTicket: impossible,
		finished: impossible,
		repeated: impossible,
		resend: impossible,
		rivalled: impossible,
		spoiled: impossible,
	},
	helloSent: {
		connect: impossible,
		helloVerifyRequest: ["sendCookie", "cookieSent"],
		pskServerHello: toPsk, // a server need not ask for a cookie (RFC 6347 §4.2.1)
		ecdheServerHello: toEcdhe,
		resumedServerHello: toResumed,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "helloSent"],
		rivalled: impossible,
		spoiled: begin,
	},
	cookieSent: {
		connect: impossible,
		helloVerifyRequest: ignore, // one of the two was forged: a doubt
		pskServerHello: toPsk,
		ecdheServerHello: toEcdhe,
		resumedServerHello: toResumed,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "cookieSent"],
		rivalled: impossible,
		spoiled: begin,
	},
	certificateDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ["takeCertificate", "keyExchangeDue"],
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore, // part of its flight is missing: its timer or ours brings it
		resend: ["sendAgain", "certificateDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	keyExchangeDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ["takeKeyExchange", "requestOrDoneDue"],
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "keyExchangeDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	requestOrDoneDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ["takeRequest", "doneDue"],
		serverHelloDone: toFinished,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "requestOrDoneDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	hintOrDoneDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ["takeHint", "doneDue"], // RFC 4279 §2: only where there is a hint
		certificateRequest: ignore, // RFC 4279 §2: none with a pre-shared key
		serverHelloDone: toFinished,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "hintOrDoneDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	doneDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: toFinished,
		newSessionTicket: ignore,
		finished: ignore,
		repeated: ignore,
		resend: ["sendAgain", "doneDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	finishedDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ["takeTicket", "finishedDue"], // RFC 5077 §3.3
		finished: ["finish", "done"],
		repeated: ["sendAgain", "finishedDue"],
		resend: ["sendAgain", "finishedDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	resumedFinishedDue: {
		connect: impossible,
		helloVerifyRequest: ignore,
		pskServerHello: ignore,
		ecdheServerHello: ignore,
		resumedServerHello: ignore,
		certificate: ignore,
		serverKeyExchange: ignore,
		certificateRequest: ignore,
		serverHelloDone: ignore,
		newSessionTicket: ["takeTicket", "resumedFinishedDue"],
		finished: ["finishResumed", "done"],
		repeated: ignore,
		resend: ["sendAgain", "resumedFinishedDue"],
		rivalled: takeBack,
		spoiled: begin,
	},
	done: {
		connect: impossible,
		helloVerifyRequest: impossible,
		pskServerHello: impossible,
		ecdheServerHello: impossible,
		resumedServerHello: impossible,
		certificate: impossible,
		serverKeyExchange: impossible,
		certificateRequest: impossible,
		serverHelloDone: impossible,
		newSessionTicket: impossible,
		finished: impossible,
		repeated: impossible, // the association answers from here on
		resend: impossible,
		rivalled: impossible,
		spoiled: impossible,
	},
});
