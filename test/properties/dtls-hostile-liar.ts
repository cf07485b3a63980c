import { ok } from "node:assert/strict";
import type { Association } from "../../modules/dtls/association.ts";
import { Handshake } from "../../modules/dtls/handshake.ts";
import type { Role } from "../../modules/dtls/settings.ts";
import { messageType } from "./dtls-hostile-forgery.ts";
import type { Cast, Twist, World } from "./dtls-hostile-world.ts";

/** A message that a handshake is about to say. */
export interface Told {
	readonly type: number;
	readonly body: Uint8Array;
}

/** What a liar knows of its own handshake. */
export interface Mind {
	readonly role: Role;
	readonly clientRandom: Uint8Array;
	readonly serverRandom: Uint8Array;
}

/** What it says instead; undefined: the truth. */
export type Lie = (told: Told, mind: Mind) => readonly Told[] | undefined;

interface Speaker extends Mind {
	say(type: number, body: Uint8Array, epoch?: number): void;
}

/** While `run` runs, all handshakes of `role` say what `lie` makes of their messages; the transcript agrees. */
export function lying<T>(role: Role, lie: Lie, run: () => T): T {
	const prototype = Handshake.prototype as unknown as Speaker;
	const { say } = prototype;
	prototype.say = function (type, body, epoch) {
		const said = this.role === role ? (lie({ type, body }, this) ?? [{ type, body }]) : [{ type, body }];
		for (const told of said) say.call(this, told.type, told.body, epoch);
	};
	try {
		return run();
	} finally {
		prototype.say = say;
	}
}

/** Lets `liar` lie in all its handshakes. @throws when the other side comes to believe in a session, or nobody lied */
export function refuses(cast: Cast, liar: Role, lie: Lie, twist: Twist = {}): void {
	let lies = 0;
	const counted: Lie = (told, mind) => {
		const said = lie(told, mind);
		if (said !== undefined) lies += 1;
		return said;
	};
	const world = cast.world(twist);
	lying(liar, counted, () => world.run().finish());
	ok(lies > 0, "nobody lied");
	const honest = liar === "server" ? world.client.state : world.server.current?.state;
	ok(honest !== "established", "a lie was believed");
	world.end();
}

/** As refuses(), of a lie that does no harm. */
export function takes(cast: Cast, liar: Role, lie: Lie, twist: Twist = {}): void {
	const world = cast.world(twist);
	lying(liar, lie, () => world.run().finish());
	ok(world.isEstablished, `refused: ${world.clientEar.reason?.code}, ${world.serverEar.reason?.code}`);
	world.exchange().end();
}

/** Says something under the keys of a session that no handshake or application says. @returns the datagram */
export function sealed({ records }: Association, type: number, plain: readonly number[]): Uint8Array {
	const datagram = new Uint8Array(records.recordBytes(1, plain.length));
	records.seal(1, type, Uint8Array.from(plain), 0, plain.length, datagram, 0);
	return datagram;
}

/** @returns how many datagrams the other side answered */
export function tell(world: World, from: Role, type: number, plain: readonly number[]): number {
	const before = world.flown.length;
	const speaker = from === "client" ? world.client : world.server.current!;
	world.inject(from === "client" ? "server" : "client", sealed(speaker, type, plain));
	world.settle();
	return world.flown.length - before;
}

/** Where a message is of the type, what to say in its place. */
export function instead(
	type: number,
	said: (body: Uint8Array) => readonly (readonly [number, ArrayLike<number>])[],
): Lie {
	return (told) =>
		told.type === type ? said(told.body).map(([as, body]) => ({ type: as, body: Uint8Array.from(body) })) : undefined;
}

export const omit = (type: number) => instead(type, () => []);
export const twice = (type: number) =>
	instead(type, (body) => [
		[type, body],
		[type, body],
	]);
export const before = (type: number, other: number, body: ArrayLike<number>) =>
	instead(type, (own) => [
		[other, body],
		[type, own],
	]);
export const body = (type: number, change: (body: Uint8Array) => ArrayLike<number>) =>
	instead(type, (own) => [[type, change(own)]]);

/** Takes bytes out of the extensions of a hello, or puts others in, with their length set right. */
export function extensions(type: number, change: (list: string) => string): Lie {
	return body(type, (own) => {
		const sessionEnd = 35 + own[34]!;
		let at = sessionEnd + 3; // ServerHello: suite and compression
		if (type === messageType.clientHello) {
			at = sessionEnd + 1 + own[sessionEnd]!;
			at += 2 + (own[at]! << 8) + own[at + 1]!;
			at += 1 + own[at]!;
		}
		const list = Buffer.from(change(Buffer.from(own.slice(at + 2)).toString("hex")), "hex");
		return [...own.slice(0, at), list.length >> 8, list.length & 255, ...list];
	});
}
