import { assert, equalBytes, type Fault, fault } from "../bytes.ts";
import type { KeyHandle } from "../host.ts";
import { AlertDescription } from "./alert.ts";
import { ClientCertificateType, writeCertificateRequest } from "./certificate-message.ts";
import {
	CERTIFICATE_MISSING,
	isEmptyCertificate,
	readPeerCertificate,
	readProof,
	writeOwnCertificate,
} from "./credentials.ts";
import { SignatureAlgorithm } from "./extensions.ts";
import { Flight } from "./flight.ts";
import { type Carrier, Handshake, reasonOf, UNEXPECTED_MESSAGE } from "./handshake.ts";
import { HandshakeType, ProtocolVersion } from "./handshake-type.ts";
import { type ClientHello, readClientHello, writeServerHello } from "./hello.ts";
import type { OpeningHello } from "./hello-gate.ts";
import {
	POINT,
	readEcdheClientKeyExchange,
	readPskClientKeyExchange,
	signedHash,
	writeEcdheParameters,
	writeEcdheServerKeyExchange,
	writeNewSessionTicket,
} from "./key-exchange.ts";
import type { HandshakeMessage } from "./reassembly.ts";
import { recordPlaintextMaxBytes } from "./record.ts";
import { type Choice, chooseAnswer } from "./server-hello.ts";
import { type ServerAction, type ServerEvent, type ServerState, serverTable } from "./server-table.ts";
import type { ResumableSession } from "./session.ts";
import type { DtlsSettings } from "./settings.ts";
import { writeSignature } from "./signature.ts";

export const IDENTITY_UNKNOWN = fault("dtls.identityUnknown", AlertDescription.unknownPskIdentity, "RFC 4279 §2");
const nothing = new Uint8Array(0);
const randomKeySize = 16;

/** A server's side of one handshake: serverTable, and what its actions do. */
export class ServerHandshake extends Handshake {
	private state: ServerState = "idle";
	private hello: ClientHello | undefined;
	private choice: Choice | undefined;
	private chain: readonly Uint8Array[] = [];

	/** @param opening the ClientHello that begins it: one whose cookie is good, where cookies are asked for */
	constructor(settings: DtlsSettings, carrier: Carrier, opening: OpeningHello, nowMs: number) {
		super("server", settings, carrier);
		this.clientRandom = opening.hello.random;
		this.reassembly.reset(opening.sequence);
		// A ServerHello has the number of the ClientHello: the server that sent HelloVerifyRequest has not counted it.
		this.nextSequence = opening.sequence;
		this.timer.start(nowMs);
	}

	protected override take(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const event = this.eventOf(message, nowMs);
		return event === undefined ? UNEXPECTED_MESSAGE : this.dispatch(event, message, nowMs);
	}

	protected override isExpected(type: number, epoch: number): boolean {
		switch (type) {
			case HandshakeType.finished:
				return epoch === 1;
			case HandshakeType.clientHello: // a repetition
			case HandshakeType.certificate:
			case HandshakeType.clientKeyExchange:
			case HandshakeType.certificateVerify:
				return epoch === 0;
			default:
				return false;
		}
	}

	protected override repeat(cause: "repeated" | "resend", nowMs: number): void {
		this.dispatch(cause, undefined, nowMs);
	}

	protected override beginAnew(_nowMs: number): boolean {
		return false; // that is the client's
	}

	protected override get isAnswered(): boolean {
		return false;
	}

	/** @returns undefined for what has no place here */
	private eventOf({ type, body }: HandshakeMessage, nowMs: number): ServerEvent | undefined {
		switch (type) {
			case HandshakeType.clientHello:
				return this.state === "idle" ? this.readHello(body, nowMs) : undefined;
			case HandshakeType.certificate:
				return isEmptyCertificate(body) ? "noCertificate" : "certificate";
			case HandshakeType.clientKeyExchange:
				return "clientKeyExchange";
			case HandshakeType.certificateVerify:
				return "certificateVerify";
			case HandshakeType.finished:
				return "finished";
			default:
				return undefined;
		}
	}

	/** @returns undefined where there is nothing to answer, or where that ended it: the client has shown to hear us */
	private readHello(body: Uint8Array, nowMs: number): ServerEvent | undefined {
		const hello = readClientHello(body, 0, body.length);
		if (!("code" in hello) && !equalBytes(hello.random, this.clientRandom)) return undefined;
		const choice = "code" in hello ? hello : chooseAnswer(this.settings, hello, nowMs);
		if ("code" in hello || "code" in choice) {
			const reason = reasonOf(choice as Fault);
			this.end(reason, reason.alert, nowMs);
			return undefined;
		}
		this.hello = hello;
		this.choice = choice;
		return eventOfChoice(choice);
	}

	/** @returns why the action can not be done; then the state has not changed */
	private dispatch(event: ServerEvent, message: HandshakeMessage | undefined, nowMs: number): Fault | undefined {
		const cell = serverTable[this.state][event];
		assert(cell !== "impossible", `dtls: ${event} while ${this.state}`);
		if (cell === "ignore") return UNEXPECTED_MESSAGE;
		const refused = this.act(cell[0], message, nowMs);
		if (refused === undefined) this.state = cell[1];
		return refused;
	}

	private act(action: ServerAction, message: HandshakeMessage | undefined, nowMs: number): Fault | undefined {
		switch (action) {
			case "sendHello":
				return this.sendHello(message!, nowMs);
			case "resume":
				return this.resume(message!, nowMs);
			case "takeIdentity":
				return this.takeIdentity(message!);
			case "takePoint":
				return this.takePoint(message!);
			case "takeCertificate":
				return this.takeCertificate(message!);
			case "takeNoCertificate":
				return this.takeNoCertificate(message!);
			case "takeVerify":
				return this.takeVerify(message!);
			case "finish":
				return this.finish(message!, nowMs);
			case "finishResumed":
				return this.finishResumed(message!, nowMs);
			case "sendAgain":
				this.carrier.transmit(this.flight, this.fragmentBytes);
				return undefined;
		}
	}

	private sendHello(message: HandshakeMessage, nowMs: number): undefined {
		this.hear(message);
		this.sayHello();
		if (this.suite!.keyExchange === "ecdheEcdsa") this.sayKeyExchange();
		this.say(HandshakeType.serverHelloDone, nothing);
		this.sendAndWait(nowMs);
		return undefined;
	}

	private sayHello(): void {
		const { extensions, sessionId, suite } = this.choice!;
		const { records } = this.carrier;
		this.settings.entropy.fill(this.serverRandom);
		this.suite = suite;
		this.extendedMasterSecret = extensions.extendedMasterSecret === true;
		this.encryptThenMac = extensions.encryptThenMac === true;
		if (extensions.maxFragmentLength !== undefined) this.fragmentBytes = 256 << extensions.maxFragmentLength;
		if (extensions.recordSizeLimit !== undefined) {
			this.ownRecordBytes = extensions.recordSizeLimit;
			this.peerRecordBytes = Math.min(this.hello!.extensions.recordSizeLimit!, recordPlaintextMaxBytes);
		}
		records.ownCid = extensions.connectionId ?? nothing;
		const peerCid = extensions.connectionId === undefined ? undefined : this.hello!.extensions.connectionId;
		records.peerCid = peerCid ?? nothing;
		const random = this.serverRandom;
		const answer = { version: ProtocolVersion.dtls12, random, sessionId, suite: suite.id, extensions };
		this.say(HandshakeType.serverHello, writeServerHello(answer));
	}

	private sayKeyExchange(): void {
		const { crypto, identity } = this.settings;
		const { ownCertificateType, peerCertificateType } = this.choice!;
		const p256 = crypto.p256!;
		this.say(HandshakeType.certificate, writeOwnCertificate(identity, ownCertificateType));
		this.ephemeral = p256.generate();
		const parameters = writeEcdheParameters(p256.publicPoint(this.ephemeral));
		const { clientRandom, serverRandom } = this;
		const hash = signedHash(crypto, { clientRandom, serverRandom }, parameters, 0, parameters.length);
		const signature = writeSignature(p256.sign(identity!.privateKey, hash));
		const algorithm = SignatureAlgorithm.ecdsaSha256;
		this.say(HandshakeType.serverKeyExchange, writeEcdheServerKeyExchange(parameters, algorithm, signature));
		if (peerCertificateType === undefined) return;
		const request = { types: [ClientCertificateType.ecdsaSign], algorithms: [algorithm] };
		this.say(HandshakeType.certificateRequest, writeCertificateRequest(request));
	}

	private resume(message: HandshakeMessage, nowMs: number): undefined {
		const session = this.choice!.session!;
		this.hear(message);
		this.sayHello();
		this.peer = session.peer;
		this.master = this.settings.crypto.importSecret(session.master);
		// Out of a ticket it is a copy; SessionCache keeps its own.
		if ((this.hello!.extensions.sessionTicket?.length ?? 0) > 0) session.master.fill(0);
		this.installKeys();
		this.sayTicket(nowMs);
		this.sayFinished();
		this.sendAndWait(nowMs);
		return undefined;
	}

	private takeIdentity(message: HandshakeMessage): Fault | undefined {
		const { crypto, entropy, pskOf, unknownIdentity = "hidden" } = this.settings;
		const identity = readPskClientKeyExchange(message.body, 0, message.body.length);
		if ("code" in identity) return identity;
		let key: KeyHandle | undefined = pskOf!(identity);
		if (key === undefined && unknownIdentity === "alert") return IDENTITY_UNKNOWN;
		if (key === undefined) {
			const random = new Uint8Array(randomKeySize);
			entropy.fill(random);
			key = crypto.importSecret(random);
			this.premaster = key; // ours to release
		}
		this.hear(message);
		this.peer = { psk: identity };
		this.deriveMaster(key, "psk");
		this.installKeys();
		return undefined;
	}

	private takePoint(message: HandshakeMessage): Fault | undefined {
		const point = readEcdheClientKeyExchange(message.body, 0, message.body.length);
		if ("code" in point) return point;
		this.premaster = this.settings.crypto.p256!.agree(this.ephemeral!, point);
		if (this.premaster === undefined) return POINT;
		this.hear(message);
		this.deriveMaster(this.premaster, "secret");
		this.installKeys();
		return undefined;
	}

	private takeCertificate(message: HandshakeMessage): Fault | undefined {
		const credentials = readPeerCertificate(this.settings, this.choice!.peerCertificateType!, message.body);
		if (credentials === undefined) return CERTIFICATE_MISSING;
		if ("code" in credentials) return credentials;
		this.chain = credentials.chain;
		this.peer = { publicKey: credentials.publicKey };
		this.hear(message);
		return undefined;
	}

	private takeNoCertificate(message: HandshakeMessage): Fault | undefined {
		if (this.settings.requirePeerCertificate === true) return CERTIFICATE_MISSING;
		this.hear(message);
		return undefined;
	}

	private takeVerify(message: HandshakeMessage): Fault | undefined {
		const wrong = readProof(this.settings.crypto, this.peer.publicKey!, this.transcript.hash(), message.body);
		if (wrong !== undefined) return wrong;
		this.hear(message);
		return undefined;
	}

	private finish(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const wrong = this.takeFinished(message, nowMs);
		if (wrong !== undefined) return wrong;
		this.flight = new Flight();
		this.keepSession(nowMs);
		this.sayTicket(nowMs);
		this.sayFinished();
		this.sendFlight(nowMs);
		this.complete(this.flight, nowMs);
		return undefined;
	}

	private finishResumed(message: HandshakeMessage, nowMs: number): Fault | undefined {
		const wrong = this.takeFinished(message, nowMs);
		if (wrong === undefined) this.complete(undefined, nowMs);
		return wrong;
	}

	private keepSession(nowMs: number): void {
		const { sessionId } = this.choice!;
		if (sessionId.length === 0) return;
		const session = this.makeSession(sessionId);
		if (session !== undefined) this.settings.sessions?.keep(session, nowMs);
	}

	/** Says NewSessionTicket where we promised one (RFC 5077 §3.3); an empty one where there is none after all. */
	private sayTicket(nowMs: number): void {
		const { tickets } = this.settings;
		if (tickets === undefined || this.choice!.extensions.sessionTicket === undefined) return;
		const session = this.makeSession(nothing);
		const ticket = session === undefined ? undefined : tickets.seal(session, nowMs);
		session?.master.fill(0);
		const lifetimeHintS = Math.floor(tickets.lifetimeMs / 1000);
		this.say(HandshakeType.newSessionTicket, writeNewSessionTicket({ lifetimeHintS, ticket: ticket ?? nothing }));
	}

	private makeSession(sessionId: Uint8Array): ResumableSession | undefined {
		const master = this.settings.crypto.exportSecret(this.master!);
		if (master === undefined) return undefined;
		const { extendedMasterSecret, peer } = this;
		return { suite: this.suite!.id, master, extendedMasterSecret, sessionId, peer };
	}

	private complete(lastFlight: Flight | undefined, nowMs: number): void {
		const { records } = this.carrier;
		this.isOver = true;
		this.timer.stop();
		const established = {
			suite: this.suite!.id,
			isResumed: lastFlight === undefined,
			extendedMasterSecret: this.extendedMasterSecret,
			peer: this.peer,
			chain: this.chain,
			serverName: this.hello!.extensions.serverName,
			connectionId: records.ownCid,
			peerConnectionId: records.peerCid,
			session: undefined,
		};
		const sessionId = this.settings.sessions === undefined ? undefined : this.choice!.sessionId;
		this.carrier.completed({ established, lastFlight, sessionId }, nowMs);
	}
}

function eventOfChoice({ peerCertificateType, session, suite }: Choice): ServerEvent {
	if (session !== undefined) return "resumedClientHello";
	if (suite.keyExchange === "psk") return "pskClientHello";
	return peerCertificateType === undefined ? "ecdheClientHello" : "ecdheClientHelloAsked";
}
