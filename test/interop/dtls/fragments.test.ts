/** Handshakes in pieces (RFC 6347 §4.2.3), records of an agreed size (RFC 6066 §4, RFC 8449), links that lose. */
import { equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import type { StackName } from "./artifacts.ts";
import { dtlsCase } from "./case.ts";
import { bothEstablished, echo, pairOf } from "./pair.ts";
import type { Passing } from "./relay.ts";

const timeout = { timeout: 400_000 };
const smallBytes = 228;
const stacks: readonly StackName[] = ["openssl", "gnutls", "mbedtls", "scandium", "pion"];

const largest = (passed: readonly Passing[], fromClient: boolean) =>
	Math.max(...passed.filter((one) => one.fromClient === fromClient).map(({ bytes }) => bytes.length));

describe("dtls fragments", () => {
	for (const stack of stacks) {
		for (const role of ["client", "server"] as const) {
			it(
				`our ${role} ↔ ${stack}: mutual X.509 in datagrams of ${smallBytes} bytes`,
				timeout,
				dtlsCase(async (bench) => {
					const both = { auth: "x509", suite: "ECDHE_CCM8", mtu: smallBytes } as const;
					const pair = await pairOf(bench, { stack, role, both });
					await bothEstablished(pair);
					await echo(pair);
					const ours = largest(pair.relay.passed, role === "client");
					ok(ours <= smallBytes, `ours: ${ours} bytes`);
				}),
			);
		}
	}

	for (const [stack, fragmentBytes] of [
		["openssl", 512],
		["mbedtls", 512],
	] as const) {
		for (const role of ["client", "server"] as const) {
			it(
				`our ${role} ↔ ${stack}: max_fragment_length ${fragmentBytes}`,
				timeout,
				dtlsCase(async (bench) => {
					const both = { auth: "psk", suite: "PSK_CCM8", fragmentBytes } as const;
					const pair = await pairOf(bench, { stack, role, both });
					await bothEstablished(pair);
					await echo(pair, new Uint8Array(fragmentBytes).fill(0x66));
				}),
			);
		}
	}

	for (const [stack, role] of [
		["gnutls", "client"],
		["gnutls", "server"],
	] as const) {
		it(
			`our ${role} ↔ ${stack}: record_size_limit 600`,
			timeout,
			dtlsCase(async (bench) => {
				const both = { auth: "psk", suite: "PSK_CCM8" } as const;
				const ours = { more: { recordSizeLimit: 600 } };
				const pair = await pairOf(bench, { stack, role, both, ours, theirs: { fragmentBytes: 600 } });
				await bothEstablished(pair);
				await echo(pair, new Uint8Array(500).fill(0x66));
				ok(pair.ours.association!.plaintextBytes <= 600);
			}),
		);
	}

	for (const stack of stacks) {
		for (const role of ["client", "server"] as const) {
			it(
				`our ${role} ↔ ${stack}: each flight's first datagram lost once, the others twice and late`,
				timeout,
				dtlsCase(async (bench) => {
					const seen = new Set<string>();
					const fate = ({ fromClient, bytes }: Passing) => {
						const isFirst = bytes[0] === 22 && bytes[3] === 0 && bytes[4] === 0;
						const flight = `${fromClient} ${bytes[13]}`;
						if (!isFirst || seen.has(flight)) return { copies: 2, delayMs: 5 };
						seen.add(flight);
						return { copies: 0 };
					};
					const both = { auth: "psk", suite: "PSK_CCM8" } as const;
					const ours = { more: { tuning: { initialTimeoutMs: 200 } } };
					const pair = await pairOf(bench, { stack, role, both, ours, fate });
					await bothEstablished(pair);
					await echo(pair);
					equal(pair.ours.events.filter(({ event }) => event === "received").length, 1, "a record that came twice");
				}),
			);
		}
	}
});
