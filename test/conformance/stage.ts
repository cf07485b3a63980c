import { equal } from "node:assert/strict";
import type { Board, BoardMachine } from "../../hosts/simulator/board/board.ts";
import { presets } from "../../hosts/simulator/board/presets.ts";
import type { VirtualNetwork } from "../../hosts/simulator/network/virtual-network.ts";
import { World, type WorldEvent } from "../../hosts/simulator/world.ts";
import { conformanceEntry } from "./device/entry.ts";
import type { PlanWish } from "./device/plan.ts";
import { endMachines, loadMachine } from "./machine.ts";

/** The conformance image on XS, once for all worlds of a test file. */
const device = await loadMachine({ entry: conformanceEntry });

export interface StageWish extends PlanWish {
	readonly lifetimeS?: number;
	readonly seed?: number;
}

/** One board with the conformance image in a virtual world, and what happens to it. */
export class Stage {
	readonly world: World<BoardMachine>;
	readonly events: WorldEvent[] = [];
	endpoint = "conformance";
	readonly #printed: string[] = [];
	#board: Board<BoardMachine> | undefined;

	constructor(seed: number) {
		this.world = World.virtual<BoardMachine>(
			{
				seed,
				device,
				onEvent: (event) => this.events.push(event),
				onPrint: (text) => this.#printed.push(text),
			},
			{ jitterMs: 0 },
		);
	}

	get nowMs(): number {
		return this.world.time.nowMs();
	}

	get board(): Board<BoardMachine> {
		return this.#board!;
	}

	/** Where servers of a test listen. */
	get network(): VirtualNetwork {
		return this.world.network as VirtualNetwork;
	}

	/** Powers the board on, with servers where they are said to be. */
	powerOn(serverUri: string, { lifetimeS, seed: _, endpoint, ...wish }: StageWish): void {
		if (endpoint !== undefined) this.endpoint = endpoint;
		const serialNumber = JSON.stringify(wish);
		const factory = { endpointName: this.endpoint, serverUri, serialNumber, ...(lifetimeS ? { lifetimeS } : {}) };
		this.#board = this.world.addBoard({ preset: presets.esp32, factory });
		this.#board.powerOn();
	}

	/** Lets so many seconds pass. */
	async pass(seconds: number): Promise<void> {
		await this.world.run(this.nowMs + seconds * 1000);
	}

	/** Lets time pass until `isOver`, and a minute at most. @throws Error naming `what` when it did not come */
	async until(what: string, isOver: () => boolean, seconds = 60): Promise<void> {
		await this.world.run(this.nowMs + seconds * 1000, { isOver });
		if (!isOver()) throw new Error(`no ${what} in ${seconds} s`);
	}

	/** Lets time pass until a promise of a server has settled. */
	async settled<T>(promise: Promise<T>): Promise<T> {
		let isSettled = false;
		const done = () => {
			isSettled = true;
		};
		promise.then(done, done);
		await this.world.run(this.nowMs + 120_000, { isOver: () => isSettled });
		return promise;
	}

	/** Events of one kind. */
	heard(event: string): WorldEvent[] {
		return this.events.filter((one) => one.event === event);
	}

	/** Ends the world. @throws when the device failed, or had something to complain of */
	close(): void {
		const { state } = this.board;
		this.world.close();
		endMachines();
		equal(state, "running", `the device failed: ${JSON.stringify(this.heard("deviceFailed"))}`);
		equal(this.heard("hostFailure").length, 0, JSON.stringify(this.heard("hostFailure")));
		equal(this.#printed.join(""), "");
	}

	/** What happened last, for a failure's report. */
	log(): string {
		return this.events
			.slice(-12)
			.map((event) => JSON.stringify(event))
			.join("\n");
	}
}
