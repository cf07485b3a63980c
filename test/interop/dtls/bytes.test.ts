/** What sessions cost on the air beyond their first handshake: resumed ones, Connection IDs, and each record. */
import { equal, ok } from "node:assert/strict";
import { after, describe, it } from "node:test";
import { bytesText, type SessionBytes, type SessionWay, type Side, sessionBytes } from "./bytes.ts";
import { dtlsCase } from "./case.ts";

const timeout = { timeout: 400_000 };
const rows: SessionBytes[] = [];
const psk = { auth: "psk", suite: "PSK_CCM8" } as const;
const x509 = { auth: "x509", suite: "ECDHE_CCM8" } as const;
/** Six bytes towards the server, none towards the client: what a device wants that sleeps behind a NAT. */
const cid = { server: "a1b2c3d4e5f6", client: "empty" };
const compared: readonly Side[] = ["ours", "openssl", "gnutls", "mbedtls"];

function* ways(): Generator<SessionWay> {
	for (const server of ["openssl", "gnutls"] as const) {
		for (const client of compared) {
			yield { client, server, ...psk };
			yield { client, server, ...psk, tickets: true };
			yield { client, server, ...x509 };
		}
	}
	yield { client: "ours", server: "ours", ...psk, cid };
	yield { client: "ours", server: "scandium", ...psk, cid };
	yield { client: "ours", server: "pion", ...psk, cid };
	yield { client: "scandium", server: "ours", ...psk, cid };
	// Not pion's client: when it resumes it leaves the CID off its Finished, which RFC 9146 §3 forbids and we drop.
	yield { client: "ours", server: "scandium", auth: "rpk", suite: "ECDHE_CCM8", cid };
}

const bytesOf = ({ resumed: { toServer, toClient } }: SessionBytes) => toServer.bytes + toClient.bytes;

describe("dtls bytes", () => {
	for (const way of ways()) {
		const more = `${way.tickets ? ", ticket" : ""}${way.cid ? ", CIDs" : ""}`;
		const title = `${way.client} ↔ ${way.server}: ${way.auth}${more}`;
		it(
			title,
			timeout,
			dtlsCase(async () => {
				const row = await sessionBytes(way);
				rows.push(row);
				if (way.client !== "ours") return;
				const cidBytes = way.cid === undefined ? 0 : 7; // the CID, and the true type inside
				equal(row.recordToServer, 29 + cidBytes, "RFC 6655: 13 + 8 + 8 bytes");
				if (way.server === "ours" && way.cid !== undefined) {
					const { toServer, toClient } = row.full;
					equal(toServer.datagrams + toClient.datagrams, 6);
					ok(toServer.bytes + toClient.bytes <= 520, `${toServer.bytes + toClient.bytes} bytes`);
				}
			}),
		);
	}

	it("our client's resumption takes no more than that of others with the same server", () => {
		for (const mine of rows.filter(({ client }) => client === "ours")) {
			const others = rows.filter(({ server, way }) => server === mine.server && way === mine.way);
			for (const other of others)
				ok(bytesOf(mine) <= bytesOf(other), `${other.client}: ${mine.way} with ${mine.server}`);
		}
	});

	after(() => process.stderr.write(`${bytesText(rows)}\n`));
});
