import { Peer, type PeerListener } from "../../modules/coap/peer.ts";
import { QBlock } from "../../modules/coap/q-block.ts";
import type { QBlockTuning } from "../../modules/coap/q-block-option.ts";
import { QBlockServer } from "../../modules/coap/q-block-server.ts";
import type { Limits, Tuning } from "../../modules/coap/tuning.ts";
import { seeded } from "../harness.ts";
import { Checker, Maker } from "../modules/coap/stream-parts.ts";
import { Link, type Weather } from "./coap-link.ts";

export interface Transfer {
	readonly direction: "down" | "up";
	/** "fallBack": we would like Q-Block, and they do not know it. */
	readonly kind: "plain" | "qBlock" | "fallBack";
	readonly sizeBytes: number;
	readonly seed: number;
	/** Whether the producer tells its size. */
	readonly isAnnounced?: boolean;
	readonly ourLimits?: Partial<Limits>;
	readonly theirLimits?: Partial<Limits>;
	readonly tuning?: Partial<Tuning>;
	readonly qTuning?: Partial<QBlockTuning>;
}

export interface Outcome {
	/** A response code, or why it failed. */
	readonly end: number | string;
	readonly atMs: number;
	readonly datagrams: number;
	/** How often the application was asked. */
	readonly executed: number;
	readonly sink: Checker;
	readonly peers: readonly [Peer, Peer];
	readonly link: Link;
}

/** Moves one body between two peers in virtual time, from a producer into a consumer that checks every byte. */
export function transferred(weather: Weather, transfer: Transfer): Outcome {
	const { direction, kind, sizeBytes, seed } = transfer;
	const random = seeded(seed);
	const entropy = {
		fill: (bytes: Uint8Array) => {
			for (let at = 0; at < bytes.length; at++) bytes[at] = random(256);
		},
	};
	const dice = { below: random };
	const source = new Maker(1, sizeBytes, {
		eTag: new Uint8Array([1, 2]),
		...(transfer.isAnnounced === false ? {} : { sizeBytes }),
	});
	const sink = new Checker(1);
	let end: number | string = "no end";
	let atMs = 0;
	let executed = 0;
	let link: Link;
	const note = (what: number | string) => {
		if (end !== "no end") throw new Error(`ended twice: ${end}, ${what}`);
		end = what;
		atMs = link.nowMs;
	};
	const asks: PeerListener = {
		requested: () => note("asked"),
		responded: (_id, response) => note(response.code),
		failed: (_id, reason) => note(reason),
		observerGone: () => note("observerGone"),
	};
	const serves: PeerListener = {
		...asks,
		requested: (request, nowMs) => {
			executed += 1;
			them.respond(request, direction === "up" ? { code: 0x44 } : { code: 0x45, source }, nowMs);
		},
		arriving: () => sink,
	};
	const { qTuning = {}, tuning = {}, ourLimits: limits = {} } = transfer;
	const ours = new QBlock(qTuning);
	const us: Peer = new Peer({ dice, entropy, listener: asks, tuning, limits, extension: ours });
	const theirs = { dice, entropy, listener: serves, tuning, limits: transfer.theirLimits ?? {} };
	const them: Peer = new Peer(
		kind === "qBlock" ? { ...theirs, extension: new QBlock(qTuning, new QBlockServer()) } : theirs,
	);
	link = new Link([us, them], weather, random);
	const options = direction === "up" ? { code: 2, path: ["body"], source } : { code: 1, path: ["body"], sink };
	if (kind === "plain") us.request(options, 0);
	else ours.request(options, 0);
	link.settle(100_000_000);
	return { end, atMs, datagrams: link.datagrams, executed, sink, peers: [us, them], link };
}
