/** Handshakes of a client and a server of ours: every kind of them, over links that lose, repeat and reorder. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Association } from "../../modules/dtls/association.ts";
import { SessionCache } from "../../modules/dtls/session-cache.ts";
import type { DtlsSettings } from "../../modules/dtls/settings.ts";
import { suites } from "../../modules/dtls/suite.ts";
import { TicketJar } from "../../modules/dtls/ticket.ts";
import { seeded } from "../harness.ts";
import { Ear, Pair } from "../modules/dtls/association-pair.ts";
import { DtlsLink, type DtlsWeather } from "./dtls-link.ts";
import { type Auth, parties } from "./dtls-parties.ts";

const hello = Uint8Array.of(104, 101, 108, 108, 111);

function kinds(): { suite: number; auth: Auth; name: string }[] {
	return suites.flatMap(({ id, keyExchange, name }) => {
		const auths: Auth[] = keyExchange === "psk" ? ["psk"] : ["rpk", "x509"];
		return auths.map((auth) => ({ suite: id, auth, name: `${name} ${auth}` }));
	});
}

function exchange(pair: Pair): void {
	ok(pair.client.send(hello, 0, hello.length, pair.nowMs));
	ok(pair.server.send(hello, 0, hello.length, pair.nowMs));
	pair.settle();
	deepEqual(pair.clientEar.heard.at(-1), hello);
	deepEqual(pair.serverEar.heard.at(-1), hello);
}

const size = (pair: Pair) => pair.flown.reduce((sum, { bytes }) => sum + bytes.length, 0);

for (const { suite, auth, name } of kinds()) {
	test(`${name}: a full handshake in six datagrams, with and without a Connection ID`, () => {
		for (const cids of [[], [Uint8Array.of(7, 8), Uint8Array.of(9)], [new Uint8Array(0), Uint8Array.of(1, 2, 3)]]) {
			const { client, server, crypto } = parties(suite, auth, seeded(suite + cids.length));
			const before = crypto.keyCount;
			const [own, their] = cids;
			const pair = new Pair(
				own === undefined ? client : { ...client, connectionId: own },
				their === undefined ? server : { ...server, connectionId: their },
			).connect();
			ok(pair.isEstablished, JSON.stringify([pair.clientEar.reason, pair.serverEar.reason]));
			equal(pair.flown.length, 6, `${size(pair)} bytes`);
			exchange(pair);
			pair.client.close(pair.nowMs);
			pair.settle();
			equal(pair.server.state, "closed");
			// What stays is the secret of the cookies.
			equal(crypto.keyCount, before + 1);
		}
	});
}

interface Resumption {
	readonly client: DtlsSettings;
	readonly server: DtlsSettings;
}

function resumable(suite: number, auth: Auth, way: "id" | "ticket"): Resumption {
	const { client, server, crypto } = parties(suite, auth, seeded(suite));
	const tickets = new TicketJar(crypto, server.entropy);
	return {
		client: { ...client, resumption: way },
		server: { ...server, ...(way === "id" ? { sessions: new SessionCache(2) } : { tickets }) },
	};
}

for (const way of ["id", "ticket"] as const) {
	test(`a session is resumed by ${way}, twice, and both know each other`, () => {
		for (const { suite, auth } of kinds()) {
			const { client, server } = resumable(suite, auth, way);
			let pair = new Pair(client, server).connect();
			const peer = pair.serverEar.session!.peer;
			for (let turn = 0; turn < 2; turn++) {
				const resume = pair.clientEar.session!.session!;
				ok(resume !== undefined);
				pair = new Pair({ ...client, resume }, server).connect();
				ok(pair.isEstablished, JSON.stringify([pair.clientEar.reason, pair.serverEar.reason]));
				ok(pair.clientEar.session!.isResumed && pair.serverEar.session!.isResumed);
				equal(pair.flown.length, 5);
				deepEqual(pair.serverEar.session!.peer, peer);
				exchange(pair);
			}
		}
	});

	test(`where the server has forgotten the session (${way}), the handshake is a full one`, () => {
		const { client, server } = resumable(0xc0a8, "psk", way);
		const resume = new Pair(client, server).connect().clientEar.session!.session!;
		const { server: forgetful } = resumable(0xc0a8, "psk", way);
		const pair = new Pair({ ...client, resume }, forgetful).connect();
		ok(pair.isEstablished);
		ok(!pair.clientEar.session!.isResumed);
		exchange(pair);
	});
}

const storm: DtlsWeather = { loss: 30, duplicates: 10, latencyMs: 20, spreadMs: 200 };

/** One handshake in bad weather, and application data until one has come each way. */
function weathered(client: DtlsSettings, server: DtlsSettings, seed: number): DtlsLink {
	const random = seeded(seed);
	const ears = [new Ear(), new Ear()] as const;
	const tuning = { maxRetransmit: 20, maxTimeoutMs: 4000, handshakeTimeoutMs: 300_000 };
	const a = new Association("client", { ...client, tuning }, ears[0]);
	const b = new Association("server", { ...server, tuning }, ears[1]);
	const link = new DtlsLink(a, b, storm, random);
	a.connect(0);
	link.run(400_000, () => a.state !== "handshaking");
	equal(a.state, "established", `seed ${seed}: ${ears[0].reason?.code}`);
	for (let turn = 0; turn < 60 && ears[1].heard.length === 0; turn++) {
		ok(a.send(hello, 0, hello.length, link.nowMs));
		link.run(800_000);
		link.nowMs += 1000;
	}
	equal(b.state, "established", `seed ${seed}: ${ears[1].reason?.code}`);
	deepEqual(ears[1].heard[0], hello, `seed ${seed}`);
	return link;
}

test("handshakes complete at 30 % loss both ways, with duplicates and reordering", () => {
	const all = kinds();
	let worstMs = 0;
	for (let seed = 1; seed <= 300; seed++) {
		const { suite, auth } = all[seed % all.length]!;
		const random = seeded(seed * 7919);
		const { client, server } = parties(suite, auth, random, { certificateBytes: 100 + random(3000) });
		const cid = random(2) === 0 ? {} : { connectionId: new Uint8Array(random(9)) };
		const datagramBytes = [300, 600, 1152][random(3)]!;
		const link = weathered({ ...client, ...cid, datagramBytes }, { ...server, ...cid, datagramBytes }, seed);
		worstMs = Math.max(worstMs, link.nowMs);
	}
	ok(worstMs > 3000, "the weather was fair");
});

test("resumptions complete at 30 % loss both ways, with duplicates and reordering", () => {
	for (let seed = 1; seed <= 100; seed++) {
		const way = seed % 2 === 0 ? "id" : "ticket";
		const { client, server } = resumable(0xc0a8, "psk", way);
		const resume = new Pair(client, server).connect().clientEar.session!.session!;
		weathered({ ...client, resume }, server, seed);
	}
});
