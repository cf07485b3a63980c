/** Peers that have all keys and say what they must not: in the handshake, with transcript and Finished to match. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { psk, pskCid, pskResumed, rpk } from "./dtls-hostile-casts.ts";
import { fragment, messageType, noise } from "./dtls-hostile-forgery.ts";
import { before, body, extensions, type Lie, refuses, sealed, takes, tell } from "./dtls-hostile-liar.ts";

const { certificateRequest, clientHello, clientKeyExchange } = messageType;
const { serverHello, serverHelloDone, serverKeyExchange } = messageType;
const require = { extendedMasterSecret: "require" } as const;
const ems = "00170000";

test("any PSK hint is taken: none, empty, no UTF-8, 4000 bytes; a broken one is not (RFC 4279 §2)", () => {
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

test("a server without extended_master_secret is taken, unless it is required (RFC 7627 §5.2)", () => {
	const strip = extensions(serverHello, (list) => list.replace(ems, ""));
	const inEarnest: Lie = (told, mind) => {
		if (told.type === serverHello) Object.assign(mind, { extendedMasterSecret: false });
		return strip(told, mind);
	};
	for (const cast of [psk, pskCid, rpk]) {
		takes(cast, "server", inEarnest);
		refuses(cast, "server", inEarnest, { client: require });
	}
});

test("a Finished over anything else ends no handshake, whatever the keys are (RFC 5246 §7.4.9)", () => {
	for (const cast of [psk, pskCid, pskResumed, rpk]) {
		for (const liar of ["client", "server"] as const) {
			for (const at of [0, 5, 11]) {
				refuses(
					cast,
					liar,
					body(messageType.finished, (own) => own.map((byte, index) => (index === at ? byte ^ 1 : byte))),
				);
			}
			for (const size of [0, 11, 13, 36])
				refuses(
					cast,
					liar,
					body(messageType.finished, () => noise(size)),
				);
			refuses(
				cast,
				liar,
				body(messageType.finished, () => new Uint8Array(12)),
			);
		}
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

test("max_fragment_length comes back as asked for, record_size_limit is 64 at least (RFC 6066 §4, RFC 8449 §4)", () => {
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

test("HelloRequest and ClientHello under protection: no_renegotiation, now and then (CVE-2009-3555)", () => {
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

test("only the newest authentic record is a reason to follow it to another address (RFC 9146 §6)", () => {
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
