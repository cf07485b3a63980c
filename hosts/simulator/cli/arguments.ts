import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";
import { utf8Size } from "../../../modules/bytes.ts";
import { readServerUri } from "../../../modules/lwm2m/server-uri.ts";
import { type BoardName, boardNames, isBoardName } from "../board/presets.ts";

/** Used in a wrong way; the message says what to do. The command ends with status 2. */
export class WrongUsage extends Error {
	override get name() {
		return "WrongUsage";
	}
}

const unitsMs: Readonly<Record<string, number>> = Object.freeze({
	ms: 1,
	s: 1000,
	m: 60_000,
	min: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 7 * 86_400_000,
	y: 365 * 86_400_000,
});
const longestMs = 100 * 365 * 86_400_000;

/** "500ms", "90s", "24h", "7d" as milliseconds. */
export function readDuration(text: string): number {
	const [, count, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text) ?? [];
	const unitMs = unit === undefined ? undefined : unitsMs[unit];
	const durationMs = Math.round(Number(count) * (unitMs ?? Number.NaN));
	if (!(durationMs >= 1)) {
		throw new InvalidArgumentError("Say a time with its unit: 500ms, 90s, 10m, 24h, 7d, 1y.");
	}
	if (durationMs > longestMs) throw new InvalidArgumentError("A hundred years (100y) is the longest.");
	return durationMs;
}

export function readBoard(text: string): BoardName {
	if (!isBoardName(text)) throw new InvalidArgumentError(`Choose one of ${boardNames.join(", ")}.`);
	return text;
}

export function readEnabler(text: string): "1.0" | "1.1" | "1.2" {
	if (text !== "1.0" && text !== "1.1" && text !== "1.2") throw new InvalidArgumentError("Choose 1.0, 1.1 or 1.2.");
	return text;
}

/** An integer without sign; @throws InvalidArgumentError naming the range */
function readInteger(text: string, from: number, to: number): number {
	const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(number >= from && number <= to)) throw new InvalidArgumentError(`Give a whole number from ${from} to ${to}.`);
	return number;
}

/** A port to listen on; 0 lets the system choose. */
export const readPort = (text: string) => readInteger(text, 0, 65535);

export const readSeed = (text: string) => readInteger(text, 0, Number.MAX_SAFE_INTEGER);

/** An image's security counter. */
export const readCounter = (text: string) => readInteger(text, 0, 0xffffffff);

/** Seconds: resource 1/x/1 and the query "lt" of Register (LwM2M Core §6.2.1). */
export const readLifetime = (text: string) => readInteger(text, 1, 0x7fffffff);

/** An Endpoint Client Name: goes as "ep=…" into one Uri-Query option of at most 255 bytes (RFC 7252 §5.10). */
export function readEndpoint(text: string): string {
	if (text === "" || utf8Size(text) > 252) throw new InvalidArgumentError("Give a name of 1 to 252 bytes.");
	if (/[\u0000-\u001f\u007f]/.test(text)) throw new InvalidArgumentError("Control characters can not be in a name.");
	return text;
}

/**
 * coap://host[:port] or coaps://… with a name, an IPv4 literal, or an IPv6 literal in brackets. @returns it with its
 * port written out
 */
export function readServerOption(text: string): string {
	const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
	if (scheme === "coap+tcp" || scheme === "coaps+tcp") {
		throw new InvalidArgumentError("CoAP over TCP is not there yet; use coap://host:port or coaps://host:port.");
	}
	const uri = readServerUri(text); // the device's own reader, so that the device will not refuse what passes here
	if ("code" in uri || (uri.host.includes(":") && isIP(uri.host) !== 6)) {
		throw new InvalidArgumentError(
			"Write it as coap://host:port or coaps://host:port, an IPv6 address in brackets: coap://[::1]:5683.",
		);
	}
	return `${uri.scheme}://${uri.host.includes(":") ? `[${uri.host}]` : uri.host}:${uri.port}`;
}

/** The same, or "own". */
export function readBootstrapOption(text: string): string {
	return text === "own" ? text : readServerOption(text);
}

/** Seconds: resource 0/x/11. */
export const readHoldOff = (text: string) => readInteger(text, 0, 0x7fffffff);

/** One more --server; the board registers with each. @returns all of them so far */
export function readServerOptions(text: string, before: string | readonly string[] = []): readonly string[] {
	return [...serversOf(before), readServerOption(text)];
}

/** The servers that a command line names. */
export function serversOf(server: string | readonly string[] | undefined): readonly string[] {
	if (server === undefined) return [];
	return typeof server === "string" ? [server] : server;
}
