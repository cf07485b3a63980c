/** What must not become a session: both sides say so, with the alert that the documents ask for. */
import { equal, match, ok } from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackName } from "./artifacts.ts";
import { type Bench, dtlsCase } from "./case.ts";
import { credentials } from "./credentials.ts";
import type { OurOptions } from "./our-settings.ts";
import { pairOf } from "./pair.ts";
import type { Relay } from "./relay.ts";

const timeout = { timeout: 400_000 };
const otherKey = new Uint8Array(16).fill(0xee);

interface Refusal {
	readonly title: string;
	readonly stack: StackName;
	readonly role: "client" | "server";
	readonly both: OurOptions;
	readonly ours?: () => Partial<OurOptions>;
	readonly theirs?: () => Partial<OurOptions>;
	/** How our side ends: its code and the alert, sent or received. */
	readonly reason: RegExp;
	/** It is we who refuse: with the alert of the reason, on the wire. */
	readonly isOurs?: boolean;
}

const pskCcm8 = { auth: "psk", suite: "PSK_CCM8" } as const;
const x509Ccm8 = { auth: "x509", suite: "ECDHE_CCM8" } as const;
const rpkCcm8 = { auth: "rpk", suite: "ECDHE_CCM8" } as const;

const refusals: readonly Refusal[] = [
	...(["openssl", "gnutls", "mbedtls", "scandium", "pion"] as const).flatMap((stack): Refusal[] => [
		{
			title: "an identity that the server does not know",
			stack,
			role: "client",
			both: pskCcm8,
			ours: () => ({ identity: "nobody" }),
			reason: /alert|timeout/,
		},
		{
			title: "a key that is not the server's",
			stack,
			role: "client",
			both: pskCcm8,
			ours: () => ({ psk: otherKey }),
			reason: /alert|timeout/,
		},
		{
			title: "a key that is not the client's",
			stack,
			role: "server",
			both: pskCcm8,
			theirs: () => ({ psk: otherKey }),
			reason: /alert|timeout/,
		},
		{
			title: "an identity that we do not know",
			stack,
			role: "server",
			both: pskCcm8,
			theirs: () => ({ identity: "nobody" }),
			ours: () => ({ more: { unknownIdentity: "alert" } }),
			reason: /alert 115/,
			isOurs: true,
		},
	]),
	...(["openssl", "gnutls", "mbedtls", "wolfssl", "scandium", "pion"] as const).flatMap((stack): Refusal[] => [
		{
			title: "a server certificate that is over",
			stack,
			role: "client",
			both: x509Ccm8,
			theirs: () => ({ party: credentials().expiredServer }),
			reason: /alert 45/,
			isOurs: true,
		},
		{
			title: "a server certificate of another authority",
			stack,
			role: "client",
			both: x509Ccm8,
			theirs: () => ({ party: credentials().strangeServer }),
			reason: /alert (48|42)/,
			isOurs: true,
		},
		{
			title: "a server certificate of another name",
			stack,
			role: "client",
			both: x509Ccm8,
			ours: () => ({ name: "other.dormouse.test" }),
			reason: /alert (42|46)/,
			isOurs: true,
		},
		{
			title: "our certificate is over",
			stack,
			role: "client",
			both: x509Ccm8,
			ours: () => ({ party: credentials().expiredClient }),
			reason: /alert/,
		},
		{
			title: "a client certificate that is over",
			stack,
			role: "server",
			both: x509Ccm8,
			theirs: () => ({ party: credentials().expiredClient }),
			reason: /alert 45/,
			isOurs: true,
		},
		{
			title: "a client certificate of another authority",
			stack,
			role: "server",
			both: x509Ccm8,
			theirs: () => ({ party: credentials().strangeClient }),
			reason: /alert (48|42)/,
			isOurs: true,
		},
		{
			title: "our certificate has another name",
			stack,
			role: "server",
			both: x509Ccm8,
			theirs: () => ({ name: "other.dormouse.test" }),
			reason: /alert/,
		},
		{
			title: "no suite in common",
			stack,
			role: "server",
			both: x509Ccm8,
			theirs: () => ({ suite: "ECDHE_GCM" }),
			reason: /alert 40/,
			isOurs: true,
		},
	]),
	...(["gnutls", "scandium"] as const).flatMap((stack): Refusal[] => [
		{
			title: "a raw public key that is not the pinned one",
			stack,
			role: "client",
			both: rpkCcm8,
			theirs: () => ({ party: credentials().strangeServer }),
			reason: /alert (42|46|48)/,
			isOurs: true,
		},
		{
			title: "a raw public key that we do not know",
			stack,
			role: "server",
			both: rpkCcm8,
			theirs: () => ({ party: credentials().strangeClient }),
			reason: /alert (42|46|48)/,
			isOurs: true,
		},
	]),
];

/** The plaintext alerts that went in a direction. */
function alertsOf({ passed }: Relay, fromClient: boolean): number[] {
	const alerts = passed.filter(
		({ bytes, ...one }) => one.fromClient === fromClient && bytes[0] === 21 && bytes[4] === 0,
	);
	return alerts.map(({ bytes }) => bytes[14]!);
}

async function refuse(bench: Bench, refusal: Refusal): Promise<void> {
	const { stack, role, both, reason } = refusal;
	const given = refusal.ours?.() ?? {};
	// What is not authenticated ends nothing by itself: the attempt goes on to its timer, which is short here.
	const tuning = { initialTimeoutMs: 150, handshakeTimeoutMs: 800 };
	const ours = { ...given, more: { ...given.more, tuning } };
	const pair = await pairOf(bench, { stack, role, both, ours, theirs: refusal.theirs?.() ?? {} });
	const why = (await pair.ours.next("failed", 6_000)).why ?? "";
	match(why, reason);
	ok(!pair.ours.events.some(({ event }) => event === "established"), "we have a session");
	equal(pair.theirs.events.filter(({ event }) => event === "received").length, 0);
	if (refusal.isOurs !== true) return;
	const wanted = Number(/alert (\d+)/.exec(why)![1]);
	const said = () => alertsOf(pair.relay, role === "client");
	for (let tries = 0; tries < 50 && !said().includes(wanted); tries++) await sleep(10); // it is on its way
	ok(said().includes(wanted), `${why}, on the wire: ${said()}`);
}

describe("dtls refusals", () => {
	for (const refusal of refusals) {
		const { title, stack, role } = refusal;
		it(
			`our ${role} ↔ ${stack}: ${title}`,
			timeout,
			dtlsCase((bench) => refuse(bench, refusal)),
		);
	}
});
