import { Code } from "../coap/code.ts";
import type { RequestOptions } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import { frozen } from "../frozen.ts";
import type { ClientOptions } from "./client-options.ts";
import type { EnablerVersion } from "./facts.ts";

/** How to ask: Bootstrap-Pack-Request, Bootstrap-Request, and that as 1.0 has it, without a format. */
export type BootstrapWay = "pack" | "request" | "plain";

/** What we would rather be told in, best first (LwM2M Core 1.2 §6.1.7.1); a Bootstrap-Pack is never in TLV. */
const preferred: readonly number[] = frozen([
	ContentFormat.senmlCbor,
	ContentFormat.lwm2mCbor,
	ContentFormat.senmlJson,
	ContentFormat.tlv,
]);

/** The first way to ask. @param isPackless the server has said that it has no packs for us */
export function firstWay(enabler: EnablerVersion, isPackless: boolean): BootstrapWay {
	if (enabler === "1.0") return "plain";
	return enabler === "1.2" && !isPackless ? "pack" : "request";
}

/**
 * The way to ask after the Bootstrap-Server has refused (LwM2M Core 1.2 §6.1.7.7); undefined: there is none.
 * @param code of its answer; 0 for an answer that was no good
 */
export function nextWay(way: BootstrapWay, code: number): BootstrapWay | undefined {
	if (way === "pack") return "request";
	// One that does not know `pct` says that the request is bad, or the format.
	const isAboutFormat = code === Code.badRequest || code === Code.unsupportedContentFormat;
	return way === "request" && isAboutFormat ? "plain" : undefined;
}

/**
 * Transport 1.2 §6.4.2, Table 6.4.2-1.
 * @param account Instances of the Bootstrap-Server's account, as links
 */
export function bootstrapRequest(
	way: BootstrapWay,
	{ endpointName, formats }: ClientOptions,
	account: string,
): RequestOptions {
	const query = [`ep=${endpointName}`];
	const format = preferred.find((each) => formats.isReadable(each));
	if (way === "pack") {
		query.push(`acc=${account}`);
		return { code: Code.get, path: ["bspack"], query, ...(format === undefined ? {} : { accept: format }) };
	}
	if (way === "request" && format !== undefined) query.push(`pct=${format}`);
	return { code: Code.post, path: ["bs"], query };
}
