import { assert, equalBytes, type Fault } from "../bytes.ts";
import { ClientActions } from "./client-actions.ts";
import { isResumption, judgeServerHello } from "./client-hello.ts";
import { type ClientAction, type ClientEvent, type ClientState, clientTable } from "./client-table.ts";
import type { FragmentView } from "./fragment.ts";
import { reasonOf, UNEXPECTED_MESSAGE } from "./handshake.ts";
import { HandshakeType } from "./handshake-type.ts";
import { readHelloVerifyRequest, readServerHello } from "./hello.ts";
import type { HandshakeMessage } from "./reassembly.ts";

const nothing = new Uint8Array(0);

/** A client's side of one handshake: clientTable, and who decides what happens in it. */
export class ClientHandshake extends ClientActions {
	private state: ClientState = "idle";

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
		} else if (!equalBytes(request.cookie, this.hello.cookie)) {
			// Forged, or the server has a new secret; or else the ServerHello that we took was: the timer decides.
			this.note(reasonOf(UNEXPECTED_MESSAGE));
		}
		return true;
	}

	protected override repeat(cause: "repeated" | "resend", nowMs: number): void {
		this.dispatch(cause, undefined, nowMs);
	}

	protected override beginAnew(nowMs: number): boolean {
		if (this.restarts >= this.limits.restarts) return false;
		this.restarts++;
		this.session = undefined;
		this.dispatch("spoiled", undefined, nowMs);
		return true;
	}

	protected override get isAnswered(): boolean {
		return this.state !== "helloSent";
	}

	protected override retract(nowMs: number): boolean {
		if (this.restarts >= this.limits.restarts) return false;
		this.restarts++;
		this.isHelloRivalled = this.heard.hasRivalOf(HandshakeType.serverHello);
		const messages = this.heard.takeAll();
		this.dispatch("rivalled", undefined, nowMs);
		this.hearAgain(messages, nowMs);
		if (this.state === "cookieSent") this.sendFlight(nowMs);
		return true;
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
		if (equalBytes(answer.random, this.refusedRandom)) return UNEXPECTED_MESSAGE;
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
			case "takeBack":
				return this.takeBack(nowMs);
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
}
