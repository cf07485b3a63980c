/** Peers that have all keys and say what they must not: in the handshake, with transcript and Finished to match. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readSignature, writeSignature } from "../../modules/dtls/signature.ts";
import { psk, pskCid, pskResumed, rpk, x509 } from "./dtls-hostile-casts.ts";
import { fragment, messageType, noise } from "./dtls-hostile-forgery.ts";
import { type Lie, refuses, sealed, takes, tell } from "./dtls-hostile-liar.ts";
import type { Cast } from "./dtls-hostile-world.ts";

const { certificate, certificateRequest, certificateVerify, clientHello, clientKeyExchange } = messageType;
const { serverHello, serverHelloDone, serverKeyExchange } = messageType;
const require = { extendedMasterSecret: "require" } as const;
const ems = "00170000";

/** Where a message is of the type, what to say in its place. */
function instead(type: number, said: (body: Uint8Array) => readonly (readonly [number, ArrayLike<number>])[]): Lie {
	return (told) =>
		told.type === type ? said(told.body).map(([as, body]) => ({ type: as, body: Uint8Array.from(body) })) : undefined;
}

const omit = (type: number) => instead(type, () => []);
const twice = (type: number) =>
	instead(type, (body) => [
		[type, body],
		[type, body],
	]);
const before = (type: number, other: number, body: ArrayLike<number>) =>
	instead(type, (own) => [
		[other, body],
		[type, own],
	]);
const body = (type: number, change: (body: Uint8Array) => ArrayLike<number>) =>
	instead(type, (own) => [[type, change(own)]]);

/** Takes bytes out of the extensions of a hello, or puts others in, with their length set right. */
function extensions(type: number, change: (list: string) => string): Lie {
	return body(type, (own) => {
		const sessionEnd = 35 + own[34]!;
		let at = sessionEnd + 3; // ServerHello: suite and compression
		if (type === clientHello) {
			at = sessionEnd + 1 + own[sessionEnd]!;
			at += 2 + (own[at]! << 8) + own[at + 1]!;
			at += 1 + own[at]!;
		}
		const list = Buffer.from(change(Buffer.from(own.slice(at + 2)).toString("hex")), "hex");
		return [...own.slice(0, at), list.length >> 8, list.length & 255, ...list];
	});
}

test("ServerKeyExchange with any hint, empty, no UTF-8, or 4000 bytes, is taken; a broken one is not (RFC 4279 §2)", () => {
	const hint = (bytes: readonly number[]) =>
		before(serverHelloDone, serverKeyExchange, [bytes.length >> 8, bytes.length & 255, ...bytes]);
	for (const bytes of [[], [0], [67, 111, 65, 80], [0xff, 0xfe, 0xc0, 0x80], noise(255), noise(4000)]) {
		takes(psk, "server", hint(bytes));
	}
	for (const broken of [[], [0], [0, 5, 1], [0, 0, 0], [0xff, 0xff, 1, 2]]) {
		refuses(psk, "server", before(serverHelloDone, serverKeyExchange, broken));
	}
	refuses(psk, "server", hint(noise(65_535)));
	refuses(psk, "server", before(serverHelloDone, certificateRequest, [1, 64, 0, 2, 4, 3, 0, 0]));
});

test("PSK identities, unknown, empty or broken, come to no session (RFC 4279 §2)", () => {
	for (const identity of [[0, 0], [0, 1, 7], [0, 4, 1, 2, 3, 4], [0, 4, 100, 101, 118], [], [0xff, 0xff]]) {
		refuses(
			psk,
			"client",
			body(clientKeyExchange, () => identity),
		);
		refuses(
			psk,
			"client",
			body(clientKeyExchange, () => identity),
			{ server: { unknownIdentity: "alert" } },
		);
	}
});

test("who requires extended_master_secret speaks with nobody who takes it out (RFC 7627 §5.2, §5.3)", () => {
	for (const cast of [psk, pskCid, rpk]) {
		const strip = (list: string) => list.replace(ems, "");
		refuses(cast, "server", extensions(serverHello, strip), { client: require });
		refuses(cast, "client", extensions(clientHello, strip), { server: require });
		// Even where it is not required: keys that rest on something else than was agreed on are no keys.
		refuses(cast, "server", extensions(serverHello, strip));
	}
});

test("a session is resumed with its own cipher suite and extended_master_secret, or not at all (RFC 7627 §5.3)", () => {
	const suites = { suites: [0xc0a8, 0x00a8] };
	const twist = { client: suites, server: suites };
	const isResumed = (told: { readonly body: Uint8Array }) => told.body[34]! > 0;
	const other = extensions(serverHello, (list) => list.replace(ems, ""));
	const suite = body(serverHello, (own) => own.map((byte, at) => (at === 35 + own[34]! ? 0 : byte)));
	for (const lie of [other, suite]) {
		const world = pskResumed.world(twist);
		refuses(pskResumed, "server", (told, mind) => (isResumed(told) ? lie(told, mind) : undefined), twist);
		world.end();
	}
});

test("max_fragment_length comes back as it was asked for, record_size_limit is 64 at least (RFC 6066 §4, RFC 8449 §4)", () => {
	const small = { client: { maxFragmentLength: 512 } };
	for (const value of ["02", "04", "00", "05", ""]) {
		const data = `0001000${value.length / 2}${value}`;
		refuses(
			psk,
			"server",
			extensions(serverHello, (list) => list.replace("0001000101", data)),
			small,
		);
	}
	for (const value of ["0000", "003f"]) {
		const limited = { client: { recordSizeLimit: 256 }, server: { recordSizeLimit: 256 } };
		refuses(
			psk,
			"server",
			extensions(serverHello, (list) => list.replace(/001c0002..../, `001c0002${value}`)),
			limited,
		);
		refuses(
			psk,
			"client",
			extensions(clientHello, (list) => list.replace(/001c0002..../, `001c0002${value}`)),
			limited,
		);
	}
});

test("a record larger than was agreed on is dropped, and the session goes on (RFC 6066 §4, RFC 8449 §4)", () => {
	for (const client of [{ maxFragmentLength: 512 }, { recordSizeLimit: 512 }]) {
		for (const cast of [psk, pskCid]) {
			const world = cast.world({ client }).run();
			const { records } = world.server.current!;
			Object.assign(records, { plaintextBytes: 2048 });
			Object.assign((records as unknown as { writer: object }).writer, {
				limits: { plaintextBytes: 2048, paddingBytes: 0 },
			});
			ok(world.server.current!.send(Uint8Array.from(noise(513)), 0, 513, world.nowMs));
			equal(world.settle().clientEar.heard.length, 0);
			ok(world.server.current!.send(Uint8Array.from(noise(511)), 0, 511, world.nowMs));
			equal(world.settle().clientEar.heard.length, 1);
			world.exchange().end();
		}
	}
});

const flights = [rpk, x509];

test("a server that leaves out a message, says one twice, or in another order is refused (CVE-2021-34433)", () => {
	for (const cast of flights) {
		for (const type of [serverHello, certificate, serverKeyExchange, serverHelloDone]) {
			refuses(cast, "server", omit(type));
			if (type !== serverHelloDone) refuses(cast, "server", twice(type));
		}
		refuses(cast, "server", twice(certificateRequest));
		refuses(
			cast,
			"server",
			body(serverHelloDone, () => [0]),
		);
		refuses(
			cast,
			"server",
			instead(certificate, () => [[serverHelloDone, []]]),
		);
		refuses(
			cast,
			"server",
			instead(serverKeyExchange, (own) => [
				[serverHelloDone, []],
				[serverKeyExchange, own],
			]),
		);
	}
});

test("a client that leaves out CertificateVerify, or the messages around it, is refused (CVE-2020-27222)", () => {
	for (const cast of flights) {
		const required = { server: { requirePeerCertificate: true } };
		for (const type of [certificate, clientKeyExchange, certificateVerify]) {
			refuses(cast, "client", omit(type));
			refuses(cast, "client", twice(type));
			refuses(cast, "client", omit(type), required);
		}
		refuses(
			cast,
			"client",
			body(certificate, () => [0, 0, 0]),
			required,
		);
		// One that has none has nothing to prove, and must not try.
		refuses(
			cast,
			"client",
			body(certificate, () => [0, 0, 0]),
		);
		const swapped: Lie = (told) =>
			told.type === clientKeyExchange
				? [{ type: certificateVerify, body: Uint8Array.of(4, 3, 0, 1, 0) }, told]
				: told.type === certificateVerify
					? []
					: undefined;
		refuses(cast, "client", swapped);
	}
});

/** Signs for the server, or signs nothing, with whatever the lie makes of what is to be signed. */
function resigned(
	cast: Cast,
	change: { parameters?: (own: Uint8Array) => ArrayLike<number>; randoms?: boolean; key?: boolean },
): Lie {
	const { crypto } = cast;
	const p256 = crypto.p256!;
	const key = change.key === true ? p256.importPrivateKey(new Uint8Array(32).fill(9))! : cast.serverKey;
	return (told, { clientRandom, serverRandom }) => {
		if (told.type !== serverKeyExchange) return undefined;
		const parameters = Uint8Array.from(change.parameters?.(told.body.slice(0, 69)) ?? told.body.slice(0, 69));
		const run = crypto.sha256();
		for (const bytes of change.randoms === true ? [serverRandom, clientRandom] : [clientRandom, serverRandom]) {
			run.update(bytes, 0, 32);
		}
		run.update(parameters, 0, parameters.length);
		const signature = writeSignature(p256.sign(key, run.digest()));
		return [
			{ type: serverKeyExchange, body: Uint8Array.from([...parameters, 4, 3, 0, signature.length, ...signature]) },
		];
	};
}

test("the server's signature is over these randoms and parameters, by the key of its certificate (RFC 8422 §5.4)", () => {
	for (const cast of flights) {
		takes(cast, "server", resigned(cast, {}));
		refuses(cast, "server", resigned(cast, { randoms: true }));
		const before = cast.crypto.keyCount;
		const other = resigned(cast, { key: true });
		refuses(cast, "server", other);
		equal(cast.crypto.keyCount, before + 1);
	}
});

const field = Buffer.from("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", "hex");
const badPoints: readonly (readonly [string, (point: Uint8Array) => ArrayLike<number>])[] = [
	["off the curve", (point) => point.map((byte, at) => (at === 64 ? byte ^ 1 : byte))],
	["infinity", () => [0]],
	["infinity in 65 bytes", () => new Uint8Array(65)],
	["zero", () => [4, ...new Uint8Array(64)]],
	["compressed", (point) => [2 + (point[64]! & 1), ...point.slice(1, 33)]],
	["hybrid", (point) => [6 + (point[64]! & 1), ...point.slice(1)]],
	["x beyond the field", (point) => [4, ...field, ...point.slice(33)]],
	["64 bytes", (point) => point.slice(0, 64)],
	["66 bytes", (point) => [...point, 0]],
	["nothing", () => []],
];

for (const [name, change] of badPoints) {
	test(`a point that is ${name} is refused, signed or not, by both sides (RFC 8422 §5.11)`, () => {
		for (const cast of flights) {
			const parameters = (own: Uint8Array) => {
				const point = change(own.slice(4));
				return [3, 0, 23, point.length, ...Array.from(point)];
			};
			refuses(cast, "server", resigned(cast, { parameters }));
			const own = body(clientKeyExchange, (bytes) => {
				const point = change(bytes.slice(1));
				return [point.length, ...Array.from(point)];
			});
			refuses(cast, "client", own);
		}
	});
}

test("other curves and explicit ones are refused (RFC 8422 §5.4)", () => {
	for (const start of [
		[3, 0, 24],
		[3, 0, 29],
		[1, 0, 23],
		[2, 0, 23],
		[0, 0, 0],
	]) {
		refuses(rpk, "server", resigned(rpk, { parameters: (own) => [...start, ...own.slice(3)] }));
	}
});

const order = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
const integer = (bytes: ArrayLike<number>) => [2, bytes.length, ...Array.from(bytes)];
const sequence = (inner: readonly number[]) => [0x30, inner.length, ...inner];
const badSignatures: readonly (readonly [string, (der: Uint8Array) => ArrayLike<number>])[] = [
	["empty", () => []],
	["r and s of zero", () => sequence([...integer([0]), ...integer([0])])],
	["r and s of one", () => sequence([...integer([1]), ...integer([1])])],
	["r of the order", (der) => sequence([...integer([0, ...order]), ...der.slice(4 + der[3]!)])],
	["s of the order", (der) => sequence([...der.slice(2, 4 + der[3]!), ...integer([0, ...order])])],
	["a negative r", (der) => sequence([...integer([0x80, ...noise(31)]), ...der.slice(4 + der[3]!)])],
	["a byte behind it", (der) => [...der, 0]],
	["a byte behind s", (der) => [0x30, der[1]! + 1, ...der.slice(2), 0]],
	["a long form of the length", (der) => [0x30, 0x81, der[1]!, ...der.slice(2)]],
	["an indefinite length", (der) => [0x30, 0x80, ...der.slice(2), 0, 0]],
	["r with a zero too many", (der) => sequence([2, der[3]! + 1, 0, ...der.slice(4)])],
	["cut", (der) => der.slice(0, -1)],
	["64 bytes without DER", (der) => raw(der)],
	["a length of four gigabytes", (der) => [0x30, 0x84, 0xff, 0xff, 0xff, 0xff, ...der.slice(2)]],
];

function raw(der: Uint8Array): Uint8Array {
	const signature = readSignature(der);
	ok(!("code" in signature));
	return signature;
}

for (const [name, change] of badSignatures) {
	test(`a signature with ${name} is refused by both sides (RFC 3279 §2.2.3)`, () => {
		const signed = (own: Uint8Array, at: number) => {
			const der = change(own.slice(at + 4));
			return [...own.slice(0, at + 2), der.length >> 8, der.length & 255, ...Array.from(der)];
		};
		for (const cast of flights) {
			refuses(
				cast,
				"server",
				body(serverKeyExchange, (own) => signed(own, 69)),
			);
			refuses(
				cast,
				"client",
				body(certificateVerify, (own) => signed(own, 0)),
			);
		}
	});
}

test("signature algorithms that were not offered are refused (RFC 5246 §7.4.3, §7.4.8)", () => {
	for (const [hash, kind] of [
		[0, 0],
		[2, 3],
		[4, 1],
		[4, 0],
		[8, 4],
		[5, 3],
		[255, 255],
	]) {
		const bent = (at: number) => (own: Uint8Array) => [...own.slice(0, at), hash!, kind!, ...own.slice(at + 2)];
		refuses(rpk, "server", body(serverKeyExchange, bent(69)));
		refuses(rpk, "client", body(certificateVerify, bent(0)));
	}
});

test("certificates: none, empty, ten, broken, or of the kind that was not agreed on (RFC 5246 §7.4.2, RFC 7250 §3)", () => {
	const required = { server: { requirePeerCertificate: true } };
	const list = (certificates: readonly (readonly number[])[]) => {
		const inner = certificates.flatMap((one) => [0, one.length >> 8, one.length & 255, ...one]);
		return [0, inner.length >> 8, inner.length & 255, ...inner];
	};
	const bodies = [
		[],
		[0, 0, 0],
		[0, 0],
		[0, 0, 1],
		[0, 0, 5, 0, 0, 1, 9],
		[0xff, 0xff, 0xff, 1],
		list([[]]),
		list([noise(200)]),
		list(Array.from({ length: 10 }, () => noise(30))),
		list([[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0]]),
		list([Array.from({ length: 1000 }, (_, at) => (at % 2 === 0 ? 0x30 : 0x80))]),
	];
	for (const cast of flights) {
		for (const other of bodies) {
			refuses(
				cast,
				"server",
				body(certificate, () => other),
			);
			refuses(
				cast,
				"client",
				body(certificate, () => other),
				required,
			);
		}
		const turned = (own: Uint8Array) => (cast === rpk ? list([[...own.slice(3)]]) : own.slice(3));
		refuses(cast, "server", body(certificate, turned));
		refuses(cast, "client", body(certificate, turned), required);
	}
});

test("HelloRequest and ClientHello under protection begin nothing; no_renegotiation is said once in a while (CVE-2009-3555)", () => {
	for (const cast of [psk, pskCid, rpk]) {
		const world = cast.world().run();
		for (const [from, type, size] of [
			["server", messageType.helloRequest, 0],
			["client", clientHello, 80],
		] as const) {
			let answers = 0;
			for (let count = 0; count < 50; count++) {
				answers += tell(world, from, 22, fragment({ type, sequence: count, body: noise(size) }));
				world.nowMs += 10;
			}
			equal(answers, 1, `${from}: ${answers} answers`);
		}
		world.exchange().end();
	}
});

test("handshake messages under protection that belong nowhere change nothing", () => {
	for (const cast of [psk, pskCid, rpk]) {
		const world = cast.world().run();
		for (const from of ["client", "server"] as const) {
			for (let type = 0; type < 256; type++) {
				if (type === messageType.helloRequest || type === clientHello || type === messageType.finished) continue;
				equal(tell(world, from, 22, fragment({ type, sequence: 4, body: noise(12) })), 0, `type ${type}`);
			}
			for (const bytes of [[20], noise(11), fragment({ type: 20, sequence: 9, body: [], total: 5000 })]) {
				equal(tell(world, from, 22, bytes), 0);
			}
			for (const bytes of [[1], [], [2, 2]]) equal(tell(world, from, 20, bytes), 0);
			for (const bytes of [[1], [2], [1, 90], [0, 255], [255, 255], [2, 40, 0]]) tell(world, from, 21, bytes);
		}
		world.exchange().end();
	}
});

test("under protection close_notify and fatal alerts end the session, warnings do not (RFC 5246 §7.2)", () => {
	for (const from of ["client", "server"] as const) {
		const world = psk.world().run();
		tell(world, from, 21, [1, 100]);
		world.exchange();
		tell(world, from, 21, [2, 80]);
		equal((from === "client" ? world.server.current : world.client)?.state ?? "closed", "closed");
		world.end();
	}
});

test("inside of a record with a Connection ID: no type, type 25, zeros, a kilobyte of padding (RFC 9146 §4)", () => {
	const inner: readonly (readonly [string, (plain: Uint8Array) => void, number])[] = [
		["all zero", (plain) => void plain.fill(0), 0],
		["type 25", (plain) => void (plain[plain.length - 1] = 25), 0],
		["type 0 behind data", (plain) => void plain.fill(0, 5), 0],
		["an unknown type", (plain) => void (plain[plain.length - 1] = 99), 0],
		["a kilobyte of padding", (plain) => void plain.fill(0, 6).set([23], 5), 0],
		["a hundred bytes of padding", (plain) => void plain.fill(0, plain.length - 100).set([23], plain.length - 101), 1],
	];
	for (const [name, bend, heard] of inner) {
		const world = pskCid.world().run();
		const { crypto } = pskCid;
		const { seal } = crypto;
		Object.assign(crypto, {
			seal(...[aead, key, nonce, aad, bytes, at, end, into, intoAt]: Parameters<typeof seal>) {
				bend(bytes.subarray(at, end));
				return seal.call(crypto, aead, key, nonce, aad, bytes, at, end, into, intoAt);
			},
		});
		const datagram = sealed(world.client, 23, noise(1030).fill(7));
		Object.assign(crypto, { seal });
		world.inject("server", datagram);
		equal(world.settle().serverEar.heard.length, heard, name);
		world.exchange().end();
	}
});

test("what is no newest record, or not authentic, gives no reason to follow it to another address (RFC 9146 §6)", () => {
	const world = pskCid.world().run();
	const { records } = world.server.current!;
	const old = sealed(world.client, 23, [1]);
	const young = sealed(world.client, 23, [2]);
	const forged = sealed(world.client, 23, [3]);
	forged[forged.length - 1]! ^= 1;
	world.inject("server", young);
	equal(records.isNewest, true);
	world.inject("server", old);
	equal(records.isNewest, false);
	world.inject("server", young);
	equal(records.isNewest, false);
	world.inject("server", forged);
	equal(records.isNewest, false);
	world.end();
});
