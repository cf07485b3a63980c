/** Connection IDs (RFC 9146) with those who have them, and the client's address that changes beneath a session. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { dtlsCase, text } from "./case.ts";
import { OurNode } from "./our-node.ts";
import { bothEstablished, echo, type Pair, pairOf } from "./pair.ts";

const timeout = { timeout: 400_000 };
const cidType = 25;

/** The Connection IDs on the protected records of a direction. */
function cidsOf({ relay }: Pair, fromClient: boolean, size: number): Set<string> {
	const found = relay.passed.filter((one) => one.fromClient === fromClient && one.bytes[0] === cidType);
	return new Set(found.map(({ bytes }) => Buffer.from(bytes.slice(11, 11 + size)).toString("hex")));
}

interface Way {
	readonly title: string;
	/** What each side asks of the other; undefined: no extension. */
	readonly ours: string | undefined;
	readonly theirs: string | undefined;
}

const ways: readonly Way[] = [
	{ title: "each its own", ours: "0102030405", theirs: "a1b2c3" },
	{ title: "only towards them", ours: "empty", theirs: "a1b2c3d4e5f6" },
	{ title: "only towards us", ours: "0102030405060708", theirs: "empty" },
	{ title: "we have none", ours: undefined, theirs: "a1b2c3" },
	{ title: "they have none", ours: "01020304", theirs: undefined },
];

const sizeOf = (cid: string | undefined) => (cid === undefined || cid === "empty" ? 0 : cid.length / 2);
const given = (cid: string | undefined) => (cid === undefined ? {} : { cid });

describe("dtls connection ids", () => {
	for (const stack of ["scandium", "pion"] as const) {
		for (const role of ["client", "server"] as const) {
			for (const { title, ours, theirs } of ways) {
				it(
					`our ${role} ↔ ${stack}: ${title}`,
					timeout,
					dtlsCase(async (bench) => {
						const both = { auth: "psk", suite: "PSK_CCM8" } as const;
						const pair = await pairOf(bench, { stack, role, both, ours: given(ours), theirs: given(theirs) });
						await bothEstablished(pair);
						await echo(pair);
						const isOn = ours !== undefined && theirs !== undefined;
						const [toUs, toThem] = [isOn ? sizeOf(ours) : 0, isOn ? sizeOf(theirs) : 0];
						const weAreClient = role === "client";
						equal(cidsOf(pair, !weAreClient, toUs).size, toUs > 0 ? 1 : 0, "on records to us");
						equal(cidsOf(pair, weAreClient, toThem).size, toThem > 0 ? 1 : 0, "on records to them");
						equal(pair.ours.established!.connectionId.length, toUs);
					}),
				);
			}
		}
		it(
			`our client ↔ ${stack}: the session outlives five addresses`,
			timeout,
			dtlsCase(async (bench) => {
				const both = { auth: "psk", suite: "PSK_CCM8" } as const;
				const theirs = { cid: "a1b2c3" };
				const pair = await pairOf(bench, { stack, role: "client", both, ours: { cid: "empty" }, theirs });
				await bothEstablished(pair);
				await echo(pair);
				const ports = new Set([pair.relay.sourcePort]);
				for (let move = 0; move < 5; move++) {
					await pair.relay.rebind();
					ports.add(pair.relay.sourcePort);
					await echo(pair, text(`from address ${move}`));
				}
				ok(ports.size > 1, "the address did change");
				equal(pair.client.events.filter(({ event }) => event === "established").length, 1);
				equal(pair.server.events.filter(({ event }) => event === "established").length, 1);
			}),
		);
		it(
			`our server ↔ ${stack}: the session outlives five addresses`,
			timeout,
			dtlsCase(async (bench) => {
				const both = { auth: "psk", suite: "PSK_CCM8" } as const;
				const ours = { cid: "0102030405" };
				const pair = await pairOf(bench, { stack, role: "server", both, ours, theirs: { cid: "empty" } });
				await bothEstablished(pair);
				await echo(pair);
				const ports: number[] = [];
				for (let move = 0; move < 5; move++) {
					await pair.relay.rebind();
					ports.push(pair.relay.sourcePort);
					await echo(pair, text(`from address ${move}`));
				}
				ok(pair.ours instanceof OurNode);
				deepEqual(pair.ours.moves, ports, "our server followed");
				equal(pair.client.events.filter(({ event }) => event === "established").length, 1);
			}),
		);
		it(
			`our server ↔ ${stack}: an old record from elsewhere moves nothing`,
			timeout,
			dtlsCase(async (bench) => {
				const both = { auth: "psk", suite: "PSK_CCM8" } as const;
				const ours = { cid: "0102030405" };
				const pair = await pairOf(bench, { stack, role: "server", both, ours, theirs: { cid: "empty" } });
				await bothEstablished(pair);
				await echo(pair);
				const { relay } = pair;
				const old = relay.passed.find(({ fromClient, bytes }) => fromClient && bytes[0] === cidType)!.bytes;
				const forged = old.slice();
				forged[10]! += 40; // a sequence number to come, under a tag of another
				const stranger = await OurNode.start({}); // any socket of another port
				bench.add(stranger);
				const before = relay.sourcePort;
				await relay.rebind();
				relay.forge("server", old);
				relay.forge("server", forged);
				await new Promise((resolve) => setTimeout(resolve, 100));
				ok(pair.ours instanceof OurNode);
				deepEqual(pair.ours.moves, []);
				ok(relay.sourcePort !== before);
				await echo(pair); // and the genuine one does
				deepEqual(pair.ours.moves, [relay.sourcePort]);
			}),
		);
	}

	it(
		"our client ↔ openssl, which has none: a new address ends the session for it, and a new handshake begins one",
		timeout,
		dtlsCase(async (bench) => {
			const both = { auth: "psk", suite: "PSK_CCM8" } as const;
			const pair = await pairOf(bench, { stack: "openssl", role: "client", both, ours: { cid: "empty" } });
			await bothEstablished(pair);
			await echo(pair);
			await pair.relay.rebind();
			pair.client.renew();
			await bothEstablished(pair);
			await echo(pair);
		}),
	);
});
