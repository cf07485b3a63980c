import { BootstrapServer } from "../server/bootstrap/bootstrap-server.ts";
import { startBootstrapHttp } from "../server/rest/http.ts";
import { RealTime } from "../time.ts";
import { Interrupt, within } from "./interrupt.ts";
import type { ExitStatus } from "./main.ts";
import type { Output } from "./output.ts";
import { type ListeningOptions, listening, listeningOf, openStore, reportBootstraps } from "./server-process.ts";

/**
 * `dormouse bootstrap-server`: the embedded Bootstrap-Server alone, until Ctrl-C. @throws WrongUsage when it can not
 * listen where it is told to
 */
export async function run(options: ListeningOptions, output: Output): Promise<ExitStatus> {
	const time = new RealTime();
	const store = openStore(options.store, output);
	const interrupt = new Interrupt();
	let server: BootstrapServer | undefined;
	try {
		const bootstrap = new BootstrapServer(listeningOf(options, time, store));
		server = bootstrap;
		await listening(bootstrap.start(), "--port or --coaps-port");
		reportBootstraps(bootstrap, time, output);
		const { http: port, host } = options;
		const place = { port, ...(host === undefined ? {} : { host }) };
		const rest = await listening(startBootstrapHttp({ bootstrap, ...place }), "--http");
		output.err(`LwM2M Bootstrap-Server on UDP port ${bootstrap.port} of ${host ?? "all addresses of this machine"}`);
		output.err(`over DTLS on UDP port ${bootstrap.securePort}, for those whose keys /api/security/clients holds`);
		output.err(`REST API and events at ${rest.url}; how a client is configured: POST /api/bootstrap/ENDPOINT`);
		await interrupt.asked;
		await within(2000, rest.stop());
		return 0;
	} finally {
		server?.stop();
		store?.close();
		interrupt.close();
	}
}
