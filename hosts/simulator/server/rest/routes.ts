import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../answer.ts";
import { type Attributes, attributeNames } from "../attributes.ts";
import type { CompositeTuning, Writes } from "../composites.ts";
import type { RequestTuning } from "../exchanges.ts";
import { type FormatName, formats } from "../formats/codec.ts";
import type { Node } from "../node.ts";
import type { FormatTuning } from "../operations.ts";
import { OperationFailure } from "../refusal.ts";
import type { Registration } from "../registration.ts";
import type { Lwm2mServer } from "../server.ts";
import { answerToJson, endpointsToJson, objectToJson, registrationToJson } from "./client-json.ts";
import { NodeRefused, nodeFromJson } from "./node-json.ts";

/** An HTTP answer with a text for people. */
class HttpRefusal extends Error {
	readonly status: number;

	constructor(status: number, why: string) {
		super(why);
		this.status = status;
	}
}

interface Call {
	readonly registration: Registration;
	readonly endpoint: string;
	/** What follows the endpoint in the URL, decoded: ["3", "0", "observe"]. */
	readonly levels: readonly string[];
	readonly query: Readonly<Record<string, string | string[] | undefined>>;
	readonly request: FastifyRequest;
	readonly reply: FastifyReply;
}

type Operation = (call: Call) => Promise<unknown>;

/** How Leshan maps a failed operation: to a status, and to the beginning of a text. */
const failures: Readonly<Record<OperationFailure["reason"], readonly [status: number, prefix: string]>> = {
	notRegistered: [400, ""],
	invalidRequest: [400, "Invalid request: "],
	invalidResponse: [500, "Invalid Response: "],
	timedOut: [504, ""],
	asleep: [400, "Invalid request: "],
	rejected: [500, "Request rejected: "],
	cancelled: [500, "Request cancelled: "],
	notObserved: [404, ""],
};

/** The calls of leshan-demo-server's REST interface that concern clients. */
export class ClientRoutes {
	readonly #server: Lwm2mServer;

	constructor(server: Lwm2mServer) {
		this.#server = server;
	}

	route(http: FastifyInstance): void {
		const list = () => this.#server.clients().map((registration) => registrationToJson(registration, this.#server));
		http.get("/api/clients", list);
		http.get("/api/clients/", list);
		const calls = { GET: this.#get, PUT: this.#put, POST: this.#post, DELETE: this.#delete };
		for (const [method, operation] of Object.entries(calls)) {
			const handler = (request: FastifyRequest, reply: FastifyReply) => this.#call(request, reply, operation);
			http.route({ method, url: "/api/clients/:endpoint", handler });
			http.route({ method, url: "/api/clients/:endpoint/*", handler });
		}
		http.get("/api/objectspecs/:endpoint", (request, reply) => this.#call(request, reply, this.#objects));
		http.get("/api/server/endpoint", () => endpointsToJson(this.#server));
	}

	async #call(request: FastifyRequest, reply: FastifyReply, operation: Operation): Promise<unknown> {
		const { endpoint, "*": rest = "" } = request.params as { endpoint: string; "*"?: string };
		try {
			const registration = this.#server.client(endpoint);
			if (registration === undefined) throw new HttpRefusal(400, `No registered client with id '${endpoint}'`);
			const levels = rest.split("/").filter((level) => level !== "");
			const query = request.query as Call["query"];
			const body = await operation({ registration, endpoint, levels, query, request, reply });
			return body === undefined ? reply.code(200).send() : body;
		} catch (error) {
			const [status, text] = refusalOf(error);
			return reply.code(status).type("text/plain; charset=UTF-8").send(text);
		}
	}

	readonly #get: Operation = async (call) => {
		const { levels, registration, endpoint, query } = call;
		const { operations } = this.#server;
		if (levels.length === 0) return registrationToJson(registration, this.#server);
		if (isComposite(levels)) return shown(operations.readComposite(endpoint, pathsOf(query), compositeTuning(query)));
		if (levels.at(-1) === "discover") {
			const options = { ...timing(query), ...depth(query) };
			return shown(operations.discover(endpoint, pathOf(levels.slice(0, -1)), options));
		}
		return shown(operations.read(endpoint, pathOf(levels), tuning(query)));
	};

	readonly #put: Operation = async (call) => {
		const { levels, endpoint, query } = call;
		const { operations } = this.#server;
		if (isComposite(levels)) {
			const format = formatOf(query, "nodeformat");
			return shown(operations.writeComposite(endpoint, bodyWrites(call), { ...timing(query), ...format }));
		}
		if (levels.length < 2) throw new HttpRefusal(400, "Invalid path");
		if (levels.at(-1) === "attributes") {
			const path = pathOf(levels.slice(0, -1));
			return shown(operations.writeAttributes(endpoint, path, attributesOf(query, ["timeout", "hold"]), timing(query)));
		}
		const mode = query.replace === undefined || query.replace === "true" ? "replace" : "update";
		const node = bodyNode(call);
		return shown(operations.write(endpoint, pathOf(levels), node, { ...tuning(query), mode }));
	};

	readonly #post: Operation = async (call) => {
		const { levels, endpoint, query } = call;
		const { operations } = this.#server;
		if (isComposite(levels)) {
			if (levels[1] !== "observe") throw new HttpRefusal(400, "Invalid path");
			const attributes = attributesOf(query, ["paths", "pathformat", "nodeformat", "timeout", "hold"]);
			const options = { ...compositeTuning(query), attributes };
			return shown(operations.observeComposite(endpoint, pathsOf(query), options));
		}
		if (levels.length >= 2 && levels.at(-1) === "observe") {
			const options = { ...tuning(query), attributes: attributesOf(query, ["format", "timeout", "hold"]) };
			return shown(operations.observe(endpoint, pathOf(levels.slice(0, -1)), options));
		}
		if (levels.length === 3) {
			return shown(operations.execute(endpoint, pathOf(levels), bodyText(call), timing(query)));
		}
		if (levels.length === 0 || levels.length > 2) throw new HttpRefusal(400, "Invalid path");
		return shown(operations.create(endpoint, pathOf(levels), bodyNode(call), tuning(query)));
	};

	readonly #delete: Operation = async (call) => {
		const { levels, endpoint, query } = call;
		const { operations } = this.#server;
		const how = query.active === undefined ? "passive" : "active";
		if (isComposite(levels)) {
			if (levels[1] !== "observe") throw new HttpRefusal(400, "Invalid path");
			return cancelled(operations.cancelComposite(endpoint, pathsOf(query), how, timing(query)));
		}
		if (levels.length >= 2 && levels.at(-1) === "observe") {
			return cancelled(operations.cancel(endpoint, pathOf(levels.slice(0, -1)), how, timing(query)));
		}
		return shown(operations.delete(endpoint, pathOf(levels), timing(query)));
	};

	readonly #objects: Operation = async ({ registration }) => {
		const ids = [...registration.versions.keys()].sort((a, b) => a - b);
		const objects = ids.map((id) => registration.models.object(id)).filter((object) => object !== undefined);
		return objects.map(objectToJson);
	};
}

async function shown(answer: Promise<Answer>): Promise<unknown> {
	return answerToJson(await answer);
}

/** A passive cancel has no answer: HTTP 200 without a body. */
async function cancelled(answer: Promise<Answer | undefined>): Promise<unknown> {
	const given = await answer;
	return given === undefined ? undefined : answerToJson(given);
}

function isComposite(levels: readonly string[]): boolean {
	return levels[0] === "composite" && levels.length <= 2;
}

function refusalOf(error: unknown): readonly [status: number, text: string] {
	if (error instanceof HttpRefusal) return [error.status, error.message];
	if (error instanceof NodeRefused) return [400, `Invalid request: ${error.message}`];
	if (error instanceof OperationFailure) {
		const [status, prefix] = failures[error.reason];
		return [status, prefix + error.message];
	}
	throw error;
}

function pathOf(levels: readonly string[]): string {
	return `/${levels.join("/")}`;
}

function timing(query: Call["query"]): RequestTuning {
	const seconds = (name: string) => {
		const text = query[name];
		return typeof text === "string" && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
	};
	const timeoutS = seconds("timeout");
	const holdS = seconds("hold");
	return { ...(timeoutS === undefined ? {} : { timeoutS }), ...(holdS === undefined ? {} : { holdS }) };
}

function tuning(query: Call["query"]): FormatTuning {
	return { ...timing(query), ...formatOf(query, "format") };
}

function compositeTuning(query: Call["query"]): CompositeTuning {
	const { format } = formatOf(query, "nodeformat");
	const { format: pathFormat } = formatOf(query, "pathformat");
	return { ...timing(query), format, pathFormat };
}

function formatOf(query: Call["query"], parameter: string): { format?: FormatName } {
	const given = query[parameter];
	const name = typeof given === "string" ? given.toUpperCase() : undefined;
	// A name that Leshan does not know counts as none there; here it is refused, so that a typing error does not
	// test another format unseen.
	if (name !== undefined && !Object.hasOwn(formats, name)) {
		throw new HttpRefusal(400, `Invalid request: unknown format ${name}`);
	}
	return name === undefined ? {} : { format: name as FormatName };
}

function pathsOf({ paths }: Call["query"]): string[] {
	if (typeof paths !== "string" || paths === "") throw new HttpRefusal(400, "Invalid request: no paths are given");
	return paths.split(",");
}

function depth({ depth }: Call["query"]): { depth?: number } {
	return depth === undefined ? {} : { depth: /^\d$/.test(String(depth)) ? Number(depth) : Number.NaN };
}

function attributesOf(query: Call["query"], others: readonly string[]): Attributes {
	const given: Partial<Record<string, number | null>> = {};
	for (const [name, text] of Object.entries(query)) {
		if (others.includes(name)) continue;
		if (!(attributeNames as readonly string[]).includes(name)) {
			throw new HttpRefusal(400, `Invalid attributes: unknown attribute ${name}`);
		}
		const value = text === "" ? null : Number(text);
		if (value !== null && !Number.isFinite(value)) {
			throw new HttpRefusal(400, `Invalid attributes: ${name} can not be ${String(text)}`);
		}
		given[name] = value;
	}
	const { pmin, pmax } = given as Attributes;
	if (typeof pmin === "number" && typeof pmax === "number" && pmin > pmax) {
		throw new HttpRefusal(400, `Invalid request: pmin ${pmin} is greater than pmax ${pmax}`);
	}
	return given as Attributes;
}

function bodyText({ request }: Call): string {
	return request.body instanceof Uint8Array ? Buffer.from(request.body).toString("utf8") : "";
}

/** The NODE of a Write or Create; a text/plain body is a string Resource. */
function bodyNode(call: Call): Node {
	if (mediaType(call) === "text/plain") {
		const id = Number(call.levels.at(-1));
		if (!Number.isInteger(id)) throw new HttpRefusal(400, "Invalid request: path does not end in a Resource");
		return { kind: "singleResource", id, type: "string", value: bodyText(call) };
	}
	return nodeFromJson(bodyJson(call));
}

/** The map of a Write-Composite, path → NODE; null takes a Resource Instance away. */
function bodyWrites(call: Call): Writes {
	const json = bodyJson(call);
	if (typeof json !== "object" || json === null || Array.isArray(json)) {
		throw new HttpRefusal(400, "Invalid request: the body is not a map of paths to nodes");
	}
	return Object.fromEntries(
		Object.entries(json).map(([path, node]) => [path, node === null ? null : nodeFromJson(node)]),
	);
}

function mediaType({ request }: Call): string {
	return (request.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
}

function bodyJson(call: Call): unknown {
	const type = mediaType(call);
	if (type !== "application/json") {
		throw new HttpRefusal(400, `Invalid request: content type ${type === "" ? "null" : type} not supported`);
	}
	try {
		return JSON.parse(bodyText(call));
	} catch (error) {
		throw new HttpRefusal(400, `Invalid request: the body is not JSON: ${(error as Error).message}`);
	}
}
