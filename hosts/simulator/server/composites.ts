import { Code, isSuccess } from "../../../modules/coap/code.ts";
import type { RequestOptions, Response } from "../../../modules/coap/peer.ts";
import { type Answer, errorOf, invalid, plainAnswer, understood, unexpected, writable } from "./answer.ts";
import { type Attributes, attributeQuery } from "./attributes.ts";
import type { Exchanges, RequestTuning } from "./exchanges.ts";
import { type Change, type FormatName, formats, readComposite, writeChanges, writePaths } from "./formats/codec.ts";
import type { Node } from "./node.ts";
import { checkLevel, checkTypes } from "./node-check.ts";
import { type Path, parsePath, pathText } from "./path.ts";
import type { Registration } from "./registration.ts";

export interface CompositeTuning extends RequestTuning {
	/** In which the paths are written; SENML_CBOR by default. */
	readonly pathFormat?: FormatName | undefined;
	/** In which the answer is wanted; the client's choice by default. */
	readonly format?: FormatName | undefined;
	/** Of an Observe-Composite: attributes of this observation alone (Core 1.2 §6.4.1). */
	readonly attributes?: Attributes;
}

/** What is to be written, by path: "/1/0/1" → node; null takes a Resource Instance away (SenML-ETCH). */
export type Writes = Readonly<Record<string, Node | null>>;

/** Read-, Write- and Observe-Composite (Core 1.1 §6.3.8, §6.3.9, §6.4.4). */
export class Composites {
	readonly #exchanges: Exchanges;

	constructor(exchanges: Exchanges) {
		this.#exchanges = exchanges;
	}

	async read(endpoint: string, texts: readonly string[], tuning: CompositeTuning): Promise<Answer> {
		const registration = this.#exchanges.registration(endpoint);
		const paths = this.#paths(texts);
		const request = fetchOf(registration, paths, tuning);
		return this.#content(registration, paths, await this.#exchanges.send(registration, request, tuning));
	}

	async write(endpoint: string, writes: Writes, tuning: RequestTuning & { format?: FormatName | undefined }) {
		const { format = "SENML_CBOR", ...timing } = tuning;
		const registration = this.#exchanges.registration(endpoint);
		const texts = Object.keys(writes);
		const changes = this.#paths(texts).map((path, index): Change => [path, writes[texts[index]!]!]);
		for (const [path, node] of changes) if (node !== null) checkChange(path, node, registration);
		const payload = writable(() => writeChanges(formats[format], changes, registration.rootPath));
		const request = { code: Code.ipatch, contentFormat: formats[format], payload };
		return plainAnswer(await this.#exchanges.send(registration, request, timing), Code.changed);
	}

	async observe(endpoint: string, texts: readonly string[], tuning: CompositeTuning): Promise<Answer> {
		const registration = this.#exchanges.registration(endpoint);
		const paths = this.#paths(texts);
		const query = attributeQuery(tuning.attributes ?? {}, paths);
		const attached = query.length === 0 ? {} : { query };
		const request: RequestOptions = { ...fetchOf(registration, paths, tuning), observe: 0, ...attached };
		const watch = { paths, isComposite: true };
		const response = await this.#exchanges.send(registration, request, tuning, watch);
		return this.#content(registration, paths, response);
	}

	async cancel(
		endpoint: string,
		texts: readonly string[],
		how: "passive" | "active",
		tuning: RequestTuning,
	): Promise<Answer | undefined> {
		const registration = this.#exchanges.registration(endpoint);
		const paths = this.#paths(texts);
		const response = await this.#exchanges.cancel(registration, { paths, isComposite: true }, how, tuning);
		return response === undefined ? undefined : this.#content(registration, paths, response);
	}

	#paths(texts: readonly string[]): Path[] {
		const { compositePaths } = this.#exchanges.limits;
		if (texts.length === 0) invalid("a composite operation needs at least one path");
		if (texts.length > compositePaths) invalid(`a composite operation has ${compositePaths} paths at most`);
		const paths = texts.map((text) => parsePath(text) ?? invalid(`Invalid path: ${text}`));
		const given = new Set(paths.map(pathText));
		if (given.size < paths.length) invalid("a path is there twice");
		return paths;
	}

	#content(registration: Registration, paths: readonly Path[], response: Response): Answer {
		if (!isSuccess(response.code)) return errorOf(response);
		if (response.code !== Code.content) unexpected(response);
		const { models, rootPath } = registration;
		const context = { models, rootPath, nowS: this.#exchanges.nowS() };
		const { contentFormat, payload } = response;
		return { code: response.code, ...understood(() => readComposite(contentFormat, payload, paths, context)) };
	}
}

function fetchOf(registration: Registration, paths: readonly Path[], tuning: CompositeTuning): RequestOptions {
	const { pathFormat = "SENML_CBOR", format } = tuning;
	const accept = format === undefined ? {} : { accept: formats[format] };
	const payload = writable(() => writePaths(formats[pathFormat], paths, registration.rootPath));
	return { code: Code.fetch, contentFormat: formats[pathFormat], payload, ...accept };
}

function checkChange(path: Path, node: Node, registration: Registration): void {
	checkLevel(path, node);
	if ("id" in node && node.id !== undefined && node.id !== path.at(-1)) {
		invalid(`the node at ${pathText(path)} says it is ${node.id}`);
	}
	checkTypes(node, path, registration.models);
}
