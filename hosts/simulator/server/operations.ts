import { Code, codeText, isSuccess } from "../../../modules/coap/code.ts";
import type { Failure, RequestOptions, Response } from "../../../modules/coap/peer.ts";
import type { Timekeeper } from "../time.ts";
import { type FormatName, formats, readPayload, writePayload } from "./formats/codec.ts";
import { CodecFailure } from "./formats/codec-failure.ts";
import { type Link, readLinks } from "./formats/link.ts";
import type { ServerLimits } from "./limits.ts";
import { leavesOf, type Node } from "./node.ts";
import type { Observations } from "./observations.ts";
import { type Path, parsePath, pathText } from "./path.ts";
import type { Correspondent, PeerTable } from "./peer-table.ts";
import { OperationFailure } from "./refusal.ts";
import type { Registration } from "./registration.ts";

/** A client's answer, good or bad. */
export interface Answer {
	/** CoAP response code: 0x45 is 2.05. */
	readonly code: number;
	readonly content?: Node;
	readonly links?: readonly Link[];
	/** Of a created Object Instance: "3303/1". */
	readonly location?: string;
	/** The diagnostic payload of an error. */
	readonly message?: string;
}

export interface RequestTuning {
	/** How long to wait for the answer; 5 by default. */
	readonly timeoutS?: number;
}

export interface FormatTuning extends RequestTuning {
	readonly format?: FormatName | undefined;
}

export interface WriteTuning extends FormatTuning {
	/** "replace" is PUT, and the default; "update" is POST, a partial update. */
	readonly mode?: "replace" | "update";
}

/** The attributes of Write-Attributes (Core 1.1 Table 5.1.2-1); null removes one. */
export type Attributes = Readonly<Partial<Record<AttributeName, number | null>>>;
export const attributeNames = ["pmin", "pmax", "gt", "lt", "st", "epmin", "epmax"] as const;
export type AttributeName = (typeof attributeNames)[number];

const defaultTimeoutS = 5;

export interface OperationsOptions {
	readonly time: Timekeeper;
	readonly limits: ServerLimits;
	readonly peers: PeerTable;
	readonly observations: Observations;
	registered(endpoint: string): Registration | undefined;
}

interface Exchanged {
	readonly registration: Registration;
	readonly path: Path;
	readonly response: Response;
}

function invalid(why: string): never {
	throw new OperationFailure("invalidRequest", why);
}

/**
 * The Device Management and Information Reporting operations (Core 1.1 §6.3, §6.4), one method each; all answer
 * with a promise.
 */
export class Operations {
	readonly #options: OperationsOptions;

	constructor(options: OperationsOptions) {
		this.#options = options;
	}

	async read(endpoint: string, path: string, { format, timeoutS }: FormatTuning = {}): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 1, most: 4 });
		return this.#content(await this.#exchange(target, { code: Code.get, ...accepting(format) }, timeoutS));
	}

	/** @param node the value to write, of the kind that the path's level has */
	async write(endpoint: string, path: string, node: Node, tuning: WriteTuning = {}): Promise<Answer> {
		const { format = "TLV", mode = "replace", timeoutS } = tuning;
		const target = this.#target(endpoint, path, { least: 2, most: 4 });
		checkLevel(target.path, node);
		const isSingle = node.kind === "singleResource" || node.kind === "resourceInstance";
		if (mode === "update" && isSingle) invalid(`${path} holds a single value: a partial update is not for it`);
		const payload = encode(target, format, node);
		const code = mode === "replace" ? Code.put : Code.post;
		const options = { code, contentFormat: formats[format], payload };
		return this.#plain(await this.#exchange(target, options, timeoutS), Code.changed);
	}

	/** @param args "0,1='text'" (Core 1.1 §6.3.6); "" for none */
	async execute(endpoint: string, path: string, args = "", { timeoutS }: RequestTuning = {}): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 3, most: 3 });
		if (!/^(\d(='[^'"\\]*')?(,\d(='[^'"\\]*')?)*)?$/.test(args)) invalid(`not a list of arguments: ${args}`);
		const body = args === "" ? {} : { contentFormat: formats.TEXT, payload: new TextEncoder().encode(args) };
		return this.#plain(await this.#exchange(target, { code: Code.post, ...body }, timeoutS), Code.changed);
	}

	/** @param node an Object Instance; without identifier the client chooses one, which TLV alone can say */
	async create(endpoint: string, path: string, node: Node, tuning: FormatTuning = {}): Promise<Answer> {
		const { format = "TLV", timeoutS } = tuning;
		const target = this.#target(endpoint, path, { least: 1, most: 1 });
		if (node.kind !== "instance") return invalid("a Create carries an Object Instance");
		if (node.id === undefined && format !== "TLV") invalid(`${format} needs the identifier of the new Object Instance`);
		const object: Node = { kind: "obj", id: target.path[0]!, instances: [node] };
		const payload = encode(target, format, format === "TLV" ? node : object);
		const options = { code: Code.post, contentFormat: formats[format], payload };
		const exchanged = await this.#exchange(target, options, timeoutS);
		const answer = this.#plain(exchanged, Code.created);
		const { locationPath } = exchanged.response;
		return locationPath.length === 0 || !isSuccess(answer.code)
			? answer
			: { ...answer, location: locationPath.join("/") };
	}

	async delete(endpoint: string, path: string, { timeoutS }: RequestTuning = {}): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 2, most: 2 });
		return this.#plain(await this.#exchange(target, { code: Code.delete }, timeoutS), Code.deleted);
	}

	async discover(endpoint: string, path: string, { timeoutS }: RequestTuning = {}): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 1, most: 3 });
		const exchanged = await this.#exchange(target, { code: Code.get, accept: formats.LINK }, timeoutS);
		const { response } = exchanged;
		if (!isSuccess(response.code)) return errorOf(response);
		if (response.code !== Code.content || response.contentFormat !== formats.LINK) unexpected(response);
		return { code: response.code, links: understood(() => readLinks(response.payload)) };
	}

	async writeAttributes(
		endpoint: string,
		path: string,
		attributes: Attributes,
		tuning: RequestTuning = {},
	): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 1, most: 4 });
		const query = attributeQuery(attributes, target.path);
		return this.#plain(await this.#exchange(target, { code: Code.put, query }, tuning.timeoutS), Code.changed);
	}

	/**
	 * Observes; values come as `notification` events from now on, when the client agrees. An earlier observation of
	 * the path gives way.
	 */
	async observe(endpoint: string, path: string, { format, timeoutS }: FormatTuning = {}): Promise<Answer> {
		const target = this.#target(endpoint, path, { least: 1, most: 4 });
		if (this.#options.observations.isFull(target.registration)) invalid("this client has too many observations");
		const options: RequestOptions = { code: Code.get, observe: 0, ...accepting(format) };
		return this.#content(await this.#exchange(target, options, timeoutS, { isObserve: true }));
	}

	/**
	 * Ends an observation. "passive" forgets it: the client's next notification is answered with a Reset. "active"
	 * tells the client (GET with
	 * Observe 1) and returns what it answers.
	 */
	async cancel(
		endpoint: string,
		path: string,
		how: "passive" | "active",
		tuning: RequestTuning = {},
	): Promise<Answer | undefined> {
		const target = this.#target(endpoint, path, { least: 1, most: 4 });
		const { observations } = this.#options;
		if (how === "passive") {
			observations.forget(target.registration, target.path);
			return undefined;
		}
		const observed = observations.of(target.registration, target.path);
		if (observed === undefined) {
			throw new OperationFailure("notObserved", `no observation of ${path} of client '${endpoint}'`);
		}
		const { accept, requestId } = observed;
		const options: RequestOptions = { code: Code.get, observe: 1, observation: requestId, ...accept };
		const exchanged = this.#exchange(target, options, tuning.timeoutS);
		observations.release(target.registration, target.path); // the peer let go of it with this request
		return this.#content(await exchanged);
	}

	#target(
		endpoint: string,
		text: string,
		levels: { least: number; most: number },
	): { registration: Registration; path: Path } {
		const registration = this.#options.registered(endpoint);
		if (registration === undefined) {
			throw new OperationFailure("notRegistered", `No registered client with id '${endpoint}'`);
		}
		const path = parsePath(text) ?? invalid(`Invalid path: ${text}`);
		if (path.length < levels.least || path.length > levels.most) invalid(`Invalid path ${text} for this operation`);
		return { registration, path };
	}

	#correspondent(registration: Registration): Correspondent {
		const correspondent = this.#options.peers.at(registration.address);
		if (correspondent === undefined)
			throw new OperationFailure("cancelled", "the client's address is not known any more");
		const waiting = correspondent.exchanges.size - this.#options.observations.count(registration);
		if (waiting >= this.#options.limits.requests) invalid("too many requests wait for this client");
		return correspondent;
	}

	/** Sends one request and waits for its response. */
	#exchange(
		{ registration, path }: { registration: Registration; path: Path },
		options: RequestOptions,
		timeoutS = defaultTimeoutS,
		{ isObserve = false } = {},
	): Promise<Exchanged> {
		const { time, peers, observations } = this.#options;
		const correspondent = this.#correspondent(registration);
		const root = registration.rootPath.split("/").filter((level) => level !== "");
		return new Promise((resolve, reject) => {
			const nowMs = time.nowMs();
			const uriPath = [...root, ...path.map(String)];
			const requestId = correspondent.peer.request({ ...options, path: uriPath }, nowMs);
			const stopWaiting = time.at(nowMs + timeoutS * 1000, () => {
				correspondent.exchanges.delete(requestId);
				correspondent.peer.cancel(requestId);
				peers.settle(correspondent, time.nowMs());
				reject(new OperationFailure("timedOut", "Request timeout"));
			});
			correspondent.exchanges.set(requestId, {
				registrationId: registration.id,
				responded: (response) => {
					stopWaiting();
					correspondent.exchanges.delete(requestId);
					if (isObserve) observations.begin({ registration, path, requestId, correspondent, options }, response);
					resolve({ registration, path, response });
				},
				failed: (failure) => {
					stopWaiting();
					reject(failureOf(failure));
				},
			});
			peers.settle(correspondent, nowMs);
		});
	}

	#content({ registration, path, response }: Exchanged): Answer {
		if (!isSuccess(response.code)) return errorOf(response);
		if (response.code !== Code.content) unexpected(response);
		const { models, rootPath } = registration;
		const context = { path, models, rootPath };
		return {
			code: response.code,
			content: understood(() => readPayload(response.contentFormat, response.payload, context)),
		};
	}

	#plain({ response }: Exchanged, expected: number): Answer {
		if (!isSuccess(response.code)) return errorOf(response);
		return response.code === expected ? { code: response.code } : unexpected(response);
	}
}

function accepting(format: FormatName | undefined): { accept?: number } {
	return format === undefined ? {} : { accept: formats[format] };
}

function errorOf({ code, payload }: Response): Answer {
	const message = new TextDecoder().decode(payload);
	return message === "" ? { code } : { code, message };
}

function unexpected({ code, contentFormat }: Response): never {
	const format = contentFormat === undefined ? "no content format" : `content format ${contentFormat}`;
	throw new OperationFailure("invalidResponse", `unexpected response ${codeText(code)} with ${format}`);
}

function understood<T>(decode: () => T): T {
	try {
		return decode();
	} catch (error) {
		if (error instanceof CodecFailure) throw new OperationFailure("invalidResponse", error.message);
		throw error;
	}
}

function failureOf(failure: Failure): OperationFailure {
	switch (failure) {
		case "timedOut":
			return new OperationFailure("timedOut", "Request timeout");
		case "reset":
			return new OperationFailure("rejected", "the client answered with a Reset");
		case "cancelled":
			return new OperationFailure("cancelled", "the request was cancelled");
		default:
			return new OperationFailure("invalidResponse", `the client's response is ${failure}`);
	}
}

/** The kind of node that stands at a level. */
function checkLevel(path: Path, node: Node): void {
	const expected = [["root"], ["obj"], ["instance"], ["singleResource", "multiResource"], ["resourceInstance"]][
		path.length
	]!;
	if (!expected.includes(node.kind)) invalid(`path ${pathText(path)} and a node of kind ${node.kind} do not match`);
}

/** Holds every value to the type that the Object's facts say, then encodes. */
function encode(
	{ registration, path }: { registration: Registration; path: Path },
	format: FormatName,
	node: Node,
): Uint8Array {
	for (const leaf of leavesOf(node, path)) {
		const level = node.kind === "instance" && path.length === 1 ? leaf.path[1]! : leaf.path[2]!;
		const expected = registration.models.resource(path[0]!, level)?.type;
		if (expected !== undefined && expected !== leaf.type) {
			invalid(`Invalid value type for resource ${pathText(leaf.path)}, expected ${expected}, got ${leaf.type}`);
		}
	}
	try {
		const context = { path, models: registration.models, rootPath: registration.rootPath };
		return writePayload(formats[format], node, context, { wrapped: path.length === 1 });
	} catch (error) {
		if (error instanceof CodecFailure) return invalid(error.message);
		throw error;
	}
}

function attributeQuery(attributes: Attributes, path: Path): string[] {
	const query: string[] = [];
	for (const name of attributeNames) {
		const value = attributes[name];
		if (value === undefined) continue;
		const isPeriod = name.includes("pm");
		if (!isPeriod && path.length < 3) invalid(`Attribute ${name} is for Resources, not for ${pathText(path)}`);
		if (value !== null && (!Number.isFinite(value) || (isPeriod && (value < 0 || !Number.isInteger(value))))) {
			invalid(`Attribute ${name} can not be ${value}`);
		}
		query.push(value === null ? name : `${name}=${value}`);
	}
	return query.length > 0 ? query : invalid("no attribute is given");
}
