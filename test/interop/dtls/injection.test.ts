/** One forged datagram in a handshake or a session: ours goes on in every row, whatever becomes of the others. */
import { deepEqual } from "node:assert/strict";
import { describe, it } from "node:test";
import { dtlsCase } from "./case.ts";
import { ForeignPeer } from "./foreign-peer.ts";
import { injectionTable, injectionText } from "./injection.ts";

describe("dtls injection", () => {
	it(
		"ours survives every forged datagram; the table with the others",
		{ timeout: 600_000 },
		dtlsCase(async (bench) => {
			bench.add(await ForeignPeer.start("gnutls", "server", { auth: "psk", suite: "PSK_CCM8" })); // or skipped
			const rows = await injectionTable();
			process.stderr.write(`${injectionText(rows)}\n`);
			const lost = rows.filter(({ outcomes }) => outcomes.ours !== "ok");
			deepEqual(
				lost.map(({ forged, moment }) => `${moment}: ${forged}`),
				[],
			);
		}),
	);
});
