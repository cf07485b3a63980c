import { assert, equalBytes, type Fault } from "../bytes.ts";
import { readCertificateRequest, writeCertificateVerify } from "./certificate-message.ts";
import { isResumption, judgeServerHello, makeClientHello } from "./client-hello.ts";
import { type ClientAction, type ClientEvent, type ClientState, clientTable } from "./client-table.ts";
import { CERTIFICATE_MISSING, isEmptyCertificate, readPeerCertificate, writeOwnCertificate } from "./credentials.ts";
import { CertificateType, SignatureAlgorithm } from "./extensions.ts";
import { Flight } from "./flight.ts";
import type { FragmentView } from "./fragment.ts";
import { type Carrier, Handshake, reasonOf, UNEXPECTED_MESSAGE } from "./handshake.ts";
import { HandshakeType } from "./handshake-type.ts";
import {
	type ClientHello,
	readHelloVerifyRequest,
	readServerHello,
	type ServerHello,
	writeClientHello,
} from "./hello.ts";
import {
	POINT,
	readEcdheServerKeyExchange,
	readEmpty,
	readNewSessionTicket,
	readPskServerKeyExchange,
	signedHash,
	writeEcdheClientKeyExchange,
	writePskClientKeyExchange,
} from "./key-exchange.ts";
import type { HandshakeMessage } from "./reassembly.ts";
import { recordPlaintextMaxBytes } from "./record.ts";
import { type ResumableSession, resumableBy } from "./session.ts";
import type { CloseReason, DtlsSettings } from "./settings.ts";
import { readSignature, SIGNATURE_BROKEN, writeSignature } from "./signature.ts";
import { type Suite, suiteById } from "./suite.ts";
import { Transcript } from "./transcript.ts";

const nothing = new Uint8Array(0);

/** A client's side of one handshake: clientTable, and what its actions do. */
export class ClientHandshake extends Handshake {
	private state: ClientState = "idle";
	private hello: ClientHello | undefined;
	/** What we offer to resume; undefined: nothing, or no more. */
	private session: ResumableSession | undefined;
	private answer: ServerHello | undefined;
	private restarts = 0;
	private isCertificateRequested = false;
	private chain: readonly Uint8Array[] = [];
	private ticket: Uint8Array = nothing;

	constructor(settings: DtlsSettings, carrier: Carrier) {
		super("client", settings, carrier);
		const { resume } = settings;
		if (resume !== undefined && settings.suites.includes(resume.suite)) this.session = resume;
	}

	/** Sends the first ClientHello. */
	connect(nowMs: number): void {
		this.dispatch("connect", undefined, nowMs);
	}

	protected override take(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const event = this.eventOf(message);
		return typeof event === "string" ? this.dispatch(event, message, nowMs) : event;
	}

	protected override isExpected(type: number, epoch: number): boolean {
		switch (type) {
			case HandshakeType.finished:
				return epoch === 1;
			case HandshakeType.serverHello:
			case HandshakeType.helloVerifyRequest:
			case HandshakeType.certificate:
			case HandshakeType.serverKeyExchange:
			case HandshakeType.certificateRequest:
			case HandshakeType.serverHelloDone:
			case HandshakeType.newSessionTicket:
				return epoch === 0;
			default:
				return false;
		}
	}

	/**
	 * HelloVerifyRequest comes in one piece, and may have the number of the one before, for a server that keeps nothing
	 * counts nothing.
	 */
	protected override intercept(bytes: Uint8Array, fragment: FragmentView, nowMs: number): boolean {
		if (fragment.type !== HandshakeType.helloVerifyRequest) return false;
		const { at, end, sequence, total, type } = fragment;
		if (end - at !== total || this.hello === undefined) return true;
		const request = readHelloVerifyRequest(bytes, at, end);
		if ("code" in request || request.cookie.length === 0) return true;
		if (this.state === "helloSent" && sequence === 0) {
			this.hello = { ...this.hello, cookie: request.cookie };
			this.dispatch("helloVerifyRequest", { type, sequence, epoch: 0, body: nothing }, nowMs);
		} else if (this.state === "cookieSent" && !equalBytes(request.cookie, this.hello.cookie)) {
			// One of the two was forged, or the server has a new secret: a ServerHello decides, or the timer.
			this.note(reasonOf(UNEXPECTED_MESSAGE));
		}
		return true;
	}

	protected override repeat(cause: "repeated" | "resend", nowMs: number): void {
		this.dispatch(cause, undefined, nowMs);
	}

	protected override spoiled(reason: CloseReason, alert: number | undefined, nowMs: number): void {
		if (this.restarts < this.limits.restarts) {
			this.restarts++;
			this.session = undefined;
			this.dispatch("spoiled", undefined, nowMs);
		} else this.end(reason, alert, nowMs);
	}

	/** @returns the event, or why the message is none of this handshake */
	private eventOf({ type, body }: HandshakeMessage): ClientEvent | Fault {
		switch (type) {
			case HandshakeType.serverHello: {
				if (this.state !== "helloSent" && this.state !== "cookieSent") return UNEXPECTED_MESSAGE;
				return this.readHello(body);
			}
			case HandshakeType.certificate:
				return "certificate";
			case HandshakeType.serverKeyExchange:
				return "serverKeyExchange";
			case HandshakeType.certificateRequest:
				return "certificateRequest";
			case HandshakeType.serverHelloDone:
				return "serverHelloDone";
			case HandshakeType.newSessionTicket:
				return "newSessionTicket";
			default:
				return "finished";
		}
	}

	private readHello(body: Uint8Array): ClientEvent | Fault {
		const answer = readServerHello(body, 0, body.length);
		if ("code" in answer) return answer;
		const { session, settings } = this;
		const hello = this.hello!;
		const suite = judgeServerHello(settings, hello, answer, session, this.limits.peerConnectionIdBytes);
		if ("code" in suite) return suite;
		this.answer = answer;
		if (session !== undefined && isResumption(hello, answer)) return "resumedServerHello";
		return suite.keyExchange === "psk" ? "pskServerHello" : "ecdheServerHello";
	}

	/** @returns why the action can not be done; then the state has not changed */
	private dispatch(event: ClientEvent, message: HandshakeMessage | undefined, nowMs: number): Fault | undefined {
		const cell = clientTable[this.state][event];
		assert(cell !== "impossible", `dtls: ${event} while ${this.state}`);
		if (cell === "ignore") return UNEXPECTED_MESSAGE;
		const refused = this.act(cell[0], message, nowMs);
		if (refused === undefined) this.state = cell[1];
		return refused;
	}

	private act(action: ClientAction, message: HandshakeMessage | undefined, nowMs: number): Fault | undefined {
		switch (action) {
			case "begin":
				return this.begin(nowMs);
			case "sendCookie":
				return this.sendCookie(message!, nowMs);
			case "takeHello":
				return this.takeHello(message!);
			case "resume":
				return this.resume(message!, nowMs);
			case "takeCertificate":
				return this.takeCertificate(message!);
			case "takeHint":
				return this.takeHint(message!);
			case "takeKeyExchange":
				return this.takeKeyExchange(message!);
			case "takeRequest":
				return this.takeRequest(message!);
			case "sendKeys":
				return this.sendKeys(message!, nowMs);
			case "takeTicket":
				return this.takeTicket(message!);
			case "finish":
				return this.finish(message!, nowMs);
			case "finishResumed":
				return this.finishResumed(message!, nowMs);
			case "sendAgain":
				this.carrier.transmit(this.flight, this.fragmentBytes);
				return undefined;
		}
	}

	private begin(nowMs: number): undefined {
		this.reset();
		this.fragmentBytes = recordPlaintextMaxBytes;
		this.ownRecordBytes = recordPlaintextMaxBytes;
		this.peerRecordBytes = recordPlaintextMaxBytes;
		this.answer = undefined;
		this.isCertificateRequested = false;
		this.chain = [];
		this.ticket = nothing;
		this.peer = {};
		const hello = makeClientHello(this.settings, this.session);
		assert(hello !== undefined, "dtls: no cipher suite that there are credentials for");
		this.hello = hello;
		this.sayHello();
		this.sendFlight(nowMs);
		this.timer.start(nowMs);
		return undefined;
	}

	private sendCookie(message: HandshakeMessage, nowMs: number): undefined {
		this.reassembly.reset(message.sequence + 1);
		this.sayHello();
		this.sendAndWait(nowMs);
		return undefined;
	}

	/** Each ClientHello begins the transcript anew (RFC 6347 §4.2.1). */
	private sayHello(): void {
		this.transcript = new Transcript(this.settings.crypto);
		this.flight = new Flight();
		this.say(HandshakeType.clientHello, writeClientHello(this.hello!));
	}

	private takeHello(message: HandshakeMessage): undefined {
		const { extensions, random, suite } = this.answer!;
		this.hear(message);
		this.clientRandom = this.hello!.random;
		this.serverRandom = random;
		this.suite = suiteById(suite) as Suite;
		this.extendedMasterSecret = extensions.extendedMasterSecret === true;
		// RFC 7366 §3: means nothing with an AEAD
		this.encryptThenMac = extensions.encryptThenMac === true && this.suite.cipher === "cbcSha256";
		const { maxFragmentLength, recordSizeLimit } = extensions;
		if (maxFragmentLength !== undefined) this.fragmentBytes = 256 << maxFragmentLength;
		if (recordSizeLimit !== undefined) {
			this.peerRecordBytes = Math.min(recordSizeLimit, recordPlaintextMaxBytes);
			this.ownRecordBytes = this.settings.recordSizeLimit!;
		}
		const { records } = this.carrier;
		const isAgreed = extensions.connectionId !== undefined;
		records.ownCid = isAgreed ? this.settings.connectionId! : nothing;
		records.peerCid = extensions.connectionId ?? nothing;
		return undefined;
	}

	private resume(message: HandshakeMessage, nowMs: number): undefined {
		this.takeHello(message);
		const session = this.session!;
		this.peer = session.peer;
		this.master = this.settings.crypto.importSecret(session.master);
		this.installKeys();
		this.timer.postpone(nowMs);
		return undefined;
	}

	private takeCertificate(message: HandshakeMessage): Fault | undefined {
		const type = this.answer!.extensions.serverCertificateTypes?.[0] ?? CertificateType.x509;
		const credentials = readPeerCertificate(this.settings, type, message.body);
		if (credentials === undefined) return CERTIFICATE_MISSING;
		if ("code" in credentials) return credentials;
		this.chain = credentials.chain;
		this.peer = { publicKey: credentials.publicKey };
		this.hear(message);
		return undefined;
	}

	private takeHint(message: HandshakeMessage): Fault | undefined {
		const hint = readPskServerKeyExchange(message.body, 0, message.body.length);
		if ("code" in hint) return hint;
		this.hear(message); // what the hint says is of no use here: there is one key
		return undefined;
	}

	private takeKeyExchange(message: HandshakeMessage): Fault | undefined {
		const { crypto } = this.settings;
		const { body } = message;
		const exchange = readEcdheServerKeyExchange(body, 0, body.length);
		if ("code" in exchange) return exchange;
		const { algorithm, point, signedAt, signedEnd } = exchange;
		const signature = readSignature(exchange.signature);
		if ("code" in signature) return signature;
		if (algorithm !== SignatureAlgorithm.ecdsaSha256) return SIGNATURE_BROKEN;
		const { clientRandom, serverRandom } = this;
		const hash = signedHash(crypto, { clientRandom, serverRandom }, body, signedAt, signedEnd);
		const p256 = crypto.p256!;
		if (!p256.verify(this.peer.publicKey!, hash, signature)) return SIGNATURE_BROKEN;
		this.ephemeral = p256.generate();
		this.premaster = p256.agree(this.ephemeral, point);
		if (this.premaster === undefined) {
			this.releaseKeys();
			return POINT;
		}
		this.hear(message);
		return undefined;
	}

	private takeRequest(message: HandshakeMessage): Fault | undefined {
		const request = readCertificateRequest(message.body, 0, message.body.length);
		if ("code" in request) return request;
		this.isCertificateRequested = true;
		this.hear(message);
		return undefined;
	}

	private sendKeys(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const broken = readEmpty(0, message.body.length);
		if (broken !== undefined) return broken;
		this.hear(message);
		this.flight = new Flight();
		const isProving = this.isCertificateRequested && this.sayCertificate();
		const { psk } = this.settings;
		if (this.premaster === undefined) {
			this.say(HandshakeType.clientKeyExchange, writePskClientKeyExchange(psk!.identity));
			this.peer = { psk: psk!.identity };
			this.deriveMaster(psk!.key, "psk");
		} else {
			const point = this.settings.crypto.p256!.publicPoint(this.ephemeral!);
			this.say(HandshakeType.clientKeyExchange, writeEcdheClientKeyExchange(point));
			this.deriveMaster(this.premaster, "secret");
		}
		if (isProving) this.sayCertificateVerify();
		this.installKeys();
		this.sayFinished();
		this.sendAndWait(nowMs);
		return undefined;
	}

	/** @returns whether there was anything to show, and so to prove (RFC 5246 §7.4.6, §7.4.8) */
	private sayCertificate(): boolean {
		const { identity } = this.settings;
		const type = this.answer!.extensions.clientCertificateTypes?.[0] ?? CertificateType.x509;
		const body = writeOwnCertificate(identity, type);
		this.say(HandshakeType.certificate, body);
		return !isEmptyCertificate(body);
	}

	private sayCertificateVerify(): void {
		const { crypto, identity } = this.settings;
		const signature = writeSignature(crypto.p256!.sign(identity!.privateKey, this.transcript.hash()));
		const verify = { algorithm: SignatureAlgorithm.ecdsaSha256, signature };
		this.say(HandshakeType.certificateVerify, writeCertificateVerify(verify));
	}

	private takeTicket(message: HandshakeMessage): Fault | undefined {
		// Once, and only where the ServerHello said so.
		if (this.answer!.extensions.sessionTicket === undefined || this.ticket !== nothing) return UNEXPECTED_MESSAGE;
		const ticket = readNewSessionTicket(message.body, 0, message.body.length);
		if ("code" in ticket) return ticket;
		this.ticket = ticket.ticket;
		this.hear(message);
		return undefined;
	}

	private finish(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const wrong = this.takeFinished(message, nowMs);
		if (wrong === undefined) this.complete(undefined, nowMs);
		return wrong;
	}

	private finishResumed(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const wrong = this.takeFinished(message, nowMs);
		if (wrong !== undefined) return wrong;
		this.flight = new Flight();
		this.sayFinished();
		this.sendFlight(nowMs);
		this.complete(this.flight, nowMs);
		return undefined;
	}

	private complete(lastFlight: Flight | undefined, nowMs: number): void {
		const { records } = this.carrier;
		this.isOver = true;
		this.timer.stop();
		const established = {
			suite: this.suite!.id,
			isResumed: lastFlight !== undefined,
			extendedMasterSecret: this.extendedMasterSecret,
			peer: this.peer,
			chain: this.chain,
			serverName: undefined,
			connectionId: records.ownCid,
			peerConnectionId: records.peerCid,
			session: this.sessionToResume(lastFlight !== undefined),
		};
		this.carrier.completed({ established, lastFlight, sessionId: undefined }, nowMs);
	}

	private sessionToResume(isResumed: boolean): ResumableSession | undefined {
		const { crypto, resumption = "none" } = this.settings;
		const master = resumption === "none" ? undefined : crypto.exportSecret(this.master!);
		if (master === undefined) return undefined;
		const { extendedMasterSecret, peer } = this;
		const known = { suite: this.suite!.id, master, extendedMasterSecret, sessionId: this.answer!.sessionId, peer };
		// A ticket serves until there is another one.
		const ticket = this.ticket.length > 0 || !isResumed ? this.ticket : (this.session?.ticket ?? nothing);
		return resumableBy(known, ticket);
	}
}
