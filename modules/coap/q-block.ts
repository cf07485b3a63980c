import { assert } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import type { ResponseOptions } from "./answer.ts";
import type { PeerCore, PeerExtension } from "./extension.ts";
import type { MessageView } from "./message.ts";
import type { RequestOptions } from "./operation.ts";
import { DEFAULT_Q_BLOCK_TUNING, QBlockReader, type QBlockTuning, qBlock1, qBlock2 } from "./q-block-option.ts";
import { QBlockRequest, type QBlockShared } from "./q-block-request.ts";
import type { QBlockServer } from "./q-block-server.ts";
import { type Request, Response } from "./received.ts";
import { BlockCutter } from "./stream.ts";

/**
 * Robust block-wise transfers (RFC 9177): sets of blocks in Non-confirmable messages, and only what is missing once
 * more. Composed into a peer; requests of ours go by Q-Block when they are made here. With a QBlockServer the peer
 * answers such requests too, and without one it does not know them (4.02):
 *
 *     const qBlock = new QBlock({}, new QBlockServer());
 *     const peer = new Peer({ dice, entropy, listener, extension: qBlock });
 *     qBlock.request({ code: Code.get, path: ["fw"], sink }, nowMs);
 */
export class QBlock implements PeerExtension {
	readonly understood: readonly number[] = UNDERSTOOD;
	readonly #tuning: QBlockTuning;
	#shared: QBlockShared | undefined;
	readonly #server: QBlockServer | undefined;
	#requests: QBlockRequest[] = [];
	#lastTag = 0;

	/** @param server the other role, for this QBlock alone */
	constructor(tuning: Partial<QBlockTuning> = {}, server?: QBlockServer) {
		this.#server = server;
		this.#tuning = { ...DEFAULT_Q_BLOCK_TUNING, ...tuning };
		const { maxPayloads } = this.#tuning;
		assert(maxPayloads >= 2 && maxPayloads <= 16, "maxPayloads");
	}

	attach(core: PeerCore): void {
		assert(this.#shared === undefined, "one QBlock for each peer");
		assert(core.limits.outbox >= this.#tuning.maxPayloads + 4, "outbox shorter than a set of blocks");
		const parts = { reader: new QBlockReader(), cutter: new BlockCutter(), numbers: [] };
		this.#shared = { ...parts, core, tuning: this.#tuning, isKnown: undefined };
		this.#server?.attach(this.#shared);
		this.#lastTag = core.dice.below(0x10000);
	}

	/**
	 * As Peer.request, by Q-Block: the body that goes out, and the one that comes back. By plain blocks where they do
	 * not know it, for an observation, and while Limits.bodies go by Q-Block already.
	 * @returns its id, > 0, for the listener and for Peer.cancel
	 * @throws HostFailure when there is no entropy for a token
	 */
	request(options: RequestOptions, nowMs: number): number {
		const shared = this.ready;
		const { entropy, limits, requester, tuning } = shared.core;
		const isFull = this.#requests.length >= limits.bodies;
		if (isFull || shared.isKnown === false || options.observe !== undefined) return requester.request(options, nowMs);
		const token = new Uint8Array(tuning.tokenBytes + 2);
		do entropy.fill(token);
		while (this.#requests.some((other) => isSameStart(other.token, token)));
		this.#lastTag = (this.#lastTag + 1) & 0xffff;
		const tag = new Uint8Array([this.#lastTag >> 8, this.#lastTag]);
		const request = new QBlockRequest(shared, requester.takeId(), options, token, tag);
		this.#requests.push(request);
		request.start(nowMs);
		return request.id;
	}

	/** Whether they know Q-Block; undefined until one of our requests found out. */
	get isKnown(): boolean | undefined {
		return this.#shared?.isKnown;
	}

	receive(view: MessageView, nowMs: number): boolean {
		return this.#server?.receive(view, nowMs) === true;
	}

	awaits(view: MessageView): boolean {
		return this.requestOf(view) !== undefined;
	}

	answered(view: MessageView, nowMs: number): void {
		this.requestOf(view)?.answered(view, nowMs);
		this.settle(nowMs);
	}

	respond(request: Request, response: ResponseOptions, nowMs: number): boolean | undefined {
		return this.#server?.respond(request, response, nowMs);
	}

	cancel(requestId: number): void {
		const request = this.#requests.find(({ id }) => id === requestId);
		if (request !== undefined) this.remove(request);
	}

	poll(nowMs: number): void {
		for (let index = 0; index < this.#requests.length; index++) {
			const request = this.#requests[index]!;
			if (request.end === undefined && request.dueMs <= nowMs) request.poll(nowMs);
		}
		this.settle(nowMs);
		this.#server?.poll(nowMs);
	}

	get deadlineMs(): number {
		let deadlineMs = this.#server?.deadlineMs ?? Number.POSITIVE_INFINITY;
		for (let index = 0; index < this.#requests.length; index++) {
			const { dueMs, end } = this.#requests[index]!;
			if (end !== undefined) return 0;
			if (dueMs < deadlineMs) deadlineMs = dueMs;
		}
		return deadlineMs;
	}

	get size(): number {
		return this.#requests.length + (this.#server?.size ?? 0);
	}

	clear(nowMs: number | undefined): void {
		const requests = this.#requests;
		this.#requests = [];
		this.ready.isKnown = undefined;
		this.#server?.clear();
		if (nowMs !== undefined) for (const { id } of requests) this.ready.core.listener.failed(id, "cancelled", nowMs);
	}

	/** Tells what became of the requests that are over. */
	private settle(nowMs: number): void {
		const { listener, requester } = this.ready.core;
		for (let index = 0; index < this.#requests.length; ) {
			const request = this.#requests[index]!;
			const { end, id, options } = request;
			if (end === undefined) {
				index += 1;
				continue;
			}
			this.remove(request);
			if (end instanceof Response) listener.responded(id, end, nowMs);
			else if (end !== "plain") listener.failed(id, end, nowMs);
			else if (requester.request(options, nowMs, id) === 0) listener.failed(id, "full", nowMs);
			index = 0; // the listener may have changed everything
		}
	}

	private remove(request: QBlockRequest): void {
		const { layer } = this.ready.core;
		this.#requests.splice(this.#requests.indexOf(request), 1);
		layer.drop(request);
	}

	private requestOf(view: MessageView): QBlockRequest | undefined {
		for (let index = 0; index < this.#requests.length; index++) {
			const request = this.#requests[index]!;
			if (request.end === undefined && request.owns(view)) return request;
		}
		return undefined;
	}

	private get ready(): QBlockShared {
		const shared = this.#shared;
		assert(shared !== undefined, "QBlock without a peer");
		return shared;
	}
}

const UNDERSTOOD = frozen([qBlock1, qBlock2]);

function isSameStart(a: Uint8Array, b: Uint8Array): boolean {
	for (let index = 0; index < a.length - 2; index++) if (a[index] !== b[index]) return false;
	return true;
}
