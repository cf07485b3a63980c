import { Peer, type RequestOptions } from "../../modules/coap/peer.ts";
import { QBlock } from "../../modules/coap/q-block.ts";
import type { BodySink } from "../../modules/coap/stream.ts";
import type { Address } from "../../modules/host.ts";

/** Of the board's natives, what a download needs. */
interface Board {
	nowMs(): number;
	setAlarm(atMs: number | undefined): void;
	dice(bound: number): number;
	fillEntropy(bytes: Uint8Array): void;
	print(text: string): void;
	udpOpen(port: number): number;
	udpRead(socket: number, into: Uint8Array, from: Address): number;
	udpWrite(socket: number, bytes: Uint8Array, host: string, port: number): boolean;
	listen(handler: (kind: number) => void): void;
}

/** Adds up what comes, and keeps nothing. */
class Sum implements BodySink {
	size = 0;
	sum = 0x811c9dc5;

	begin(offset: number): undefined {
		this.size = offset;
		this.sum = 0x811c9dc5;
	}

	write(_offset: number, bytes: Uint8Array, at: number, end: number): undefined {
		let { sum } = this;
		for (let index = at; index < end; index++) sum = Math.imul(sum ^ bytes[index]!, 0x01000193);
		this.sum = sum;
		this.size += end - at;
	}
}

/**
 * A program for a board: fetches /body into a consumer that keeps nothing, and prints what became of it.
 * @param kind "plain" or "qBlock"
 */
export function download(board: Board, kind: string): void {
	const sink = new Sum();
	const from: Address = { host: "", port: 0 };
	const datagram = new Uint8Array(1280);
	const socket = board.udpOpen(0);
	const qBlock = kind === "qBlock" ? new QBlock() : undefined;
	const peer = new Peer({
		dice: { below: (bound) => board.dice(bound) },
		entropy: { fill: (bytes) => board.fillEntropy(bytes) },
		listener: {
			requested() {},
			responded: (_id, { code }) => board.print(`done ${code} ${sink.size} ${sink.sum >>> 0}`),
			failed: (_id, reason) => board.print(`failed ${reason}`),
			observerGone() {},
		},
		...(qBlock === undefined ? {} : { extension: qBlock }),
	});
	const turn = () => {
		for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) {
			board.udpWrite(socket, bytes, "192.0.2.1", 5683);
		}
		const { deadlineMs } = peer;
		board.setAlarm(deadlineMs === Number.POSITIVE_INFINITY ? undefined : deadlineMs);
	};
	board.listen((event) => {
		const nowMs = board.nowMs();
		if (event === 2) {
			const size = board.udpRead(socket, datagram, from);
			if (size >= 0) peer.receive(datagram, 0, size, nowMs);
		} else peer.poll(nowMs);
		turn();
	});
	const options: RequestOptions = { code: 1, path: ["body"], sink };
	if (qBlock === undefined) peer.request(options, board.nowMs());
	else qBlock.request(options, board.nowMs());
	turn();
}
