import { assert, type Fault } from "../bytes.ts";
import { readCertificateRequest } from "./certificate-message.ts";
import { makeClientHello } from "./client-hello.ts";
import {
	CERTIFICATE_MISSING,
	isEmptyCertificate,
	readPeerCertificate,
	readSignedPoint,
	writeOwnCertificate,
	writeProof,
} from "./credentials.ts";
import { CertificateType } from "./extensions.ts";
import { Flight } from "./flight.ts";
import { type Carrier, Handshake, UNEXPECTED_MESSAGE } from "./handshake.ts";
import { HandshakeType } from "./handshake-type.ts";
import { type ClientHello, type ServerHello, writeClientHello } from "./hello.ts";
import {
	POINT,
	readEmpty,
	readNewSessionTicket,
	readPskServerKeyExchange,
	writeEcdheClientKeyExchange,
	writePskClientKeyExchange,
} from "./key-exchange.ts";
import type { HandshakeMessage } from "./reassembly.ts";
import { recordPlaintextMaxBytes } from "./record.ts";
import { type ResumableSession, resumableBy } from "./session.ts";
import type { DtlsSettings } from "./settings.ts";
import { type Suite, suiteById } from "./suite.ts";
import { Transcript } from "./transcript.ts";

const nothing = new Uint8Array(0);

/** What the actions of clientTable do; nothing here knows in which state it is done. */
export abstract class ClientActions extends Handshake {
	protected hello: ClientHello | undefined;
	/** What we offer to resume; undefined: nothing, or no more. */
	protected session: ResumableSession | undefined;
	protected answer: ServerHello | undefined;
	/** message_seq of our last ClientHello. */
	protected helloSequence = 0;
	/** The random of a ServerHello that was a forgery, or rivalled by one. */
	protected refusedRandom: Uint8Array = nothing;
	protected isHelloRivalled = false;
	protected restarts = 0;
	private isCertificateRequested = false;
	private chain: readonly Uint8Array[] = [];
	private ticket: Uint8Array = nothing;

	constructor(settings: DtlsSettings, carrier: Carrier) {
		super("client", settings, carrier);
		const { resume } = settings;
		if (resume !== undefined && settings.suites.includes(resume.suite)) this.session = resume;
	}

	protected begin(nowMs: number): undefined {
		this.clear(0, 0);
		const hello = makeClientHello(this.settings, this.session);
		assert(hello !== undefined, "dtls: no cipher suite that there are credentials for");
		this.hello = hello;
		this.sayHello();
		this.sendFlight(nowMs);
		if (this.restarts === 0) this.timer.start(nowMs);
		else this.timer.startAnew(nowMs);
		return undefined;
	}

	/**
	 * Forgets what was made of all that was heard since the last ClientHello. There is no new random: a server that waits
	 * for our keys takes no new ClientHello. If there was more than one ServerHello, the one that was taken is refused.
	 */
	protected takeBack(nowMs: number): undefined {
		if (this.isHelloRivalled) this.refusedRandom = this.answer!.random;
		this.clear(this.helloSequence, this.helloSequence);
		this.sayHello();
		this.timer.restart(nowMs);
		return undefined;
	}

	private clear(nextReceived: number, nextSent: number): void {
		this.reset(nextReceived, nextSent);
		this.fragmentBytes = recordPlaintextMaxBytes;
		this.ownRecordBytes = recordPlaintextMaxBytes;
		this.peerRecordBytes = recordPlaintextMaxBytes;
		this.answer = undefined;
		this.isCertificateRequested = false;
		this.isHelloRivalled = false;
		this.chain = [];
		this.ticket = nothing;
		this.peer = {};
	}

	protected sendCookie(message: HandshakeMessage, nowMs: number): undefined {
		this.reassembly.reset(message.sequence + 1);
		this.sayHello();
		this.sendAndWait(nowMs);
		return undefined;
	}

	/** Each ClientHello begins the transcript anew (RFC 6347 §4.2.1). */
	private sayHello(): void {
		this.transcript = new Transcript(this.settings.crypto);
		this.flight = new Flight();
		this.helloSequence = this.nextSequence;
		this.say(HandshakeType.clientHello, writeClientHello(this.hello!));
	}

	protected takeHello(message: HandshakeMessage): undefined {
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

	protected resume(message: HandshakeMessage, nowMs: number): undefined {
		this.takeHello(message);
		const session = this.session!;
		this.peer = session.peer;
		this.master = this.settings.crypto.importSecret(session.master);
		this.installKeys();
		this.timer.postpone(nowMs);
		return undefined;
	}

	protected takeCertificate(message: HandshakeMessage): Fault | undefined {
		const type = this.answer!.extensions.serverCertificateTypes?.[0] ?? CertificateType.x509;
		const credentials = readPeerCertificate(this.settings, type, message.body);
		if (credentials === undefined) return CERTIFICATE_MISSING;
		if ("code" in credentials) return credentials;
		this.chain = credentials.chain;
		this.peer = { publicKey: credentials.publicKey };
		this.hear(message);
		return undefined;
	}

	protected takeHint(message: HandshakeMessage): Fault | undefined {
		const hint = readPskServerKeyExchange(message.body, 0, message.body.length);
		if ("code" in hint) return hint;
		this.hear(message); // what the hint says is of no use here: there is one key
		return undefined;
	}

	protected takeKeyExchange(message: HandshakeMessage): Fault | undefined {
		const { clientRandom, serverRandom } = this;
		const p256 = this.settings.crypto.p256!;
		const point = readSignedPoint(
			this.settings.crypto,
			this.peer.publicKey!,
			{ clientRandom, serverRandom },
			message.body,
		);
		if ("code" in point) return point;
		this.ephemeral = p256.generate();
		this.premaster = p256.agree(this.ephemeral, point);
		if (this.premaster === undefined) {
			this.releaseKeys();
			return POINT;
		}
		this.hear(message);
		return undefined;
	}

	protected takeRequest(message: HandshakeMessage): Fault | undefined {
		const request = readCertificateRequest(message.body, 0, message.body.length);
		if ("code" in request) return request;
		this.isCertificateRequested = true;
		this.hear(message);
		return undefined;
	}

	protected sendKeys(message: HandshakeMessage, nowMs: number): Fault | undefined {
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
		if (isProving) this.say(HandshakeType.certificateVerify, writeProof(this.settings, this.transcript.hash()));
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

	protected takeTicket(message: HandshakeMessage): Fault | undefined {
		// Once, and only where the ServerHello said so.
		if (this.answer!.extensions.sessionTicket === undefined || this.ticket !== nothing) return UNEXPECTED_MESSAGE;
		const ticket = readNewSessionTicket(message.body, 0, message.body.length);
		if ("code" in ticket) return ticket;
		this.ticket = ticket.ticket;
		this.hear(message);
		return undefined;
	}

	protected finish(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const wrong = this.takeFinished(message, nowMs);
		if (wrong === undefined) this.complete(undefined, nowMs);
		return wrong;
	}

	protected finishResumed(message: HandshakeMessage, nowMs: number): Fault | undefined {
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
