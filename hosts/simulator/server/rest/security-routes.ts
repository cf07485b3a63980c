import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toHex } from "../../../../modules/bytes.ts";
import { BodyRefused, infoFromJson, infoToJson } from "../security-json.ts";
import { SecurityRefused, type SecurityStore } from "../security-store.ts";
import type { ServerIdentity } from "../server-identity.ts";

/** What goes to the client of a handler that failed as it may. */
const textPlain = "text/plain; charset=UTF-8";

/** What has credentials to show: an LwM2M Server, a Bootstrap-Server. */
export interface Secured {
	readonly security: SecurityStore;
	readonly identity: ServerIdentity | undefined;
}

/** /api/security and /api/server/security, as leshan-demo-server 2.0.0-M18 has them. */
export class SecurityRoutes {
	readonly #server: Secured;
	readonly #base: string;

	constructor(server: Secured, base = "/api") {
		this.#server = server;
		this.#base = base;
	}

	route(http: FastifyInstance): void {
		const { security } = this.#server;
		const list = () => security.all().map(infoToJson);
		const clients = `${this.#base}/security/clients`;
		for (const url of [clients, `${clients}/`]) {
			http.get(url, list);
			http.put(url, (request, reply) => this.#put(request, reply));
		}
		http.get(`${clients}/:endpoint`, (request, reply) => {
			const info = security.byEndpoint(endpointOf(request));
			return info === undefined ? reply.code(404).type(textPlain).send("not found") : infoToJson(info);
		});
		http.delete(`${clients}/:endpoint`, (request) =>
			security.remove(endpointOf(request)) ? "" : { message: "not_found" },
		);
		for (const what of ["/security/server", "/server/security"]) http.get(this.#base + what, () => this.#own());
	}

	#put(request: FastifyRequest, reply: FastifyReply): unknown {
		try {
			this.#server.security.add(infoFromJson(bodyOf(request)));
			return reply.code(200).send();
		} catch (error) {
			if (!(error instanceof BodyRefused || error instanceof SecurityRefused)) throw error;
			const text = error instanceof BodyRefused ? `Invalid request body: ${error.message}` : error.message;
			return reply.code(400).type(textPlain).send(text);
		}
	}

	/** The certificate where there is one; its key is the raw public key, too. */
	#own(): unknown {
		const { identity } = this.#server;
		if (identity === undefined) return {};
		const [certificate] = identity.chain;
		const pubkey = publicKeyToJson(identity.publicKey);
		if (certificate === undefined) return { pubkey };
		return { certificate: { pubkey, b64Der: Buffer.from(certificate).toString("base64") } };
	}
}

function endpointOf(request: FastifyRequest): string {
	return (request.params as { endpoint: string }).endpoint;
}

function bodyOf({ body }: FastifyRequest): unknown {
	try {
		return JSON.parse(body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : "");
	} catch {
		throw new BodyRefused("it is not JSON"); // and what it is may hold a key
	}
}

/** @param publicKey a SubjectPublicKeyInfo of P-256: the point is its end */
function publicKeyToJson(publicKey: Uint8Array): unknown {
	const coordinate = (at: number) => {
		const digits = toHex(publicKey, at, at + 32);
		return digits.startsWith("00") ? digits.slice(2) : digits; // as Java's BigInteger writes it, and Leshan
	};
	const at = publicKey.length - 64;
	return {
		x: coordinate(at),
		y: coordinate(at + 32),
		params: "secp256r1 [NIST P-256,X9.62 prime256v1] (1.2.840.10045.3.1.7)",
		b64Der: Buffer.from(publicKey).toString("base64"),
	};
}
