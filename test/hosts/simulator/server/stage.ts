import { Chance } from "../../../../hosts/simulator/chance.ts";
import { VirtualNetwork } from "../../../../hosts/simulator/network/virtual-network.ts";
import type { EventName, ServerEvents } from "../../../../hosts/simulator/server/events.ts";
import type { ServerLimits } from "../../../../hosts/simulator/server/limits.ts";
import type { EnablerVersion } from "../../../../hosts/simulator/server/registration.ts";
import { Lwm2mServer } from "../../../../hosts/simulator/server/server.ts";
import type { Store } from "../../../../hosts/simulator/server/store/store.ts";
import { VirtualTime } from "../../../../hosts/simulator/time.ts";
import { ScriptedClient } from "./scripted-client.ts";

export const serverAddress = { host: "10.9.9.9", port: 5683 };

/** What happened, in order: the event's name and its data. */
export type Happening = { [Name in EventName]: { readonly name: Name; readonly event: ServerEvents[Name] } }[EventName];

export interface StageOptions {
	readonly limits?: Partial<ServerLimits>;
	readonly seed?: number;
	readonly securePort?: number;
	readonly enablers?: readonly EnablerVersion[];
	readonly store?: Store;
}

/** A server in virtual time, on a virtual network, and scripted clients around it. */
export class Stage {
	readonly time = new VirtualTime();
	readonly network: VirtualNetwork;
	server: Lwm2mServer;
	readonly #chance: Chance;
	#options: Omit<StageOptions, "seed">;
	readonly happenings: Happening[] = [];

	static async open(options: StageOptions = {}): Promise<Stage> {
		const stage = new Stage(options);
		await stage.server.start();
		return stage;
	}

	private constructor(options: StageOptions) {
		const { limits = {}, seed = 1, ...others } = options;
		const chance = new Chance(seed);
		this.network = new VirtualNetwork({ time: this.time, chance: chance.branch("network") });
		this.#chance = chance.branch("server");
		this.#options = { ...others, limits };
		this.server = this.#open();
	}

	/** Ends the server, and starts another one in its place. */
	async restart(store: Store | undefined): Promise<void> {
		this.server.stop();
		if (store !== undefined) this.#options = { ...this.#options, store };
		this.server = this.#open();
		await this.server.start();
	}

	#open(): Lwm2mServer {
		const { time, network } = this;
		const own = this.#chance;
		const server = new Lwm2mServer({ network, time, dice: own, entropy: own, ...serverAddress, ...this.#options });
		const names: EventName[] = [
			"registered",
			"updated",
			"deregistered",
			"sleeping",
			"awake",
			"notification",
			"compositeNotification",
			"sent",
			"observationFailed",
		];
		for (const name of names) {
			server.on(name, (event) => this.happenings.push({ name, event } as Happening));
		}
		return server;
	}

	client(address: { host?: string; port?: number } = {}): ScriptedClient {
		return new ScriptedClient(this.network, serverAddress, address);
	}

	/** Runs the world until `promise` has an outcome. @throws when it has none within `withinMs` */
	async outcome<T>(promise: Promise<T>, withinMs = 300_000): Promise<T> {
		let isSettled = false;
		const settle = () => {
			isSettled = true;
		};
		promise.then(settle, settle);
		const endMs = this.time.nowMs() + withinMs;
		for (;;) {
			await new Promise((resolve) => setImmediate(resolve));
			if (isSettled) return promise;
			if (!this.time.step(endMs)) throw new Error(`no outcome within ${withinMs} ms`);
		}
	}

	/** Lets so much time pass. */
	pass(ms: number): Promise<void> {
		return this.time.runSettling(this.time.nowMs() + ms);
	}

	names(): string[] {
		return this.happenings.map(({ name }) => name);
	}
}
