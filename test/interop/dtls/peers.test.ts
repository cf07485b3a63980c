/** The foreign stacks against each other, through the relay: what fails here is not ours. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../modules/bytes.ts";
import type { StackName } from "./artifacts.ts";
import { dtlsCase, text } from "./case.ts";
import { ForeignPeer, type PeerOptions } from "./foreign-peer.ts";
import { Relay } from "./relay.ts";

const timeout = { timeout: 400_000 }; // the first one with a peer builds it, or gets it
const message = text("through the relay");

const pairs: readonly (readonly [StackName, StackName, PeerOptions])[] = [
	["openssl", "mbedtls", { auth: "psk", suite: "PSK_CCM8" }],
	["gnutls", "openssl", { auth: "x509", suite: "ECDHE_CCM8" }],
	["mbedtls", "wolfssl", { auth: "x509", suite: "ECDHE_GCM" }],
	["wolfssl", "gnutls", { auth: "x509", suite: "ECDHE_GCM" }],
	["scandium", "pion", { auth: "psk", suite: "PSK_CCM8", cid: "a1b2c3d4" }],
	["gnutls", "scandium", { auth: "rpk", suite: "ECDHE_CCM8" }],
];

describe("dtls peers", () => {
	for (const [serverStack, clientStack, options] of pairs) {
		const { auth, suite, cid } = options;
		const title = `${clientStack} → ${serverStack}, ${auth} ${suite}${cid === undefined ? "" : " with CIDs"}`;
		it(
			title,
			timeout,
			dtlsCase(async (bench) => {
				const server = bench.add(await ForeignPeer.start(serverStack, "server", options));
				const relay = bench.add(await Relay.open({ to: server.port }));
				const client = bench.add(await ForeignPeer.start(clientStack, "client", { ...options, port: relay.port }));
				await client.next("established");
				await server.next("established");
				client.send(message);
				equal((await server.next("received")).hex, toHex(message));
				equal((await client.next("received")).hex, toHex(message));
				if (cid !== undefined) {
					ok(relay.passed.some(({ fromClient, bytes }) => fromClient && bytes[0] === 25));
					await relay.rebind();
					client.send(message);
					deepEqual((await client.next("received")).hex, toHex(message));
				}
			}),
		);
	}
});
