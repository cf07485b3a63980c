import type { Session } from "./session.ts";

/**
 * Until when the radio has to hear a server: Infinity while something is under way, or where it may call at any time;
 * -Infinity where it will not.
 */
export function radioUntil({ awake, registration, peer, isRegistered }: Session): number {
	if (registration.isSilent) return -Infinity;
	if (!registration.isAtRest || !peer.isAtRest) return Infinity;
	if (!isRegistered) return -Infinity;
	return registration.isQueued && awake !== undefined ? awake.endMs : Infinity;
}
