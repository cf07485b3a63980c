/**
 * Bytes on the air of whole handshakes, with the same server and in the same run: our client next to those of other
 * stacks. By itself (node --test build/js/test/interop/dtls/figures.test.js) it prints the table that
 * modules/dtls/README.md quotes.
 */
import { equal, ok } from "node:assert/strict";
import { after, describe, it } from "node:test";
import { PeerMissing } from "../coap-artifacts.ts";
import type { StackName } from "./artifacts.ts";
import { type Bench, dtlsCase } from "./case.ts";
import { type Auth, ForeignPeer, type SuiteName } from "./foreign-peer.ts";
import { OurClient } from "./our-client.ts";
import { OurNode } from "./our-node.ts";
import { Relay } from "./relay.ts";
import type { Talker } from "./talker.ts";

const timeout = { timeout: 400_000 };

type Side = StackName | "ours";

interface Handshake {
	readonly auth: Auth;
	readonly suite: SuiteName;
	readonly clients: readonly Side[];
}

/** Both of these servers send cookies of 16 bytes. */
const servers: readonly Side[] = ["ours", "gnutls"];
const handshakes: readonly Handshake[] = [
	{ auth: "psk", suite: "PSK_CCM8", clients: ["ours", "openssl", "gnutls", "mbedtls", "scandium", "pion"] },
	{ auth: "rpk", suite: "ECDHE_CCM8", clients: ["ours", "gnutls", "scandium"] },
	{ auth: "x509", suite: "ECDHE_CCM8", clients: ["ours", "openssl", "gnutls", "mbedtls", "scandium", "pion"] },
];
/** For OpenSSL, which would cut its flights into datagrams of 228 bytes, and for certificates: one size for all. */
const mtu = 1200;

const names: Readonly<Record<Auth, string>> = {
	psk: "PSK",
	rpk: "ECDHE, raw keys both ways",
	x509: "ECDHE, certificates both ways",
};
const rows: string[] = [];

async function start(
	side: Side,
	role: "client" | "server",
	{ auth, suite }: Handshake,
	port?: number,
): Promise<Talker> {
	const options = { auth, suite, mtu, ...(port === undefined ? {} : { port }) };
	if (side !== "ours") return ForeignPeer.start(side, role, options);
	return role === "client" ? OurClient.start(options) : OurNode.start({ server: options });
}

/** @returns all bytes, once both have a session */
async function measure(bench: Bench, handshake: Handshake, from: Side, to: Side): Promise<number> {
	const server = bench.add(await start(to, "server", handshake));
	const relay = bench.add(await Relay.open({ to: server.port }));
	const client = bench.add(await start(from, "client", handshake, relay.port));
	equal((await client.next("established")).resumed, false);
	await server.next("established");
	const { toClient, toServer } = relay;
	const bytes = toServer.bytes + toClient.bytes;
	const datagrams = toServer.datagrams + toClient.datagrams;
	const way = `${toServer.bytes} + ${toClient.bytes} = ${bytes} B, ${datagrams} datagrams`;
	rows.push(`${names[handshake.auth]}: ${client.version} with ${server.version}: ${way}`);
	return bytes;
}

describe("dtls figures", () => {
	const ours = new Map<string, number>();

	for (const handshake of handshakes) {
		for (const server of servers) {
			for (const client of handshake.clients) {
				const key = `${handshake.auth} with ${server}`;
				const run = async (bench: Bench) => {
					const bytes = await measure(bench, handshake, client, server).catch((error: unknown) => {
						if (error instanceof PeerMissing)
							rows.push(`${names[handshake.auth]}: ${client} with ${server}: not installed`);
						throw error;
					});
					if (client === "ours") ours.set(key, bytes);
					else ok(ours.get(key)! <= bytes, `ours takes ${ours.get(key)} bytes, ${client} ${bytes}`);
					if (client === "ours" && server === "ours" && handshake.auth === "psk") ok(bytes <= 520, `${bytes} bytes`);
				};
				it(`${client} ↔ ${server}: ${handshake.auth} ${handshake.suite}`, timeout, dtlsCase(run));
			}
		}
	}

	after(() => process.stdout.write(`${rows.join("\n")}\n`));
});
