import type { Peer } from "../coap/peer.ts";
import type { AwakeWindow } from "../sleep/awake-window.ts";
import type { RegistrationInterface } from "./registration-interface.ts";

/** What of a session says whether anything may come to it. */
interface Hearing {
	readonly awake: AwakeWindow | undefined;
	readonly registration: Pick<RegistrationInterface, "isAtRest" | "isQueued" | "isSilent">;
	readonly peer: Pick<Peer, "isAtRest">;
	readonly isRegistered: boolean;
}

/**
 * Until when the radio has to hear a server: Infinity while something is under way, or where it may call at any time;
 * -Infinity where it will not.
 */
export function radioUntil({ awake, registration, peer, isRegistered }: Hearing): number {
	if (registration.isSilent) return -Infinity;
	if (!registration.isAtRest || !peer.isAtRest) return Infinity;
	if (!isRegistered) return -Infinity;
	return registration.isQueued && awake !== undefined ? awake.endMs : Infinity;
}
