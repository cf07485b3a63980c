import type { Fault } from "../../../modules/bytes.ts";
import { codeText } from "../../../modules/coap/code.ts";
import { Peer, type PeerListener, type PeerOptions, type Request, type Response } from "../../../modules/coap/peer.ts";
import type { Dice, Entropy } from "../../../modules/host.ts";
import { deepEqual, equal } from "../../harness.ts";
import { bytesOf, textOf } from "./message-text.ts";

/** Always the lowest: Message IDs start at 0, and the first retransmission comes after exactly ACK_TIMEOUT. */
export const lowDice: Dice = { below: () => 0 };

/** Counts: the tokens are 0001, 0002, … */
export function countingEntropy(): Entropy {
	let count = 0;
	return {
		fill: (bytes) => {
			count += 1;
			for (let index = bytes.length - 1, rest = count; index >= 0; index--, rest >>= 8) bytes[index] = rest & 0xff;
		},
	};
}

/** One peer on a stage, played as a transcript: at(0).sends("CON …"), at(2000).hears("ACK …").tells("…"). */
export class Scene implements PeerListener {
	readonly peer: Peer;
	nowMs = 0;
	/** What the listener was told and nobody asked about yet. */
	told: string[] = [];
	readonly requests: Request[] = [];
	readonly responses: Response[] = [];
	/** Called for every request; without it they wait. */
	answer: ((request: Request, nowMs: number) => void) | undefined;
	#sent: string[] = [];

	constructor(options: Partial<PeerOptions> = {}) {
		this.peer = new Peer({ dice: lowDice, entropy: countingEntropy(), ...options, listener: this });
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

	ponged(custody: boolean): void {
		this.told.push(`ponged${custody ? " custody" : ""}`);
	}

	pingLost(): void {
		this.told.push("pingLost");
	}

	observerGone(token: Uint8Array, reason: string): void {
		let hex = "";
		for (const byte of token) hex += (byte + 256).toString(16).slice(1);
		this.told.push(`observerGone ${hex} ${reason}`);
	}

	/** Lets time pass, with every deadline on the way kept. */
	at(nowMs: number): this {
		for (let turns = 0; this.peer.deadlineMs <= nowMs; turns++) {
			if (turns > 10_000) throw new Error(`polls for ever at ${this.nowMs}`);
			const dueMs = Math.max(this.peer.deadlineMs, this.nowMs);
			this.nowMs = dueMs;
			this.peer.poll(dueMs);
			this.#collect();
		}
		this.nowMs = nowMs;
		return this;
	}

	/** A message arrives. @returns this; the Fault is in `fault` */
	hears(line: string, payload: Uint8Array | string = ""): this {
		return this.hearsBytes(bytesOf(line, payload));
	}

	fault: Fault | undefined;

	hearsBytes(bytes: Uint8Array): this {
		this.#collect();
		const copy = bytes.slice();
		this.fault = this.peer.receive(copy, 0, copy.length, this.nowMs);
		copy.fill(0xee); // the buffer is the caller's again
		this.#collect();
		return this;
	}

	/** The next thing sent is this, at this moment. */
	sends(line: string): this {
		this.#collect();
		equal(this.#sent.shift() ?? "nothing", `${this.nowMs} ${line}`, "sends");
		return this;
	}

	/** Everything sent so far has been looked at. */
	silent(): this {
		this.#collect();
		deepEqual(this.#sent, [], "silent");
		return this;
	}

	/** The listener was told exactly this since the last time. */
	tells(...lines: string[]): this {
		deepEqual(this.told, lines, "tells");
		this.told = [];
		return this;
	}

	/** Whatever was sent so far is of no interest. */
	skip(): this {
		this.#collect();
		this.#sent = [];
		return this;
	}

	#collect(): void {
		for (let bytes = this.peer.takeDatagram(); bytes !== undefined; bytes = this.peer.takeDatagram()) {
			this.#sent.push(`${this.nowMs} ${textOf(bytes)}`);
		}
	}
}
