import type { LoadedDevice } from "../board/loader.ts";
import { Chance } from "../chance.ts";
import { Fleet, type FleetReport } from "./fleet.ts";
import type { FleetPlan, PlannedBoard } from "./plan.ts";

/** How the board of a year sleeps: with its RAM, or booting at every wake. */
export type YearDepth = "light" | "deep";

export interface YearOptions {
	readonly seed: number;
	readonly device: LoadedDevice;
	readonly depth: YearDepth;
	readonly forMs: number;
	readonly isSecure: boolean;
}

export interface YearReport extends FleetReport {
	/** Of the processor's work by the board's speed. */
	readonly awakeMs: number;
	/** Bytes with UDP and IP. */
	readonly sentBytes: number;
}

const hourS = 3600;

/**
 * A thermometer in queue mode: measures every hour, says so every hour, and registers for a day. light: an nRF9160,
 * whose modem saves power by itself. deep: an ESP32.
 */
export function planYear(depth: YearDepth, isSecure: boolean, chance: Chance): FleetPlan {
	const key = new Uint8Array(16);
	chance.fill(key);
	const board: PlannedBoard = {
		endpoint: "year",
		preset: depth === "light" ? "nrf9160" : "esp32",
		key: isSecure ? key : undefined,
		connectionId: true,
		enabler: "1.1",
		lifetimeS: 24 * hourS,
		sleep: { queueMode: true, deepest: depth, sampleEveryS: hourS },
		pminS: hourS,
		pmaxS: hourS,
		onAtMs: 0,
		isBehindNat: false,
	};
	const conditions = { latencyMs: 60, jitterMs: 120, lossPermille: 0, duplicatePermille: 0, reorderPermille: 0 };
	return { boards: [board], disturbances: [], conditions };
}

/** Runs one board for as long as a year. */
export async function runYear({ seed, device, depth, forMs, isSecure }: YearOptions): Promise<YearReport> {
	const plan = planYear(depth, isSecure, new Chance(seed).branch("year"));
	const wish = { count: 1, forMs, securePercent: 0, sleepingPercent: 100 };
	const fleet = new Fleet({ ...wish, seed, device, plan, hashesMemory: true });
	try {
		const report = await fleet.run();
		const [board] = fleet.world.boards;
		const { bytes } = board!.ledger.sent;
		const sentBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
		return { ...report, awakeMs: board!.awakeMs, sentBytes };
	} finally {
		fleet.close();
	}
}
