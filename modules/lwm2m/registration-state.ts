import { frozen } from "../frozen.ts";
import type { StateReader, StateWriter } from "../sleep/state-codec.ts";
import type { KeptAttempts, Wait } from "./attempts.ts";
import type { EnablerVersion } from "./facts.ts";
import type { ClientLimits } from "./limits.ts";

/** A registration that a server has accepted, as it outlives a reset. Times count from the export. */
export interface KeptRegistration {
	readonly location: readonly string[];
	readonly enabler: EnablerVersion;
	/** The server's address, a literal: its name is not looked up again. */
	readonly host: string;
	/** Of what the server knows of us; see RegistrationRequest.digest. */
	readonly digest: number;
	/** Below 0 where it is over; Infinity for never. */
	readonly updateInMs: number;
	readonly expiresInMs: number;
	/** An Update is due at once. */
	readonly isTriggered: boolean;
}

/** The order is in retained memory and on flash: others go to the end. */
const enablers: readonly EnablerVersion[] = frozen(["1.0", "1.1", "1.2"]);
const waits: readonly Wait[] = frozen([
	"turn",
	"delay",
	"again",
	"retry",
	"sequence",
	"decision",
	"bootstrap",
	"series",
	"disabled",
]);
const flag = frozen({ triggered: 4, ipv4: 8 });
/** An IPv6 literal with a zone (RFC 4007 §11) has less. */
const hostMaxBytes = 64;

/** Enabler and flags, host, location, digest, times. */
export function writeRegistration(out: StateWriter, kept: KeptRegistration): void {
	const { location, host } = kept;
	const octets = octetsOf(host);
	const flags = (kept.isTriggered ? flag.triggered : 0) | (octets === undefined ? 0 : flag.ipv4);
	out.u8(enablers.indexOf(kept.enabler) | flags);
	if (octets === undefined) out.text(host);
	else for (let at = 0; at < 4; at++) out.u8(octets[at]!);
	out.number(location.length);
	for (let at = 0; at < location.length; at++) out.text(location[at]!);
	out.u32(kept.digest);
	out.maybe(Math.max(0, kept.updateInMs));
	out.maybe(Math.max(0, kept.expiresInMs));
}

/** Reads what writeRegistration() wrote; whether all was well says `from`. */
export function readRegistration(from: StateReader, limits: ClientLimits): KeptRegistration {
	const flags = from.u8();
	const enabler = enablers[flags & 3];
	if (enabler === undefined || flags > 15) from.isGood = false;
	const host = (flags & flag.ipv4) === 0 ? from.text(hostMaxBytes) : readIpv4(from);
	const count = from.number(limits.locationSegments);
	const location: string[] = [];
	for (let at = 0; at < count; at++) location.push(from.text(limits.locationBytes));
	const digest = from.u32() | 0;
	const updateInMs = from.maybe() ?? Infinity;
	const expiresInMs = from.maybe() ?? Infinity;
	if (count === 0 || host === "") from.isGood = false;
	const isTriggered = (flags & flag.triggered) !== 0;
	return { location, enabler: enabler ?? "1.1", host, digest, updateInMs, expiresInMs, isTriggered };
}

/** What is waited for and flags, then the numbers. */
export function writeAttempts(out: StateWriter, kept: KeptAttempts): void {
	out.u8(waits.indexOf(kept.wait) | (kept.hasLost ? 16 : 0) | (kept.isComplete ? 32 : 0));
	out.number(kept.waitedMs);
	out.number(kept.jitterMs);
	out.number(kept.attempt);
	out.number(kept.sequence);
}

/** Reads what writeAttempts() wrote; whether all was well says `from`. */
export function readAttempts(from: StateReader): KeptAttempts {
	const flags = from.u8();
	const wait = waits[flags & 15];
	if (wait === undefined || flags > 63) from.isGood = false;
	return {
		wait: wait ?? "turn",
		waitedMs: from.number(),
		jitterMs: from.number(),
		attempt: from.number(0xffff_ffff),
		sequence: from.number(0xffff_ffff),
		hasLost: (flags & 16) !== 0,
		isComplete: (flags & 32) !== 0,
	};
}

function readIpv4(from: StateReader): string {
	const octets: number[] = [];
	for (let at = 0; at < 4; at++) octets.push(from.u8());
	return octets.join(".");
}

/** @returns undefined unless it is an IPv4 literal as we would spell it */
function octetsOf(host: string): number[] | undefined {
	const octets = host.split(".").map(Number);
	const isLiteral = octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255 && octet % 1 === 0);
	return isLiteral && octets.join(".") === host ? octets : undefined;
}
