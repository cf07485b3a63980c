import { equalBytes, type Fault, fault } from "../bytes.ts";
import type { Crypto } from "../host.ts";
import type { RecordLayer } from "./record-layer.ts";
import { encodeSession, type PeerIdentity } from "./session.ts";
import { encodeState, resumptionMaxBytes, type SessionState } from "./session-state.ts";
import type { DtlsSettings, Established, Role } from "./settings.ts";

/** Restored twice, a session that saves nothing would use its numbers twice. */
export const STATE_UNRESERVED = fault("dtls.stateUnreserved", "silence", "README, Session state");
export const STATE_OF_OTHERS = fault("dtls.stateOfOthers", "silence", "README, Session state");

/** What `peer` of a state begins with. */
const pskTag = 1;
const pskDigestTag = 2;
const publicKeyTag = 3;
/** A PSK identity of up to so many bytes stands there as it is, so that a server knows its client again. */
const pskPlainMaxBytes = 63;
const nothing = new Uint8Array(0);

/** The state of a session that has just been established, and is numbered by nobody yet. */
export function encodeSessionState(
	role: Role,
	established: Established,
	records: RecordLayer,
	settings: DtlsSettings,
): Uint8Array {
	const { extendedMasterSecret, peer, session, suite } = established;
	const isWanted = settings.statesResumption !== false;
	let resumption = session === undefined || !isWanted ? nothing : encodeSession(session);
	if (resumption.length > resumptionMaxBytes) resumption = nothing;
	return encodeState({
		role,
		suite,
		encryptThenMac: records.encryptThenMac,
		extendedMasterSecret,
		keyBlock: records.keyBlock!,
		ownCid: records.ownCid,
		peerCid: records.peerCid,
		peer: peerForm(settings.crypto, peer),
		sequence: records.sealedSequence,
		received: records.window,
		sealedBytes: records.plaintextBytes,
		openedBytes: records.openedBytes,
		resumption,
	});
}

/** @returns why a state can not be taken up with these settings; undefined: it can */
export function isOwnState(state: SessionState, settings: DtlsSettings, role: Role): Fault | undefined {
	const { crypto, psk, suites } = settings;
	if (state.role !== role || !suites.includes(state.suite)) return STATE_OF_OTHERS;
	const isPsk = state.peer[0] === pskTag || state.peer[0] === pskDigestTag;
	if (role === "client" && isPsk) {
		const isOurs = psk !== undefined && equalBytes(peerForm(crypto, { psk: psk.identity }), state.peer);
		return isOurs ? undefined : STATE_OF_OTHERS;
	}
	return undefined;
}

/** What a state still tells of the peer: a PSK identity that is not too long. */
export function identityOf({ peer }: SessionState): PeerIdentity {
	return peer[0] === pskTag ? { psk: peer.slice(1) } : {};
}

/** Whom we speak with, in 64 bytes at most. */
export function peerForm(crypto: Crypto, { psk, publicKey }: PeerIdentity): Uint8Array {
	if (psk !== undefined && psk.length <= pskPlainMaxBytes) return tagged(pskTag, psk);
	if (psk !== undefined) return tagged(pskDigestTag, digest(crypto, psk));
	return publicKey === undefined ? nothing : tagged(publicKeyTag, digest(crypto, publicKey));
}

function digest(crypto: Crypto, bytes: Uint8Array): Uint8Array {
	const run = crypto.sha256();
	run.update(bytes, 0, bytes.length);
	return run.digest();
}

function tagged(tag: number, bytes: Uint8Array): Uint8Array {
	const form = new Uint8Array(1 + bytes.length);
	form[0] = tag;
	form.set(bytes, 1);
	return form;
}
