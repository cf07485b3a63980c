import fastify, { type FastifyInstance } from "fastify";
import type { Lwm2mServer } from "../server.ts";
import { EventStreams } from "./event-stream.ts";
import { page } from "./page.ts";
import { ClientRoutes } from "./routes.ts";
import { SecurityRoutes } from "./security-routes.ts";

export interface HttpOptions {
	readonly server: Lwm2mServer;
	/** 8080 by default; 0 lets the system choose. */
	readonly port?: number;
	/** 127.0.0.1 by default: the interface asks nobody who they are. */
	readonly host?: string;
}

/** The HTTP side of a server, once it listens. */
export interface HttpInterface {
	/** "http://127.0.0.1:8080" */
	readonly url: string;
	readonly port: number;
	stop(): Promise<void>;
}

export const httpPort = 8080;

/** All routes over `server`, not listening yet: tests call it without a socket. Close it to end its event streams. */
export function buildHttp(server: Lwm2mServer): FastifyInstance {
	const http = fastify({ bodyLimit: server.limits.httpBodyBytes, forceCloseConnections: true });
	http.removeAllContentTypeParsers();
	http.addContentTypeParser("*", { parseAs: "buffer" }, (_, body, done) => done(null, body));
	const streams = new EventStreams(server);
	streams.route(http);
	http.addHook("preClose", async () => streams.close());
	new ClientRoutes(server).route(http);
	new SecurityRoutes(server).route(http);
	http.get("/", (_, reply) => reply.type("text/html; charset=utf-8").send(page));
	return http;
}

/** Listens. @throws Error with a message for people, naming the port, when it is taken */
export async function startHttp({ server, port = httpPort, host = "127.0.0.1" }: HttpOptions): Promise<HttpInterface> {
	const http = buildHttp(server);
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
