import { type Fault, fault, lowerCase } from "../bytes.ts";

/** Where an LwM2M Server is (RFC 7252 §6.1, LwM2M Security Object Resource 0). */
export interface ServerUri {
	readonly scheme: "coap" | "coaps";
	/** A name or an address literal; an IPv6 literal without its brackets. */
	readonly host: string;
	readonly port: number;
}

const malformed = fault("uri.malformed", "silence", "RFC 7252 §6.1");
const otherScheme = fault("uri.scheme", "silence", "RFC 7252 §6.1");

/**
 * Reads "coap://host[:port]", also with a final slash. A path or query has no meaning for an LwM2M Server and is
 * refused.
 */
export function readServerUri(text: string): ServerUri | Fault {
	const colon = text.indexOf("://");
	if (colon < 0) return malformed;
	const scheme = lowerCase(text.slice(0, colon));
	if (scheme !== "coap" && scheme !== "coaps") return otherScheme;
	let authority = text.slice(colon + 3);
	if (authority.endsWith("/")) authority = authority.slice(0, -1);
	let host = authority;
	let rest = "";
	if (authority.startsWith("[")) {
		const close = authority.indexOf("]");
		if (close < 0) return malformed;
		host = authority.slice(1, close);
		rest = authority.slice(close + 1);
		if (!consistsOf(host, "0123456789abcdefABCDEF:.") || host.indexOf(":") < 0) return malformed;
	} else {
		const portAt = authority.indexOf(":");
		if (portAt >= 0) {
			host = authority.slice(0, portAt);
			rest = authority.slice(portAt);
		}
		if (!consistsOf(host, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._")) return malformed;
	}
	const port = rest === "" ? (scheme === "coap" ? 5683 : 5684) : readPort(rest);
	return port < 1 || port > 65535 ? malformed : { scheme, host, port };
}

/** @param text ":5683" @returns -1 when it is not that */
function readPort(text: string): number {
	const digits = text.slice(1);
	return text.startsWith(":") && digits.length <= 5 && consistsOf(digits, "0123456789") ? Number(digits) : -1;
}

function consistsOf(text: string, characters: string): boolean {
	if (text.length === 0 || text.length > 255) return false;
	for (const character of text) if (characters.indexOf(character) < 0) return false;
	return true;
}
