/** Many associations over one socket: DtlsDatagrams on a wire that knows addresses, and moves them. */
import { utf8 } from "../../../modules/bytes.ts";
import { PortableCrypto } from "../../../modules/crypto/portable.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { DtlsDatagrams, type DtlsDatagramsOptions } from "../../../modules/dtls/datagrams.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { type Address, type Datagrams, type DatagramsOptions, HostFailure } from "../../../modules/host.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";

interface Socket {
	address: Address;
	readonly waiting: { bytes: Uint8Array; from: Address }[];
	readonly onReadable: (count: number) => void;
}

/** A network of sockets; what is written is delivered by run(). */
class Wire {
	nowMs = 0;
	/** Bytes in front of `host port`: what was sent to it. */
	readonly sent: { bytes: Uint8Array; from: Address; to: Address }[] = [];
	failing = false;
	private readonly sockets: Socket[] = [];
	private underway: { bytes: Uint8Array; from: Address; to: Address }[] = [];

	open(address: Address): (options: DatagramsOptions) => Datagrams {
		return ({ onReadable }) => {
			const socket: Socket = { address, waiting: [], onReadable };
			this.sockets.push(socket);
			return {
				read: (into, from) => {
					const first = socket.waiting.shift();
					if (first === undefined) return -1;
					into.set(first.bytes);
					from.host = first.from.host;
					from.port = first.from.port;
					return first.bytes.length;
				},
				write: (bytes, to) => {
					if (this.failing) throw new HostFailure("no route");
					const flown = { bytes: bytes.slice(), from: { ...socket.address }, to: { ...to } };
					this.sent.push(flown);
					this.underway.push(flown);
				},
				close: () => undefined,
			};
		};
	}

	/** As an attacker, or a NAT, would. */
	inject(bytes: Uint8Array, from: Address, to: Address): void {
		this.underway.push({ bytes: bytes.slice(), from, to });
		this.run();
	}

	/** What is underway came from there. */
	pretend(from: Address): void {
		this.underway = this.underway.map((flown) => ({ ...flown, from }));
	}

	rebind(host: string, to: Address): void {
		for (const socket of this.sockets) if (socket.address.host === host) socket.address = to;
	}

	run(): void {
		for (let turn = 0; turn < 100 && this.underway.length > 0; turn++) {
			const now = this.underway;
			this.underway = [];
			for (const { bytes, from, to } of now) {
				const socket = this.sockets.find(({ address }) => address.host === to.host && address.port === to.port);
				if (socket === undefined) continue;
				socket.waiting.push({ bytes, from });
				socket.onReadable(1);
			}
		}
	}
}

interface Party {
	readonly dtls: DtlsDatagrams;
	readonly heard: string[];
	readonly events: string[];
}

const serverAt: Address = { host: "10.0.0.1", port: 5684 };
const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);

function settings(seed: number) {
	const next = seeded(seed);
	const entropy = {
		fill(bytes: Uint8Array) {
			for (let index = 0; index < bytes.length; index++) bytes[index] = next(256);
		},
	};
	const crypto = new PortableCrypto({ entropy });
	const key = crypto.importSecret(utf8("secretPSK"));
	const base = { crypto, entropy, suites: [0xc0a8] };
	const client: DtlsSettings = { ...base, psk: { identity: utf8("dev1"), key } };
	const server: DtlsSettings = { ...base, pskOf: () => key };
	return { client, server, cookies: new CookieJar(crypto, entropy) };
}

function party(wire: Wire, at: Address, options: Partial<DtlsDatagramsOptions>): Party {
	const heard: string[] = [];
	const events: string[] = [];
	const dtls: DtlsDatagrams = new DtlsDatagrams({
		open: wire.open(at),
		nowMs: () => wire.nowMs,
		events: {
			established: ({ host, port }) => void events.push(`established ${host}:${port}`),
			closed: ({ host, port }, { code }) => void events.push(`closed ${host}:${port} ${code}`),
			moved: (from, to) => void events.push(`moved ${from.host}:${from.port} ${to.host}:${to.port}`),
		},
		onReadable: () => {
			const into = new Uint8Array(1500);
			const from = { host: "", port: 0 };
			for (let size = dtls.read(into, from); size >= 0; size = dtls.read(into, from)) {
				heard.push(`${from.host}:${from.port} ${text(into.subarray(0, size))}`);
			}
		},
		...options,
	});
	return { dtls, heard, events };
}

function world(cidBytes?: number, endpointsMax = 4) {
	const wire = new Wire();
	const { client, server, cookies } = settings(77);
	const cid = cidBytes === undefined ? {} : { connectionIdBytes: cidBytes };
	const host = party(wire, serverAt, { server, cookies, endpointsMax, ...cid });
	const device = (index: number) => {
		const at = { host: `10.0.1.${index}`, port: 4000 + index };
		const own = cidBytes === undefined ? {} : { connectionIdBytes: 0 };
		return { at, ...party(wire, at, { client: () => client, ...own }) };
	};
	return { wire, host, device, client };
}

test("a datagram to somebody new begins a handshake, and is not lost", () => {
	const { wire, host, device } = world();
	const one = device(1);
	one.dtls.write(utf8("hello"), serverAt);
	wire.run();
	deepEqual(host.heard, ["10.0.1.1:4001 hello"]);
	host.dtls.write(utf8("world"), one.at);
	wire.run();
	deepEqual(one.heard, ["10.0.0.1:5684 world"]);
	deepEqual(host.events, ["established 10.0.1.1:4001"]);
	deepEqual(one.events, ["established 10.0.0.1:5684"]);
});

test("nothing is kept of a client that does not answer, whatever it sends", () => {
	const { wire, host, device } = world();
	const one = device(1);
	one.dtls.write(utf8("hello"), serverAt);
	const first = wire.sent[0]!.bytes;
	for (let port = 1; port < 50; port++) wire.inject(first, { host: "10.9.9.9", port }, serverAt);
	equal(host.dtls.endpointCount, 1); // the device's own
	const answers = wire.sent.filter(({ to }) => to.host === "10.9.9.9");
	equal(answers.length, 49);
	ok(answers.every(({ bytes }) => bytes.length <= first.length));
});

test("with a Connection ID, a client that has another address is known again, and its old address is not used", () => {
	const { wire, host, device } = world(6);
	const one = device(1);
	one.dtls.write(utf8("here"), serverAt);
	wire.run();
	const elsewhere = { host: "10.0.1.99", port: 9 };
	wire.rebind("10.0.1.1", elsewhere);
	one.dtls.write(utf8("there"), serverAt);
	wire.run();
	deepEqual(host.heard, ["10.0.1.1:4001 here", "10.0.1.99:9 there"]);
	deepEqual(host.events, ["established 10.0.1.1:4001", "moved 10.0.1.1:4001 10.0.1.99:9"]);
	host.dtls.write(utf8("back"), elsewhere);
	wire.run();
	deepEqual(one.heard, ["10.0.0.1:5684 back"]);
});

test("a record that comes from another client's address ends no session of that client's", () => {
	const { wire, host, device } = world(6);
	const [one, two] = [device(1), device(2)];
	one.dtls.write(utf8("one"), serverAt);
	two.dtls.write(utf8("two"), serverAt);
	wire.run();
	// The second one sends its newest record under the first one's address, or a network gave that port away.
	two.dtls.write(utf8("mine now"), serverAt);
	wire.pretend(one.at);
	wire.run();
	equal(host.heard.at(-1), "10.0.1.1:4001 mine now");
	deepEqual(host.events.slice(2), ["moved 10.0.1.1:4001 :1", "moved 10.0.1.2:4002 10.0.1.1:4001"]);
	host.dtls.write(utf8("lost"), { host: "", port: 1 }); // nobody knows where
	wire.run();
	equal(one.heard.length, 0);
	one.dtls.write(utf8("still here"), serverAt);
	wire.run();
	equal(host.heard.at(-1), "10.0.1.1:4001 still here");
	deepEqual(host.events.slice(4), ["moved 10.0.1.1:4001 :2", "moved :1 10.0.1.1:4001"]);
	host.dtls.write(utf8("hello"), one.at);
	wire.run();
	two.dtls.write(utf8("elsewhere"), serverAt);
	wire.pretend({ host: "10.0.1.3", port: 9 });
	wire.run();
	deepEqual(one.heard, ["10.0.0.1:5684 hello"]);
	equal(host.heard.at(-1), "10.0.1.3:9 elsewhere");
	equal(host.dtls.endpointCount, 2);
	ok(host.events.every((event) => !event.startsWith("closed")));
});

test("a client without a Connection ID keeps its address against another one's record", () => {
	const { wire, host, device } = world(6);
	const two = device(2);
	const at = { host: "10.0.1.1", port: 4001 };
	const plain = party(wire, at, { client: () => settings(78).client }); // offers no connection_id
	plain.dtls.write(utf8("one"), serverAt);
	two.dtls.write(utf8("two"), serverAt);
	wire.run();
	two.dtls.write(utf8("mine now"), serverAt);
	wire.pretend(at);
	wire.run();
	equal(host.heard.at(-1), "10.0.1.2:4002 mine now");
	plain.dtls.write(utf8("still here"), serverAt);
	wire.run();
	equal(host.heard.at(-1), "10.0.1.1:4001 still here");
	equal(host.events.length, 2);
});

test("a repeated, an older or a forged record from elsewhere moves nothing (RFC 9146 §6)", () => {
	const { wire, host, device } = world(6);
	const one = device(1);
	one.dtls.write(utf8("first"), serverAt);
	wire.run();
	one.dtls.write(utf8("second"), serverAt);
	const second = wire.sent.at(-1)!.bytes;
	wire.run();
	const elsewhere = { host: "10.6.6.6", port: 6 };
	wire.inject(second, elsewhere, serverAt); // repeated
	const forged = second.slice();
	forged[10] = 200; // a later number
	wire.inject(forged, elsewhere, serverAt);
	one.dtls.write(utf8("older"), serverAt);
	const older = wire.sent.at(-1)!.bytes;
	one.dtls.write(utf8("newer"), serverAt);
	const newer = wire.sent.at(-1)!.bytes;
	wire.run();
	ok(older[10]! < newer[10]!);
	equal(host.events.length, 1);
	// An older record that was held back, and comes from elsewhere, is read but moves nothing.
	const held = world(6);
	const two = held.device(2);
	two.dtls.write(utf8("first"), serverAt);
	held.wire.run();
	const before = held.wire.sent.length;
	held.wire.rebind("10.0.0.1", { host: "nowhere", port: 1 });
	two.dtls.write(utf8("older"), serverAt);
	held.wire.run();
	held.wire.rebind("nowhere", serverAt);
	two.dtls.write(utf8("newer"), serverAt);
	held.wire.run();
	held.wire.inject(held.wire.sent[before]!.bytes, elsewhere, serverAt);
	deepEqual(held.host.heard.length, 3);
	equal(held.host.events.length, 1);
});

test("a client that lost its memory gets a new association; the old one stands until that one is proven", () => {
	const { wire, host, device } = world();
	const one = device(1);
	one.dtls.write(utf8("before"), serverAt);
	wire.run();
	// A spoofed ClientHello at its address changes nothing.
	const forged = wire.sent[0]!.bytes.slice();
	forged[30] = forged[30]! ^ 1;
	wire.inject(forged, one.at, serverAt);
	one.dtls.write(utf8("still"), serverAt);
	wire.run();
	const { client } = settings(78);
	wire.rebind("10.0.1.1", { host: "asleep", port: 0 });
	const again = party(wire, one.at, { client: () => client });
	again.dtls.write(utf8("after"), serverAt);
	wire.run();
	deepEqual(host.heard, ["10.0.1.1:4001 before", "10.0.1.1:4001 still", "10.0.1.1:4001 after"]);
	equal(host.dtls.endpointCount, 1);
});

test("where there is no room, a handshake that does not end goes; those that stand remain", () => {
	const { wire, host, device } = world(undefined, 2);
	for (let index = 1; index <= 2; index++) device(index).dtls.write(utf8("x"), serverAt);
	wire.run();
	equal(host.heard.length, 2);
	const three = device(3);
	three.dtls.write(utf8("x"), serverAt);
	wire.run();
	equal(host.dtls.endpointCount, 2);
	equal(host.heard.length, 2);
	wire.nowMs += 86_400_000;
	three.dtls.poll(wire.nowMs);
	const four = device(4);
	four.dtls.write(utf8("x"), serverAt);
	wire.run();
	equal(host.heard.length, 3);
	equal(host.dtls.endpointCount, 2);
});

test("a socket that refuses is as good as loss: the timer brings the handshake back", () => {
	const { wire, host, device } = world();
	const one = device(1);
	wire.failing = true;
	one.dtls.write(utf8("hello"), serverAt);
	wire.failing = false;
	wire.run();
	equal(host.heard.length, 0);
	wire.nowMs = one.dtls.deadlineMs;
	one.dtls.poll(wire.nowMs);
	wire.run();
	deepEqual(host.heard, ["10.0.1.1:4001 hello"]);
});

test("close says good-bye to everyone", () => {
	const { wire, host, device } = world(4);
	const one = device(1);
	one.dtls.write(utf8("hello"), serverAt);
	wire.run();
	one.dtls.close();
	wire.run();
	deepEqual(host.events.at(-1), "closed 10.0.1.1:4001 dtls.closeNotify");
	equal(host.dtls.endpointCount, 0);
});
