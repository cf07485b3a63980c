import type { Dice, Entropy } from "../host.ts";
import type { ResponseListener, ResponseOptions } from "./answer.ts";
import type { Deduplication } from "./deduplication.ts";
import type { MessageView } from "./message.ts";
import type { MessageLayer } from "./message-layer.ts";
import type { Request } from "./received.ts";
import type { Requester, RequestListener } from "./requester.ts";
import type { Responder } from "./responder.ts";
import type { Limits, Tuning } from "./tuning.ts";

/** What a peer lends its extension: the parts it is made of. */
export interface PeerCore {
	readonly layer: MessageLayer;
	readonly deduplication: Deduplication;
	readonly requester: Requester;
	readonly responder: Responder;
	readonly listener: RequestListener & ResponseListener;
	readonly dice: Dice;
	readonly entropy: Entropy;
	readonly tuning: Tuning;
	readonly limits: Limits;
	/** Critical options that the listener evaluates itself. */
	readonly understood: readonly number[];
}

/** Transfers that go their own way, composed into a peer: new Peer({ …, extension }). One per peer. */
export interface PeerExtension {
	/** Critical options that it evaluates in responses. */
	readonly understood: readonly number[];
	/** Called once, by the peer's constructor. */
	attach(core: PeerCore): void;
	/** Is shown every request of theirs that is no duplicate. @returns whether it was the extension's, and is over */
	receive(view: MessageView, nowMs: number): boolean;
	/** Whether it waits for this response, which no plain request waits for. */
	awaits(view: MessageView): boolean;
	/** Takes a response that it awaits; a Confirmable one is acknowledged already. */
	answered(view: MessageView, nowMs: number): void;
	/** @returns undefined when the request was not the extension's, else what Peer.respond returns */
	respond(request: Request, response: ResponseOptions, nowMs: number): boolean | undefined;
	cancel(requestId: number): void;
	poll(nowMs: number): void;
	readonly deadlineMs: number;
	/** How many transfers it holds. */
	readonly size: number;
	/** Forgets all; with a time, each request of ours hears that it is cancelled. */
	clear(nowMs: number | undefined): void;
}
