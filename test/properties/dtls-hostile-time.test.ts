/** Chance, clocks, silence and restarts. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../modules/bytes.ts";
import { Association } from "../../modules/dtls/association.ts";
import { HostFailure } from "../../modules/host.ts";
import { Ear } from "../modules/dtls/association-pair.ts";
import { cbc, everyCast, psk, pskCid, pskResumed, rpk } from "./dtls-hostile-casts.ts";
import { message, messageType, noise, record } from "./dtls-hostile-forgery.ts";
import { Cast, startMs } from "./dtls-hostile-world.ts";

const epochAndSequence = (bytes: Uint8Array) => toHex(bytes, 3, 11);

/** The records of a datagram, by where they begin; those with Connection IDs of `cidSize`. */
function recordsOf(bytes: Uint8Array, cidSize: number): Uint8Array[] {
	const records: Uint8Array[] = [];
	for (let at = 0; at < bytes.length; ) {
		const lengthAt = at + 11 + (bytes[at] === 25 ? cidSize : 0);
		const end = lengthAt + 2 + (bytes[lengthAt]! << 8) + bytes[lengthAt + 1]!;
		records.push(bytes.slice(at, end));
		at = end;
	}
	return records;
}

test("no two hellos of a thousand handshakes have a random in common, and none is zero (CVE-2020-11501)", () => {
	const seen = new Set<string>();
	for (let seed = 1; seed <= 1000; seed++) {
		const world = psk.world({ seed }).run();
		ok(world.isEstablished);
		const [first, , second, answer] = world.flown.map(({ bytes }) => toHex(bytes, 27, 59));
		equal(second, first);
		for (const random of [first!, answer!]) {
			ok(!seen.has(random) && !/^(00)+$/.test(random), `seed ${seed}: ${random}`);
			seen.add(random);
		}
		world.end();
	}
	equal(seen.size, 2000);
});

test("an attempt that begins anew has a random of its own", () => {
	const world = psk.world();
	const forged = [0, 1].map((sequence) => message({ type: messageType.serverHello, sequence, body: [...plausible] }));
	world.meddle = ({ bytes }, index) => {
		if (index === 1) for (const bytes of forged) world.inject("client", bytes);
		return index < 3 ? [bytes] : bytes[13] === messageType.clientHello ? [bytes] : [];
	};
	world.run().finish();
	const randoms = world.flown
		.filter(({ from, bytes }) => from === "client" && bytes[13] === messageType.clientHello)
		.map(({ bytes }) => toHex(bytes, 27, 59));
	ok(new Set(randoms).size > 1, "it never began anew");
	world.end();
});

const plausible = [0xfe, 0xfd, ...noise(32), 0, 0xc0, 0xa8, 0, 0, 4, 0, 23, 0, 0];

test("entropy that fails gives no handshake, rather than one with weaker chance (CVE-2021-34430)", () => {
	const { client, release } = psk.settings();
	const dead = {
		fill() {
			throw new HostFailure("no entropy");
		},
	};
	const ear = new Ear();
	const association = new Association("client", { ...client, entropy: dead }, ear);
	try {
		association.connect(0);
	} catch (error) {
		ok(error instanceof HostFailure);
	}
	equal(association.takeDatagram(), undefined);
	ok(association.state !== "established");
	equal(release(), 0);
	const server = psk.world({ server: { entropy: dead } });
	server.run().finish();
	ok(!server.isEstablished);
	ok(
		server.flown.every(
			({ from, bytes }) => from === "client" || bytes[0] === 21 || bytes[13] === messageType.helloVerifyRequest,
		),
	);
	server.end();
	throws(() => dead.fill(), HostFailure);
});

test("the explicit nonce is epoch and sequence number, and each comes once (RFC 6655 §3, GHSA-9f3f-wv7r-qc8r)", () => {
	for (const cast of everyCast) {
		if (cast === cbc) continue;
		const world = cast.world();
		const seen = { client: new Set<string>(), server: new Set<string>() };
		let lost = 0;
		world.meddle = ({ from, bytes }) => {
			const cidSize = from === "client" ? 6 : 3;
			for (const one of recordsOf(bytes, cidSize)) {
				const name = `${one[4]} ${epochAndSequence(one)}`;
				ok(!seen[from].has(name), `${from}: ${name} again`);
				seen[from].add(name);
				if (one[4] !== 1) continue;
				const bodyAt = one[0] === 25 ? 13 + cidSize : 13;
				equal(toHex(one, bodyAt, bodyAt + 8), epochAndSequence(one));
			}
			return lost++ % 3 === 1 ? [] : [bytes];
		};
		world.run().finish(() => world.isEstablished);
		for (let count = 0; count < 5; count++) {
			world.client.send(Uint8Array.of(1), 0, 1, world.nowMs);
			world.server.current?.send(Uint8Array.of(1), 0, 1, world.nowMs);
			world.settle();
		}
		world.end();
	}
});

test("a handshake, and ten datagrams after it, in one tick of the clock", () => {
	for (const cast of everyCast) {
		const world = cast.world().run();
		equal(world.nowMs, startMs);
		ok(world.isEstablished);
		for (let count = 0; count < 10; count++) ok(world.client.send(Uint8Array.of(count), 0, 1, world.nowMs));
		world.settle();
		deepEqual(
			world.serverEar.heard.map(([first]) => first),
			[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
		);
		world.end();
	}
});

test("ten minutes of silence, a day, and the session goes on without a word", () => {
	for (const cast of everyCast) {
		const world = cast.world().run().exchange();
		const { length } = world.flown;
		for (const ms of [600_000, 86_400_000]) {
			world.nowMs += ms;
			world.finish();
			world.client.poll(world.nowMs);
			world.server.poll(world.nowMs);
			equal(world.settle().flown.length, length);
		}
		equal(world.client.deadlineMs, Number.POSITIVE_INFINITY);
		equal(world.server.deadlineMs, Number.POSITIVE_INFINITY);
		world.exchange().end();
	}
});

test("a clock that jumps a week ahead ends a handshake, once; one that jumps back delays it", () => {
	for (const cast of [psk, pskCid, pskResumed, rpk]) {
		for (let stop = 0; stop < cast.calm.length; stop++) {
			const ahead = cast.world();
			ahead.meddle = ({ bytes }, index) => (index < stop ? [bytes] : []);
			ahead.run();
			for (let turn = 0; turn < 20; turn++) {
				ahead.nowMs += 604_800_000;
				ahead.client.poll(ahead.nowMs);
				ahead.server.poll(ahead.nowMs);
				ahead.settle();
			}
			ok(ahead.client.state !== "handshaking", `${ahead.client.state} after ${stop}`);
			ahead.end();
			const back = cast.world();
			back.meddle = ({ bytes }, index) => (index === stop ? [] : [bytes]);
			back.run();
			back.nowMs -= 900;
			back.client.poll(back.nowMs);
			back.server.poll(back.nowMs);
			back.settle().finish(() => back.isEstablished);
			ok(back.isEstablished, `${stop}`);
			back.exchange().end();
		}
	}
});

test("a server that lost all ignores records it can not read, and takes a new handshake (RFC 6347 §4.2.8)", () => {
	for (const cast of everyCast) {
		const world = cast.world().run().exchange();
		const reborn = cast.world();
		const { length } = reborn.flown;
		for (let count = 0; count < 100; count++) {
			ok(world.client.send(Uint8Array.of(count), 0, 1, world.nowMs));
			for (let bytes = world.client.takeDatagram(); bytes !== undefined; bytes = world.client.takeDatagram()) {
				reborn.inject("server", bytes);
			}
		}
		equal(reborn.settle().flown.length, length);
		reborn.run();
		ok(reborn.isEstablished);
		reborn.exchange().end();
	}
});

test("hellos beside a session leave it standing until another one is there (RFC 6347 §4.2.8)", () => {
	for (const cast of everyCast) {
		const world = cast.world().run().exchange();
		const old = world.server.current!;
		// Somebody else's first hello, with no cookie and with a wrong one, and noise of its kind.
		world.inject("server", psk.calm[0]!.bytes);
		world.inject("server", psk.calm[2]!.bytes);
		for (let sequence = 0; sequence < 5; sequence++) {
			world.inject("server", message({ type: messageType.clientHello, sequence, body: noise(70) }));
			world.inject("server", record({ type: 22, body: [messageType.clientHello] }));
		}
		world.server.take();
		equal(world.server.current, old);
		equal(old.state, "established");
		const before = world.serverEar.heard.length;
		ok(world.client.send(Uint8Array.of(1), 0, 1, world.nowMs));
		for (let bytes = world.client.takeDatagram(); bytes !== undefined; bytes = world.client.takeDatagram()) {
			world.inject("server", bytes);
		}
		equal(world.serverEar.heard.length, before + 1);
		world.end();
	}
});

test("a peer that never speaks: the handshake ends within its time, and leaves nothing (RFC 6347 §4.2.4.1)", () => {
	for (const tuning of [{}, { initialTimeoutMs: 9_000, maxRetransmit: 4 }, { handshakeTimeoutMs: 20_000 }]) {
		const world = new Cast({ client: { tuning } }).world();
		world.meddle = () => [];
		world.run().finish();
		equal(world.client.state, "closed");
		equal(world.clientEar.reason?.code, "dtls.timeout");
		ok(world.nowMs <= 301_000, `${world.nowMs} ms`);
		ok(world.flown.length <= 6, `${world.flown.length} datagrams`);
		world.end();
	}
});
