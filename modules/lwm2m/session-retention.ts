import { mixed, sumOf } from "./accounts.ts";
import type { ClientOptions } from "./client-options.ts";
import type { KeptServer } from "./client-snapshot.ts";
import type { Since } from "./observed-retention.ts";
import type { KeptRegistration } from "./registration-state.ts";
import { preparedUri } from "./server-address.ts";
import type { Session } from "./session.ts";

/** What lives on: everything; or attributes and observations alone, so that each boot registers. */
export type Retained = "everything" | "reporting";

/** How long ago a state was taken, and whether nothing was done since. */
export type Elapsed = Omit<Since, "isLive">;

/** What came of a server's state. */
export interface Restored {
	/** "kept": nothing needs to be said. "doubtful": an Update asks first. "none": it is registered with anew. */
	readonly registration: "kept" | "doubtful" | "none";
	/** Whether there is a secure session without a handshake; undefined for a server without security. */
	readonly session: boolean | undefined;
}

/** A number that is another one when the server, our keys for it or our name are. It is kept over restarts. */
export function identityOf({ fingerprint }: Session, { endpointName }: Pick<ClientOptions, "endpointName">): number {
	return mixed(fingerprint, sumOf(endpointName));
}

/** @returns what of this session outlives a reset, as it is now */
export function exportSession(session: Session, what: Retained, identity: number, nowMs: number): KeptServer {
	const { shortServerId, state, peer, awake } = session;
	const reporting = session.reporting.export(nowMs);
	const isWhole = what === "everything";
	return {
		shortServerId,
		fingerprint: identity,
		registration: isWhole && session.isRegistered ? exportRegistration(session, nowMs) : undefined,
		attempts: isWhole && state === "waiting" ? session.attempts.export(nowMs) : undefined,
		messages: isWhole ? peer.export(nowMs) : undefined,
		habit: isWhole ? awake?.habit : undefined,
		sends: isWhole ? session.reporting.exportSends(nowMs) : [],
		reporting,
	};
}

/** Takes a session that has just been started to where it was. @param kept of the same identity */
export function restoreSession(session: Session, kept: KeptServer, since: Elapsed, nowMs: number): Restored {
	const { peer, awake } = session;
	const agoMs = since.agoMs ?? 0;
	if (kept.messages !== undefined) peer.restore(kept.messages, agoMs, since.isExact, nowMs);
	if (awake !== undefined && kept.habit !== undefined) awake.habit = kept.habit;
	const registration =
		kept.registration === undefined ? "none" : restoreRegistration(session, kept.registration, since, nowMs);
	// Whoever was reset in the midst of talking is still called on.
	if (registration !== "none" && !since.isExact) awake?.said(nowMs);
	session.reporting.import(kept.reporting, { ...since, isLive: registration !== "none" }, nowMs);
	session.reporting.importSends(kept.sends, agoMs, nowMs);
	// A boot that nobody planned tries at once.
	if (registration === "none" && since.isExact && kept.attempts !== undefined && session.state === "waiting") {
		session.attempts.restore(kept.attempts, agoMs, nowMs);
	}
	return { registration, session: session.isSecured };
}

function exportRegistration({ registration }: Session, nowMs: number): KeptRegistration {
	const { request, where, isDoubtful, isTriggered, state } = registration;
	const { updateAtMs, expiresAtMs } = registration.registration;
	return {
		location: request.location,
		enabler: request.enabler,
		host: where.address.host,
		digest: request.hasNews ? 0 : request.digest,
		updateInMs: updateAtMs - nowMs,
		expiresInMs: expiresAtMs - nowMs,
		isTriggered: isDoubtful || isTriggered || state === "updating",
	};
}

function restoreRegistration(
	session: Session,
	{ location, enabler, host, digest, updateInMs, expiresInMs, isTriggered }: KeptRegistration,
	{ agoMs, isExact }: Elapsed,
	nowMs: number,
): Restored["registration"] {
	const { account, registration } = session;
	if (session.state !== "waiting" || registration.isSilent) return "none";
	const uri = preparedUri(account, undefined, session);
	if ("code" in uri || !registration.request.restore(location, enabler, digest)) return "none";
	const isOver = agoMs !== undefined && agoMs >= expiresInMs;
	// Updates since an inexact state are not in it; and without a secure session the server may have forgotten all.
	const isDoubtful = agoMs === undefined || session.isSecured === false || (isOver && !isExact);
	registration.where.restore(uri, host);
	const atMs = nowMs - (agoMs ?? 0);
	const { lifetimeMs } = registration.request;
	if (isDoubtful) registration.registration.restore(Infinity, Infinity, lifetimeMs);
	else registration.registration.restore(atMs + updateInMs, atMs + expiresInMs, lifetimeMs);
	session.agreed(enabler);
	if (isDoubtful) registration.doubt();
	else if (isTriggered) registration.trigger(undefined);
	return isDoubtful ? "doubtful" : "kept";
}
