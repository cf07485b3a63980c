/*
 * What is fuzzed. Every target takes any bytes, and throws when something that must hold does not:
 * - decoders answer with a Fault and never throw, and stay within the datagram;
 * - an endpoint keeps to its limits at every step, its deadline moves, it sends a bounded number of datagrams for one
 *   that came, and holds nothing when all is quiet.
 */
import { codeText } from "../../modules/coap/code.ts";
import { MessageView } from "../../modules/coap/message.ts";
import { OptionCursor } from "../../modules/coap/option.ts";
import { Peer, type Request } from "../../modules/coap/peer.ts";
import { QBlock } from "../../modules/coap/q-block.ts";
import { QBlockServer } from "../../modules/coap/q-block-server.ts";
import { DEVICE_LIMITS } from "../../modules/coap/tuning.ts";
import { seeded } from "../harness.ts";
import { bootstrap } from "./bootstrap-target.ts";
import { dtlsClient, dtlsServer, x509 } from "./dtls-targets.ts";
import { payload, serverPayload } from "./payload-targets.ts";
import { request } from "./request-target.ts";

export type Target = (bytes: Uint8Array) => void;

/** One step of the script that the bytes are: what happens to the endpoint next. */
const steps = 10;
/** The longest time a step lets pass: EXCHANGE_LIFETIME and more. */
const leapsMs = [1, 100, 2_500, 50_000, 300_000];
/** Whatever one datagram brings about: a set of Q-Blocks for each of what is held, and room. */
const datagramsForOne = 64;

class World {
	readonly peer: Peer;
	nowMs = 0;
	readonly #qBlock: QBlock;
	readonly #pending: Request[] = [];
	readonly #ids: number[] = [];
	#lastToken = new Uint8Array(0);
	#sent: Uint8Array | undefined;

	constructor() {
		const random = seeded(1);
		const limits = { ...DEVICE_LIMITS, bodyBytes: 2048, outbox: 24, blockSizeBytes: 64 };
		this.#qBlock = new QBlock({}, new QBlockServer());
		this.peer = new Peer({
			dice: { below: random },
			entropy: {
				fill: (bytes) => {
					for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
				},
			},
			extension: this.#qBlock,
			limits,
			listener: {
				requested: (request) => void this.#pending.push(request),
				responded: () => undefined,
				failed: () => undefined,
				observerGone: () => undefined,
			},
		});
	}

	/** Takes what is to be sent. */
	drain(): void {
		let count = 0;
		for (let bytes = this.peer.takeDatagram(); bytes !== undefined; bytes = this.peer.takeDatagram()) {
			if (++count > datagramsForOne) throw new Error(`more than ${datagramsForOne} datagrams for one step`);
			if (bytes.length < 4 || bytes.length > 1280) throw new Error(`a datagram of ${bytes.length} bytes`);
			this.#sent = bytes.slice();
		}
	}

	/** Delivers a datagram. @param asAnswer gives it the Message ID and token of what we sent last */
	deliver(datagram: Uint8Array, asAnswer: boolean): void {
		const sent = this.#sent;
		if (asAnswer && sent !== undefined && datagram.length >= 4) {
			const tokenLength = Math.min(sent[0]! & 15, 8);
			const answer = new Uint8Array(datagram.length + tokenLength);
			answer[0] = (datagram[0]! & 0xf0) | tokenLength;
			answer[1] = datagram[1]!;
			answer.set(sent.subarray(2, 4 + tokenLength), 2);
			answer.set(datagram.subarray(4), 4 + tokenLength);
			datagram = answer;
		}
		this.peer.receive(datagram, 0, datagram.length, this.nowMs);
		datagram.fill(0xee); // the buffer is the caller's again
	}

	ask(kind: number, size: number): void {
		const payload = new Uint8Array(size * 4).fill(kind);
		const options = { code: (kind % 7) + 1, path: ["a"], ...(size > 0 ? { payload } : {}) };
		const observe = kind & 64 ? { observe: 0 as const, code: 1 } : {};
		const type = kind & 32 ? ("nonConfirmable" as const) : ("confirmable" as const);
		const from = kind & 128 ? this.#qBlock : this.peer;
		this.#ids.push(from.request({ ...options, ...observe, type }, this.nowMs));
		this.peer.poll(this.nowMs); // one too many ends here
	}

	answer(kind: number, size: number): void {
		const request = this.#pending.shift();
		if (request === undefined) return;
		const observe = kind & 1 ? { observe: kind } : {};
		this.#lastToken = request.token.slice();
		const payload = new Uint8Array(size * 4).fill(kind);
		this.peer.respond(request, { code: kind & 2 ? 0x45 : 0x84, payload, ...observe }, this.nowMs);
	}

	notify(kind: number, size: number): void {
		const type = kind & 1 ? "confirmable" : "nonConfirmable";
		const payload = new Uint8Array(size * 4).fill(kind);
		this.peer.notify(this.#lastToken, { code: kind & 8 ? 0x84 : 0x45, observe: kind, payload }, type, this.nowMs);
	}

	cancel(kind: number): void {
		const id = this.#ids.splice(kind % Math.max(1, this.#ids.length), 1)[0];
		if (id !== undefined) this.peer.cancel(id);
	}

	/** Lets time pass. */
	pass(ms: number): void {
		const untilMs = this.nowMs + ms;
		for (let turn = 0; this.peer.deadlineMs <= untilMs; turn++) {
			if (turn > 3_000) throw new Error(`busy for ever at ${this.nowMs} ms`);
			this.nowMs = Math.max(this.nowMs, this.peer.deadlineMs);
			this.peer.poll(this.nowMs);
			this.drain();
			if (this.peer.deadlineMs <= this.nowMs && turn > 2_000) throw new Error("the deadline does not move");
		}
		this.nowMs = untilMs;
		this.peer.poll(this.nowMs);
		this.drain();
	}

	check(): void {
		const { requests, incoming, observers, remembered, replyBytes, outbox, bodies } = this.peer.figures;
		const limits = DEVICE_LIMITS;
		if (requests > limits.requests + 2 || incoming > limits.incoming + 2 || observers > limits.observers)
			throw new Error(`over a limit: ${JSON.stringify(this.peer.figures)}`);
		if (remembered > limits.remembered || replyBytes > limits.replyBytes || outbox > 24 || bodies > limits.bodies * 6)
			throw new Error(`over a limit: ${JSON.stringify(this.peer.figures)}`);
	}

	/** Ends all, and looks for what is left. */
	finish(): void {
		while (this.#ids.length > 0) this.cancel(0);
		this.drain();
		// one Confirmable message at a time, 93 s each: every observer and every late answer may have one
		for (let round = 0; round < 12; round++) this.pass(400_000);
		for (const [name, count] of Object.entries(this.peer.figures)) {
			if (name !== "observers" && count !== 0) throw new Error(`${name}: ${count} left when all is quiet`);
		}
	}
}

/** Plays the bytes as a script: an operation, its two arguments, and for a datagram its bytes. */
export function endpoint(bytes: Uint8Array): void {
	const world = new World();
	for (let at = 0; at + 2 < bytes.length; ) {
		const operation = bytes[at]! % steps;
		const kind = bytes[at + 1]!;
		const size = bytes[at + 2]!;
		at += 3;
		if (operation <= 4) {
			world.deliver(bytes.slice(at, at + size), (kind & 1) === 1);
			at += size;
		} else if (operation === 5) world.ask(kind, size);
		else if (operation === 6) world.answer(kind, size);
		else if (operation === 7) world.notify(kind, size);
		else if (operation === 8) world.cancel(kind);
		else world.pass(leapsMs[kind % leapsMs.length]!);
		world.drain();
		world.check();
	}
	world.finish();
}

/** One datagram through the decoder, every option and field of it. */
export function message(bytes: Uint8Array): void {
	const view = new MessageView();
	const before = bytes.slice();
	const fault = view.read(bytes, 0, bytes.length);
	if (fault !== undefined) {
		if (typeof fault.code !== "string" || !Object.isFrozen(fault)) throw new Error("no frozen Fault");
		return;
	}
	const { tokenAt, optionsAt, optionsEnd, payloadAt, end } = view;
	const edges = [4, tokenAt, optionsAt, optionsEnd, payloadAt, end, bytes.length];
	if (edges.some((edge, index) => index > 0 && edge < edges[index - 1]!)) throw new Error(`out of order: ${edges}`);
	codeText(view.code);
	view.criticalFault([]);
	const cursor = new OptionCursor().start(bytes, optionsAt, optionsEnd);
	let covered = optionsAt;
	let count = 0;
	while (cursor.next()) {
		if (cursor.at < covered || cursor.end > optionsEnd) throw new Error("an option outside of the options");
		covered = cursor.end;
		if (++count > 4) continue; // each look walks all options again
		view.find(cursor.number);
		view.uint(cursor.number);
	}
	if (cursor.broken || covered !== optionsEnd) throw new Error("read() let broken options pass");
	if (before.some((byte, at) => byte !== bytes[at])) throw new Error("the datagram was written to");
}

export const targets: Readonly<Record<string, Target>> = {
	message,
	endpoint,
	"dtls-client": dtlsClient,
	"dtls-server": dtlsServer,
	x509,
	payload,
	"server-payload": serverPayload,
	request,
	bootstrap,
};
