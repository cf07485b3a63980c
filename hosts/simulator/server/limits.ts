/** What the embedded server holds at once, and what it does when that is full. */
export interface ServerLimits {
	/** Registered clients; a Register beyond is answered 5.03. */
	readonly clients: number;
	/**
	 * Addresses spoken with; beyond, the one silent for longest and without a registration is forgotten, else the
	 * newcomer is not heard.
	 */
	readonly peers: number;
	/**
	 * An address without a registration is forgotten after so long: EXCHANGE_LIFETIME (RFC 7252 §4.8.2), so that no
	 * duplicate is taken for new.
	 */
	readonly strangerIdleMs: number;
	/**
	 * Size of an endpoint client name, in bytes of UTF-8; longer ones are answered 4.00. A Uri-Query holds no more
	 * than 252 behind "ep=".
	 */
	readonly endpointBytes: number;
	/** Links of an object list; longer lists are answered 4.00. */
	readonly links: number;
	/** Registration parameters that LwM2M does not name; more are answered 4.00. */
	readonly additionalAttributes: number;
	/** Endpoints with credentials; a PUT beyond is answered 400. */
	readonly credentials: number;
	/** Endpoints with a bootstrap configuration; a PUT beyond is answered 400. */
	readonly configurations: number;
	/** Profiles that are known; beyond, the one used longest ago is forgotten. */
	readonly profiles: number;
	/** DTLS sessions and handshakes at once; beyond, the one silent for longest goes. */
	readonly sessions: number;
	/** Observations of one client; an Observe beyond is refused here. */
	readonly observations: number;
	/** Requests that wait for one client; beyond, new ones are refused here. */
	readonly requests: number;
	/** Paths of one composite operation; more are refused here. */
	readonly compositePaths: number;
	/** Size of a Register's, Send's or notification's body put together from blocks. */
	readonly bodyBytes: number;
	/** Event streams open at once; beyond, HTTP 503. */
	readonly eventStreams: number;
	/** Bytes that an event stream's slow reader may leave lying; beyond, the stream is closed. */
	readonly eventBacklogBytes: number;
	/** Size of an HTTP request's body; beyond, HTTP 413. */
	readonly httpBodyBytes: number;
}

export const defaultLimits: ServerLimits = Object.freeze({
	clients: 10_000,
	peers: 12_000,
	strangerIdleMs: 247_000,
	endpointBytes: 252,
	links: 1024,
	additionalAttributes: 32,
	credentials: 10_000,
	configurations: 10_000,
	profiles: 1000,
	sessions: 12_000,
	observations: 256,
	requests: 256,
	compositePaths: 256,
	bodyBytes: 65_536,
	eventStreams: 256,
	eventBacklogBytes: 1_048_576,
	httpBodyBytes: 4_194_304, // a firmware image of 2 MB in hexadecimal digits
});
