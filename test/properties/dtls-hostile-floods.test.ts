/** Ten thousand of everything: what a server and a client say, and keep. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Association } from "../../modules/dtls/association.ts";
import { CookieJar } from "../../modules/dtls/cookie.ts";
import { DtlsDatagrams } from "../../modules/dtls/datagrams.ts";
import type { CloseReason } from "../../modules/dtls/settings.ts";
import type { Address, Datagrams, DatagramsOptions } from "../../modules/host.ts";
import { cids, psk, pskCid, rpk } from "./dtls-hostile-casts.ts";
import { fragment, message, messageType, noise, record, recordType } from "./dtls-hostile-forgery.ts";

const flood = 10_000;
/** What a heap of Node's is larger or smaller by, with nothing kept. */
const heapNoiseBytes = 1_500_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** @returns by how much the heap grew */
function grown(run: () => void): number {
	collect();
	collect();
	const before = process.memoryUsage().heapUsed;
	run();
	collect();
	collect();
	return process.memoryUsage().heapUsed - before;
}

/** A socket that is told what comes, and tells what goes. */
class Wire implements Datagrams {
	readonly sent: { readonly bytes: Uint8Array; readonly to: string }[] = [];
	sentBytes = 0;
	sentCount = 0;
	private readonly options: DatagramsOptions;
	private waiting: { readonly bytes: Uint8Array; readonly from: Address } | undefined;

	constructor(options: DatagramsOptions) {
		this.options = options;
	}

	hear(bytes: Uint8Array, from: Address): void {
		this.waiting = { bytes, from };
		this.options.onReadable(1);
	}

	read(into: Uint8Array, from: Address): number {
		const { waiting } = this;
		if (waiting === undefined) return -1;
		this.waiting = undefined;
		into.set(waiting.bytes);
		from.host = waiting.from.host;
		from.port = waiting.from.port;
		return waiting.bytes.length;
	}

	write(bytes: Uint8Array, to: Address): void {
		this.sentCount += 1;
		this.sentBytes += bytes.length;
		if (this.sent.length > 100) this.sent.shift();
		this.sent.push({ bytes: bytes.slice(), to: `${to.host} ${to.port}` });
	}

	close(): void {}
}

const addressOf = (index: number): Address => ({
	host: `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
	port: 40_000 + (index % 7),
});

interface Port {
	readonly wire: Wire;
	readonly port: DtlsDatagrams;
	readonly heard: string[];
	readonly closed: CloseReason[];
	/** Who came. */
	readonly clients: Association[];
	nowMs: number;
	/** @returns how many keys are left when all is closed */
	release(): number;
}

function portOf(cast: typeof psk, endpointsMax = 16): Port {
	const { server, release } = cast.settings();
	const { cookies: spare, ...settings } = server;
	const jar = new CookieJar(server.crypto, server.entropy);
	let wire: Wire | undefined;
	const heard: string[] = [];
	const closed: CloseReason[] = [];
	const clients: Association[] = [];
	const into = new Uint8Array(2048);
	const from: Address = { host: "", port: 0 };
	const made: { nowMs: number } = { nowMs: 1_000 };
	const port: DtlsDatagrams = new DtlsDatagrams({
		open: (options) => (wire = new Wire(options)),
		nowMs: () => made.nowMs,
		server: settings,
		cookies: jar,
		connectionIdBytes: 6,
		endpointsMax,
		events: { closed: (_, reason) => void closed.push(reason) },
		onReadable() {
			for (let size = port.read(into, from); size >= 0; size = port.read(into, from)) {
				heard.push(`${from.host} ${from.port}: ${size}`);
			}
		},
	});
	const done = () => {
		port.close();
		for (const client of clients) client.close(made.nowMs);
		jar.release();
		spare?.release();
		return release();
	};
	return Object.assign(made, { wire: wire!, port, heard, closed, clients, release: done });
}

/** A genuine client's handshake with a port, and one message. @returns how to say more, from anywhere */
function visit(to: Port, cast: typeof psk, from: Address): { say(where?: Address): void; hear(): void } {
	const { client } = cast.world({ seed: 4242 });
	to.clients.push(client);
	const key = `${from.host} ${from.port}`;
	const carry = (where: Address) => {
		for (let turn = 0; turn < 20; turn++) {
			for (let up = client.takeDatagram(); up !== undefined; up = client.takeDatagram()) to.wire.hear(up, where);
			for (const { bytes, to: whom } of to.wire.sent.splice(0)) {
				if (whom === key) client.receive(bytes, 0, bytes.length, to.nowMs);
			}
		}
	};
	client.connect(to.nowMs);
	carry(from);
	equal(client.state, "established");
	const say = (where = from) => {
		const before = to.heard.length;
		ok(client.send(Uint8Array.of(1, 2, 3), 0, 3, to.nowMs));
		carry(where);
		equal(to.heard.length, before + 1);
	};
	say();
	return { say, hear: () => carry(from) };
}

/** ClientHellos that all differ, made of a genuine one. */
function hello(genuine: Uint8Array, index: number): Uint8Array {
	const bytes = genuine.slice();
	for (let at = 0; at < 4; at++) bytes[27 + at] = (index >> (8 * at)) & 255;
	return bytes;
}

for (const [name, cast] of [
	["PSK", psk],
	["raw public keys", rpk],
] as const) {
	test(`${name}: ${flood} ClientHellos from spoofed addresses leave nothing, and are answered with less`, (t) => {
		const to = portOf(cast);
		const genuine = cast.calm[0]!.bytes;
		visit(to, cast, addressOf(0xabcdef));
		const before = { count: to.wire.sentCount, bytes: to.wire.sentBytes };
		let asked = 0;
		const grewBytes = grown(() => {
			for (let index = 0; index < flood; index++) {
				const bytes = hello(genuine, index);
				asked += bytes.length;
				to.wire.hear(bytes, addressOf(index));
				if (index % 1000 === 0) equal(to.port.endpointCount, 1);
			}
			to.wire.sent.length = 0;
		});
		const answered = to.wire.sentBytes - before.bytes;
		t.diagnostic(`${name}: ${(answered / asked).toFixed(2)} bytes for each, the heap grew by ${grewBytes}`);
		equal(to.wire.sentCount - before.count, flood);
		ok(answered < asked, "it amplifies");
		equal(to.port.endpointCount, 1);
		equal(to.port.deadlineMs, Number.POSITIVE_INFINITY);
		ok(grewBytes < heapNoiseBytes, `the heap grew by ${grewBytes} bytes`);
		visit(to, cast, addressOf(0xbcdef0));
		equal(to.release(), 0);
	});
}

test(`${flood} ClientHellos with cookies that are no cookies, or another address's, leave nothing`, () => {
	const to = portOf(psk);
	const second = psk.calm[2]!.bytes;
	for (let index = 0; index < flood; index++) to.wire.hear(hello(second, index), addressOf(index));
	equal(to.port.endpointCount, 0);
	// One and the same genuine second hello, from everywhere, and then from where its cookie was sent to.
	const mine = addressOf(0xabcdef);
	to.wire.sent.length = 0;
	to.wire.hear(psk.calm[0]!.bytes, mine);
	const cookie = to.wire.sent.pop()!.bytes.slice(28);
	const good = second.slice();
	good.set(cookie, 61);
	for (let index = 0; index < 1000; index++) to.wire.hear(good, addressOf(index));
	equal(to.port.endpointCount, 0);
	to.wire.hear(good, mine);
	equal(to.port.endpointCount, 1);
	equal(to.release(), 0);
});

test("the first fragment of a ClientHello, however short, is answered with less than it is, or not at all", () => {
	const to = portOf(psk);
	const body = [...psk.calm[0]!.bytes.slice(25)];
	let answers = 0;
	for (let size = 0; size <= body.length; size++) {
		for (const total of [body.length, 255, 0xffffff]) {
			const asked = message({ type: messageType.clientHello, sequence: 0, body: body.slice(0, size), total });
			const before = to.wire.sentBytes;
			to.wire.hear(asked, addressOf(size));
			const answered = to.wire.sentBytes - before;
			if (answered > 0) answers += 1;
			ok(answered <= asked.length, `${answered} bytes for ${asked.length}`);
		}
	}
	ok(answers > 0);
	equal(to.port.endpointCount, 0);
	equal(to.release(), 0);
});

test("what is no ClientHello, from strangers, is not answered and leaves nothing", () => {
	const to = portOf(pskCid);
	visit(to, pskCid, addressOf(0xabcdef));
	const { sentCount } = to.wire;
	const types = Object.values(messageType).filter((type) => type !== messageType.clientHello);
	for (let index = 0; index < flood; index++) {
		const body = fragment({ type: types[index % types.length]!, sequence: index % 5, body: noise(index % 60) });
		to.wire.hear(record({ type: 20 + (index % 7), epoch: index % 2, body }), addressOf(index));
		to.wire.hear(Uint8Array.from(noise(index % 80, index)), addressOf(index));
	}
	equal(to.port.endpointCount, 1);
	equal(to.wire.sentCount, sentCount);
	equal(to.release(), 0);
});

test("a port that is full takes nobody in an established one's place for a handshake that does not end", () => {
	const to = portOf(psk, 4);
	const friends = [1, 2, 3, 4].map((index) => visit(to, psk, addressOf(0xff0000 + index)));
	const mine = addressOf(77);
	for (let index = 0; index < 50; index++) {
		to.wire.sent.length = 0;
		const first = hello(psk.calm[0]!.bytes, index);
		to.wire.hear(first, mine);
	}
	for (const friend of friends) friend.say();
	equal(to.port.endpointCount, 4);
	equal(to.release(), 0);
});

test(`${flood} forged records from the peer's own address, and to its Connection ID, change nothing`, (t) => {
	const to = portOf(pskCid);
	const from = addressOf(0xabcdef);
	const friend = visit(to, pskCid, from);
	const cid = to.port.association(from)!.records.ownCid;
	const { sentCount } = to.wire;
	const grewBytes = grown(() => {
		for (let index = 0; index < flood; index++) {
			const parts = { epoch: 1, sequence: 1_000 + index, body: noise(17 + (index % 100), index) };
			const forged = record({ type: recordType.cid, cid: [...cid], ...parts });
			to.wire.hear(forged, index % 2 === 0 ? from : addressOf(index));
			to.wire.hear(record({ type: 20 + (index % 4), ...parts }), from);
		}
	});
	t.diagnostic(`the heap grew by ${grewBytes}`);
	equal(to.wire.sentCount, sentCount);
	equal(to.port.endpointCount, 1);
	ok(to.port.association(from) !== undefined, "it moved");
	ok(grewBytes < heapNoiseBytes, `the heap grew by ${grewBytes} bytes`);
	friend.say();
	equal(to.release(), 0);
});

test("a session goes on from another address, and nobody else's record takes it there (RFC 9146 §6)", () => {
	const to = portOf(pskCid);
	const from = addressOf(0xabcdef);
	const friend = visit(to, pskCid, from);
	const elsewhere = addressOf(0x123456);
	friend.say(elsewhere);
	equal(to.port.association(from), undefined);
	ok(to.port.association(elsewhere) !== undefined, "it did not move");
	const cid = [...to.port.association(elsewhere)!.records.ownCid];
	to.wire.hear(record({ type: recordType.cid, epoch: 1, sequence: 10_000, cid, body: noise(60) }), addressOf(5));
	equal(to.port.association(addressOf(5)), undefined);
	equal(to.port.endpointCount, 1);
	friend.say(elsewhere);
	equal(to.release(), 0);
});

for (const [name, cast] of [
	["PSK", psk],
	["PSK with Connection IDs", pskCid],
	["raw public keys", rpk],
] as const) {
	test(`${name}: ${flood} forged records in every state of a handshake and after it, and no heap for them`, (t) => {
		const gaps = cast.calm.length;
		let grewBytes = 0;
		for (const to of ["client", "server"] as const) {
			const cid = [...(to === "client" ? cids.client : cids.server)];
			const world = cast.world();
			const pour = (count: number) => {
				for (let index = 0; index < count; index++) {
					const parts = { epoch: 1, sequence: 1_000 + index, body: noise(20 + (index % 80), index) };
					world.inject(to, record({ type: 21 + (index % 3), ...parts }));
					world.inject(to, record({ type: recordType.cid, cid, ...parts }));
				}
			};
			world.meddle = ({ bytes }) => {
				pour(flood / 2 / gaps);
				return [bytes];
			};
			world.run();
			world.meddle = ({ bytes }) => [bytes];
			ok(world.isEstablished);
			world.exchange();
			grewBytes = Math.max(
				grewBytes,
				grown(() => pour(flood / 2)),
			);
			world.exchange().end();
		}
		t.diagnostic(`${name}: the heap grew by ${grewBytes}`);
		ok(grewBytes < heapNoiseBytes, `the heap grew by ${grewBytes} bytes`);
	});
}

/** What a handshake that is under way keeps for its peer. */
function keptBytes(association: object | undefined): number {
	const { handshake, early } = (association ?? {}) as {
		handshake?: { reassembly: { bufferedBytes: number; bufferedMessages: number } };
		early?: { size: number };
	};
	ok((handshake?.reassembly.bufferedMessages ?? 0) <= 16, "too many messages are kept");
	return (handshake?.reassembly.bufferedBytes ?? 0) + (early?.size ?? 0);
}

test(`${flood} forged fragments and early records: what is kept is bounded (CVE-2022-29189)`, () => {
	for (const cast of [psk, rpk]) {
		for (const to of ["client", "server"] as const) {
			const world = cast.world();
			let most = 0;
			world.meddle = ({ bytes }, index) => {
				const side = () => (to === "client" ? world.client : world.server.next);
				for (let count = 0; index === 3 && count < flood; count++) {
					const total = 100 + (count % 3_900);
					const body = noise(Math.min(total, 1 + (count % 1_000)), count);
					const parts = { sequence: count % 12, total, offset: total - body.length, body };
					world.inject(to, message({ type: [2, 4, 11, 12, 13, 14, 15, 16][count % 8]!, ...parts }));
					world.inject(to, record({ type: 23, epoch: 1, sequence: count, body }));
					most = Math.max(most, keptBytes(side()));
				}
				return [bytes];
			};
			world.run().finish(() => world.isEstablished);
			ok(most > 1_000, `only ${most} bytes were kept`);
			ok(most <= 8_192 + 2_048, `${most} bytes were kept`);
			ok(world.isEstablished, `${to}: ${world.clientEar.reason?.code}, ${world.serverEar.reason?.code}`);
			world.exchange().end();
		}
	}
});
