/** Peers whose signatures, points, certificates and order of messages are not what they must be. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readSignature, writeSignature } from "../../modules/dtls/signature.ts";
import { rpk, x509 } from "./dtls-hostile-casts.ts";
import { messageType, noise } from "./dtls-hostile-forgery.ts";
import { body, instead, type Lie, omit, refuses, takes, twice } from "./dtls-hostile-liar.ts";
import type { Cast } from "./dtls-hostile-world.ts";

const { certificate, certificateRequest, certificateVerify, clientKeyExchange } = messageType;
const { serverHello, serverHelloDone, serverKeyExchange } = messageType;
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

test("a client without a certificate is taken, unless one is required (RFC 5246 §7.4.6)", () => {
	for (const cast of flights) {
		const none: Lie = (told) =>
			told.type === certificate
				? [{ type: certificate, body: new Uint8Array(3) }]
				: told.type === certificateVerify
					? []
					: undefined;
		takes(cast, "client", none);
		refuses(cast, "client", none, { server: { requirePeerCertificate: true } });
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

test("the server's signature is over these randoms and parameters, by its certificate's key (RFC 8422 §5.4)", () => {
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

test("certificates: none, empty, ten, broken, or of the other kind than agreed (RFC 5246 §7.4.2, RFC 7250 §3)", () => {
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
