import { assert, type Fault, fault, noBytes } from "../bytes.ts";
import type { ResponseOptions } from "./answer.ts";
import { isRequestCode } from "./code.ts";
import { cellOf } from "./exchange.ts";
import { CODE_RESERVED, MessageType, MessageView } from "./message.ts";
import type { RequestOptions } from "./operation.ts";
import type { Request } from "./received.ts";
import { Requester } from "./requester.ts";
import { Responder } from "./responder.ts";
import { type Release, Signal, SignalCode, SignalOption, writeAbort, writeCsm, writeRelease } from "./signalling.ts";
import { SilentCancels } from "./tcp-cancel.ts";
import { baseMessageBytes, FrameReader } from "./tcp-frame.ts";
import { TcpLayer } from "./tcp-layer.ts";
import type { AnyPeer, Ending, TcpFigures, TcpPeerListener, TcpPeerOptions } from "./tcp-listener.ts";
import { CONNECTION, type TcpAction, type TcpEvent, type TcpState } from "./tcp-state.ts";
import { DEFAULT_TUNING, DEVICE_LIMITS, type Limits, withChanges } from "./tuning.ts";

export type { AnyPeer, Ending, TcpFigures, TcpPeerListener, TcpPeerOptions } from "./tcp-listener.ts";

export const CSM_MISSING = fault("coap.csmMissing", "silence", "RFC 8323 §3.3");
export const STRAY_RESPONSE = fault("coap.strayResponse", "silence", "RFC 7252 §5.3.2");
export const OVERRUN = fault("coap.overrun", "silence", "RFC 8323 §5.6");
export const SILENT = fault("coap.silent", "silence", "RFC 8323 §3.3, §5.4");

/**
 * All of CoAP over one TCP or TLS connection, client and server in one (RFC 8323), without I/O, and with the same
 * listener and calls as Peer. `connected` and `disconnected` tell it of the stream; both sides of a connection are
 * alike. One connection may follow the other.
 */
export class TcpPeer implements AnyPeer {
	/**
	 * Up to where receive() took the bytes: short of the end while the outbox is full. Offer the rest again when some of
	 * that was taken.
	 */
	takenTo = 0;
	readonly #listener: TcpPeerListener;
	readonly #limits: Limits;
	readonly #signalTimeoutMs: number;
	readonly #view = new MessageView();
	readonly #signal = new Signal();
	readonly #reader: FrameReader;
	readonly #layer: TcpLayer;
	readonly #cancels: SilentCancels;
	readonly #requester: Requester;
	readonly #responder: Responder;
	#state: TcpState = "closed";
	#ending: Ending | undefined;
	/** When the other endpoint has kept us waiting too long. */
	#dueMs = Number.POSITIVE_INFINITY;
	#isPinging = false;
	/** Token of a Ping that wants its Pong when all requests before it are answered. */
	#custody: Uint8Array | undefined;
	/** Requests made while the connection ends, to be told at the next poll. */
	#doomed: number[] = [];
	#nowMs = 0;

	constructor(options: TcpPeerOptions) {
		const tuning = withChanges(DEFAULT_TUNING, options.tuning);
		const limits = withChanges(DEVICE_LIMITS, options.limits);
		const { blockSizeBytes: block, messageBytes } = limits;
		assert(block >= 16 && (block > 1024 ? block % 1024 === 0 : (block & (block - 1)) === 0), "blockSizeBytes");
		assert(messageBytes >= baseMessageBytes, "messageBytes"); // they may send as much before our CSM is there
		assert(tuning.tokenBytes >= 1 && tuning.tokenBytes <= 4, "tokenBytes");
		const { entropy, listener, understood = [], signalTimeoutMs = 30_000 } = options;
		this.#listener = listener;
		this.#limits = limits;
		this.#signalTimeoutMs = signalTimeoutMs;
		this.#reader = new FrameReader(messageBytes);
		this.#layer = new TcpLayer(limits);
		this.#cancels = new SilentCancels(listener);
		this.#requester = new Requester(this.#layer, entropy, this.#cancels, tuning, limits, options.abilities);
		this.#responder = new Responder(this.#layer, this.#layer, listener, tuning, limits, understood, options.abilities);
	}

	/** See Peer.request. Before the connection is there the request waits for it; while it ends it fails with "reset". */
	request(options: RequestOptions, nowMs: number): number {
		this.#nowMs = nowMs;
		if (!this.isEnding) return this.#requester.request(options, nowMs);
		if (this.#doomed.length >= this.#limits.requests) return 0;
		const requestId = this.#requester.takeId();
		this.#doomed.push(requestId);
		return requestId;
	}

	/** Forgets a request. An observation is ended at the other endpoint too (RFC 8323 Appendix A.4). */
	cancel(requestId: number): void {
		const options = this.#requester.optionsOf(requestId);
		if (options?.observe !== 0 || this.#state === "closed" || this.isEnding) {
			this.#requester.cancel(requestId);
			return;
		}
		// the same request but for its sink, as it is to bring nothing
		const { sink: _sink, resume: _resume, ...same } = options;
		this.#cancels.add(this.#requester.request({ ...same, observe: 1, observation: requestId }, this.#nowMs));
	}

	/** See Peer.respond. */
	respond(request: Request, response: ResponseOptions, nowMs: number): boolean {
		const isSent = this.#responder.respond(request, response, nowMs);
		this.payCustody();
		return isSent;
	}

	/**
	 * See Peer.notify. A notification that still waits to go out makes way for a newer one of the same observation.
	 * @param _type means nothing here: all arrives
	 */
	notify(
		token: Uint8Array,
		response: ResponseOptions,
		_type: "confirmable" | "nonConfirmable",
		nowMs: number,
	): boolean {
		if (this.#state === "closed" || this.#state === "aborting") return false;
		return this.#responder.notify(token, response, false, nowMs);
	}

	/** See Peer.forgetObserver. */
	forgetObserver(token: Uint8Array): void {
		this.#responder.forgetObserver(token);
	}

	/** The stream is there, whoever opened it: our CSM goes out first, then what waited. */
	connected(nowMs: number): void {
		this.#reader.reset();
		this.do("connected", nowMs);
	}

	/** The stream is closed, or failed. */
	disconnected(nowMs: number): void {
		this.do("disconnected", nowMs);
	}

	/** Asks the other endpoint whether it is there; one Ping at a time. Without a Pong in time, the connection ends. */
	ping(nowMs: number, options: { readonly custody?: boolean } = {}): void {
		if (this.#isPinging || this.#state !== "open") return;
		this.#isPinging = true;
		this.wait(nowMs);
		this.postSignal(SignalCode.ping, noBytes, options.custody === true);
	}

	/** Sends an Empty message, which nobody answers (RFC 8323 §3.4): for the sake of address translators on the way. */
	keepAlive(): void {
		if (this.#state === "open") this.#layer.post(this.#layer.writer.start(0, 0, 0, noBytes).finish()!);
	}

	/** Ends the connection in good order: what is in flight is still answered, until the other endpoint closes it. */
	leave(nowMs: number, release: Release = {}): void {
		this.do("leave", nowMs, undefined, release);
	}

	/**
	 * Takes bytes[at .. end) of the stream, in pieces of any size. See `takenTo`.
	 * @param bytes stays the caller's, and may be used again after the call
	 * @returns undefined, or the last reason why something in it was refused. Never throws over what came in
	 */
	receive(bytes: Uint8Array, at: number, end: number, nowMs: number): Fault | undefined {
		this.#nowMs = nowMs;
		const reader = this.#reader;
		let refusal: Fault | undefined;
		let from = at;
		while (from >= 0 && this.#state !== "closed" && this.#state !== "aborting") {
			if (this.#layer.isFull) {
				this.takenTo = from;
				return refusal;
			}
			from = reader.next(bytes, from, end);
			if (from >= 0) refusal = this.message(nowMs) ?? refusal;
			else if (reader.fault !== undefined) refusal = this.refuse(reader.fault, nowMs);
		}
		this.takenTo = end;
		return refusal;
	}

	/** Does what is due by now. */
	poll(nowMs: number): void {
		this.#nowMs = nowMs;
		this.#requester.poll(nowMs);
		this.#responder.poll(nowMs);
		this.payCustody();
		const doomed = this.#doomed;
		this.#doomed = [];
		for (const requestId of doomed) this.#listener.failed(requestId, "reset", nowMs);
		if (this.#layer.isOverrun) this.refuse(OVERRUN, nowMs);
		if (this.#dueMs <= nowMs) this.do("overdue", nowMs, SILENT);
		if (this.isDrained) this.do("drained", nowMs);
	}

	/** When poll() has something to do; Infinity when nothing is due, 0 for at once. */
	get deadlineMs(): number {
		if (this.#doomed.length > 0 || this.#layer.isOverrun || this.isDrained) return 0;
		return Math.min(this.#dueMs, this.#requester.deadlineMs, this.#responder.deadlineMs);
	}

	/**
	 * @returns the next message to write to the stream, whole and in order, or undefined. Its bytes stay the peer's: do
	 *   not modify them
	 */
	takeDatagram(): Uint8Array | undefined {
		return this.#state === "closed" ? undefined : this.#layer.takeDatagram();
	}

	/** Where the connection stands. "closed": close the stream. */
	get state(): TcpState {
		return this.#state;
	}

	/**
	 * Drops all state without a word to the other endpoint.
	 * @param nowMs with it, failed(…, "cancelled") is called for every request of ours
	 */
	reset(nowMs?: number): void {
		this.#state = "closed";
		this.forget();
		this.#requester.clear(nowMs);
		this.#cancels.clear();
	}

	get figures(): TcpFigures {
		return {
			requests: this.#requester.size,
			incoming: this.#responder.incomingSize,
			observers: this.#responder.observersSize,
			bodies: this.#responder.bodiesSize,
			outbox: this.#layer.outboxSize,
			held: this.#reader.held,
		};
	}

	/** No more requests of ours. */
	private get isEnding(): boolean {
		return this.#state === "leaving" || this.#state === "dismissed" || this.#state === "aborting";
	}

	/** Whether nothing keeps a connection that ends: all is answered, and out. */
	private get isDrained(): boolean {
		if (this.#layer.outboxSize > 0) return false;
		if (this.#state !== "dismissed") return this.#state === "aborting";
		// observations wait for ever
		return this.#responder.incomingSize === 0 && this.#requester.deadlineMs === Number.POSITIVE_INFINITY;
	}

	/** Takes the message that the reader found. */
	private message(nowMs: number): Fault | undefined {
		const { bytes, at, end, code, tokenNibble } = this.#reader;
		if (code === 0) return undefined; // §3.4: an Empty message is ignored at any time
		const view = this.#view;
		view.type = MessageType.nonConfirmable;
		view.code = code;
		view.messageId = 0;
		const kind = code >> 5;
		const isReserved = kind === 1 || kind === 3 || kind === 6;
		const broken = isReserved ? CODE_RESERVED : (view.readToken(bytes, at, end, tokenNibble) ?? view.readContent());
		if (broken !== undefined) return this.refuse(broken, nowMs);
		if (kind === 7) return this.signalled(view, nowMs);
		if (this.do("content", nowMs, CSM_MISSING) !== "take") return CSM_MISSING;
		return isRequestCode(code) ? this.#responder.receive(view, nowMs) : this.response(view, nowMs);
	}

	private response(view: MessageView, nowMs: number): Fault | undefined {
		const operation = this.#requester.match(view);
		if (operation === undefined) return STRAY_RESPONSE; // there is no Reset to send
		const refusal = view.criticalFault([]);
		if (refusal === undefined) this.#requester.answered(operation, view, nowMs);
		else this.#requester.fail(operation, "malformed", nowMs);
		return refusal;
	}

	private signalled(view: MessageView, nowMs: number): Fault | undefined {
		const signal = this.#signal;
		const broken = signal.read(view);
		if (broken !== undefined) return this.refuse(broken, nowMs);
		const { code } = view;
		if (code === SignalCode.abort) {
			const { badCsmOption, diagnostic } = signal;
			this.#ending = { why: "aborted", diagnostic, ...(badCsmOption < 0 ? undefined : { badCsmOption }) };
		}
		const wasGreeting = this.#state === "greeting";
		const action = this.do(eventOf(code), nowMs, CSM_MISSING);
		if (action === "refuse") return CSM_MISSING;
		if (action === "settle" && wasGreeting) this.#listener.opened?.(nowMs);
		else if (action === "answer") this.pong(view);
		else if (action === "note" && code === SignalCode.pong && this.#isPinging) {
			this.#isPinging = false;
			if (this.#state === "open") this.#dueMs = Number.POSITIVE_INFINITY;
			this.#listener.ponged?.(signal.custody, nowMs);
		} else if (action === "note" && code === SignalCode.release) {
			const { alternatives, holdOffS, diagnostic } = signal;
			this.#ending = { why: "released", alternatives, diagnostic, ...(holdOffS < 0 ? undefined : { holdOffS }) };
			this.wait(nowMs);
		}
		return undefined;
	}

	/** Answers a Ping: at once, or when all before it is answered. Of two that wait, the older goes without Custody. */
	private pong(view: MessageView): void {
		const token = view.bytes.slice(view.tokenAt, view.optionsAt);
		if (!this.#signal.custody) {
			this.postSignal(SignalCode.pong, token, false);
			return;
		}
		if (this.#custody !== undefined) this.postSignal(SignalCode.pong, this.#custody, false);
		this.#custody = token;
		this.payCustody();
	}

	private payCustody(): void {
		if (this.#custody === undefined || this.#responder.incomingSize > 0) return;
		this.postSignal(SignalCode.pong, this.#custody, true);
		this.#custody = undefined;
	}

	/** A Ping or a Pong. One that is larger than they take is left away, as it could not be otherwise. */
	private postSignal(code: number, token: Uint8Array, custody: boolean): void {
		const writer = this.#layer.writer.start(0, code, 0, token).uint(SignalOption.custody, custody ? 0 : undefined);
		const bytes = writer.finish();
		if (bytes !== undefined) this.#layer.post(bytes);
	}

	private refuse(reason: Fault, nowMs: number): Fault {
		this.do("malformed", nowMs, reason);
		return reason;
	}

	private wait(nowMs: number): void {
		this.#dueMs = nowMs + this.#signalTimeoutMs;
	}

	/** Walks the table, and does what concerns the connection. @returns what was to do */
	private do(event: TcpEvent, nowMs: number, reason?: Fault, release?: Release): TcpAction | undefined {
		this.#nowMs = nowMs;
		const cell = cellOf(CONNECTION, this.#state, event);
		if (cell === undefined) return undefined;
		const [action, state] = cell;
		const wasGreeting = this.#state === "greeting";
		this.#state = state;
		const { writer } = this.#layer;
		if (action === "greet") {
			writeCsm(writer.start(0, SignalCode.csm, 0, noBytes), this.#limits.messageBytes, this.#limits.longTokenBytes);
			this.#layer.postFirst(writer.finish()!);
			this.wait(nowMs);
		} else if (action === "settle") {
			this.#layer.settle(this.#signal);
			if (wasGreeting) this.#dueMs = Number.POSITIVE_INFINITY;
		} else if (action === "release") {
			writeRelease(writer.start(0, SignalCode.release, 0, noBytes), release ?? {});
			this.#layer.post(writer.finish() ?? writer.start(0, SignalCode.release, 0, noBytes).finish()!);
			this.#ending = { why: "left", ...release };
			this.wait(nowMs);
		} else if (action === "refuse") this.abort(reason!, nowMs);
		else if (action === "end") {
			if (event === "leave") this.#ending = { why: "left", ...release };
			this.end(nowMs);
		}
		return action;
	}

	/** Their messages are broken or missing: one Abort, and nothing of what waited (RFC 8323 §5.6). */
	private abort(reason: Fault, nowMs: number): void {
		const { writer } = this.#layer;
		const isCsm = this.#view.code === SignalCode.csm && this.#signal.refusedOption >= 0;
		this.#layer.clear();
		writer.start(0, SignalCode.abort, 0, noBytes);
		writeAbort(writer, isCsm ? this.#signal.refusedOption : -1, `${reason.code} ${reason.see}`);
		this.#layer.post(writer.finish()!);
		this.#ending = { why: "refused", fault: reason };
		this.wait(nowMs);
	}

	private end(nowMs: number): void {
		const ending = this.#ending ?? { why: "lost" };
		this.forget();
		this.#requester.clear(nowMs, "reset");
		this.#cancels.clear();
		this.#listener.closed?.(ending, nowMs);
	}

	private forget(): void {
		this.#ending = undefined;
		this.#dueMs = Number.POSITIVE_INFINITY;
		this.#isPinging = false;
		this.#custody = undefined;
		this.#reader.reset();
		this.#layer.clear();
		this.#responder.clear();
	}
}

function eventOf(code: number): TcpEvent {
	if (code === SignalCode.csm) return "csm";
	if (code === SignalCode.ping) return "ping";
	if (code === SignalCode.pong) return "pong";
	return code === SignalCode.release ? "release" : "abort";
}
