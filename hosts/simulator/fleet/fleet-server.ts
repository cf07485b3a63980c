import { isSuccess } from "../../../modules/coap/code.ts";
import type { Chance } from "../chance.ts";
import type { Network } from "../network/network.ts";
import { defaultLimits } from "../server/limits.ts";
import type { Registration } from "../server/registration.ts";
import { coapsPort, Lwm2mServer } from "../server/server.ts";
import type { Timekeeper } from "../time.ts";
import { MemoryStore } from "./memory-store.ts";
import type { PlannedBoard } from "./plan.ts";

/** What a fleet's boards are observed at: the sensor value of their thermometer. */
export const observedPath = "/3303/0/5700";

export interface FleetServerOptions {
	readonly time: Timekeeper;
	readonly network: Network;
	readonly host: string;
	readonly chance: Chance;
	readonly boards: readonly PlannedBoard[];
	/** A registration's lifetime passed without a word of its board. */
	expired(registration: Registration): void;
}

/**
 * The server of a fleet, over its restarts, and its operator, who observes every board that comes. It has one address
 * all the time, and its store outlives it.
 */
export class FleetServer {
	readonly #options: FleetServerOptions;
	readonly #planOf: ReadonlyMap<string, PlannedBoard>;
	readonly #limits;
	/** Whom the operator speaks with now: not twice at once. */
	readonly #busy = new Set<string>();
	/** Who is to be observed as soon as it is heard again. */
	readonly #unobserved = new Set<string>();
	#store = new MemoryStore();
	#server: Lwm2mServer | undefined;
	#lives = 0;
	readonly counts = { registered: 0, updated: 0, deregistered: 0, expired: 0, notifications: 0, failedRequests: 0 };

	constructor(options: FleetServerOptions) {
		this.#options = options;
		this.#planOf = new Map(options.boards.map((board) => [board.endpoint, board]));
		const room = Math.max(options.boards.length * 2, 64);
		this.#limits = { ...defaultLimits, clients: room, peers: room * 2, sessions: room * 2, credentials: room };
	}

	get isUp(): boolean {
		return this.#server !== undefined;
	}

	get uri(): string {
		return `coap://${this.#options.host}`;
	}

	get secureUri(): string {
		return `coaps://${this.#options.host}:${coapsPort}`;
	}

	isRegistered(endpoint: string): boolean {
		return this.#server?.client(endpoint) !== undefined;
	}

	/** Clients, and addresses that it remembers; it may hold `limit` of those. */
	get figures(): { readonly clients: number; readonly addresses: number } {
		return this.#server?.figures ?? { clients: 0, addresses: 0 };
	}

	async start(): Promise<void> {
		const { time, network, host, chance, boards } = this.#options;
		const own = chance.branch(`life ${++this.#lives}`);
		const server = new Lwm2mServer({
			time,
			network,
			host,
			securePort: coapsPort,
			dice: own,
			entropy: own.branch("entropy"),
			hasCalendar: false,
			store: this.#store,
			limits: this.#limits,
		});
		for (const { endpoint, key } of boards) {
			if (key !== undefined) server.security.add({ endpoint, mode: "psk", identity: endpoint, key });
		}
		this.#listen(server);
		await server.start();
		this.#server = server;
	}

	/** The process ends, without a word to anybody. */
	stop(): void {
		this.#server?.stop();
		this.#server = undefined;
		this.#busy.clear();
	}

	/** The disk is lost, too. */
	forget(): void {
		this.#store = new MemoryStore();
	}

	#listen(server: Lwm2mServer): void {
		const { counts } = this;
		server.on("registered", ({ registration }) => {
			counts.registered++;
			this.#unobserved.add(registration.endpoint);
			this.#care(server, registration.endpoint);
		});
		server.on("updated", ({ registration }) => {
			counts.updated++;
			this.#care(server, registration.endpoint);
		});
		server.on("awake", ({ registration }) => this.#care(server, registration.endpoint));
		server.on("observationFailed", ({ registration }) => this.#unobserved.add(registration.endpoint));
		server.on("notification", () => void counts.notifications++);
		server.on("deregistered", ({ registration, reason }) => {
			counts.deregistered++;
			if (reason !== "expired") return;
			counts.expired++;
			this.#options.expired(registration);
		});
	}

	/** Observes whoever is not observed, now that it listens. */
	#care(server: Lwm2mServer, endpoint: string): void {
		if (!this.#unobserved.has(endpoint) || this.#busy.has(endpoint)) return;
		this.#busy.add(endpoint);
		this.#observe(server, endpoint)
			.then(
				(isObserved) => isObserved && this.#unobserved.delete(endpoint),
				() => this.counts.failedRequests++, // it sleeps again, or is lost: the next time
			)
			.finally(() => this.#busy.delete(endpoint));
	}

	async #observe(server: Lwm2mServer, endpoint: string): Promise<boolean> {
		const { pminS, pmaxS } = this.#planOf.get(endpoint)!;
		const { operations } = server;
		const attributes = { pmin: pminS, pmax: pmaxS };
		if (!isSuccess((await operations.writeAttributes(endpoint, observedPath, attributes)).code)) return false;
		return isSuccess((await operations.observe(endpoint, observedPath)).code);
	}
}
