import { frozen } from "../../../modules/frozen.ts";
import type { FactorySleep } from "../../../modules/host.ts";
import type { BoardName } from "../board/presets.ts";
import type { Chance } from "../chance.ts";

/** One board of a fleet: what was drawn for it. */
export interface PlannedBoard {
	readonly endpoint: string;
	readonly preset: BoardName;
	/** 16 bytes; absent: without DTLS. */
	readonly key: Uint8Array | undefined;
	readonly connectionId: boolean;
	readonly enabler: "1.0" | "1.1" | "1.2";
	readonly lifetimeS: number;
	readonly sleep: FactorySleep;
	readonly pminS: number;
	readonly pmaxS: number;
	/** When it is switched on first. */
	readonly onAtMs: number;
	/** Whether a router stands in front of it that forgets. */
	readonly isBehindNat: boolean;
}

/** What happens to a fleet from outside, by itself or for so long. */
export type Disturbance =
	/** Nothing gets through. */
	| { readonly kind: "outage"; readonly atMs: number; readonly forMs: number }
	/**
	 * The server is away, and comes back with what it had in its store, or as new. One that says good-bye (a DTLS alert
	 * to each session, RFC 5246 §7.2.1) has all boards that listen come back within a minute, each at a moment of its
	 * own (RegistrationTuning.returnMs); of one that crashes they do not hear.
	 */
	| {
			readonly kind: "restart";
			readonly atMs: number;
			readonly forMs: number;
			readonly hasStore: boolean;
			readonly saysGoodBye: boolean;
	  }
	/** A board's router forgets: the board has another address. */
	| { readonly kind: "rebind"; readonly atMs: number; readonly board: number }
	| { readonly kind: "powerCut"; readonly atMs: number; readonly forMs: number; readonly board: number };

export interface FleetPlan {
	readonly boards: readonly PlannedBoard[];
	/** In order of time. */
	readonly disturbances: readonly Disturbance[];
	/** In the order in which a world counts them. */
	readonly conditions: {
		readonly latencyMs: number;
		readonly jitterMs: number;
		readonly lossPermille: number;
		readonly duplicatePermille: number;
		readonly reorderPermille: number;
	};
}

export interface FleetWish {
	readonly count: number;
	readonly forMs: number;
	/** How many of a hundred come over DTLS. */
	readonly securePercent: number;
	/** How many of a hundred sleep, in queue mode. */
	readonly sleepingPercent: number;
}

/** So many of a hundred boards are of each kind. */
const shares: readonly (readonly [BoardName, number])[] = frozen([
	["esp32", 30],
	["esp32c3", 20],
	["nrf52840", 25],
	["nrf9160", 25],
]);
/** pmin and pmax: a change, but not more often than; a sign of life at least so often. */
const rhythms: readonly (readonly [number, number])[] = frozen([
	[60, 3600],
	[300, 900],
	[900, 7200],
	[3600, 3600],
	[600, 21_600],
]);
const lifetimesS: readonly number[] = frozen([3600, 21_600, 86_400]);
const sampleEveryS: readonly number[] = frozen([900, 1800, 3600]);
/** Of those that never sleep. */
const awakeSampleEveryS = 300;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A fleet is switched on over so long: an installer's round, and no herd. */
const rolloutMs = 10 * minuteMs;

/** Draws a fleet. Deterministic: the same wish and chance draw the same. */
export function planFleet(wish: FleetWish, chance: Chance): FleetPlan {
	const boards: PlannedBoard[] = [];
	const digits = String(wish.count).length;
	for (let index = 0; index < wish.count; index++) {
		boards.push(plannedBoard(`fleet-${String(index + 1).padStart(digits, "0")}`, wish, chance));
	}
	return {
		boards,
		disturbances: [...serverTrouble(wish, chance), ...boardTrouble(boards, wish, chance)].sort(
			(a, b) => a.atMs - b.atMs,
		),
		conditions: { latencyMs: 60, jitterMs: 120, lossPermille: 10, duplicatePermille: 3, reorderPermille: 5 },
	};
}

function plannedBoard(endpoint: string, wish: FleetWish, chance: Chance): PlannedBoard {
	const key = new Uint8Array(16);
	chance.fill(key);
	const preset = drawn(shares, chance);
	const isSecure = chance.below(100) < wish.securePercent;
	const isSleeping = chance.below(100) < wish.sleepingPercent;
	const [pminS, pmaxS] = oneOf(rhythms, chance);
	const deepest = oneOf(["deep", "deep", "light"] as const, chance);
	const everyS = oneOf(sampleEveryS, chance);
	return {
		endpoint,
		preset,
		key: isSecure ? key : undefined,
		connectionId: chance.below(100) < 85,
		enabler: oneOf(["1.0", "1.1", "1.1", "1.2"] as const, chance),
		lifetimeS: oneOf(lifetimesS, chance),
		sleep: isSleeping ? { queueMode: true, deepest, sampleEveryS: everyS } : { sampleEveryS: awakeSampleEveryS },
		pminS,
		pmaxS,
		onAtMs: chance.below(rolloutMs),
		isBehindNat: chance.below(100) < 40,
	};
}

/** Outages and restarts, one after the other: in equal parts of the run, so that the last one is over when it ends. */
function serverTrouble({ forMs }: FleetWish, chance: Chance): Disturbance[] {
	const kinds = ["restart", "outage", "amnesia"] as const;
	const count = forMs < 6 * hourMs ? 0 : Math.max(kinds.length, Math.round(forMs / dayMs));
	const partMs = Math.floor(forMs / (count + 1));
	return Array.from({ length: count }, (_, index): Disturbance => {
		const kind = kinds[index % kinds.length]!;
		const atMs = index * partMs + hourMs + chance.below(Math.max(1, Math.floor(partMs / 4)));
		const longMs = 20 * minuteMs + chance.below(70 * minuteMs);
		const shortMs = minuteMs + chance.below(9 * minuteMs);
		if (kind === "outage") return { kind, atMs, forMs: longMs };
		const saysGoodBye = index % (2 * kinds.length) === 0; // an orderly restart, and the next one is a crash
		const hasStore = kind === "restart";
		return { kind: "restart", atMs, forMs: hasStore ? shortMs : longMs, hasStore, saysGoodBye };
	});
}

function boardTrouble(boards: readonly PlannedBoard[], { forMs }: FleetWish, chance: Chance): Disturbance[] {
	const found: Disturbance[] = [];
	boards.forEach(({ isBehindNat }, board) => {
		const everyMs = 6 * hourMs + chance.below(42 * hourMs);
		const cutMs = rolloutMs + hourMs + chance.below(20 * dayMs);
		if (isBehindNat) {
			for (let atMs = rolloutMs + everyMs; atMs < forMs; atMs += everyMs) found.push({ kind: "rebind", atMs, board });
		}
		if (cutMs < forMs) found.push({ kind: "powerCut", atMs: cutMs, forMs: minuteMs + chance.below(hourMs), board });
	});
	return found;
}

function oneOf<T>(list: readonly T[], chance: Chance): T {
	return list[chance.below(list.length)]!;
}

function drawn(table: readonly (readonly [BoardName, number])[], chance: Chance): BoardName {
	let left = chance.below(table.reduce((sum, [, share]) => sum + share, 0));
	for (const [name, share] of table) {
		if (left < share) return name;
		left -= share;
	}
	throw new Error("shares do not add up");
}
