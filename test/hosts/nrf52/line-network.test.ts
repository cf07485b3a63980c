/** The device's end of a serial line against the gateway's, in memory: what is said, when, and what is survived. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { frameType, lineBytesOf, writeFrame } from "../../../hosts/nrf52/frames.ts";
import { LineNetwork, socketsMax } from "../../../hosts/nrf52/line-network.ts";

/** A modem that is moved by hand, and a line with little room. */
class Bench {
	readonly said: number[][] = [];
	readonly online: boolean[] = [];
	readonly pending: { atMs: number; run: () => void }[] = [];
	nowMs = 0;
	readonly network = new LineNetwork({
		line: { write: (bytes) => this.take(bytes) },
		session: 0x1234,
		after: (delayMs, run) => this.pending.push({ atMs: this.nowMs + delayMs, run }),
		onNetwork: (isOnline) => this.online.push(isOnline),
	});
	private line: number[] = [];

	constructor() {
		this.network.writable(100_000);
	}

	private take(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (byte !== 0xc0) this.line.push(byte);
			else if (this.line.length > 0) {
				this.said.push(this.line.slice(0, -4));
				this.line = [];
			}
		}
	}

	says(type: number, ...body: number[]): void {
		const frame = Uint8Array.of(type, ...body);
		const line = new Uint8Array(lineBytesOf(frame.length));
		this.network.received(line.subarray(0, writeFrame(frame, frame.length, line)));
	}

	ready(): void {
		this.says(frameType.ready, 1, 1, 0x12, 0x34);
	}

	pass(ms: number): void {
		this.nowMs += ms;
		const due = this.pending.filter(({ atMs }) => atMs <= this.nowMs);
		for (const each of due) this.pending.splice(this.pending.indexOf(each), 1);
		for (const { run } of due) run();
	}
}

const hello = [1, 1, 0x12, 0x34];
const v4 = [9, ...Buffer.from("192.0.2.1")];

test("a silent modem is greeted again and again; one that is ready is not", () => {
	const bench = new Bench();
	bench.pass(2000);
	bench.pass(2000);
	assert.deepEqual(bench.said, [hello, hello, hello]);
	bench.says(frameType.ready, 2, 1, 0x12, 0x34); // another version
	assert.deepEqual(bench.online, []);
	bench.ready();
	bench.pass(60_000);
	assert.equal(bench.said.length, 3);
	assert.deepEqual(bench.online, [true]);
});

test("sockets are opened again when the modem has restarted", () => {
	const bench = new Bench();
	bench.ready();
	bench.network.open({ port: 5683, onReadable() {} });
	const closed = bench.network.open({ onReadable() {} });
	closed.close();
	bench.ready(); // an answer to a hello of before: nothing has changed
	bench.says(frameType.ready, 1, 1, 0, 0);
	bench.ready();
	assert.deepEqual(bench.said.slice(1), [[2, 0, 0x16, 0x33], [2, 1, 0, 0], [3, 1], hello, [2, 0, 0x16, 0x33]]);
	assert.deepEqual(bench.online, [true, false, true]);
	bench.pass(60_000);
	assert.equal(bench.said.length, 6);
});

test("without a network sending is the host's failure, not silence", () => {
	const bench = new Bench();
	const socket = bench.network.open({ onReadable() {} });
	const to = { host: "192.0.2.1", port: 1 };
	assert.throws(() => socket.write(new Uint8Array(1), to), { name: "HostFailure" });
	bench.says(frameType.ready, 1, 0, 0x12, 0x34);
	assert.throws(() => socket.write(new Uint8Array(1), to), { name: "HostFailure" });
	bench.says(frameType.network, 1);
	socket.write(Uint8Array.of(0xc0), to);
	assert.throws(() => socket.write(new Uint8Array(1300), to), /too many/);
	assert.throws(() => socket.write(new Uint8Array(1), { host: "x".repeat(46), port: 1 }), /no address/);
	for (let index = 1; index < socketsMax; index++) bench.network.open({ onReadable() {} });
	assert.throws(() => bench.network.open({ onReadable() {} }), { name: "HostFailure" });
});

test("datagrams wait for the reader, eight at most; those that do not fit are dropped", () => {
	const bench = new Bench();
	bench.ready();
	const counts: number[] = [];
	const unreachable: unknown[] = [];
	const socket = bench.network.open({
		onReadable: (count) => counts.push(count),
		onUnreachable: (to) => unreachable.push(to),
	});
	for (let index = 0; index < 10; index++) bench.says(frameType.received, 0, 0x16, 0x33, ...v4, index, index);
	assert.deepEqual(counts, [1, 2, 3, 4, 5, 6, 7, 8]);
	const from = { host: "", port: 0 };
	const into = new Uint8Array(2);
	assert.equal(socket.read(into, from), 2);
	assert.deepEqual([into, from], [Uint8Array.of(0, 0), { host: "192.0.2.1", port: 5683 }]);
	assert.equal(socket.read(new Uint8Array(1), from), -1);
	bench.says(frameType.unreachable, 0, 0x16, 0x33, ...v4);
	assert.deepEqual(unreachable, [{ host: "192.0.2.1", port: 5683 }]);
	socket.close();
	bench.says(frameType.received, 0, 0x16, 0x33, ...v4, 1);
	assert.equal(socket.read(into, from), -1);
});

test("a name is answered once: by the modem, by its restart, or by time", () => {
	const bench = new Bench();
	assert.throws(() => bench.network.resolve("a.example", () => {}), { name: "HostFailure" });
	bench.ready();
	const answers: (readonly string[])[] = [];
	const take = (hosts: readonly string[]): number => answers.push(hosts);
	bench.network.resolve("a.example", take);
	assert.deepEqual(bench.said.at(-1), [5, 1, ...Buffer.from("a.example")]);
	bench.says(frameType.resolved, 9, 1, ...v4); // another's
	bench.says(frameType.resolved, 1, 2, ...v4, 3, ...Buffer.from("::1"));
	bench.says(frameType.resolved, 1, 1, ...v4);
	bench.pass(30_000);
	assert.deepEqual(answers, [["192.0.2.1", "::1"]]);
	bench.network.resolve("b.example", take);
	bench.says(frameType.ready, 1, 1, 0, 0);
	bench.ready();
	bench.network.resolve("c.example", take);
	bench.pass(30_000);
	assert.deepEqual(answers.slice(1), [[], []]);
	for (let index = 0; index < 4; index++) bench.network.resolve("d.example", take);
	assert.throws(() => bench.network.resolve("e.example", take), { name: "HostFailure" });
});

test("frames that lie about their sizes are nothing", () => {
	const bench = new Bench();
	bench.ready();
	const socket = bench.network.open({ onReadable: () => assert.fail("readable") });
	for (const body of [[], [0], [0, 1, 2], [0, 1, 2, 200, 0x31], [0, 1, 2, 2, 0xff, 0xfe], [7, 0, 1, ...v4, 1]]) {
		bench.says(frameType.received, ...body);
		bench.says(frameType.unreachable, ...body);
		bench.says(frameType.resolved, ...body);
		bench.says(frameType.ready, ...body.slice(0, 4));
		bench.says(0x99, ...body);
	}
	assert.equal(socket.read(new Uint8Array(9), { host: "", port: 0 }), -1);
});
