/** Full handshakes with every stack, in both roles, with every way to prove an identity and every suite that it has. */
import { equal, notEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import type { StackName } from "./artifacts.ts";
import { dtlsCase } from "./case.ts";
import { identity } from "./credentials.ts";
import type { Auth, SuiteName } from "./foreign-peer.ts";
import { bothEstablished, closing, echo, pairOf } from "./pair.ts";

const timeout = { timeout: 400_000 }; // the first one with a peer builds it, or gets it

const pskSuites: readonly SuiteName[] = ["PSK_CCM8", "PSK_GCM", "PSK_CBC"];
const ecdheSuites: readonly SuiteName[] = ["ECDHE_CCM8", "ECDHE_GCM", "ECDHE_CBC"];

/** What a stack has, as built by Debian, Maven Central and the Go proxy. */
const abilities: readonly (readonly [StackName, Auth, readonly SuiteName[]])[] = [
	["openssl", "psk", pskSuites],
	["openssl", "x509", ecdheSuites],
	["gnutls", "psk", pskSuites],
	["gnutls", "rpk", ecdheSuites],
	["gnutls", "x509", ecdheSuites],
	["mbedtls", "psk", pskSuites],
	["mbedtls", "x509", ecdheSuites],
	["wolfssl", "x509", ecdheSuites],
	["scandium", "psk", pskSuites],
	["scandium", "rpk", ecdheSuites],
	["scandium", "x509", ecdheSuites],
	["pion", "psk", pskSuites],
	["pion", "x509", ["ECDHE_CCM8", "ECDHE_GCM"]],
];

describe("dtls sessions", () => {
	for (const [stack, auth, suites] of abilities) {
		for (const suite of suites) {
			for (const role of ["client", "server"] as const) {
				const title = `our ${role} ↔ ${stack}: ${auth} ${suite}`;
				it(
					title,
					timeout,
					dtlsCase(async (bench) => {
						const pair = await pairOf(bench, { stack, role, both: { auth, suite } });
						const facts = await bothEstablished(pair);
						equal(facts.client.resumed, false);
						notEqual(facts.client.ems, false, "extended master secret");
						if (auth === "psk") equal(facts.server.peer, identity);
						await echo(pair);
						await echo(pair, new Uint8Array(900).fill(0x64));
						await closing(pair, role);
					}),
				);
			}
		}
	}
});
