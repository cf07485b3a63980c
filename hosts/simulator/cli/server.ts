import { BootstrapServer } from "../server/bootstrap/bootstrap-server.ts";
import { pathText } from "../server/path.ts";
import type { EnablerVersion, Registration } from "../server/registration.ts";
import { startHttp } from "../server/rest/http.ts";
import { Lwm2mServer } from "../server/server.ts";
import { RealTime } from "../time.ts";
import { eventLine } from "./event-line.ts";
import { Interrupt, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import {
	bracketed,
	type ListeningOptions,
	listening,
	listeningOf,
	nextPort,
	openStore,
	reportBootstraps,
} from "./server-process.ts";

export interface ServerCommandOptions extends ListeningOptions {
	readonly bootstrapPort?: number;
	readonly enablers?: readonly EnablerVersion[];
}

/**
 * `dormouse server`: the embedded server alone, with or without a Bootstrap-Server, until Ctrl-C. @throws WrongUsage
 * when it can not listen where it is told to
 */
export async function run(options: ServerCommandOptions, output: Output): Promise<ExitStatus> {
	const { http: port, host, enablers, bootstrapPort } = options;
	const time = new RealTime();
	const store = openStore(options.store, output);
	const interrupt = new Interrupt();
	const servers: { stop(): void }[] = [];
	try {
		const place = listeningOf(options, time, store);
		const server = new Lwm2mServer({ ...place, ...(enablers === undefined ? {} : { enablers }) });
		servers.push(server);
		await listening(server.start(), "--port or --coaps-port");
		report(server, time, output);
		let bootstrap: BootstrapServer | undefined;
		if (bootstrapPort !== undefined) {
			bootstrap = new BootstrapServer({ ...place, port: bootstrapPort, securePort: nextPort(bootstrapPort) });
			servers.push(bootstrap);
			await listening(bootstrap.start(), "--bootstrap-port");
			reportBootstraps(bootstrap, time, output);
		}
		const beside = bootstrap === undefined ? {} : { bootstrap };
		const at = host === undefined ? {} : { host };
		const rest = await listening(startHttp({ server, port, ...beside, ...at }), "--http");
		sayWhere(server, bootstrap, rest.url, output);
		await interrupt.asked;
		await within(2000, rest.stop());
		return 0;
	} finally {
		for (const server of servers) server.stop();
		store?.close();
		interrupt.close();
	}
}

function sayWhere(server: Lwm2mServer, bootstrap: BootstrapServer | undefined, url: string, output: Output): void {
	const { host = "0.0.0.0", port, securePort } = server;
	const everywhere = host === "0.0.0.0";
	output.err(`LwM2M server on UDP port ${port} of ${everywhere ? "all addresses of this machine" : host}`);
	output.err(`over DTLS on UDP port ${securePort}, for those whose keys /api/security/clients holds`);
	if (bootstrap !== undefined) {
		output.err(`Bootstrap-Server on UDP port ${bootstrap.port}, over DTLS on ${bootstrap.securePort}`);
		output.err(`how a client is configured: POST ${url}/api/bootstrap/ENDPOINT`);
	}
	output.err(`REST API, events and a page for people at ${url}`);
	output.err(`Try: npx dormouse sim --server coap://${everywhere ? "127.0.0.1" : bracketed(host)}:${port}`);
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
