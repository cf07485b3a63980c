import type { BodySource, Content } from "./stream.ts";

/**
 * An answer to a request of theirs, or a notification. It and its payload stay as they are until the last block is
 * out.
 */
export interface ResponseOptions extends Content {
	readonly code: number;
	readonly contentFormat?: number;
	/** One string for each Location-Path option. */
	readonly locationPath?: readonly string[];
	readonly maxAgeS?: number;
	/** Goes by blocks when it is larger than one (RFC 7959 §2.4). */
	readonly payload?: Uint8Array;
	/** The same, made as it goes out; counts before `payload`. It may be read until EXCHANGE_LIFETIME after. */
	readonly source?: BodySource;
	/**
	 * Sequence number (RFC 7641 §4.4), its lowest 24 bits count. In the answer to a registration it starts the
	 * observation.
	 */
	readonly observe?: number;
}
