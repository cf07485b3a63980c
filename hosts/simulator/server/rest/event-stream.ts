import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Sample } from "../formats/records.ts";
import { pathText } from "../path.ts";
import type { Lwm2mServer } from "../server.ts";
import { registrationToJson, updateToJson } from "./client-json.ts";
import { coapLogToJson } from "./coap-log.ts";
import { nodesToJson, nodeToJson, seriesToJson } from "./node-json.ts";

interface Stream {
	/** Only this client's events; undefined for all. */
	readonly endpoint: string | undefined;
	readonly reply: FastifyReply;
}

/** Server-Sent Events at /api/event, as leshan-demo-server sends them. */
export class EventStreams {
	readonly #server: Lwm2mServer;
	readonly #streams = new Set<Stream>();
	readonly #unsubscribe: (() => void)[];

	constructor(server: Lwm2mServer) {
		this.#server = server;
		const { on } = { on: server.on.bind(server) as Lwm2mServer["on"] };
		this.#unsubscribe = [
			on("registered", ({ registration }) => {
				this.#send("REGISTRATION", registration.endpoint, () => registrationToJson(registration, server));
			}),
			on("updated", ({ registration, update }) => {
				const data = () => ({ registration: registrationToJson(registration, server), update: updateToJson(update) });
				this.#send("UPDATED", registration.endpoint, data);
			}),
			on("deregistered", ({ registration }) => {
				this.#send("DEREGISTRATION", registration.endpoint, () => registrationToJson(registration, server));
			}),
			on("sleeping", ({ registration: { endpoint } }) => this.#send("SLEEPING", endpoint, () => ({ ep: endpoint }))),
			on("awake", ({ registration: { endpoint } }) => this.#send("AWAKE", endpoint, () => ({ ep: endpoint }))),
			on("notification", ({ registration: { endpoint: ep }, path, node, samples }) => {
				const data = () => ({ ep, kind: "single", res: pathText(path), val: nodeToJson(node), ...timed(samples) });
				this.#send("NOTIFICATION", ep, data);
			}),
			on("compositeNotification", ({ registration: { endpoint: ep }, paths, nodes, samples }) => {
				const val = () => ({ val: nodesToJson(nodes), paths: paths.map(pathText), ...timed(samples) });
				this.#send("NOTIFICATION", ep, () => ({ ep, kind: "composite", ...val() }));
			}),
			on("observationFailed", ({ registration: { endpoint: ep }, path, paths, isComposite, code }) => {
				if (code === undefined) return;
				const what = isComposite ? { kind: "composite", paths: paths.map(pathText) } : { kind: "single" };
				const where = isComposite ? {} : { res: pathText(path) };
				this.#send("NOTIFICATION", ep, () => ({ ep, ...what, ...where, val: null }));
			}),
			on("sent", ({ registration: { endpoint: ep }, nodes, samples }) => {
				this.#send("SEND", ep, () => ({ ep, val: nodesToJson(nodes), ...timed(samples) }));
			}),
			on("coap", (event) => {
				this.#send("COAPLOG", event.endpoint, () => coapLogToJson(event));
			}),
		];
	}

	/** Adds GET /api/event to `http`. */
	route(http: FastifyInstance): void {
		http.get("/api/event", (request, reply) => this.#open(request, reply));
	}

	/** Ends all streams. */
	close(): void {
		for (const unsubscribe of this.#unsubscribe) unsubscribe();
		for (const { reply } of [...this.#streams]) reply.raw.end();
	}

	#open(request: FastifyRequest, reply: FastifyReply): void {
		if (this.#streams.size >= this.#server.limits.eventStreams) {
			reply.code(503).type("text/plain").send("Too many event streams are open");
			return;
		}
		const { ep: endpoint } = request.query as { ep?: string };
		reply.hijack();
		reply.raw.writeHead(200, {
			"content-type": "text/event-stream;charset=utf-8",
			"cache-control": "no-cache",
			connection: "close",
		});
		reply.raw.flushHeaders();
		const stream: Stream = { endpoint, reply };
		const unwatch = endpoint === undefined ? () => {} : this.#server.watch(endpoint);
		this.#streams.add(stream);
		reply.raw.on("error", () => {}); // a reader that went away: `close` follows
		reply.raw.on("close", () => {
			unwatch();
			this.#streams.delete(stream);
		});
	}

	#send(event: string, endpoint: string, data: () => unknown): void {
		let text: string | undefined;
		for (const stream of this.#streams) {
			if (stream.endpoint !== undefined && stream.endpoint !== endpoint) continue;
			text ??= `event: ${event}\ndata: ${JSON.stringify(data())}\n\n`;
			const { raw } = stream.reply;
			if (raw.writableLength > this.#server.limits.eventBacklogBytes) raw.destroy();
			else raw.write(text);
		}
	}
}

function timed(samples: readonly Sample[] | undefined): { series?: unknown } {
	return samples === undefined ? {} : { series: seriesToJson(samples) };
}
