import { isIP } from "node:net";
import { UdpNetwork } from "../network/udp-network.ts";
import { pathText } from "../server/path.ts";
import type { Registration } from "../server/registration.ts";
import { startHttp } from "../server/rest/http.ts";
import { Lwm2mServer } from "../server/server.ts";
import { RealTime } from "../time.ts";
import { WrongUsage } from "./arguments.ts";
import { authoritiesIn, readIdentity } from "./credentials.ts";
import { eventLine } from "./event-line.ts";
import { Interrupt, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";

export interface ServerCommandOptions {
	readonly port: number;
	readonly coapsPort?: number;
	readonly cert?: string;
	readonly key?: string;
	readonly clientCa?: string;
	readonly http: number;
	readonly host?: string;
}

/**
 * `dormouse server`: the embedded server alone, until Ctrl-C. @throws WrongUsage when it can not listen where it is
 * told to
 */
export async function run(options: ServerCommandOptions, output: Output): Promise<ExitStatus> {
	const { port, http, host, coapsPort = port === 0 ? 0 : port + 1 } = options;
	if (host !== undefined && isIP(host) === 0) {
		throw new WrongUsage(`--host: ${host} is no address of this machine: give one like 127.0.0.1, 0.0.0.0 or ::1`);
	}
	const identity = readIdentity(options);
	const interrupt = new Interrupt();
	const time = new RealTime();
	const server = new Lwm2mServer({
		network: new UdpNetwork(),
		time,
		host: host ?? "0.0.0.0",
		port,
		securePort: coapsPort,
		...(identity === undefined ? {} : { identity }),
		clientAuthorities: authoritiesIn("--client-ca", options.clientCa),
	});
	try {
		await listening(server.start(), "--port or --coaps-port");
		report(server, time, output);
		const rest = await listening(startHttp({ server, port: http, ...(host === undefined ? {} : { host }) }), "--http");
		output.err(`LwM2M server on UDP port ${server.port} of ${host ?? "all addresses of this machine"}`);
		output.err(`over DTLS on UDP port ${server.securePort}, for those whose keys /api/security/clients holds`);
		output.err(`REST API, events and a page for people at ${rest.url}`);
		output.err(
			`Try: npx dormouse sim --server coap://${host === undefined ? "127.0.0.1" : bracketed(host)}:${server.port}`,
		);
		await interrupt.asked;
		await within(2000, rest.stop());
		return 0;
	} finally {
		server.stop();
		interrupt.close();
	}
}

const bracketed = (host: string) => (host.includes(":") ? `[${host}]` : host);

/** A port that can not be had is the user's to change. */
async function listening<T>(start: Promise<T>, flag: string): Promise<T> {
	try {
		return await start;
	} catch (error) {
		throw new WrongUsage(`${(error as Error).message}. Choose another one with ${flag}`, { cause: error });
	}
}

/** Writes a line for each thing that happens. */
function report(server: Lwm2mServer, time: RealTime, output: Output): void {
	const say = (event: string, { endpoint }: Registration, fields: Readonly<Record<string, string | number>> = {}) =>
		output.out(eventLine({ t: time.nowMs(), event, endpoint, ...fields }, output));
	server.on("registered", ({ registration }) => {
		const { address, lifetimeS, lwm2mVersion } = registration;
		say("registered", registration, { address: `${bracketed(address.host)}:${address.port}`, lifetimeS, lwm2mVersion });
	});
	server.on("handshakeFailed", ({ address, reason }) => {
		const from = `${bracketed(address.host)}:${address.port}`;
		output.out(eventLine({ t: time.nowMs(), event: "handshakeFailed", address: from, reason }, output));
	});
	server.on("updated", ({ registration }) => say("updated", registration));
	server.on("deregistered", ({ registration, reason }) => say("deregistered", registration, { reason }));
	server.on("notification", ({ registration, path }) => say("notification", registration, { path: pathText(path) }));
	server.on("compositeNotification", ({ registration, paths }) =>
		say("notification", registration, { path: paths.map(pathText).join(",") }),
	);
	server.on("sent", ({ registration, nodes }) => say("sent", registration, { path: [...nodes.keys()].join(",") }));
	server.on("observationFailed", ({ registration, paths, why }) =>
		say("observationFailed", registration, { path: paths.map(pathText).join(","), why }),
	);
	server.on("sleeping", ({ registration }) => say("sleeping", registration));
	server.on("awake", ({ registration }) => say("awake", registration));
}
