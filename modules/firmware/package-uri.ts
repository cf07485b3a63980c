import { fromHex, lowerCase, readUtf8, utf8 } from "../bytes.ts";
import { frozen } from "../frozen.ts";

/** Where a package is (RFC 7252 §6.1, §6.2). */
export interface PackageUri {
	/** Lower case: "coap", "coaps", "http", … */
	readonly scheme: string;
	/** A name or an address literal; an IPv6 literal without its brackets. */
	readonly host: string;
	readonly port: number;
	readonly path: readonly string[];
	readonly query: readonly string[];
}

/** Port of each scheme, by its number in Firmware Update Protocol Support (Object 5, Resource 8). */
const schemes: readonly string[] = frozen(["coap", "coaps", "http", "https", "coap+tcp", "coaps+tcp"]);
const ports: readonly number[] = frozen([5683, 5684, 80, 443, 5683, 5684]);

/** The number of a scheme in Resource 8; -1 for a strange one. */
export function protocolOf(scheme: string): number {
	return schemes.indexOf(scheme);
}

/** @returns undefined for what is no absolute URI with a host; a strange scheme has port 0 where none is named */
export function readPackageUri(text: string): PackageUri | undefined {
	const colon = text.indexOf("://");
	if (colon <= 0) return undefined;
	const scheme = lowerCase(text.slice(0, colon));
	const hash = text.indexOf("#");
	if (hash >= 0) return undefined; // RFC 7252 §6.4: no fragment
	const rest = text.slice(colon + 3);
	const queryAt = rest.indexOf("?");
	const hierarchy = queryAt < 0 ? rest : rest.slice(0, queryAt);
	const slash = hierarchy.indexOf("/");
	const authority = slash < 0 ? hierarchy : hierarchy.slice(0, slash);
	const path = slash < 0 || slash === hierarchy.length - 1 ? [] : decoded(hierarchy.slice(slash + 1), "/");
	const query = queryAt < 0 ? [] : decoded(rest.slice(queryAt + 1), "&");
	const close = authority.startsWith("[") ? authority.indexOf("]") : 0;
	const portAt = authority.indexOf(":", Math.max(close, 0));
	const host = close > 0 ? authority.slice(1, close) : portAt < 0 ? authority : authority.slice(0, portAt);
	const port = portAt < 0 ? (ports[protocolOf(scheme)] ?? 0) : portOf(authority.slice(portAt + 1));
	if (close < 0 || host === "" || !isHost(host) || port < 0 || path === undefined || query === undefined)
		return undefined;
	return { scheme, host, port, path, query };
}

function portOf(digits: string): number {
	const port = digits.length > 5 || digits === "" ? -1 : Number(digits);
	return port >= 1 && port <= 65535 ? port : -1;
}

function isHost(text: string): boolean {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_:";
	for (const character of lowerCase(text)) if (allowed.indexOf(character) < 0) return false;
	return true;
}

/** Parts between separators, percent-decoded; undefined where one is no UTF-8 or longer than an option (255 bytes). */
function decoded(text: string, separator: string): string[] | undefined {
	const parts: string[] = [];
	for (const part of text.split(separator)) {
		const bytes = utf8(part);
		let to = 0;
		for (let at = 0; at < bytes.length; at++) {
			let byte = bytes[at]!;
			if (byte === 0x25) {
				const value = fromHex(readUtf8(bytes, at + 1, Math.min(at + 3, bytes.length)) ?? "");
				if (value?.length !== 1) return undefined;
				byte = value[0]!;
				at += 2;
			}
			bytes[to++] = byte;
		}
		const one = to > 255 ? undefined : readUtf8(bytes, 0, to);
		if (one === undefined) return undefined;
		parts.push(one);
	}
	return parts;
}
