import { Code } from "../../../../modules/coap/code.ts";
import type { Request } from "../../../../modules/coap/peer.ts";
import { type FormatName, formats } from "../formats/codec.ts";
import { badRequest, Refusal } from "../refusal.ts";
import { bootstrapFormats } from "./configuration.ts";

/** The parameters of a Bootstrap-Request or Bootstrap-Pack-Request (Transport 1.2 Table 6.4.2-1). */
export interface BootstrapParameters {
	/** Absent: the client is called what it has proved to be. */
	readonly endpoint: string | undefined;
	/** What the client prefers to be written to in. */
	readonly format: FormatName | undefined;
	/** The client's Security Instance of this server, where a Bootstrap-Pack-Request says so. */
	readonly account: number | undefined;
	readonly additional: ReadonlyMap<string, string>;
}

/** Parameters that LwM2M does not name; more are answered 4.00. */
const additionalMax = 32;

/** @throws Refusal 4.00 for parameters that are none, 4.15 for a format that is none of the four */
export function readBootstrapRequest({ query }: Request, endpointBytes: number): BootstrapParameters {
	const named = new Map<string, string>();
	for (const parameter of query) {
		const equals = parameter.indexOf("=");
		const name = equals < 0 ? parameter : parameter.slice(0, equals);
		if (named.has(name)) badRequest(`parameter ${name} is there twice`);
		named.set(name, equals < 0 ? "" : parameter.slice(equals + 1));
	}
	const endpoint = named.get("ep");
	if (endpoint === "" || Buffer.byteLength(endpoint ?? "") > endpointBytes) {
		badRequest("the endpoint client name (ep) is empty or too long");
	}
	const preferred = named.get("pct");
	const account = named.get("acc");
	for (const name of ["ep", "pct", "acc"]) named.delete(name);
	if (named.size > additionalMax) badRequest("too many parameters");
	return {
		endpoint,
		format: preferred === undefined ? undefined : readPreferred(preferred),
		account: account !== undefined && /^\d{1,5}$/.test(account) ? Number(account) : undefined,
		additional: named,
	};
}

function readPreferred(text: string): FormatName {
	if (!/^\d{1,5}$/.test(text)) return badRequest(`the preferred content format (pct) is no number: ${text}`);
	const found = bootstrapFormats.find((name) => formats[name] === Number(text));
	if (found !== undefined) return found;
	throw new Refusal(Code.unsupportedContentFormat, `content format ${text} is none to bootstrap in`);
}

const packFormats: readonly FormatName[] = ["SENML_CBOR", "SENML_JSON", "LWM2M_CBOR"];

/** The format of a Bootstrap-Pack. @throws Refusal 4.06 */
export function packFormat(accept: number | undefined): FormatName {
	const found = accept === undefined ? "SENML_CBOR" : packFormats.find((name) => formats[name] === accept);
	if (found !== undefined) return found;
	throw new Refusal(Code.notAcceptable, `a Bootstrap-Pack is not written in content format ${accept}`);
}
