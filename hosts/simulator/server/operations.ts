import { Code, isSuccess } from "../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import { type Answer, errorOf, invalid, plainAnswer, understood, unexpected, writable } from "./answer.ts";
import { type Attributes, attributeQuery } from "./attributes.ts";
import { Composites, type CompositeTuning, type Writes } from "./composites.ts";
import { Exchanges, type ExchangesOptions, type RequestTuning } from "./exchanges.ts";
import { type FormatName, formats, readContent, writePayload } from "./formats/codec.ts";
import { readLinks } from "./formats/link.ts";
import type { Node } from "./node.ts";
import { checkLevel, checkTypes } from "./node-check.ts";
import type { Path } from "./path.ts";
import type { Registration } from "./registration.ts";

export type { Answer } from "./answer.ts";
export type { Attributes } from "./attributes.ts";

export interface FormatTuning extends RequestTuning {
	readonly format?: FormatName | undefined;
}

export interface WriteTuning extends FormatTuning {
	/** "replace" is PUT, and the default; "update" is POST, a partial update. */
	readonly mode?: "replace" | "update";
}

export interface DiscoverTuning extends RequestTuning {
	/** How many levels below the path are told (Core 1.2 §6.3.2), 0 to 3; absent: the client's default. */
	readonly depth?: number;
}

export interface ObserveTuning extends FormatTuning {
	/** Attributes of this observation alone (Core 1.2 §6.4.1). */
	readonly attributes?: Attributes;
}

/** A request that is to be as it is: whether a client may be asked that is not looked at. */
export interface RawRequest {
	/** Method: Code.get and so on. */
	readonly code: number;
	/** "/3/0"; the root when absent. Anything, not only paths of LwM2M. */
	readonly path?: string;
	readonly query?: readonly string[];
	readonly contentFormat?: number;
	readonly accept?: number;
	readonly payload?: Uint8Array;
}

interface Target {
	readonly registration: Registration;
	readonly path: Path;
}

/**
 * The Device Management and Information Reporting operations (Core 1.2 §6.3, §6.4), one method each; all answer
 * with a promise, which an OperationFailure rejects where there is no answer of the client's.
 */
export class Operations {
	readonly #exchanges: Exchanges;
	readonly #composites: Composites;

	constructor(options: ExchangesOptions) {
		this.#exchanges = new Exchanges(options);
		this.#composites = new Composites(this.#exchanges);
	}

	async read(endpoint: string, path: string, { format, ...timing }: FormatTuning = {}): Promise<Answer> {
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 4 });
		return this.#content(target, await this.#send(target, { code: Code.get, ...accepting(format) }, timing));
	}

	/** @param node the value to write, of the kind that the path's level has */
	async write(endpoint: string, path: string, node: Node, tuning: WriteTuning = {}): Promise<Answer> {
		const { format = "TLV", mode = "replace", ...timing } = tuning;
		const target = this.#exchanges.target(endpoint, path, { least: 2, most: 4 });
		checkLevel(target.path, node);
		const isSingle = node.kind === "singleResource" || node.kind === "resourceInstance";
		if (mode === "update" && isSingle) invalid(`${path} holds a single value: a partial update is not for it`);
		const payload = encode(target, format, node);
		const code = mode === "replace" ? Code.put : Code.post;
		const options = { code, contentFormat: formats[format], payload };
		return plainAnswer(await this.#send(target, options, timing), Code.changed);
	}

	/** @param args "0,1='text'" (Core 1.1 §6.3.6); "" for none */
	async execute(endpoint: string, path: string, args = "", timing: RequestTuning = {}): Promise<Answer> {
		const target = this.#exchanges.target(endpoint, path, { least: 3, most: 3 });
		if (!/^(\d(='[^'"\\]*')?(,\d(='[^'"\\]*')?)*)?$/.test(args)) invalid(`not a list of arguments: ${args}`);
		const body = args === "" ? {} : { contentFormat: formats.TEXT, payload: new TextEncoder().encode(args) };
		return plainAnswer(await this.#send(target, { code: Code.post, ...body }, timing), Code.changed);
	}

	/**
	 * @param node an Object Instance, without identifier for one that the client chooses, which TLV and LwM2M CBOR can
	 * say; or an Object with several, all with identifiers
	 */
	async create(endpoint: string, path: string, node: Node, tuning: FormatTuning = {}): Promise<Answer> {
		const { format = "TLV", ...timing } = tuning;
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 1 });
		const payload = encode(target, format, created(target.path[0]!, format, node));
		const options = { code: Code.post, contentFormat: formats[format], payload };
		const response = await this.#send(target, options, timing);
		const answer = plainAnswer(response, Code.created);
		const { locationPath } = response;
		return locationPath.length === 0 || !isSuccess(answer.code)
			? answer
			: { ...answer, location: locationPath.join("/") };
	}

	/** @param path an Object Instance; or, in LwM2M 1.2, a Resource Instance (Core 1.2 §6.3.8) */
	async delete(endpoint: string, path: string, timing: RequestTuning = {}): Promise<Answer> {
		const target = this.#exchanges.target(endpoint, path, { least: 2, most: 4 });
		if (target.path.length === 3) invalid(`Invalid path ${path} for this operation`);
		return plainAnswer(await this.#send(target, { code: Code.delete }, timing), Code.deleted);
	}

	async discover(endpoint: string, path: string, { depth, ...timing }: DiscoverTuning = {}): Promise<Answer> {
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 3 });
		if (depth !== undefined && ![0, 1, 2, 3].includes(depth)) invalid(`depth is 0, 1, 2 or 3, not ${depth}`);
		const query = depth === undefined ? {} : { query: [`depth=${depth}`] };
		const response = await this.#send(target, { code: Code.get, accept: formats.LINK, ...query }, timing);
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
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 4 });
		const query = attributeQuery(attributes, [target.path]);
		if (query.length === 0) invalid("no attribute is given");
		return plainAnswer(await this.#send(target, { code: Code.put, query }, tuning), Code.changed);
	}

	/**
	 * Observes; values come as `notification` events from now on, when the client agrees. An earlier observation of
	 * the path gives way.
	 */
	async observe(endpoint: string, path: string, tuning: ObserveTuning = {}): Promise<Answer> {
		const { format, attributes = {}, ...timing } = tuning;
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 4 });
		const query = attributeQuery(attributes, [target.path]);
		const attached = query.length === 0 ? {} : { query };
		const options: RequestOptions = { code: Code.get, observe: 0, ...accepting(format), ...attached };
		const watch = { paths: [target.path], isComposite: false };
		const { registration } = target;
		const response = await this.#exchanges.send(registration, below(target.path, options), timing, watch);
		return this.#content(target, response);
	}

	/**
	 * Ends an observation. "passive" forgets it: the client's next notification is answered with a Reset. "active"
	 * tells the client (GET with Observe 1) and returns what it answers.
	 */
	async cancel(
		endpoint: string,
		path: string,
		how: "passive" | "active",
		tuning: RequestTuning = {},
	): Promise<Answer | undefined> {
		const target = this.#exchanges.target(endpoint, path, { least: 1, most: 4 });
		const watch = { paths: [target.path], isComposite: false };
		const response = await this.#exchanges.cancel(target.registration, watch, how, tuning);
		return response === undefined ? undefined : this.#content(target, response);
	}

	/** Reads what stands at several paths; `nodes` of the answer has them. @param paths the root "/" is one, too */
	readComposite(endpoint: string, paths: readonly string[], tuning: CompositeTuning = {}): Promise<Answer> {
		return this.#composites.read(endpoint, paths, tuning);
	}

	/** Writes at several paths, all or nothing. */
	writeComposite(endpoint: string, writes: Writes, tuning: FormatTuning = {}): Promise<Answer> {
		return this.#composites.write(endpoint, writes, tuning);
	}

	/** Observes several paths; values come as `compositeNotification` events, when the client agrees. */
	observeComposite(endpoint: string, paths: readonly string[], tuning: CompositeTuning = {}): Promise<Answer> {
		return this.#composites.observe(endpoint, paths, tuning);
	}

	/** As cancel. @param paths in the order in which they are observed */
	cancelComposite(
		endpoint: string,
		paths: readonly string[],
		how: "passive" | "active",
		tuning: RequestTuning = {},
	): Promise<Answer | undefined> {
		return this.#composites.cancel(endpoint, paths, how, tuning);
	}

	/** Sends what a caller made itself, right or wrong, and gives the response as it came: for tests. */
	request(endpoint: string, { path = "/", ...options }: RawRequest, tuning: RequestTuning = {}): Promise<Response> {
		const levels = path.split("/").filter((level) => level !== "");
		return this.#exchanges.send(this.#exchanges.registration(endpoint), { ...options, path: levels }, tuning);
	}

	/** A queue-mode client listens: what is held for it goes on its way. */
	wake(endpoint: string): void {
		this.#exchanges.wake(endpoint);
	}

	/** A client is registered no more: what is held for it fails. */
	drop(endpoint: string): void {
		this.#exchanges.drop(endpoint);
	}

	/** How many requests are held for a client that sleeps. */
	held(endpoint: string): number {
		return this.#exchanges.held(endpoint);
	}

	#send({ registration, path }: Target, options: RequestOptions, timing: RequestTuning): Promise<Response> {
		return this.#exchanges.send(registration, below(path, options), timing);
	}

	#content({ registration, path }: Target, response: Response): Answer {
		if (!isSuccess(response.code)) return errorOf(response);
		if (response.code !== Code.content) unexpected(response);
		const { models, rootPath } = registration;
		const context = { path, models, rootPath, nowS: this.#exchanges.nowS() };
		const { node, ...rest } = understood(() => readContent(response.contentFormat, response.payload, context));
		return { code: response.code, content: node, ...rest };
	}
}

function below(path: Path, options: RequestOptions): RequestOptions {
	return { ...options, path: path.map(String) };
}

function accepting(format: FormatName | undefined): { accept?: number } {
	return format === undefined ? {} : { accept: formats[format] };
}

/** What a Create carries: where the format needs it, the Object around the Object Instance. */
function created(objectId: number, format: FormatName, node: Node): Node {
	const isTlv = format === "TLV" || format === "OLD_TLV";
	if (node.kind === "obj") {
		const ids = node.instances.map(({ id }) => id);
		if (node.id !== objectId) invalid(`the node is of Object ${node.id}, not of ${objectId}`);
		if (ids.length === 0) invalid("a Create of no Object Instance");
		if (ids.includes(undefined)) invalid("several Object Instances need their identifiers");
		if (new Set(ids).size < ids.length) invalid("an Object Instance is there twice");
		return node;
	}
	if (node.kind !== "instance") return invalid("a Create carries an Object Instance, or an Object with several");
	const needsName = !isTlv && format !== "LWM2M_CBOR";
	if (node.id === undefined && needsName) invalid(`${format} needs the identifier of the new Object Instance`);
	return isTlv ? node : { kind: "obj", id: objectId, instances: [node] };
}

/** Holds every value to the type that the Object's facts say, then encodes. */
function encode({ registration, path }: Target, format: FormatName, node: Node): Uint8Array {
	const { models, rootPath } = registration;
	const context = { path, models, rootPath };
	checkTypes(node, node.kind === "instance" && path.length === 1 ? [...path, node.id ?? 0] : path, models);
	return writable(() => writePayload(formats[format], node, context, { wrapped: path.length === 1 }));
}
