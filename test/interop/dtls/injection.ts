import { toHex } from "../../../modules/bytes.ts";
import { PeerMissing } from "../coap-artifacts.ts";
import type { StackName } from "./artifacts.ts";
import { Bench, text } from "./case.ts";
import { ForeignPeer, type PeerOptions } from "./foreign-peer.ts";
import { type Forgery, forgeries } from "./forgeries.ts";
import { OurClient } from "./our-client.ts";
import { suiteIds } from "./our-settings.ts";
import { type Passing, Relay } from "./relay.ts";

/** H: right after the second ClientHello. P: just before the first answer of the application. */
export type Moment = "H" | "P";
export type ClientName = "ours" | StackName;
/** ok: a session, and the echo. x: not within the patience. -: not to be had. */
export type Outcome = "ok" | "x" | "-";

/** What becomes of each client when one datagram is forged. */
export interface InjectionRow {
	readonly forged: string;
	readonly moment: Moment;
	readonly outcomes: Readonly<Record<string, Outcome>>;
}

export const injectionClients: readonly ClientName[] = ["ours", "openssl", "mbedtls", "wolfssl", "gnutls"];
/** Two retransmissions of one second and two, and what the rest takes on a busy machine. */
const patienceMs = 5_000;
/** Ours must hold: a machine that is busier than that says nothing of it. */
const patienceWithOursMs = 30_000;
const together = 8;

const clientHello = 1;
const typeOf = ({ bytes }: Passing) => ({ record: bytes[0], handshake: bytes[13] });

async function outcomeOf(client: ClientName, moment: Moment, { datagram }: Forgery): Promise<Outcome> {
	const bench = new Bench();
	// Debian's wolfSSL has no pre-shared keys.
	const options: PeerOptions =
		client === "wolfssl" ? { auth: "x509", suite: "ECDHE_CCM8" } : { auth: "psk", suite: "PSK_CCM8" };
	const forMs = client === "ours" ? patienceWithOursMs : patienceMs;
	let hasForged = false;
	const isMoment = (passing: Passing) => {
		const { record, handshake } = typeOf(passing);
		if (moment === "P") return !passing.fromClient && record === 23;
		return passing.fromClient && passing.index === 1 && record === 22 && handshake === clientHello;
	};
	try {
		const server = bench.add(await ForeignPeer.start("gnutls", "server", options));
		const fate = (passing: Passing, relay: Relay) => {
			if (hasForged || !isMoment(passing)) return undefined;
			hasForged = true;
			relay.forge("client", datagram);
			// The forged one is there first, whatever the two sockets do.
			return { delayMs: 20 };
		};
		const relay = bench.add(await Relay.open({ to: server.port, fate }));
		const settings = { ...options, port: relay.port };
		const peer = bench.add(
			client === "ours" ? await OurClient.start(settings) : await ForeignPeer.start(client, "client", settings),
		);
		await peer.next("established", forMs);
		peer.send(text("after a forgery"));
		const { hex } = await peer.next("received", forMs);
		if (!hasForged) throw new Error(`nothing was forged at ${moment} for ${client}`);
		return hex === toHex(text("after a forgery")) ? "ok" : "x";
	} catch (error) {
		if (error instanceof PeerMissing) return "-";
		if (!hasForged) throw error;
		return "x";
	} finally {
		await bench.clear();
	}
}

/** Runs the table of forged datagrams with these clients against GnuTLS's server. */
export async function injectionTable(clients: readonly ClientName[] = injectionClients): Promise<InjectionRow[]> {
	const rows: { forged: string; moment: Moment; outcomes: Record<string, Outcome> }[] = [];
	const runs: (() => Promise<void>)[] = [];
	for (const moment of ["H", "P"] as const) {
		for (let index = 0; index < forgeries(0).length; index++) {
			const row = { forged: forgeries(0)[index]!.name, moment, outcomes: {} as Record<string, Outcome> };
			rows.push(row);
			for (const client of clients) {
				const suite = suiteIds[client === "wolfssl" ? "ECDHE_CCM8" : "PSK_CCM8"];
				runs.push(async () => {
					row.outcomes[client] = await outcomeOf(client, moment, forgeries(suite)[index]!);
				});
			}
		}
	}
	const worker = async () => {
		for (let run = runs.shift(); run !== undefined; run = runs.shift()) await run();
	};
	await Promise.all(Array.from({ length: together }, worker));
	return rows;
}

/** The table as Markdown. */
export function injectionText(
	rows: readonly InjectionRow[],
	clients: readonly ClientName[] = injectionClients,
): string {
	const cells = ({ outcomes }: InjectionRow) => clients.map((client) => outcomes[client] ?? "-");
	const lines = [
		["forged", "when", ...clients],
		["---", "---", ...clients.map(() => "---")],
	];
	for (const row of rows) lines.push([row.forged, row.moment, ...cells(row)]);
	return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
