import { type Fault, fault } from "../bytes.ts";
import type { KeptMessage } from "../coap/deduplication.ts";
import type { KeptMessages } from "../coap/peer.ts";
import { frozen } from "../frozen.ts";
import type { AskingHabit } from "../sleep/awake-window.ts";
import { StateReader, StateWriter } from "../sleep/state-codec.ts";
import type { KeptAppointment } from "./agenda.ts";
import type { KeptAttempts } from "./attempts.ts";
import type { ClientLimits } from "./limits.ts";
import {
	type KeptRegistration,
	readAttempts,
	readRegistration,
	writeAttempts,
	writeRegistration,
} from "./registration-state.ts";
import { type KeptReporting, readReporting, writeReporting } from "./reporting-state.ts";
import { type KeptSend, readSends, writeSends } from "./send-state.ts";

/** One server, as it outlives a reset. Its secure session is not in here: that has a home of its own. */
export interface KeptServer {
	readonly shortServerId: number;
	/** Another number says that the server is another one, or who we are to it. */
	readonly fingerprint: number;
	readonly registration: KeptRegistration | undefined;
	/** Of a server that we are not registered with. */
	readonly attempts: KeptAttempts | undefined;
	readonly messages: KeptMessages | undefined;
	readonly habit: AskingHabit | undefined;
	/** Those that wait. */
	readonly sends: readonly KeptSend[];
	readonly reporting: KeptReporting;
}

/** A client, as it outlives a reset. */
export interface Snapshot {
	/** Grows with each one: the greater is the newer. */
	readonly generation: number;
	/** Taken right before a deep sleep: nothing has been done since. */
	readonly isExact: boolean;
	/** When it was taken: of Clock.nowMs(), and of the wall clock where that was set. */
	readonly atMs: number;
	readonly wallTimeS: number | undefined;
	/** Of our socket: servers without Connection IDs know us by it. */
	readonly localPort: number;
	readonly samplings: readonly KeptAppointment[];
	readonly servers: readonly KeptServer[];
}

const version = 1;
const flag = frozen({ registration: 1, attempts: 2, messages: 4, habit: 8, sends: 16 });
/** What of an answer is kept: those to what must not be executed twice are short. */
const replyBytesMax = 64;

const noSends: readonly KeptSend[] = frozen([]);

const unknownVersion = fault("snapshot.version", "silence", "modules/sleep/FORMAT.md");
const malformed = fault("snapshot.malformed", "silence", "modules/sleep/FORMAT.md");

/** modules/sleep/FORMAT.md has every byte. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
	const out = new StateWriter();
	const { samplings, servers } = snapshot;
	out.u8(version);
	out.number(snapshot.generation);
	out.u8(snapshot.isExact ? 1 : 0);
	out.number(snapshot.atMs);
	out.maybe(snapshot.wallTimeS);
	out.number(snapshot.localPort);
	out.number(samplings.length);
	for (let at = 0; at < samplings.length; at++) {
		const { objectId, instanceId, inMs } = samplings[at]!;
		out.number(objectId);
		out.number(instanceId);
		out.number(Math.max(0, inMs));
	}
	out.number(servers.length);
	for (let at = 0; at < servers.length; at++) {
		const begun = out.begin();
		writeServer(out, servers[at]!);
		out.end(begun);
	}
	return out.finish();
}

/**
 * Reads what encodeSnapshot() wrote; the bytes may be of another image, or anything. Never throws.
 * @returns the snapshot, without servers whose part makes no sense, or why there is none
 */
export function decodeSnapshot(bytes: Uint8Array, limits: ClientLimits): Snapshot | Fault {
	const from = new StateReader(bytes);
	if (from.u8() !== version) return unknownVersion;
	const generation = from.number(0xffff_ffff);
	const exact = from.u8();
	const atMs = from.number();
	const wallTimeS = from.maybe();
	const localPort = from.number(0xffff);
	const samplings: KeptAppointment[] = [];
	const samplingCount = from.number(limits.appointments);
	for (let at = 0; at < samplingCount && from.isGood; at++) {
		samplings.push({ objectId: from.number(0xfffe), instanceId: from.number(0xfffe), inMs: from.number() });
	}
	const servers: KeptServer[] = [];
	const serverCount = from.number(limits.servers);
	for (let at = 0; at < serverCount && from.isGood; at++) {
		const part = from.part();
		const server = readServer(part, limits);
		if (part.isGood && part.isAtEnd) servers.push(server);
	}
	if (!from.isGood || !from.isAtEnd || exact > 1) return malformed;
	return { generation, isExact: exact === 1, atMs, wallTimeS, localPort, samplings, servers };
}

function writeServer(out: StateWriter, server: KeptServer): void {
	const { registration, attempts, messages, habit, sends } = server;
	out.number(server.shortServerId);
	out.u32(server.fingerprint);
	out.u8(
		(registration === undefined ? 0 : flag.registration) |
			(attempts === undefined ? 0 : flag.attempts) |
			(messages === undefined ? 0 : flag.messages) |
			(habit === undefined ? 0 : flag.habit) |
			(sends.length === 0 ? 0 : flag.sends),
	);
	if (registration !== undefined) writeRegistration(out, registration);
	if (attempts !== undefined) writeAttempts(out, attempts);
	if (messages !== undefined) writeMessages(out, messages);
	if (habit !== undefined) {
		out.u8(habit.seen);
		out.number(habit.longestMs);
		out.u8(habit.windows);
	}
	if (sends.length > 0) writeSends(out, sends);
	writeReporting(out, server.reporting);
}

function readServer(from: StateReader, limits: ClientLimits): KeptServer {
	const shortServerId = from.number(0xffff);
	const fingerprint = from.u32() | 0;
	const flags = from.u8();
	if (flags > 31) from.isGood = false;
	return {
		shortServerId,
		fingerprint,
		registration: (flags & flag.registration) === 0 ? undefined : readRegistration(from, limits),
		attempts: (flags & flag.attempts) === 0 ? undefined : readAttempts(from),
		messages: (flags & flag.messages) === 0 ? undefined : readMessages(from),
		habit: (flags & flag.habit) === 0 ? undefined : { seen: from.u8(), longestMs: from.number(), windows: from.u8() },
		sends: (flags & flag.sends) === 0 ? noSends : readSends(from, limits),
		reporting: readReporting(from, limits),
	};
}

/** Next Message ID (2) and whether the empty token is free, then what must not be executed twice. */
function writeMessages(out: StateWriter, { nextMessageId, isEmptyTokenFree, heard }: KeptMessages): void {
	out.u8(nextMessageId >> 8);
	out.u8(nextMessageId);
	out.number(heard.length * 2 + (isEmptyTokenFree ? 1 : 0));
	for (let at = 0; at < heard.length; at++) {
		const { messageId, expiresInMs, reply } = heard[at]!;
		out.u8(messageId >> 8);
		out.u8(messageId);
		out.number(expiresInMs);
		out.bytes(reply === undefined || reply.length > replyBytesMax ? new Uint8Array(0) : reply);
	}
}

/** As many as a peer remembers. */
const heardMax = 255;

function readMessages(from: StateReader): KeptMessages {
	const nextMessageId = from.u8() * 256 + from.u8();
	const count = from.number(heardMax * 2 + 1);
	const heard: KeptMessage[] = [];
	for (let at = 0; at < count >> 1 && from.isGood; at++) {
		const messageId = from.u8() * 256 + from.u8();
		const expiresInMs = from.number();
		const reply = from.bytes(replyBytesMax);
		heard.push({ messageId, expiresInMs, reply: reply.length === 0 ? undefined : reply });
	}
	return { nextMessageId, isEmptyTokenFree: count % 2 === 1, heard };
}
