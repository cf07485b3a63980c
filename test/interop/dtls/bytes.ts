import type { StackName } from "./artifacts.ts";
import { Bench } from "./case.ts";
import { type Auth, ForeignPeer, type SuiteName } from "./foreign-peer.ts";
import { OurClient } from "./our-client.ts";
import { OurNode } from "./our-node.ts";
import type { OurOptions } from "./our-settings.ts";
import { Relay, type Tally } from "./relay.ts";
import type { Talker } from "./talker.ts";

export type Side = StackName | "ours";

/** What one session costs on the air, in UDP payload: IPv4 and UDP add 28 bytes to each datagram. */
export interface SessionBytes {
	readonly client: Side;
	readonly server: Side;
	readonly way: string;
	readonly full: HandshakeBytes;
	/** The second handshake, which resumed the first. */
	readonly resumed: HandshakeBytes;
	/** What a record to the server has beside its plaintext, and one to the client. */
	readonly recordToServer: number;
	readonly recordToClient: number;
}

export interface HandshakeBytes {
	readonly toServer: Tally;
	readonly toClient: Tally;
}

export interface SessionWay {
	readonly client: Side;
	readonly server: Side;
	readonly auth: Auth;
	readonly suite: SuiteName;
	readonly tickets?: boolean;
	/** What records to the server, and to the client, shall carry. */
	readonly cid?: { readonly server: string; readonly client: string };
}

const plainBytes = 10;
/** All flights whole, for all. */
const mtu = 1200;
/** What a server may still send when both have a session: nothing of a handshake, but datagrams take a moment. */
const settleMs = 40;

const tally = ({ toServer, toClient }: Relay): HandshakeBytes => ({
	toServer: { ...toServer },
	toClient: { ...toClient },
});

function start(side: Side, role: "client" | "server", options: OurOptions): Promise<Talker> {
	if (side !== "ours") return ForeignPeer.start(side, role, options);
	return role === "client" ? OurClient.start(options) : OurNode.start({ server: options });
}

/** A full handshake, a record each way, and a handshake that resumes. @throws PeerMissing */
export async function sessionBytes(way: SessionWay): Promise<SessionBytes> {
	const { auth, suite, tickets = false, cid } = way;
	const bench = new Bench();
	const cidOf = (role: "client" | "server") => (cid === undefined ? {} : { cid: cid[role] });
	try {
		const shared: OurOptions = { auth, suite, tickets, mtu };
		const server = bench.add(await start(way.server, "server", { ...shared, ...cidOf("server") }));
		const relay = bench.add(await Relay.open({ to: server.port }));
		const client = bench.add(await start(way.client, "client", { ...shared, ...cidOf("client"), port: relay.port }));
		const both = async () => {
			const { resumed } = await client.next("established");
			await server.next("established");
			await new Promise((resolve) => setTimeout(resolve, settleMs));
			return resumed === true;
		};
		await both();
		const full = tally(relay);
		relay.reset();
		client.send(new Uint8Array(plainBytes).fill(0x62));
		await client.next("received");
		const records = tally(relay);
		client.close();
		await server.next("closed");
		await new Promise((resolve) => setTimeout(resolve, settleMs));
		relay.reset();
		client.resume();
		if (!(await both())) throw new Error(`${way.client} with ${way.server} did not resume`);
		const name = `${auth} ${suite}${cid === undefined ? "" : ", CIDs"}`;
		return {
			client: way.client,
			server: way.server,
			way: `${name}, resumed by ${tickets ? "ticket" : "id"}`,
			full,
			resumed: tally(relay),
			recordToServer: records.toServer.bytes - plainBytes,
			recordToClient: records.toClient.bytes - plainBytes,
		};
	} finally {
		await bench.clear();
	}
}

const oneWay = ({ datagrams, bytes }: Tally) => `${datagrams} / ${bytes}`;
const total = ({ toServer, toClient }: HandshakeBytes) =>
	`${oneWay(toServer)} + ${oneWay(toClient)} = ${toServer.bytes + toClient.bytes}`;

/** The table as Markdown; handshakes as datagrams / bytes to the server + to the client = bytes. */
export function bytesText(rows: readonly SessionBytes[]): string {
	const lines = [
		["client", "server", "way", "full", "resumed", "per record"],
		["---", "---", "---", "---", "---", "---"],
		...rows.map((row) => [
			row.client,
			row.server,
			row.way,
			total(row.full),
			total(row.resumed),
			`${row.recordToServer} / ${row.recordToClient}`,
		]),
	];
	return lines.map((line) => `| ${line.join(" | ")} |`).join("\n");
}
