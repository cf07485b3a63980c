import { isIP } from "node:net";
import { UdpNetwork } from "../network/udp-network.ts";
import type { BootstrapServer } from "../server/bootstrap/bootstrap-server.ts";
import type { Listening } from "../server/server-ports.ts";
import { SqliteStore } from "../server/store/sqlite-store.ts";
import { type Store, StoreRefused } from "../server/store/store.ts";
import type { RealTime } from "../time.ts";
import { WrongUsage } from "./arguments.ts";
import { authoritiesIn, readIdentity } from "./credentials.ts";
import { eventLine } from "./event-line.ts";
import type { Output } from "./output.ts";

/** What both kinds of server are told on the command line. */
export interface ListeningOptions {
	readonly port: number;
	readonly coapsPort?: number;
	readonly cert?: string;
	readonly key?: string;
	readonly clientCa?: string;
	readonly http: number;
	readonly host?: string;
	readonly store?: string;
}

/** @throws WrongUsage for what can not be listened on, or read */
export function listeningOf(options: ListeningOptions, time: RealTime, store: Store | undefined): Listening {
	const { host, port } = options;
	if (host !== undefined && isIP(host) === 0) {
		throw new WrongUsage(`--host: ${host} is no address of this machine: give one like 127.0.0.1, 0.0.0.0 or ::1`);
	}
	const identity = readIdentity(options);
	return {
		network: new UdpNetwork(),
		time,
		host: host ?? "0.0.0.0",
		port,
		securePort: options.coapsPort ?? nextPort(port),
		...(identity === undefined ? {} : { identity }),
		clientAuthorities: authoritiesIn("--client-ca", options.clientCa),
		...(store === undefined ? {} : { store }),
	};
}

/** The port of DTLS beside one without. */
export const nextPort = (port: number) => (port === 0 ? 0 : port + 1);

/** @throws WrongUsage for a file that can not be used */
export function openStore(file: string | undefined, output: Output): Store | undefined {
	if (file === undefined) return undefined;
	try {
		return new SqliteStore({ file, failed: (why) => output.err(why) });
	} catch (error) {
		if (error instanceof StoreRefused) throw new WrongUsage(`--store: ${error.message}`, { cause: error });
		throw error;
	}
}

export const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** A port that can not be had is the user's to change. */
export async function listening<T>(start: Promise<T>, flag: string): Promise<T> {
	try {
		return await start;
	} catch (error) {
		throw new WrongUsage(`${(error as Error).message}. Choose another one with ${flag}`, { cause: error });
	}
}

/** Writes a line for each thing that happens in a bootstrap session. */
export function reportBootstraps(server: BootstrapServer, time: RealTime, output: Output): void {
	server.on("session", ({ name, endpoint, message }) => {
		const [text = ""] = message.split("\n");
		output.out(eventLine({ t: time.nowMs(), event: "bootstrap", endpoint, step: name, message: text }, output));
	});
	server.on("handshakeFailed", ({ address, reason }) => {
		const from = `${bracketed(address.host)}:${address.port}`;
		output.out(eventLine({ t: time.nowMs(), event: "handshakeFailed", address: from, reason }, output));
	});
}
