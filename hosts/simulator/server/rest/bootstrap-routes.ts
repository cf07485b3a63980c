import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { BootstrapServer } from "../bootstrap/bootstrap-server.ts";
import type { BootstrapSettings } from "../bootstrap/configuration.ts";
import { configurationToJson } from "../bootstrap/configuration-json.ts";
import { ConfigurationRefused } from "../bootstrap/configuration-refused.ts";
import type { EventStreams } from "./event-stream.ts";

const textPlain = "text/plain; charset=UTF-8";

/** /api/bootstrap, as leshan-bsserver-demo 2.0.0-M18 has it; a PUT does what a POST does. */
export class BootstrapRoutes {
	readonly #server: BootstrapServer;

	constructor(server: BootstrapServer) {
		this.#server = server;
	}

	route(http: FastifyInstance): void {
		const { configurations } = this.#server;
		const all = () =>
			Object.fromEntries([...configurations.all()].map(([endpoint, one]) => [endpoint, configurationToJson(one)]));
		const nobody = (_: FastifyRequest, reply: FastifyReply) =>
			refused(reply, 400, "endpoint name should be specified in the URL");
		for (const url of ["/api/bootstrap", "/api/bootstrap/"]) {
			http.get(url, all);
			http.route({ method: ["POST", "PUT", "DELETE"], url, handler: nobody });
		}
		const one = "/api/bootstrap/:endpoint";
		http.get(one, (request, reply) => {
			const configuration = configurations.all().get(endpointOf(request));
			if (configuration !== undefined) return configurationToJson(configuration);
			return refused(reply, 404, `no config for ${endpointOf(request)}`);
		});
		http.route({ method: ["POST", "PUT"], url: one, handler: (request, reply) => this.#set(request, reply) });
		http.delete(one, (request, reply) => {
			const endpoint = endpointOf(request);
			return configurations.remove(endpoint)
				? reply.code(204).send()
				: refused(reply, 404, `no config for ${endpoint}`);
		});
		http.post(`${one}/session`, (request, reply) => {
			const endpoint = endpointOf(request);
			return this.#server.begin(endpoint)
				? reply.code(200).send()
				: refused(reply, 404, `${endpoint} has no configuration, or has not been heard`);
		});
		http.all(`${one}/*`, (_, reply) =>
			refused(reply, 400, "endpoint name should be specified in the URL, nothing more"),
		);
	}

	#set(request: FastifyRequest, reply: FastifyReply): unknown {
		const { body } = request;
		const text = body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "";
		if (text.trim() === "null") return refused(reply, 400, "no content");
		let settings: unknown;
		try {
			settings = JSON.parse(text);
		} catch {
			return refused(reply, 400, "the body is not JSON"); // and what it is may hold a key
		}
		try {
			this.#server.configure(endpointOf(request), settings as BootstrapSettings);
			return reply.code(200).send();
		} catch (error) {
			if (error instanceof ConfigurationRefused) return refused(reply, 400, error.message);
			throw error;
		}
	}
}

function refused(reply: FastifyReply, status: number, why: string): FastifyReply {
	return reply.code(status).type(textPlain).send(why);
}

function endpointOf(request: FastifyRequest): string {
	return (request.params as { endpoint: string }).endpoint;
}

/** Sends what happens in sessions to the streams, as leshan-bsserver-demo does. @returns a function that ends it */
export function streamBootstraps(server: BootstrapServer, streams: EventStreams): () => void {
	return server.on("session", ({ name, endpoint, message, wallTimeMs }) => {
		streams.send("BSSESSION", endpoint, () => ({ name, endpoint, time: wallTimeMs, message }));
	});
}
