/** Handshakes, and data after them, over a link that loses 30 % each way, repeats and reorders, in virtual time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Association } from "../../modules/dtls/association.ts";
import type { DtlsSettings } from "../../modules/dtls/settings.ts";
import { seeded } from "../harness.ts";
import { Ear } from "../modules/dtls/association-pair.ts";
import { seed as firstSeed } from "../seed.ts";
import { Cast, type CastOptions } from "./dtls-hostile-world.ts";
import { DtlsLink } from "./dtls-link.ts";

const weather = { loss: 30, duplicates: 10, latencyMs: 20, spreadMs: 200 };
/** What is left to a test is that a handshake completes, and not how soon one gives up. */
const tuning = { maxRetransmit: 20, maxTimeoutMs: 4000, handshakeTimeoutMs: 400_000 };
/** OpenSSL's, where nobody tells it the MTU. */
const smallBytes = 228;
const text = Uint8Array.from({ length: 40 }, (_, index) => index);

interface Run {
	readonly ms: number;
	readonly datagrams: number;
}

function wire(cast: Cast, seed: number, extra: Partial<DtlsSettings>) {
	const { client, server, release } = cast.settings({ seed });
	const ears = [new Ear(), new Ear()] as const;
	const a = new Association("client", { ...client, ...extra }, ears[0]);
	const b = new Association("server", { ...server, ...extra }, ears[1]);
	const link = new DtlsLink(a, b, weather, seeded(Math.imul(seed, 0x9e3779b1)));
	return { a, b, ears, link, release, isResumption: client.resume !== undefined };
}

/** One life of a session: handshake, data until it has come both ways, close. */
function live(cast: Cast, seed: number, datagramBytes: number): Run {
	const { a, b, ears, link, release, isResumption } = wire(cast, seed, { tuning, datagramBytes });
	a.connect(0);
	link.run(500_000, () => a.state !== "handshaking");
	equal(a.state, "established", `seed ${seed}: ${ears[0].reason?.code}`);
	equal(ears[0].session!.isResumed, isResumption);
	const run = { ms: link.nowMs, datagrams: link.datagrams };
	// The server of a resumption may not have our Finished yet: data waits for it, or is lost.
	for (let turn = 0; turn < 80 && (ears[0].heard.length === 0 || ears[1].heard.length === 0); turn++) {
		ok(a.send(text, 0, text.length, link.nowMs));
		if (b.state === "established") ok(b.send(text, 0, text.length, link.nowMs));
		link.run(900_000);
		link.nowMs += 1_000;
	}
	equal(b.state, "established", `seed ${seed}: ${ears[1].reason?.code}`);
	for (const { heard } of ears) deepEqual(heard[0], text, `seed ${seed}`);
	equal(a.deadlineMs, Number.POSITIVE_INFINITY);
	equal(b.deadlineMs, Number.POSITIVE_INFINITY);
	ok(link.largest <= datagramBytes, `seed ${seed}: a datagram of ${link.largest} bytes`);
	a.close(link.nowMs);
	b.close(link.nowMs);
	equal(release(), 0, `seed ${seed}: keys are left`);
	return run;
}

function summary(runs: readonly Run[]): string {
	const times = runs.map(({ ms }) => ms).sort((one, other) => one - other);
	const counts = runs.map(({ datagrams }) => datagrams).sort((one, other) => one - other);
	const middle = runs.length >> 1;
	const words = [`median ${times[middle]} ms, ${counts[middle]} datagrams`];
	return [...words, `worst ${times.at(-1)} ms, ${counts.at(-1)} datagrams`].join("; ");
}

const cids = { client: Uint8Array.of(7, 8, 9), server: Uint8Array.of(1, 2, 3, 4, 5, 6) };
const [psk, ecdhe] = [0xc0a8, 0xc0ae];
let lives = 0;
/** Each with how many lives of it. */
const kinds: readonly (readonly [string, CastOptions, number, number])[] = [
	["PSK", { suite: psk }, 400, 1152],
	["PSK with Connection IDs", { suite: psk, cids }, 300, 1152],
	["PSK resumed", { suite: psk, isResumed: true }, 150, 1152],
	["PSK resumed with Connection IDs", { suite: psk, isResumed: true, cids }, 150, 1152],
	["PSK in datagrams of 100 bytes", { suite: psk, cids }, 100, 100],
	["raw public keys", { suite: ecdhe, auth: "rpk" }, 80, 1152],
	[
		"raw public keys with Connection IDs, in datagrams of 228 bytes",
		{ suite: ecdhe, auth: "rpk", cids },
		80,
		smallBytes,
	],
	["X.509 both ways", { suite: ecdhe, auth: "x509", certificateBytes: 600 }, 60, 1152],
	["X.509 both ways, in datagrams of 228 bytes", { suite: ecdhe, auth: "x509", certificateBytes: 900 }, 60, smallBytes],
	["X.509 resumed", { suite: ecdhe, auth: "x509", isResumed: true, cids }, 60, 1152],
];

for (const [name, options, count, datagramBytes] of kinds) {
	test(`${name}: ${count} handshakes complete at 30 % loss both ways, with duplicates and reordering`, (t) => {
		const cast = new Cast(options);
		const runs: Run[] = [];
		for (let index = 0; index < count; index++) runs.push(live(cast, firstSeed + lives++, datagramBytes));
		t.diagnostic(`${name}: ${summary(runs)}`);
		ok(Math.max(...runs.map(({ ms }) => ms)) > 2_000, "the weather was fair");
	});
}

test("with the settings as they come, nine of ten handshakes survive 30 % loss both ways, and the others end", (t) => {
	const cast = new Cast();
	const count = 500;
	let completed = 0;
	for (let index = 0; index < count; index++) {
		const { a, b, ears, link, release } = wire(cast, firstSeed + lives++, {});
		a.connect(0);
		link.run(500_000);
		if (a.state === "established") completed += 1;
		else ok(["dtls.timeout", "dtls.unexpectedMessage"].includes(ears[0].reason!.code), ears[0].reason!.code);
		equal(a.deadlineMs, Number.POSITIVE_INFINITY);
		equal(b.deadlineMs, Number.POSITIVE_INFINITY);
		a.close(link.nowMs);
		b.close(link.nowMs);
		equal(release(), 0);
	}
	t.diagnostic(`${completed} of ${count} complete within 180 s`);
	ok(completed >= count * 0.9, `${completed} of ${count}`);
});
