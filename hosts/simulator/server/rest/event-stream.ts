import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ServerLimits } from "../limits.ts";

interface Stream {
	/** Only this client's events; undefined for all. */
	readonly endpoint: string | undefined;
	readonly reply: FastifyReply;
}

export interface EventStreamsOptions {
	readonly limits: ServerLimits;
	/** A stream for one client is open from now on. @returns a function for when it closes */
	watch?(endpoint: string): () => void;
}

/** Server-Sent Events at /api/event, as Leshan's demos send them. */
export class EventStreams {
	readonly #options: EventStreamsOptions;
	readonly #streams = new Set<Stream>();

	constructor(options: EventStreamsOptions) {
		this.#options = options;
	}

	/** Adds GET /api/event to `http`, and ends all streams when that closes. */
	route(http: FastifyInstance): void {
		http.get("/api/event", (request, reply) => this.#open(request, reply));
		http.addHook("preClose", async () => {
			for (const { reply } of [...this.#streams]) reply.raw.end();
		});
	}

	#open(request: FastifyRequest, reply: FastifyReply): void {
		if (this.#streams.size >= this.#options.limits.eventStreams) {
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
		const unwatch = endpoint === undefined ? undefined : this.#options.watch?.(endpoint);
		this.#streams.add(stream);
		reply.raw.on("error", () => {}); // a reader that went away: `close` follows
		reply.raw.on("close", () => {
			unwatch?.();
			this.#streams.delete(stream);
		});
	}

	/** @param data made only when somebody listens */
	send(event: string, endpoint: string, data: () => unknown): void {
		let text: string | undefined;
		for (const stream of this.#streams) {
			if (stream.endpoint !== undefined && stream.endpoint !== endpoint) continue;
			text ??= `event: ${event}\ndata: ${JSON.stringify(data())}\n\n`;
			const { raw } = stream.reply;
			if (raw.writableLength > this.#options.limits.eventBacklogBytes) raw.destroy();
			else raw.write(text);
		}
	}
}
