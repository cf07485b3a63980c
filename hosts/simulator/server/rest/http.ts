import fastify, { type FastifyInstance } from "fastify";
import type { BootstrapServer } from "../bootstrap/bootstrap-server.ts";
import type { ServerLimits } from "../limits.ts";
import type { Lwm2mServer } from "../server.ts";
import { BootstrapRoutes, streamBootstraps } from "./bootstrap-routes.ts";
import { streamClients } from "./client-events.ts";
import { endpointsToJson } from "./client-json.ts";
import { EventStreams } from "./event-stream.ts";
import { page } from "./page.ts";
import { routeProfiles } from "./profile-routes.ts";
import { ClientRoutes } from "./routes.ts";
import { SecurityRoutes } from "./security-routes.ts";

interface Place {
	/** 8080 by default; 0 lets the system choose. */
	readonly port?: number;
	/** 127.0.0.1 by default: the interface asks nobody who they are. */
	readonly host?: string;
}

export interface HttpOptions extends Place {
	readonly server: Lwm2mServer;
	/** A Bootstrap-Server to show beside it. */
	readonly bootstrap?: BootstrapServer;
}

/** The HTTP side of a server, once it listens. */
export interface HttpInterface {
	/** "http://127.0.0.1:8080" */
	readonly url: string;
	readonly port: number;
	stop(): Promise<void>;
}

export const httpPort = 8080;

/**
 * All routes over `server`, not listening yet: tests call it without a socket. Close it to end its event streams.
 * @param bootstrap shown at /api/bootstrap, its credentials at /api/bsserver/security, where there is one
 */
export function buildHttp(server: Lwm2mServer, bootstrap?: BootstrapServer): FastifyInstance {
	const http = emptyHttp(server.limits);
	const streams = new EventStreams({ limits: server.limits, watch: (endpoint) => server.watch(endpoint) });
	streams.route(http);
	const endings = [streamClients(server, streams)];
	new ClientRoutes(server).route(http);
	new SecurityRoutes(server).route(http);
	routeProfiles(http, server.profiles);
	if (bootstrap === undefined) {
		for (const url of ["/api/bootstrap", "/api/bootstrap/*"]) {
			http.all(url, (_, reply) => reply.code(501).type(textPlain).send("There is no Bootstrap-Server here"));
		}
	} else {
		endings.push(streamBootstraps(bootstrap, streams));
		new BootstrapRoutes(bootstrap).route(http);
		new SecurityRoutes(bootstrap, "/api/bsserver").route(http);
	}
	http.addHook("preClose", async () => {
		for (const end of endings) end();
	});
	http.get("/", (_, reply) => reply.type("text/html; charset=utf-8").send(page));
	return http;
}

/** The routes of leshan-bsserver-demo over a Bootstrap-Server of its own, as buildHttp. */
export function buildBootstrapHttp(bootstrap: BootstrapServer): FastifyInstance {
	const http = emptyHttp(bootstrap.limits);
	const streams = new EventStreams({ limits: bootstrap.limits });
	streams.route(http);
	const end = streamBootstraps(bootstrap, streams);
	http.addHook("preClose", async () => {
		end(); // what a hook returns counts as an error
	});
	new BootstrapRoutes(bootstrap).route(http);
	new SecurityRoutes(bootstrap).route(http);
	http.get("/api/server/endpoint", () => endpointsToJson(bootstrap));
	return http;
}

const textPlain = "text/plain; charset=UTF-8";

function emptyHttp(limits: ServerLimits): FastifyInstance {
	const http = fastify({ bodyLimit: limits.httpBodyBytes, forceCloseConnections: true });
	http.removeAllContentTypeParsers();
	http.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
	return http;
}

/** Listens. @throws Error with a message for people, naming the port, when it is taken */
export function startHttp({ server, bootstrap, ...place }: HttpOptions): Promise<HttpInterface> {
	return listening(buildHttp(server, bootstrap), place);
}

/** The same for a Bootstrap-Server alone. */
export function startBootstrapHttp(options: Place & { readonly bootstrap: BootstrapServer }): Promise<HttpInterface> {
	return listening(buildBootstrapHttp(options.bootstrap), options);
}

async function listening(
	http: FastifyInstance,
	{ port = httpPort, host = "127.0.0.1" }: Place,
): Promise<HttpInterface> {
	try {
		await http.listen({ port, host });
	} catch (cause) {
		await http.close();
		throw new Error(`The HTTP interface can not listen on port ${port}: ${reasonOf(cause)}`, { cause });
	}
	const address = http.server.address();
	const bound = typeof address === "object" && address !== null ? address.port : port;
	const shownHost = host.includes(":") ? `[${host}]` : host;
	return { url: `http://${shownHost}:${bound}`, port: bound, stop: () => http.close() };
}

function reasonOf(cause: unknown): string {
	const { code, message } = cause as NodeJS.ErrnoException;
	if (code === "EADDRINUSE") return "another program uses it";
	if (code === "EACCES") return "the system does not allow it to this user";
	if (code === "EADDRNOTAVAIL") return "that address is not one of this machine's";
	return message;
}
