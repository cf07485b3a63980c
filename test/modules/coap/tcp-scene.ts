import { type Fault, fromHex, readUtf8, toHex, utf8 } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";
import { OptionCursor } from "../../../modules/coap/option.ts";
import type { Request, Response } from "../../../modules/coap/peer.ts";
import { FrameReader, FrameWriter } from "../../../modules/coap/tcp-frame.ts";
import { type Ending, TcpPeer, type TcpPeerListener, type TcpPeerOptions } from "../../../modules/coap/tcp-peer.ts";
import { deepEqual, equal } from "../../harness.ts";
import { bytesOf, textOf } from "./message-text.ts";
import { countingEntropy } from "./scene.ts";

/*
 * Messages on a stream as one line: `2.05 a1b2 obs=0 "22.5"`, as in message-text.ts but for type and Message ID.
 * Signalling ones: `CSM - 2=1152 4=`, options by number with their value as hexadecimal digits or, of text, in quotes.
 */

const signals = ["CSM", "PING", "PONG", "RELEASE", "ABORT"];

/** The frame that a line says. */
export function frameOf(line: string, payload: Uint8Array | string = ""): Uint8Array {
	const writer = new FrameWriter(new Uint8Array(70_000));
	writer.limitBytes = 70_000;
	const [name, token = "-", ...options] = line.split(" ") as [string, ...string[]];
	const signal = signals.indexOf(name);
	const bytes = typeof payload === "string" ? utf8(payload) : payload;
	const tokenBytes = token === "-" ? new Uint8Array(0) : fromHex(token)!;
	if (signal >= 0) {
		writer.start(1, 0xe1 + signal, 0, tokenBytes);
		for (const option of options) {
			const [number, value] = option.split("=") as [string, string];
			const isText = value.startsWith('"');
			writer.opaque(Number(number), isText ? utf8(value.slice(1, -1)) : fromHex(value)!);
		}
		return writer.payload(bytes).finish()!;
	}
	const message = bytesOf(`NON ${name} #0 ${token} ${options.join(" ")}`.trimEnd());
	const cursor = new OptionCursor();
	writer.start(1, message[1]!, 0, tokenBytes);
	const size = tokenBytes.length;
	cursor.start(message, 4 + size + (size < 13 ? 0 : size < 269 ? 1 : 2), message.length);
	while (cursor.next()) writer.opaque(cursor.number, message.slice(cursor.at, cursor.end));
	return writer.payload(bytes).finish()!;
}

/** The line that says what a frame holds. */
export function frameText(bytes: Uint8Array): string {
	const reader = new FrameReader(70_000);
	if (reader.next(bytes, 0, bytes.length) !== bytes.length) return `no message: ${toHex(bytes)}`;
	const { at, end, code, tokenNibble } = reader;
	if (code === 0) return `0.00 ${toHex(bytes, at, end)}`.trimEnd();
	if (code >> 5 !== 7) {
		const message = new Uint8Array(4 + end - at);
		message.set([0x50 | tokenNibble, code, 0, 0]);
		message.set(bytes.subarray(at, end), 4);
		return textOf(message).replace("NON ", "").replace(" #0", "");
	}
	const name = signals[code - 0xe1] ?? codeText(code);
	const token = toHex(bytes, at, at + tokenNibble);
	let line = `${name} ${token === "" ? "-" : token}`;
	const cursor = new OptionCursor().start(bytes, at + tokenNibble, end);
	while (cursor.next()) line += ` ${cursor.number}=${toHex(bytes, cursor.at, cursor.end)}`;
	if (cursor.end < end) line += ` "${readUtf8(bytes, cursor.end + 1, end)}"`;
	return line;
}

/** One peer on a stream, played as a transcript: hears("CSM"), sends("2.05 …"), tells("…"). */
export class TcpScene implements TcpPeerListener {
	readonly peer: TcpPeer;
	nowMs = 0;
	told: string[] = [];
	readonly requests: Request[] = [];
	readonly responses: Response[] = [];
	readonly endings: Ending[] = [];
	answer: ((request: Request, nowMs: number) => void) | undefined;
	fault: Fault | undefined;
	#sent: string[] = [];
	#output = new FrameReader(70_000);

	/** @param options beside those of TcpPeer: whether the CSMs are exchanged already */
	constructor(options: Partial<TcpPeerOptions> & { isNew?: boolean; theirs?: string } = {}) {
		const { isNew = false, theirs = "CSM - 2=100000 4=", ...rest } = options;
		this.peer = new TcpPeer({ entropy: countingEntropy(), ...rest, listener: this });
		if (isNew) return;
		this.peer.connected(0);
		this.hears(theirs).skip();
		this.told = [];
	}

	requested(request: Request, nowMs: number): void {
		this.requests.push(request);
		const observe = request.observe === undefined ? "" : ` obs=${request.observe}`;
		const size = request.payload.length === 0 ? "" : ` [${request.payload.length}]`;
		this.told.push(`requested ${codeText(request.code)} /${request.path.join("/")}${observe}${size}`);
		this.answer?.(request, nowMs);
	}

	responded(requestId: number, response: Response): void {
		this.responses.push(response);
		const observe = response.observe === undefined ? "" : ` obs=${response.observe}`;
		const size = response.payload.length === 0 ? "" : ` [${response.payload.length}]`;
		this.told.push(`responded ${requestId} ${codeText(response.code)}${observe}${size}`);
	}

	failed(requestId: number, reason: string): void {
		this.told.push(`failed ${requestId} ${reason}`);
	}

	observerGone(token: Uint8Array, reason: string): void {
		this.told.push(`observerGone ${toHex(token)} ${reason}`);
	}

	opened(): void {
		this.told.push("opened");
	}

	ponged(custody: boolean): void {
		this.told.push(`ponged${custody ? " custody" : ""}`);
	}

	closed(ending: Ending): void {
		this.endings.push(ending);
		const { fault } = ending;
		this.told.push(`closed ${ending.why}${fault === undefined ? "" : ` ${fault.code}`}`);
	}

	/** Lets time pass, with every deadline on the way kept. */
	at(nowMs: number): this {
		for (let turns = 0; this.peer.deadlineMs <= nowMs; turns++) {
			if (turns > 10_000) throw new Error(`polls for ever at ${this.nowMs}`);
			this.nowMs = Math.max(this.peer.deadlineMs, this.nowMs);
			this.peer.poll(this.nowMs);
			this.#collect();
		}
		this.nowMs = nowMs;
		return this;
	}

	hears(line: string, payload: Uint8Array | string = ""): this {
		return this.hearsBytes(frameOf(line, payload));
	}

	hearsBytes(bytes: Uint8Array): this {
		this.#collect();
		for (let at = 0; ; ) {
			const copy = bytes.slice(at);
			this.fault = this.peer.receive(copy, 0, copy.length, this.nowMs) ?? this.fault;
			copy.fill(0xee); // the buffer is the caller's again
			this.#collect();
			at += this.peer.takenTo;
			if (at >= bytes.length) return this;
		}
	}

	sends(line: string): this {
		this.#collect();
		equal(this.#sent.shift() ?? "nothing", line, "sends");
		return this;
	}

	silent(): this {
		this.#collect();
		deepEqual(this.#sent, [], "silent");
		return this;
	}

	tells(...lines: string[]): this {
		deepEqual(this.told, lines, "tells");
		this.told = [];
		return this;
	}

	skip(): this {
		this.#collect();
		this.#sent = [];
		return this;
	}

	/** What goes out is one stream: it is read as one. */
	#collect(): void {
		for (let bytes = this.peer.takeDatagram(); bytes !== undefined; bytes = this.peer.takeDatagram()) {
			equal(this.#output.next(bytes, 0, bytes.length), bytes.length, "a whole message");
			this.#sent.push(frameText(bytes));
		}
	}
}
