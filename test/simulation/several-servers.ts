import type { Board } from "../../hosts/simulator/board/board.ts";
import { loadDevice } from "../../hosts/simulator/board/loader.ts";
import { presets } from "../../hosts/simulator/board/presets.ts";
import { Chance } from "../../hosts/simulator/chance.ts";
import type { Machine } from "../../hosts/simulator/engine/machine.ts";
import type { Network } from "../../hosts/simulator/network/network.ts";
import type { VirtualNetwork } from "../../hosts/simulator/network/virtual-network.ts";
import { Lwm2mServer } from "../../hosts/simulator/server/server.ts";
import { World, type WorldEvent } from "../../hosts/simulator/world.ts";
import { simulationEntry } from "./device/entry.ts";
import { SlowNetwork, startRefusing } from "./sick-servers.ts";

export type Health = "well" | "dead" | "slow" | "refusing";

/** Who is looked at together; the first one is asked. */
export const companies: readonly (readonly Health[])[] = [
	["well", "well"],
	["well", "dead"],
	["well", "slow"],
	["well", "refusing"],
	["well", "dead", "refusing"],
	["well", "dead", "slow", "refusing", "well"],
];

const device = await loadDevice({ entry: simulationEntry });
const endpoint = "several";
const temperature = "/3303/0/5700";
const readEveryMs = 7000;

/** What the first server that is well had of the device. Times in milliseconds. */
export interface Service {
	readonly reads: number;
	readonly failures: number;
	readonly latencyMs: Spread;
	readonly notifications: number;
	readonly intervalMs: Spread;
	/** Registers of the others that came to nothing. */
	readonly attempts: number;
	readonly events: readonly WorldEvent[];
	/** Of the device's memory at the end. */
	readonly figures: unknown;
}

export interface Spread {
	readonly median: number;
	readonly least: number;
	readonly most: number;
}

function spreadOf(values: readonly number[]): Spread {
	const sorted = values.toSorted((a, b) => a - b);
	return { median: sorted[sorted.length >> 1] ?? NaN, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/** One board with a server for each of `healths`, for so many minutes; the first is well and in use all the time. */
export class SeveralServers {
	readonly world: World<Machine>;
	readonly events: WorldEvent[] = [];
	readonly #board: Board<Machine>;
	readonly #first: Lwm2mServer;
	readonly #all: Lwm2mServer[] = [];
	readonly #latencies: number[] = [];
	readonly #notifiedMs: number[] = [];
	#failures = 0;

	private constructor(seed: number, healths: readonly Health[]) {
		this.world = World.virtual<Machine>({ seed, device, onEvent: (event) => this.events.push(event) });
		const servers = healths.map((health, index) => ({
			uri: `coap://${this.#place(health, index)}:5683`,
			shortServerId: index + 1,
		}));
		this.#first = this.#all[0]!;
		this.#board = this.world.addBoard({ preset: presets.esp32, factory: { endpointName: endpoint, servers } });
	}

	static async run(healths: readonly Health[], minutes: number, seed = 4711): Promise<Service> {
		const it = new SeveralServers(seed, healths);
		for (const server of it.#all) await server.start();
		it.#board.powerOn();
		await it.#use(minutes * 60_000);
		const figures = it.#board.machine!.figures();
		for (const server of it.#all) server.stop();
		it.world.close();
		return {
			reads: it.#latencies.length,
			failures: it.#failures,
			latencyMs: spreadOf(it.#latencies),
			notifications: it.#notifiedMs.length,
			intervalMs: spreadOf(it.#notifiedMs.slice(1).map((atMs, index) => atMs - it.#notifiedMs[index]!)),
			attempts: it.events.filter(({ event }) => event === "registrationFailed").length,
			events: it.events,
			figures,
		};
	}

	/** @returns its address */
	#place(health: Health, index: number): string {
		const network = this.world.network as VirtualNetwork;
		const host = network.newAddress();
		const { time } = this.world;
		const chance = new Chance(this.world.seed).branch(`server-${index}`);
		if (health === "refusing") startRefusing(network, host);
		if (health === "refusing" || health === "dead") return host;
		const badLink = { delayMs: 1500, lossPermille: 300 };
		const reached: Network =
			health === "slow" ? new SlowNetwork(network, time, chance.branch("link"), badLink) : network;
		const options = {
			time,
			network: reached,
			host,
			dice: chance,
			entropy: chance.branch("entropy"),
			hasCalendar: false,
		};
		this.#all.push(new Lwm2mServer(options));
		return host;
	}

	/** Observes the temperature, and reads the Device's name again and again. */
	async #use(forMs: number): Promise<void> {
		const { world } = this;
		const { operations } = this.#first;
		await world.run(5000);
		this.#first.on("notification", () => void this.#notifiedMs.push(world.time.nowMs()));
		const observing = operations
			.writeAttributes(endpoint, temperature, { pmin: 10, pmax: 10 })
			.then(() => operations.observe(endpoint, temperature));
		await world.run(7000);
		await observing;
		for (let atMs = 7000; atMs < forMs; atMs += readEveryMs) {
			const sentMs = world.time.nowMs();
			const reading = operations.read(endpoint, "/3/0/0").then(
				() => void this.#latencies.push(world.time.nowMs() - sentMs),
				() => void this.#failures++,
			);
			await world.run(atMs + readEveryMs);
			await reading;
		}
	}
}
