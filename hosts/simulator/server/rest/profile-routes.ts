import type { FastifyInstance, FastifyRequest } from "fastify";
import { ProfileRefused, type Profiles } from "../profiles.ts";

const textPlain = "text/plain; charset=UTF-8";

/** /api/profiles: object lists by Profile ID. Leshan has no such thing. */
export function routeProfiles(http: FastifyInstance, profiles: Profiles): void {
	http.get("/api/profiles", () => Object.fromEntries(profiles.all()));
	http.put("/api/profiles/:id", (request, reply) => {
		const list = request.body instanceof Uint8Array ? Buffer.from(request.body).toString("utf8") : "";
		try {
			profiles.set(idOf(request), list);
			return reply.code(200).send();
		} catch (error) {
			if (!(error instanceof ProfileRefused)) throw error;
			return reply.code(400).type(textPlain).send(error.message);
		}
	});
	http.delete("/api/profiles/:id", (request, reply) =>
		profiles.remove(idOf(request)) ? reply.code(204).send() : reply.code(404).type(textPlain).send("not found"),
	);
}

function idOf(request: FastifyRequest): string {
	return (request.params as { id: string }).id;
}
