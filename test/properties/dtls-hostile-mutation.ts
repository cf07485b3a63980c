import { equal, ok } from "node:assert/strict";
import { toHex } from "../../modules/bytes.ts";
import type { Established } from "../../modules/dtls/settings.ts";
import { message } from "./dtls-hostile-forgery.ts";
import type { Cast, World } from "./dtls-hostile-world.ts";

/** One way to change a datagram. */
export interface Mutation {
	readonly name: string;
	/** Of the genuine handshake. */
	readonly index: number;
	/** The first byte that is not as it was, in the datagram. */
	readonly at: number;
	apply(bytes: Uint8Array): Uint8Array;
}

function put(index: number, at: number, name: string, change: (byte: number) => number): Mutation {
	return {
		name: `datagram ${index}, byte ${at}: ${name}`,
		index,
		at,
		apply(bytes) {
			const copy = bytes.slice();
			if (at < copy.length) copy[at] = change(copy[at]!);
			return copy;
		},
	};
}

/** What becomes of one byte, at its place: neighbours, borders, one bit that changes with the place. */
export function flips(index: number, at: number): Mutation[] {
	return [
		put(index, at, "one bit", (byte) => byte ^ (1 << (at & 7))),
		put(index, at, "one more", (byte) => byte + 1),
		put(index, at, "one less", (byte) => byte - 1),
		put(index, at, "255 or 0", (byte) => (byte === 255 ? 0 : 255)),
		put(index, at, "0 or 128", (byte) => (byte === 0 ? 128 : 0)),
	];
}

/** The datagram's end is missing. */
export function truncation(index: number, size: number): Mutation {
	const name = `datagram ${index}, cut to ${size} bytes`;
	return { name, index, at: size, apply: (bytes) => bytes.slice(0, size) };
}

/**
 * The first message of the datagram has another length, and all headers say so: cut to `size`, or with zeros behind.
 * What follows it is gone.
 */
export function resizing(index: number, size: number): Mutation {
	return {
		name: `datagram ${index}, first message of ${size} bytes`,
		index,
		at: 13,
		apply(bytes) {
			if (bytes[0] !== 22 || bytes[4] !== 0) return bytes.slice(0, 13 + size);
			const total = (bytes[23]! << 8) + bytes[24]!;
			const body = Array.from({ length: size }, (_, at) => (at < total ? bytes[25 + at]! : 0));
			const [type, sequence] = [bytes[13]!, (bytes[17]! << 8) + bytes[18]!];
			return message({ type, sequence, body });
		},
	};
}

/** Two halves of the first message, the second first, each a record of its own. */
export function halves(bytes: Uint8Array): Uint8Array[] | undefined {
	if (bytes[0] !== 22 || bytes[4] !== 0) return undefined;
	const total = (bytes[23]! << 8) + bytes[24]!;
	const middle = total >> 1;
	const [type, sequence] = [bytes[13]!, (bytes[17]! << 8) + bytes[18]!];
	const part = (from: number, to: number) => {
		const body = [...bytes.slice(25 + from, 25 + to)];
		return message({ type, sequence, body, total, offset: from });
	};
	return [part(middle, total), part(0, middle), bytes];
}

const told = (established: Established | undefined) => {
	if (established === undefined) return "nothing";
	const { suite, isResumed, extendedMasterSecret, peer, connectionId, peerConnectionId } = established;
	const who = [peer.psk, peer.publicKey].map((bytes) => (bytes === undefined ? "" : toHex(bytes)));
	return [suite, isResumed, extendedMasterSecret, ...who, toHex(connectionId), toHex(peerConnectionId)].join();
};

/** What both sides believe to have agreed on. */
export function agreement({ clientEar, serverEar }: World): string {
	return `${told(clientEar.session)} / ${told(serverEar.session)}`;
}

/** What came of a world in which somebody changed things. */
export type Result = "at once" | "after the timer" | "nobody";

/**
 * Ends a world, and holds it to what must be: no side alone believes in a session, what both agreed on is what they
 * agree on undisturbed, and then data flows.
 */
export function judge(world: World, calm: string, fullCalm: string): Result {
	const isFirst = world.isEstablished;
	world.finish(() => world.isEstablished);
	if (!world.isEstablished) {
		// Who speaks last can not know whether it was heard: the server, or the client of a resumption.
		const alone = world.client.state === "established" ? world.clientEar : world.serverEar;
		const isLast = world.client.state === "established" ? alone.session!.isResumed : !alone.session?.isResumed;
		ok(isLast, "one side alone believes in a session");
		world.end();
		return "nobody";
	}
	const found = agreement(world);
	ok(found === calm || found === fullCalm, `agreed on ${found}, not ${calm}`);
	world.exchange();
	world.end();
	return isFirst ? "at once" : "after the timer";
}

export interface Counts {
	"at once": number;
	"after the timer": number;
	nobody: number;
}

export interface Sweep {
	readonly cast: Cast;
	readonly mutations: readonly Mutation[];
	/** What arrives instead of the datagram that the mutation is about. @param times how often it was sent so far */
	readonly deliver: (mutated: Uint8Array, genuine: Uint8Array, times: number) => readonly Uint8Array[];
	readonly calm: string;
	/** Where a resumption became a full handshake. */
	readonly fullCalm: string;
	/** What may come of each. */
	readonly expected: (result: Result, world: World) => boolean;
}

/** Plays one world for each mutation. @throws with the names of those that came to something else */
export function sweep({ cast, mutations, deliver, calm, fullCalm, expected }: Sweep): Counts {
	const counts: Counts = { "at once": 0, "after the timer": 0, nobody: 0 };
	const failures: string[] = [];
	for (const mutation of mutations) {
		try {
			const world = cast.world();
			const like = cast.calm[mutation.index]!;
			let times = 0;
			world.meddle = (flown) => {
				const { bytes, from } = flown;
				if (from !== like.from || !isAlike(bytes, like.bytes)) return [bytes];
				return deliver(mutation.apply(bytes), bytes, times++);
			};
			world.run();
			const result = judge(world, calm, fullCalm);
			equal(expected(result, world), true, `came to ${result}`);
			counts[result] += 1;
		} catch (error) {
			failures.push(`${mutation.name}: ${String(error)}`);
		}
	}
	equal(failures.length, 0, `${failures.length} of ${mutations.length}: ${failures.slice(0, 20).join("\n")}`);
	return counts;
}

/** How much signatures (DER) differ in length. */
const signatureSlackBytes = 4;

/** The same step of a handshake, maybe sent again or in another attempt: of a type and a length. */
function isAlike(one: Uint8Array, other: Uint8Array): boolean {
	if (Math.abs(one.length - other.length) > signatureSlackBytes) return false;
	return one[0] === other[0] && one[4] === other[4] && one[13] === other[13];
}
