import { Code } from "../coap/code.ts";
import type { Peer, RequestOptions } from "../coap/peer.ts";
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

/**
 * Transport 1.2 §6.4.2, Table 6.4.2-1.
 * @param account Instances of the Bootstrap-Server's account, as links
 */
function bootstrapRequest(
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

/** Which way the Bootstrap-Server is asked, and the request that waits for its response. */
export class BootstrapAsking {
	readonly #options: ClientOptions;
	way: BootstrapWay = "request";
	/** The Bootstrap-Server has no packs for us. */
	#isPackless = false;
	/** 0 for none. */
	#inFlight = 0;

	constructor(options: ClientOptions) {
		this.#options = options;
	}

	/** Begins with the first way. */
	begin(enabler: EnablerVersion): void {
		if (enabler === "1.0") this.way = "plain";
		else this.way = enabler === "1.2" && !this.#isPackless ? "pack" : "request";
	}

	/** @param account Instances of the Bootstrap-Server's account, as links. @throws HostFailure without entropy */
	ask(peer: Peer, account: string, nowMs: number): void {
		this.#inFlight = peer.request(bootstrapRequest(this.way, this.#options, account), nowMs);
	}

	/** Whether it is the request that we wait for; it is not any more. */
	ends(requestId: number): boolean {
		if (requestId !== this.#inFlight) return false;
		this.#inFlight = 0;
		return true;
	}

	abandon(peer: Peer | undefined): void {
		if (this.#inFlight !== 0) peer?.cancel(this.#inFlight);
		this.#inFlight = 0;
	}

	/**
	 * Goes on to the way to ask after the Bootstrap-Server has refused (LwM2M Core 1.2 §6.1.7.7).
	 * @param code of its answer; 0 for an answer that was no good
	 * @returns false where there is none
	 */
	next(code: number): boolean {
		if (this.way === "pack") {
			if (code !== 0) this.#isPackless = true;
			this.way = "request";
			return true;
		}
		// One that does not know `pct` says that the request is bad, or the format.
		const isAboutFormat = code === Code.badRequest || code === Code.unsupportedContentFormat;
		if (this.way !== "request" || !isAboutFormat) return false;
		this.way = "plain";
		return true;
	}
}
