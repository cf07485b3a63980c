/** Sessions taken up again, by id and by ticket (RFC 5246 §7.3, RFC 5077), in both roles. */
import { equal, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import type { StackName } from "./artifacts.ts";
import { dtlsCase } from "./case.ts";
import type { Auth, SuiteName } from "./foreign-peer.ts";
import type { OurOptions } from "./our-settings.ts";
import { bothEstablished, echo, pairOf } from "./pair.ts";

const timeout = { timeout: 400_000 };

interface Way {
	readonly stack: StackName;
	readonly role: "client" | "server";
	readonly auth: Auth;
	readonly suite: SuiteName;
	readonly tickets: boolean;
}

function* ways(): Generator<Way> {
	for (const stack of ["openssl", "gnutls", "mbedtls"] as const) {
		for (const role of ["client", "server"] as const) {
			for (const tickets of [false, true]) {
				yield { stack, role, auth: "psk", suite: "PSK_CCM8", tickets };
				yield { stack, role, auth: "x509", suite: "ECDHE_CCM8", tickets };
			}
		}
	}
	for (const stack of ["scandium", "pion"] as const) {
		for (const role of ["client", "server"] as const) {
			yield { stack, role, auth: "psk", suite: "PSK_CCM8", tickets: false };
			yield { stack, role, auth: "x509", suite: "ECDHE_GCM", tickets: false };
		}
	}
	yield { stack: "scandium", role: "client", auth: "rpk", suite: "ECDHE_CCM8", tickets: false };
	for (const role of ["client", "server"] as const) {
		yield { stack: "wolfssl", role, auth: "x509", suite: "ECDHE_GCM", tickets: false };
	}
}

/** What keeps a stack from resuming though the protocol would let it. */
function particularsOf({ stack, role, auth }: Way): Partial<OurOptions> {
	// "Client-authenticated sessions are not stored by this implementation."
	if (stack === "pion" && role === "client" && auth === "x509") return { verifies: false };
	return {};
}

describe("dtls resumption", () => {
	for (const way of ways()) {
		const { stack, role, auth, suite, tickets } = way;
		it(
			`our ${role} ↔ ${stack}: ${auth}, by ${tickets ? "ticket" : "id"}`,
			timeout,
			dtlsCase(async (bench) => {
				const both = { auth, suite, tickets, ...particularsOf(way) };
				const pair = await pairOf(bench, { stack, role, both });
				equal((await bothEstablished(pair)).client.resumed, false);
				await echo(pair);
				const { relay } = pair;
				const full = relay.toClient.bytes;
				relay.reset();
				pair.client.resume();
				const again = await bothEstablished(pair);
				equal(again.client.resumed, true);
				equal(again.server.resumed, true);
				await echo(pair);
				// With a pre-shared key there is nothing to be spared but computing: a session id costs more than the rest.
				if (auth !== "psk") ok(relay.toClient.bytes < full, `${relay.toClient.bytes} bytes after ${full}`);
			}),
		);
	}
});
