import { type Fault, fault } from "../bytes.ts";
import type { RequestListener, RequestOptions } from "../coap/operation.ts";
import type { PackageUri } from "./package-uri.ts";

/** No way to fetch by this protocol: Update Result 9. */
export const NO_PROTOCOL = fault("firmware.protocol", "silence", "LwM2M Core 1.2 Appendix E.6, Resource 8");

/** opening: a download waits, without counting it as a failure. dead: this one will not open any more. */
export type LineState = "opening" | "open" | "dead";

/** A way to one endpoint that has packages: the session with a server of ours, or one of its own. */
export interface Line {
	readonly state: LineState;
	/** As Peer.request; its end is told to the listener that the line was opened with. */
	request(options: RequestOptions, nowMs: number): number;
	cancel(requestId: number): void;
	/** The download is over. */
	close(): void;
}

/** Who has lines. */
export interface Lines {
	/** What a Package URI may begin with, by number (Object 5, Resource 8). */
	readonly protocols: readonly number[];
	/** @returns the Fault why there is none; NO_PROTOCOL for a scheme that is not among `protocols` */
	open(uri: PackageUri, listener: RequestListener, nowMs: number): Line | Fault;
}
