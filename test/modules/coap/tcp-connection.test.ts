import { fromHex, toHex } from "../../../modules/bytes.ts";
import type { Request, Response } from "../../../modules/coap/peer.ts";
import { TcpConnection } from "../../../modules/coap/tcp-connection.ts";
import { type Ending, TcpPeer } from "../../../modules/coap/tcp-peer.ts";
import type { Stream, StreamListener, StreamOptions, Streams } from "../../../modules/host.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { countingEntropy } from "./scene.ts";

/** One end of a wire with a buffer of `room` bytes each way. */
class WireEnd implements Stream {
	other: WireEnd | undefined;
	isClosed = false;
	readonly #options: StreamOptions;
	readonly #room: number;
	#waiting: number[] = [];
	#wantsRoom = false;

	constructor(options: StreamOptions, room: number) {
		this.#options = options;
		this.#room = room;
	}

	read(into: Uint8Array): number {
		const count = Math.min(into.length, this.#waiting.length);
		into.set(this.#waiting.splice(0, count));
		this.other?.drained();
		return count;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		const { other } = this;
		if (other === undefined || other.isClosed) return 0;
		const count = Math.min(end - at, other.#room - other.#waiting.length);
		for (let index = at; index < at + count; index++) other.#waiting.push(bytes[index]!);
		if (count < end - at) this.#wantsRoom = true;
		if (count > 0) other.#options.onReadable(other.#waiting.length);
		return count;
	}

	close(): void {
		this.isClosed = true;
		const { other } = this;
		this.other = undefined;
		if (other === undefined || other.isClosed) return;
		other.other = undefined;
		other.#options.onClosed();
	}

	opened(): void {
		this.#options.onWritable(this.#room);
	}

	drained(): void {
		if (!this.#wantsRoom) return;
		this.#wantsRoom = false;
		this.#options.onWritable(this.#room);
	}
}

/** Two connections over a wire, and what their listeners heard. */
class Pair {
	readonly told: string[] = [];
	readonly ends: [TcpConnection, TcpConnection];
	wires: [WireEnd, WireEnd] | undefined;
	nowMs = 0;
	#awake = [false, false];

	constructor(room: number, readBytes: number) {
		this.ends = [this.#end(0, readBytes), this.#end(1, readBytes)];
		let waiting: ((options: StreamOptions) => Stream) | undefined;
		const listener: StreamListener = {
			port: 5683,
			accept: (options) => waiting?.(options),
			close: () => {},
		};
		const streams: Streams = {
			connect: (_to, options) => {
				const near = new WireEnd(options, room);
				waiting = (acceptorOptions) => {
					const far = new WireEnd(acceptorOptions, room);
					near.other = far;
					far.other = near;
					this.wires = [near, far];
					waiting = undefined;
					return far;
				};
				return near;
			},
			listen: () => listener,
		};
		this.ends[0].connect(streams, { host: "192.0.2.1", port: 5683 });
		ok(this.ends[1].accept(listener) && !this.#accepts(listener));
		for (const wire of this.wires!) wire.opened();
		this.run();
	}

	/** Turns until all sleep. */
	run(): this {
		for (
			let turns = 0;
			this.#awake.includes(true) || this.ends.some(({ deadlineMs }) => deadlineMs <= this.nowMs);
			turns++
		) {
			ok(turns < 20_000, "busy for ever");
			for (const [index, end] of this.ends.entries()) {
				this.#awake[index] = false;
				end.turn(this.nowMs);
			}
		}
		return this;
	}

	#accepts(listener: StreamListener): boolean {
		const other = this.#end(1, 64);
		return other.accept(listener);
	}

	#end(index: number, readBytes: number): TcpConnection {
		const who = index === 0 ? "client" : "server";
		const peer: TcpPeer = new TcpPeer({
			entropy: countingEntropy(),
			limits: { outbox: 4, bodyBytes: 65_536 },
			signalTimeoutMs: 1000,
			listener: {
				requested: (request: Request, nowMs: number) => {
					if (request.path[0] === "slow") return;
					peer.respond(request, { code: 0x45, payload: request.payload }, nowMs);
				},
				responded: (id: number, { code, payload }: Response) => {
					this.told.push(`${who} responded ${id} ${code} ${payload.length}`);
				},
				failed: (id: number, reason: string) => {
					this.told.push(`${who} failed ${id} ${reason}`);
				},
				observerGone: () => {},
				closed: ({ why }: Ending) => {
					this.told.push(`${who} closed ${why}`);
				},
			},
		});
		const wake = () => {
			this.#awake[index] = true;
		};
		return new TcpConnection({ peer, wake, readBytes });
	}
}

test("a body goes there and back over wires of any room, read in pieces of any size", () => {
	for (const room of [1, 7, 100, 5000]) {
		for (const readBytes of [1, 16, 512]) {
			if (room * readBytes === 1) continue; // the same again, slowly
			const pair = new Pair(room, readBytes);
			const { peer } = pair.ends[0];
			const id = peer.request({ code: 5, path: ["echo"], payload: new Uint8Array(2500) }, 0);
			pair.ends[0].onWritable(); // as a host's loop would turn it after a request
			pair.run();
			deepEqual(pair.told, [`client responded ${id} 69 2500`], `${room} ${readBytes}`);
			deepEqual(peer.figures, { requests: 0, incoming: 0, observers: 0, bodies: 0, outbox: 0, held: 0 });
		}
	}
});

test("a Release closes both ends when all is answered", () => {
	const pair = new Pair(1000, 64);
	const [client, server] = pair.ends;
	const id = client.peer.request({ code: 2, path: ["x"], payload: new Uint8Array(3) }, 0);
	client.peer.leave(0);
	client.onWritable();
	pair.run();
	deepEqual(pair.told, ["server closed released", `client responded ${id} 69 3`, "client closed left"]);
	ok(!client.isOpen && !server.isOpen && pair.wires!.every(({ isClosed }) => isClosed));
});

test("an Abort is written before the stream is closed, and read before the end of it is noticed", () => {
	const pair = new Pair(1000, 64);
	const [client, server] = pair.ends;
	client.peer.request({ code: 1, path: ["slow"] }, 0);
	client.onWritable();
	pair.run();
	pair.wires![0].write(fromHex("1001ff")!, 0, 3);
	pair.run();
	deepEqual(pair.told, ["server closed refused", "client failed 1 reset", "client closed aborted"]);
	ok(!client.isOpen && !server.isOpen);
});

test("an Abort goes out whole over a narrow wire", () => {
	const pair = new Pair(3, 64);
	pair.wires![0].write(fromHex("1001ff")!, 0, 3);
	pair.run();
	deepEqual(pair.told, ["server closed refused", "client closed aborted"]);
});

test("what was sent before the end is read, however much it is", () => {
	const pair = new Pair(10_000, 16);
	const csms = fromHex(`${"00e1".repeat(1000)}00e5`)!; // and an Abort
	equal(pair.wires![0].write(csms, 0, csms.length), csms.length);
	pair.wires![0].close();
	pair.run();
	deepEqual(pair.told, ["server closed aborted"]);
	ok(!pair.ends[1].isOpen);
});

test("an other side that takes nothing does not hold the memory, and its end is noticed", () => {
	const pair = new Pair(40, 16);
	const [client, server] = pair.ends;
	const flood = fromHex("00e2".repeat(20))!;
	pair.wires![1].other = undefined; // what the server writes goes nowhere
	for (let count = 0; count < 200; count++) {
		pair.wires![0].write(flood, 0, 40);
		pair.run();
	}
	ok(server.peer.figures.outbox <= 4, toHex(flood, 0, 2));
	server.onClosed();
	pair.run();
	ok(!server.isOpen);
	equal(pair.told.at(-1), "server closed lost");
	client.abandon(5);
	equal(pair.told.at(-1), "client closed lost");
	client.turn(6); // nothing is there any more
});
