/** What somebody without keys can send with another's address, and what must come of it: nothing. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Role } from "../../modules/dtls/settings.ts";
import type { Flown } from "../modules/dtls/association-pair.ts";
import type { Cast, Twist, World } from "./dtls-hostile-world.ts";

export const dtls10 = [0xfe, 0xff] as const;
export const dtls12 = [0xfe, 0xfd] as const;
export const recordType = { changeCipherSpec: 20, alert: 21, handshake: 22, data: 23, heartbeat: 24, cid: 25 } as const;
export const messageType = {
	helloRequest: 0,
	clientHello: 1,
	serverHello: 2,
	helloVerifyRequest: 3,
	newSessionTicket: 4,
	certificate: 11,
	serverKeyExchange: 12,
	certificateRequest: 13,
	serverHelloDone: 14,
	certificateVerify: 15,
	clientKeyExchange: 16,
	finished: 20,
} as const;

export interface RecordParts {
	readonly type: number;
	readonly epoch?: number;
	readonly sequence?: number;
	readonly version?: readonly number[];
	readonly cid?: readonly number[];
	readonly body: readonly number[];
	/** What the header says, where that is not true. */
	readonly size?: number;
}

export function record(parts: RecordParts): Uint8Array {
	const { type, epoch = 0, sequence = 4711, version = dtls12, cid = [], body, size = body.length } = parts;
	const number = [40, 32, 24, 16, 8, 0].map((shift) => Math.floor(sequence / 2 ** shift) & 255);
	return Uint8Array.from([
		type,
		...version,
		epoch >> 8,
		epoch & 255,
		...number,
		...cid,
		size >> 8,
		size & 255,
		...body,
	]);
}

export interface MessageParts {
	readonly type: number;
	readonly sequence: number;
	readonly body: readonly number[];
	readonly total?: number;
	readonly offset?: number;
	/** What the header says, where that is not true. */
	readonly size?: number;
	readonly epoch?: number;
}

const uint24 = (value: number) => [(value >> 16) & 255, (value >> 8) & 255, value & 255];

/** One fragment, header and all, without a record. */
export function fragment({ type, sequence, body, total, offset = 0, size }: MessageParts): number[] {
	const header = [type, ...uint24(total ?? body.length), sequence >> 8, sequence & 255, ...uint24(offset)];
	return [...header, ...uint24(size ?? body.length), ...body];
}

export function message(parts: MessageParts): Uint8Array {
	return record({ type: recordType.handshake, epoch: parts.epoch ?? 0, body: fragment(parts) });
}

/** Bytes that mean nothing. */
export function noise(size: number, salt = 29): number[] {
	return Array.from({ length: size }, (_, index) => (index * 167 + salt) & 255);
}

/** The sequence numbers that a message of either side may have. */
export const sequences = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** At the moment of a forgery: all that was seen so far, and who is to hear it. */
export interface Sight {
	readonly to: Role;
	/** How many genuine datagrams have arrived. */
	readonly gap: number;
	readonly flown: readonly Flown[];
	readonly world: World;
}

export type Forge = (sight: Sight) => readonly Uint8Array[];

/**
 * unmoved: to the last byte, both say what they say undisturbed. completes: perhaps only after the timers, and after an
 * attempt that was given up.
 */
export type Outcome = "unmoved" | "completes";

export interface AssaultOptions {
	readonly outcome?: Outcome;
	readonly to?: readonly Role[];
	readonly twist?: Twist;
	/** Only these; absent: before each datagram of the handshake, and after the last. */
	readonly gaps?: (gap: number, handshake: number) => boolean;
}

/** Forges at every point of a handshake and behind it, towards both sides. */
export function assault(cast: Cast, forge: Forge, options: AssaultOptions = {}): void {
	const { to: roles = ["client", "server"], gaps = () => true } = options;
	const { length } = cast.calm;
	for (let gap = 0; gap <= length; gap++) {
		if (!gaps(gap, length)) continue;
		for (const to of roles) {
			try {
				strike(cast, forge, gap, to, options);
			} catch (error) {
				throw new Error(`towards the ${to}, after ${gap} of ${length} datagrams: ${String(error)}`, { cause: error });
			}
		}
	}
}

function strike(cast: Cast, forge: Forge, gap: number, to: Role, { outcome = "unmoved", twist }: AssaultOptions): void {
	const { calm } = cast;
	const world = cast.world(twist);
	const attack = () => {
		for (const bytes of forge({ to, gap, flown: world.flown, world })) world.inject(to, bytes);
	};
	let hasStruck = false;
	world.meddle = ({ bytes }) => {
		if (!hasStruck && world.flown.length === gap + 1) {
			hasStruck = true;
			attack();
		}
		return [bytes];
	};
	world.run();
	if (gap === calm.length) {
		hasStruck = true;
		attack();
		world.settle();
	}
	ok(hasStruck, "nothing was forged");
	if (outcome === "unmoved") {
		ok(world.isEstablished, "the handshake did not go on by itself");
		if (twist === undefined) deepEqual(world.flown, calm);
		else equal(world.flown.length, calm.length);
		world.exchange();
		equal(world.flown.length, calm.length + 2, "somebody was made to say more");
	} else {
		world.finish(() => world.isEstablished);
		ok(world.isEstablished, `no session: ${world.clientEar.reason?.code}, ${world.serverEar.reason?.code}`);
		world.exchange();
	}
	world.finish();
	world.nowMs += 70_000;
	world.finish().exchange().end();
}

/** Runs what is to be refused by all kinds of handshakes. */
export function assaultAll(casts: readonly Cast[], forge: Forge, options: AssaultOptions = {}): void {
	for (const cast of casts) assault(cast, forge, options);
}
