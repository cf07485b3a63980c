/** Forged handshake messages, at every point of every kind of handshake and after it, towards both sides. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { cbc, ecdheSuite, everyCast, psk, pskCid, pskResumed, pskSuite, rpk } from "./dtls-hostile-casts.ts";
import {
	assault,
	assaultAll,
	dtls10,
	dtls12,
	type Forge,
	fragment,
	message,
	messageType,
	noise,
	record,
	recordType,
	sequences,
} from "./dtls-hostile-forgery.ts";

const types = Object.values(messageType);
const random = noise(32, 3);
const uint16 = (value: number) => [value >> 8, value & 255];

/** One message under each of the numbers it may have. */
function everywhere(type: number, body: readonly number[]): Uint8Array[] {
	return sequences.map((sequence) => message({ type, sequence, body }));
}

test("a message that claims 0xffffff bytes, or more than 4096, is dropped, and nothing kept for it", () => {
	const forge: Forge = () =>
		[...types, 255].flatMap((type) =>
			sequences.flatMap((sequence) =>
				[0xffffff, 0x800000, 4097].map((total) => message({ type, sequence, body: noise(4), total })),
			),
		);
	assaultAll(everyCast, forge);
});

test("fragments that reach behind their message, and empty ones within it, are dropped (CVE-2026-33845)", () => {
	const forge: Forge = () =>
		types.flatMap((type) =>
			sequences.flatMap((sequence) => [
				message({ type, sequence, body: noise(20), total: 30, offset: 11 }),
				message({ type, sequence, body: noise(20), total: 30, offset: 0xfffff0 }),
				message({ type, sequence, body: noise(20), total: 19 }),
				message({ type, sequence, body: [], total: 30, offset: 7 }),
				message({ type, sequence, body: [], total: 0, offset: 7 }),
				message({ type, sequence, body: noise(4), size: 0xffffff }),
				message({ type, sequence, body: noise(4), size: 5 }),
				record({ type: recordType.handshake, body: fragment({ type, sequence, body: [] }).slice(0, 11) }),
			]),
		);
	// A whole, empty message is a ServerHelloDone, too: that one is below.
	assaultAll(everyCast, forge);
});

test("messages that no handshake has, and those of the other side, are passed over", () => {
	const known = new Set<number>(types);
	const unknown = Array.from({ length: 256 }, (_, type) => type).filter((type) => !known.has(type));
	assaultAll([psk, pskResumed, rpk], () =>
		unknown.flatMap((type) => [0, 1, 3].map((sequence) => message({ type, sequence, body: noise(8) }))),
	);
	const { clientHello, certificateVerify, clientKeyExchange, helloRequest } = messageType;
	const clients = [clientHello, certificateVerify, clientKeyExchange, helloRequest];
	assaultAll(everyCast, () => clients.flatMap((type) => everywhere(type, noise(20))), { to: ["client"] });
	const { serverHello, helloVerifyRequest, newSessionTicket, serverKeyExchange, serverHelloDone } = messageType;
	const servers = [serverHello, helloVerifyRequest, newSessionTicket, serverKeyExchange, serverHelloDone, helloRequest];
	assaultAll(everyCast, () => servers.flatMap((type) => everywhere(type, noise(20))), { to: ["server"] });
});

test("fragments of one message that differ in length or type do not spoil it (CVE-2014-0195, CVE-2026-33846)", () => {
	const forge: Forge = () =>
		types.flatMap((type) =>
			sequences.flatMap((sequence) => [
				message({ type, sequence, body: noise(2), total: 700 }),
				message({ type, sequence, body: noise(2), total: 701, offset: 300 }),
				message({ type, sequence, body: noise(2), total: 702, offset: 600 }),
			]),
		);
	// Behind so many rivals there may not be room for a whole flight at once.
	assaultAll(everyCast, forge, { outcome: "completes" });
	assaultAll([psk, pskCid, pskResumed], forge);
});

test("ten thousand fragments, empty, tiny, or far ahead (CVE-2016-2179, GHSA-cm8f-h6j3-p25c)", () => {
	const forge: Forge = () =>
		Array.from({ length: 10_000 }, (_, index) => {
			const body = noise(index % 3, index);
			return message({ type: index % 21, sequence: 1 + (index % 1000), total: 900, offset: index % 890, body });
		});
	assault(psk, forge, { gaps: (gap) => gap === 3 || gap === 4 });
	assault(rpk, forge, { gaps: (gap) => gap === 3 || gap === 4, outcome: "completes" });
});

/** Cuts each handshake record of a datagram that is in the clear into records with fragments of `size` bytes. */
function cut(datagram: Uint8Array, size: number): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	for (let at = 0; at < datagram.length; ) {
		const end = at + 13 + (datagram[at + 11]! << 8) + datagram[at + 12]!;
		const isPlain = datagram[at] === recordType.handshake && datagram[at + 4] === 0;
		for (let from = at + 13; isPlain && from < end; ) {
			const [type, sequence] = [datagram[from]!, datagram[from + 5]!];
			const body = [...datagram.slice(from + 12, from + 12 + (datagram[from + 10]! << 8) + datagram[from + 11]!)];
			for (let offset = 0; offset < body.length || offset === 0; offset += size) {
				const part = body.slice(offset, offset + size);
				pieces.push(message({ type, sequence, body: part, total: body.length, offset }));
			}
			from += 12 + body.length;
		}
		if (!isPlain) pieces.push(datagram.slice(at, end));
		at = end;
	}
	return pieces;
}

const isHello = (bytes: Uint8Array) => bytes[13] === messageType.clientHello;
const isVerify = (bytes: Uint8Array) => bytes[13] === messageType.helloVerifyRequest;

for (const size of [1, 2, 7, 40]) {
	test(`messages come in fragments of ${size} bytes, in order, in reverse, twice (RFC 6347 §4.2.3)`, () => {
		for (const cast of everyCast) {
			for (const order of ["forward", "backward", "twice"] as const) {
				const world = cast.world();
				world.meddle = ({ bytes }) => {
					if (isHello(bytes) || isVerify(bytes)) return [bytes];
					const pieces = cut(bytes, size);
					if (order === "backward") return pieces.reverse();
					return order === "twice" ? [...pieces, ...pieces] : pieces;
				};
				world.run();
				ok(world.isEstablished, `${order}: ${world.flown.length} datagrams`);
				world.exchange().end();
			}
		}
	});
}

test("fragments that overlap and differ do not keep the genuine message out for ever (RFC 6347 §4.2.3)", () => {
	for (const cast of everyCast) {
		for (const place of ["first", "middle", "last"]) {
			const world = cast.world();
			let forged = 0;
			world.meddle = ({ from, bytes }) => {
				if (isHello(bytes) || isVerify(bytes) || forged++ >= 2) return [bytes];
				const pieces = cut(bytes, 16);
				const [type, sequence] = [bytes[13]!, bytes[18]!];
				const total = (bytes[15]! << 8) + bytes[16]!;
				const offset = place === "first" ? 0 : place === "middle" ? 8 : Math.max(0, total - 16);
				const body = noise(Math.min(16, total - offset));
				if (bytes[4] === 0) {
					const to = from === "client" ? "server" : "client";
					world.inject(to, message({ type, sequence, total, offset, body }));
				}
				return pieces;
			};
			world.run().finish(() => world.isEstablished);
			ok(world.isEstablished, `${place}: ${world.clientEar.reason?.code}, ${world.serverEar.reason?.code}`);
			world.exchange().end();
		}
	}
});

test("HelloVerifyRequest again, with cookies of 0 to 255 bytes, and a hundred times (RFC 6347 §4.2.1)", () => {
	const verify = (cookie: readonly number[], version: readonly number[] = dtls10) =>
		everywhere(messageType.helloVerifyRequest, [...version, cookie.length, ...cookie]);
	const to = ["client"] as const;
	// An empty cookie, and one that is cut, ask for nothing.
	assaultAll(everyCast, () => [...verify([]), ...everywhere(messageType.helloVerifyRequest, [...dtls10, 20, 1])], {
		to,
	});
	assaultAll(everyCast, () => verify(noise(16), [3, 3]), { to });
	for (const version of [dtls10, dtls12]) {
		const forge: Forge = () => [16, 32, 255].flatMap((size) => verify(noise(size), version));
		assaultAll(everyCast, forge, { to, gaps: (gap) => gap >= 2 });
		assaultAll(everyCast, forge, { to, gaps: (gap) => gap < 2, outcome: "completes" });
	}
	const many: Forge = () => Array.from({ length: 100 }, (_, index) => verify(noise(16, index))[0]!);
	assaultAll(everyCast, many, { to, gaps: (gap) => gap >= 2 });
	assaultAll(everyCast, many, { to, gaps: (gap) => gap < 2, outcome: "completes" });
});

test("a hundred HelloVerifyRequests, each with another cookie, make the client say its hello again once", () => {
	const world = psk.world();
	world.meddle = () => [];
	world.run();
	for (let count = 0; count < 100; count++) {
		const cookie = noise(16, count);
		world.inject("client", message({ type: 3, sequence: count % 3, body: [...dtls10, 16, ...cookie] }));
	}
	equal(world.settle().flown.length, 2);
	world.end();
});

interface HelloParts {
	readonly version?: readonly number[];
	readonly sessionId?: readonly number[];
	readonly suite?: number;
	readonly compression?: number;
	readonly extensions?: readonly (readonly [number, readonly number[]])[];
	readonly tail?: readonly number[];
}

function serverHello({ version = dtls12, sessionId = [], suite = pskSuite, ...rest }: HelloParts): number[] {
	const { compression = 0, extensions, tail = [] } = rest;
	const list = extensions?.flatMap(([type, data]) => [...uint16(type), ...uint16(data.length), ...data]);
	const end = list === undefined ? [] : [...uint16(list.length), ...list];
	return [...version, ...random, sessionId.length, ...sessionId, ...uint16(suite), compression, ...end, ...tail];
}

for (const [what, parts] of [
	["DTLS 1.0", { version: dtls10 }],
	["TLS 1.2", { version: [3, 3] }],
	["version 0", { version: [0, 0] }],
	["DTLS 1.3", { version: [0xfe, 0xfc] }],
	["a cipher suite that was not offered", { suite: 0x00a9 }],
	["a cipher suite that we know, and did not offer", { suite: 0xc023 }],
	["cipher suite 0", { suite: 0 }],
	["the signalling suite of renegotiation", { suite: 0x00ff }],
	["a compression method", { compression: 1 }],
	["a session id of 33 bytes", { sessionId: noise(33) }],
	["a record_size_limit that was not offered", { extensions: [[28, [64, 0]]] }],
	["a max_fragment_length that was not offered", { extensions: [[1, [1]]] }],
	["a session ticket that was not asked for", { extensions: [[35, []]] }],
	["an unknown extension", { extensions: [[9999, []]] }],
	["a server_name that was not offered", { extensions: [[0, []]] }],
	[
		"an extension twice",
		{
			extensions: [
				[23, []],
				[23, []],
			],
		},
	],
	["an extension that is cut", { extensions: [[23, []]], tail: [0] }],
	["extended_master_secret with content", { extensions: [[23, [0]]] }],
	["renegotiation_info of a second handshake", { extensions: [[0xff01, [12, ...noise(12)]]] }],
	["a list of extensions longer than the message", { tail: [0, 9, 0, 23, 0, 0] }],
	["one byte behind its end", { extensions: [], tail: [7] }],
] as const satisfies readonly (readonly [string, HelloParts])[]) {
	test(`a ServerHello with ${what} is refused, and the genuine one taken (RFC 5246 §7.4.1.3)`, () => {
		for (const cast of everyCast) {
			const suite = cast === cbc ? 0x00ae : [psk, pskCid, pskResumed].includes(cast) ? pskSuite : ecdheSuite;
			const body = serverHello({ suite, ...parts });
			assault(cast, () => everywhere(messageType.serverHello, body), { to: ["client"] });
		}
	});
}

test("an attacker's plausible ServerHello spoils one attempt at most: the client begins anew, and completes", () => {
	for (const cast of [psk, pskCid, pskResumed, rpk]) {
		const suite = cast === rpk ? ecdheSuite : pskSuite;
		for (const extensions of [
			undefined,
			[[23, []]],
			[
				[23, []],
				[0xff01, [0]],
			],
		] as const) {
			const body = serverHello({ suite, ...(extensions === undefined ? {} : { extensions }) });
			const forge: Forge = () => everywhere(messageType.serverHello, body);
			assault(cast, forge, { to: ["client"], outcome: "completes" });
		}
	}
});

test("a whole forged flight, ServerHello to ServerHelloDone, spoils one attempt at most", () => {
	const body = serverHello({ extensions: [[23, []]] });
	const forge: Forge = () =>
		[0, 1, 2].flatMap((sequence) => [
			message({ type: messageType.serverHello, sequence, body }),
			message({ type: messageType.serverHelloDone, sequence: sequence + 1, body: [] }),
		]);
	assaultAll([psk, pskCid, pskResumed], forge, { to: ["client"], outcome: "completes" });
});

test("forged key exchanges to a server spoil one attempt at most (RFC 4279 §2)", () => {
	const identities = [[], [0, 0], [0, 4, 100, 101, 118, 49], [0, 3, 1, 2, 3], [0xff, 0xff, 1], [0, 4, 100, 101]];
	const forge: Forge = () => identities.flatMap((body) => everywhere(messageType.clientKeyExchange, body));
	assaultAll([psk, pskCid, pskResumed, cbc, rpk], forge, { to: ["server"], outcome: "completes" });
});

test("ChangeCipherSpec early, twice, with 0 or 2 bytes, cut or unknown, changes nothing (CVE-2014-0224)", () => {
	assaultAll(everyCast, () =>
		[[1], [1], [], [1, 1], [0], [2], [1, 0]].flatMap((body, index) => [
			record({ type: recordType.changeCipherSpec, sequence: 60 + index, body }),
			record({ type: recordType.changeCipherSpec, epoch: 1, sequence: 60 + index, body }),
		]),
	);
});

test("Finished in the clear, of 0 to 36 bytes, is passed over (RFC 5246 §7.4.9)", () => {
	assaultAll(everyCast, () => [0, 11, 12, 13, 36].flatMap((size) => everywhere(messageType.finished, noise(size))));
});

test("what one side said under protection is not taken from the other: a reflected Finished (CVE-2017-7243)", () => {
	assaultAll(everyCast, ({ to, flown }) => flown.filter(({ from }) => from === to).map(({ bytes }) => bytes), {
		to: ["client"],
	});
	const sealedOnly: Forge = ({ to, flown }) =>
		flown.filter(({ from, bytes }) => from === to && !isVerify(bytes)).map(({ bytes }) => bytes);
	assaultAll(everyCast, sealedOnly, { to: ["server"] });
});

test("HelloRequest in the clear begins nothing, and is not answered (RFC 5246 §7.4.1.1, CVE-2009-3555)", () => {
	assaultAll(everyCast, () => [
		...everywhere(messageType.helloRequest, []),
		...everywhere(messageType.helloRequest, noise(3)),
	]);
});
