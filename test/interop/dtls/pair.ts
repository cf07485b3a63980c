import { deepEqual, equal } from "node:assert/strict";
import { toHex } from "../../../modules/bytes.ts";
import type { StackName } from "./artifacts.ts";
import { type Bench, text } from "./case.ts";
import { ForeignPeer } from "./foreign-peer.ts";
import { OurClient } from "./our-client.ts";
import { OurNode } from "./our-node.ts";
import type { OurOptions } from "./our-settings.ts";
import { Relay, type RelayOptions } from "./relay.ts";
import type { PeerEvent, Talker } from "./talker.ts";

/** We, and one of them. */
export interface Pair {
	readonly ours: OurClient | OurNode;
	readonly theirs: ForeignPeer;
	readonly client: Talker;
	readonly server: Talker;
	readonly relay: Relay;
}

export interface PairOptions {
	readonly stack: StackName;
	/** Which role is ours. */
	readonly role: "client" | "server";
	/** What both are told. */
	readonly both: OurOptions;
	readonly ours?: Partial<OurOptions>;
	readonly theirs?: Partial<OurOptions>;
	readonly fate?: RelayOptions["fate"];
}

/** Starts a server, a relay before it, and a client that connects through it; one of the two is ours. */
export async function pairOf(bench: Bench, options: PairOptions): Promise<Pair> {
	const { stack, role, both, fate } = options;
	const mine = { ...both, ...options.ours };
	const others = { ...both, ...options.theirs };
	const start = (which: "client" | "server", port?: number) => {
		const more = port === undefined ? {} : { port };
		if (which !== role) return ForeignPeer.start(stack, which, { ...others, ...more });
		return which === "client" ? OurClient.start({ ...mine, ...more }) : OurNode.start({ server: mine });
	};
	const server = bench.add(await start("server"));
	const relay = bench.add(await Relay.open({ to: server.port, ...(fate === undefined ? {} : { fate }) }));
	const client = bench.add(await start("client", relay.port));
	const [ours, theirs] = role === "client" ? [client, server] : [server, client];
	return { ours: ours as OurClient | OurNode, theirs: theirs as ForeignPeer, client, server, relay };
}

/** Waits until both have a session. */
export async function bothEstablished({ client, server }: Pair): Promise<{ client: PeerEvent; server: PeerEvent }> {
	return { client: await client.next("established"), server: await server.next("established") };
}

/** The client says something, the server has it and echoes it. */
export async function echo({ client, server }: Pair, message = text("a message of a device")): Promise<void> {
	client.send(message);
	const [there, back] = [await server.next("received"), await client.next("received")];
	deepEqual([there.hex, back.hex], [toHex(message), toHex(message)]);
}

/** One of them closes; the other takes that for the end. */
export async function closing({ client, server }: Pair, first: "client" | "server"): Promise<void> {
	const [closer, other] = first === "client" ? [client, server] : [server, client];
	closer.close();
	const { event } = await other.next("closed");
	equal(event, "closed");
}
