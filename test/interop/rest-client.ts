import { EventStream } from "./event-stream.ts";
import type { Instance, ObjectNode, RestNode } from "./rest-node.ts";

/** The payload formats by the names of leshan-demo-server's `format` parameter, and one of LwM2M 1.2. */
export type Format = "TEXT" | "OPAQUE" | "CBOR" | "TLV" | "JSON" | "SENML_JSON" | "SENML_CBOR" | "LWM2M_CBOR";

export interface RestLink {
	readonly url: string;
	readonly attributes: Readonly<Record<string, string | null>>;
}

export interface Registration {
	readonly endpoint: string;
	readonly registrationId: string;
	readonly registrationDate: number;
	readonly lastUpdate: number;
	readonly address: string;
	readonly lwM2mVersion: string;
	readonly lifetime: number;
	readonly bindingMode: string;
	readonly rootPath: string;
	readonly objectLinks: readonly RestLink[];
	readonly secure: boolean;
	readonly queuemode: boolean;
	readonly additionalRegistrationAttributes: Readonly<Record<string, string>>;
}

/** What was measured at one time. */
export interface Sample {
	/** Milliseconds since 1970. */
	readonly timestamp: number;
	readonly val: Readonly<Record<string, RestNode | null>>;
}

/** A client's answer to a composite operation. */
export interface CompositeAnswer extends Omit<Answer, "content"> {
	/** By path; null for a path that has no value. */
	readonly content?: Readonly<Record<string, RestNode | null>>;
}

/** A client's answer to one operation. */
export interface Answer {
	/** As in "2.05". */
	readonly code: string;
	/** As the server says it: "CONTENT(205)". */
	readonly status: string;
	readonly success: boolean;
	readonly content?: RestNode;
	/** What a payload with times held, oldest first, where the server tells. */
	readonly series?: readonly Sample[];
	readonly objectLinks?: readonly RestLink[];
	readonly location?: string;
	readonly errormessage?: string;
}

/**
 * The server itself refused: unknown client or path (400), no observation to cancel (404), the client did not answer
 * (504).
 */
export class RestError extends Error {
	readonly httpStatus: number;
	constructor(httpStatus: number, text: string) {
		super(`HTTP ${httpStatus}: ${text}`);
		this.httpStatus = httpStatus;
	}
	override get name() {
		return "RestError";
	}
}

interface Call {
	readonly method: "GET" | "PUT" | "POST" | "DELETE";
	readonly path: string;
	readonly query?: Readonly<Record<string, string | undefined>>;
	readonly body?: string;
	readonly type?: "application/json" | "text/plain";
}

/** How long a client gets to answer the server, and the server to answer us. */
const clientTimeoutS = 10;
const serverTimeoutMs = 20_000;

/** The REST API of leshan-demo-server, which our embedded server and Leshan speak alike. */
export class RestClient {
	readonly #baseUrl: string;

	/** @param baseUrl as in "http://127.0.0.1:8080/api" */
	constructor(baseUrl: string) {
		this.#baseUrl = baseUrl;
	}

	async clients(): Promise<Registration[]> {
		return JSON.parse(await this.#call({ method: "GET", path: "/clients" })) as Registration[];
	}

	/** @returns undefined when no client of that name is registered */
	async client(endpoint: string): Promise<Registration | undefined> {
		try {
			const path = `/clients/${encodeURIComponent(endpoint)}`;
			return JSON.parse(await this.#call({ method: "GET", path })) as Registration;
		} catch (error) {
			if (error instanceof RestError && (error.httpStatus === 400 || error.httpStatus === 404)) return undefined;
			throw error;
		}
	}

	/**
	 * @param endpoint undefined: of all clients; a name adds that client's messages (COAPLOG), where the server has
	 * them
	 */
	events(endpoint?: string): Promise<EventStream> {
		const query = endpoint === undefined ? "" : `?ep=${encodeURIComponent(endpoint)}`;
		return EventStream.open(`${this.#baseUrl}/event${query}`);
	}

	/** Tells the server how a client will prove who it is; the shape is leshan-demo-server's. */
	async secure(info: { readonly endpoint: string; readonly tls: unknown }): Promise<void> {
		const path = "/security/clients/";
		await this.#call({ method: "PUT", path, body: JSON.stringify(info), type: "application/json" });
	}

	/** Takes a client's credentials away. */
	async unsecure(endpoint: string): Promise<void> {
		await this.#call({ method: "DELETE", path: `/security/clients/${encodeURIComponent(endpoint)}` });
	}

	/** What the server shows of itself in DTLS, in DER. */
	async ownKeys(): Promise<{ readonly publicKey: Uint8Array; readonly certificate: Uint8Array }> {
		const { certificate } = JSON.parse(await this.#call({ method: "GET", path: "/security/server" })) as {
			certificate: { b64Der: string; pubkey: { b64Der: string } };
		};
		const bytes = (base64: string) => Uint8Array.from(Buffer.from(base64, "base64"));
		return { publicKey: bytes(certificate.pubkey.b64Der), certificate: bytes(certificate.b64Der) };
	}

	/** The operations on one client. */
	of(endpoint: string): RemoteDevice {
		return new RemoteDevice((call) =>
			this.#call({ ...call, path: `/clients/${encodeURIComponent(endpoint)}${call.path}` }),
		);
	}

	async #call(call: Call): Promise<string> {
		const pairs = Object.entries(call.query ?? {}).filter(([, value]) => value !== undefined);
		// A bare name without "=" matters: it removes an attribute, it asks for an active cancel.
		const query = pairs.map(([name, value]) => (value === "" ? name : `${name}=${encodeURIComponent(value!)}`));
		const response = await fetch(this.#baseUrl + call.path + (query.length > 0 ? `?${query.join("&")}` : ""), {
			method: call.method,
			signal: AbortSignal.timeout(Math.max(serverTimeoutMs, 1000 * Number(call.query?.timeout ?? 0) + 10_000)),
			...(call.body === undefined ? {} : { body: call.body }),
			...(call.type === undefined ? {} : { headers: { "content-type": call.type } }),
		});
		const text = await response.text();
		if (!response.ok) throw new RestError(response.status, text);
		return text;
	}
}

/** Formats that name their paths, and so can carry several. */
export type CompositeFormat = "SENML_JSON" | "SENML_CBOR";

export interface CompositeOptions {
	/** Of the list of paths; SENML_CBOR when left out. */
	readonly pathFormat?: CompositeFormat;
	/** Asked for; SENML_CBOR when left out. */
	readonly nodeFormat?: CompositeFormat;
}

const compositeQuery = (
	paths: readonly string[],
	{ pathFormat = "SENML_CBOR", nodeFormat = "SENML_CBOR" }: CompositeOptions,
) => ({ paths: paths.join(","), pathformat: pathFormat, nodeformat: nodeFormat });

export interface FormatOptions {
	/** Absent: the server asks for no particular format. */
	readonly format?: Format;
}

/** Execute, Create, partial Write, Write-Composite. */
function isLasting({ method, path, query }: Call): boolean {
	if (method === "POST") return !path.endsWith("/observe");
	return method === "PUT" && (path === "/composite" || query?.replace === "false");
}

/** One registered client, as its server sees it. Paths as in "/3/0/1". */
export class RemoteDevice {
	/** How many requests went to it that CoAP does not call idempotent: POST and iPATCH. */
	lastingRequests = 0;
	readonly #call: (call: Call) => Promise<string>;

	constructor(call: (call: Call) => Promise<string>) {
		this.#call = (what) => {
			if (isLasting(what)) this.lastingRequests++;
			return call(what);
		};
	}

	read(path: string, { format }: FormatOptions = {}): Promise<Answer> {
		return this.#operate({ method: "GET", path, query: { format } });
	}

	discover(path: string): Promise<Answer> {
		return this.#operate({ method: "GET", path: `${path}/discover` });
	}

	/** @param options.mode "update" leaves the Resources of an instance alone that are not in `node` */
	/** @param options `timeoutS`: for what goes by many blocks */
	write(
		path: string,
		node: RestNode,
		options: FormatOptions & { readonly mode?: "replace" | "update"; readonly timeoutS?: number } = {},
	) {
		const replace = options.mode === "update" ? "false" : undefined;
		const { timeoutS } = options;
		const query = { format: options.format, replace, ...(timeoutS && { timeout: String(timeoutS) }) };
		return this.#operate({ method: "PUT", path, query, body: JSON.stringify(node), type: "application/json" });
	}

	/** @param attributes as in { pmin: "5", pmax: "" }; "" removes */
	writeAttributes(path: string, attributes: Readonly<Record<string, string>>): Promise<Answer> {
		// The demo server parses the whole query as attributes: no timeout beside them.
		return this.#answer({ method: "PUT", path: `${path}/attributes`, query: attributes });
	}

	execute(path: string, text?: string): Promise<Answer> {
		return this.#operate({ method: "POST", path, ...(text === undefined ? {} : { body: text, type: "text/plain" }) });
	}

	/** @param instance one, with or without an ID, or several as those of an object, where the server offers it */
	create(path: string, instance: Instance | ObjectNode, { format }: FormatOptions = {}): Promise<Answer> {
		const body = JSON.stringify(instance);
		return this.#operate({ method: "POST", path, query: { format }, body, type: "application/json" });
	}

	delete(path: string): Promise<Answer> {
		return this.#operate({ method: "DELETE", path });
	}

	observe(path: string, { format }: FormatOptions = {}): Promise<Answer> {
		return this.#operate({ method: "POST", path: `${path}/observe`, query: { format } });
	}

	/** GET with Observe 1: the client answers with the value. */
	cancelActively(path: string): Promise<Answer> {
		return this.#operate({ method: "DELETE", path: `${path}/observe`, query: { active: "" } });
	}

	/** The server forgets, and answers the next notification with a Reset. */
	async cancelPassively(path: string): Promise<void> {
		await this.#call({ method: "DELETE", path: `${path}/observe` });
	}

	/** @param paths as in ["/3/0/16", "/1"]; "/" is all that there is */
	readComposite(paths: readonly string[], options: CompositeOptions = {}): Promise<CompositeAnswer> {
		return this.#composite({ method: "GET", path: "/composite", query: compositeQuery(paths, options) });
	}

	/** @param nodes by path; null takes a Resource Instance away where the format can say so */
	writeComposite(nodes: Readonly<Record<string, RestNode | null>>, format: CompositeFormat = "SENML_CBOR") {
		const body = JSON.stringify(nodes);
		const query = { nodeformat: format };
		return this.#composite({ method: "PUT", path: "/composite", query, body, type: "application/json" });
	}

	observeComposite(paths: readonly string[], options: CompositeOptions = {}): Promise<CompositeAnswer> {
		return this.#composite({ method: "POST", path: "/composite/observe", query: compositeQuery(paths, options) });
	}

	/** FETCH with Observe 1: the client answers with the values. @param paths in the order of the observation */
	cancelCompositeActively(paths: readonly string[]): Promise<CompositeAnswer> {
		const query = { paths: paths.join(","), active: "" };
		return this.#composite({ method: "DELETE", path: "/composite/observe", query });
	}

	/** The server forgets, and answers the next notification with a Reset. */
	async cancelCompositePassively(paths: readonly string[]): Promise<void> {
		await this.#call({ method: "DELETE", path: "/composite/observe", query: { paths: paths.join(",") } });
	}

	async #composite(call: Call): Promise<CompositeAnswer> {
		return (await this.#operate(call)) as unknown as CompositeAnswer;
	}

	#operate(call: Call): Promise<Answer> {
		return this.#answer({ ...call, query: { timeout: String(clientTimeoutS), ...call.query } });
	}

	async #answer(call: Call): Promise<Answer> {
		const answer = JSON.parse(await this.#call(call)) as Omit<Answer, "code">;
		return { ...answer, code: codeOf(answer.status) };
	}
}

/** "CONTENT(205)" → "2.05". */
function codeOf(status: string): string {
	const digits = /\((\d)(\d\d)\)$/.exec(status);
	if (digits === null) throw new Error(`not a status of a LwM2M answer: ${status}`);
	return `${digits[1]}.${digits[2]}`;
}
