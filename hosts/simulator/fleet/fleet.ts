import { createHash } from "node:crypto";
import { toHex, utf8 } from "../../../modules/bytes.ts";
import type { Address, Factory } from "../../../modules/host.ts";
import type { Board } from "../board/board.ts";
import type { LoadedDevice } from "../board/loader.ts";
import { presets } from "../board/presets.ts";
import { Chance } from "../chance.ts";
import type { Machine } from "../engine/machine.ts";
import type { VirtualNetwork } from "../network/virtual-network.ts";
import { type Device, World, type WorldEvent } from "../world.ts";
import { FleetServer } from "./fleet-server.ts";
import { Herd, type HerdReport } from "./herd.ts";
import { NonceWatch } from "./nonce-watch.ts";
import { type Disturbance, type FleetPlan, type FleetWish, type PlannedBoard, planFleet } from "./plan.ts";
import { BoardWatch, Disturbed, type Violation } from "./watches.ts";

export interface FleetOptions extends FleetWish {
	readonly seed: number;
	readonly device: LoadedDevice;
	/** In place of one that is drawn. */
	readonly plan?: FleetPlan;
	/** Whether `hash` is to be of all memory, too, and not of figures alone: for small fleets. */
	readonly hashesMemory?: boolean;
	onViolation?(violation: Violation): void;
}

/** What a fleet's run came to. */
export interface FleetReport {
	readonly seed: number;
	readonly boards: number;
	readonly ranMs: number;
	readonly violations: readonly Violation[];
	/** All that are counted; `violations` holds the first ones. */
	readonly violationCount: number;
	/** SHA-256 over every datagram and event in order, and every board's account at the end. */
	readonly hash: string;
	readonly events: Readonly<Record<string, number>>;
	readonly server: FleetServer["counts"];
	readonly network: Readonly<Record<string, number>>;
	readonly herds: readonly HerdReport[];
	readonly disturbances: Readonly<Record<string, number>>;
	readonly noncesChecked: number;
	/** How much later than pmax the latest notification was, in milliseconds, of those that nothing was in the way of. */
	readonly latestNotificationMs: number;
	readonly boots: number;
	readonly turns: number;
	readonly computrons: number;
	readonly ramPeakBytes: number;
}

/** Violations that are kept. */
const violationsMax = 100;
const lookEveryMs = 60_000;
/** How long a return of the server is looked at. */
const herdMs = 2 * 3_600_000;

interface FleetBoard {
	readonly plan: PlannedBoard;
	readonly board: Board<Machine>;
	readonly watch: BoardWatch;
	readonly address: string;
}

/** Boards of all kinds, a lossy network, a server that comes and goes, from one seed; and what must hold meanwhile. */
export class Fleet {
	readonly plan: FleetPlan;
	readonly world: World<Machine>;
	readonly server: FleetServer;
	readonly violations: Violation[] = [];
	readonly #options: FleetOptions;
	readonly #boards: FleetBoard[] = [];
	readonly #byName = new Map<string, FleetBoard>();
	readonly #serverHost: string;
	readonly #disturbed = new Disturbed();
	readonly #nonces: NonceWatch;
	readonly #hash = createHash("sha256");
	readonly #events = new Map<string, number>();
	readonly #disturbances = new Map<string, number>();
	readonly #herds: Herd[] = [];
	#herd: { readonly herd: Herd; readonly untilMs: number } | undefined;
	#violationCount = 0;
	#datagrams = 0;

	constructor(options: FleetOptions) {
		this.#options = options;
		const chance = new Chance(options.seed).branch("fleet");
		this.plan = options.plan ?? planFleet(options, chance.branch("plan"));
		this.world = World.virtual<Machine>(
			{
				seed: options.seed,
				device: this.#watched(options.device),
				onEvent: (event, board) => this.#heard(event, board),
			},
			this.plan.conditions,
		);
		this.#serverHost = this.#network.newAddress();
		this.#nonces = new NonceWatch((endpoint, what) =>
			this.#violate({ invariant: "nonce", atMs: this.nowMs, endpoint, what }),
		);
		this.server = new FleetServer({
			time: this.world.time,
			network: this.#network,
			host: this.#serverHost,
			chance: chance.branch("server"),
			boards: this.plan.boards,
			expired: ({ endpoint }) => this.#byName.get(endpoint)?.watch.expired(this.nowMs),
		});
		this.#network.tap = (bytes, from, to) => this.#sent(bytes, from, to);
	}

	get nowMs(): number {
		return this.world.time.nowMs();
	}

	/** How many datagrams were sent so far. */
	get datagrams(): number {
		return this.#datagrams;
	}

	get violationCount(): number {
		return this.#violationCount;
	}

	get #network(): VirtualNetwork {
		return this.world.network as VirtualNetwork;
	}

	/** @param isOver asked after every appointment; breathe: waited for, now and then */
	async run(hooks: { isOver?(): boolean; breathe?(): Promise<void> } = {}): Promise<FleetReport> {
		const { forMs } = this.#options;
		await this.server.start();
		for (const plan of this.plan.boards) this.#add(plan);
		for (const disturbance of this.plan.disturbances) this.#schedule(disturbance);
		const { time } = this.world;
		const look = () => {
			this.#look();
			time.at(time.nowMs() + lookEveryMs, look);
		};
		time.at(lookEveryMs, look);
		time.at(Math.floor(forMs / 2), () => {
			for (const { watch, board } of this.#boards) watch.halfway(board.ledger.highWater.ramBytes);
		});
		await this.world.run(forMs, hooks);
		for (const { watch, board } of this.#boards) watch.end(this.nowMs, board.ledger.highWater.ramBytes);
		return this.report();
	}

	/** What came of it so far. */
	report(): FleetReport {
		const { seed, count } = this.#options;
		const ledgers = this.#boards.map(({ board }) => board.ledger);
		const sum = (value: (ledger: (typeof ledgers)[number]) => number) =>
			ledgers.reduce((all, one) => all + value(one), 0);
		return {
			seed,
			boards: count,
			ranMs: this.nowMs,
			violations: this.violations,
			violationCount: this.#violationCount,
			hash: this.#finalHash(),
			events: Object.fromEntries([...this.#events].sort(([a], [b]) => (a < b ? -1 : 1))),
			server: { ...this.server.counts },
			network: { sent: this.#datagrams, ...this.#network.counters },
			herds: this.#herds.map((herd) => herd.report()),
			disturbances: Object.fromEntries(this.#disturbances),
			noncesChecked: this.#nonces.count,
			latestNotificationMs: Math.max(...this.#boards.map(({ watch }) => watch.latestMs)),
			boots: sum(({ boots }) => boots),
			turns: sum(({ turns }) => turns),
			computrons: sum(({ computrons }) => computrons),
			ramPeakBytes: Math.max(0, ...ledgers.map(({ highWater }) => highWater.ramBytes)),
		};
	}

	close(): void {
		this.server.stop();
		this.world.close();
	}

	/** The same device, its cryptography listened to. */
	#watched(device: LoadedDevice): Device<Machine> {
		return {
			...device,
			makeMachine: (slot, preset, ports) => {
				const { accelerator } = ports;
				if (accelerator === undefined) return device.makeMachine(slot, preset, ports);
				const { factory } = JSON.parse(ports.bootRecordJson) as { readonly factory: Factory };
				const heard = this.#nonces.listening(accelerator, factory.endpointName ?? "");
				return device.makeMachine(slot, preset, { ...ports, accelerator: heard });
			},
		};
	}

	#add(plan: PlannedBoard): void {
		const { endpoint, key, connectionId, lifetimeS, enabler, sleep } = plan;
		const security = {
			mode: "psk" as const,
			publicKeyOrIdentity: toHex(utf8(endpoint)),
			secretKey: key === undefined ? "" : toHex(key),
			connectionId,
		};
		const factory: Factory = {
			endpointName: endpoint,
			lifetimeS,
			enabler,
			sleep,
			...(key === undefined ? { serverUri: this.server.uri } : { serverUri: this.server.secureUri, security }),
		};
		const address = this.#network.newAddress();
		const preset = presets[plan.preset];
		const board = this.world.addBoard({ name: endpoint, preset, factory, address, afterFailure: "reset" });
		const watch = new BoardWatch(plan, this.#disturbed, (violation) => this.#violate(violation));
		const one = { plan, board, watch, address };
		this.#boards.push(one);
		this.#byName.set(endpoint, one);
		this.world.time.at(plan.onAtMs, () => board.powerOn());
	}

	#schedule(disturbance: Disturbance): void {
		const { time } = this.world;
		time.at(disturbance.atMs, () => {
			this.#disturbances.set(disturbance.kind, (this.#disturbances.get(disturbance.kind) ?? 0) + 1);
			if (disturbance.kind === "rebind") this.#rebind(this.#boards[disturbance.board]!);
			else if (disturbance.kind === "powerCut") this.#cut(this.#boards[disturbance.board]!, disturbance.forMs);
			else if (disturbance.kind === "outage") this.#loseAll(disturbance.forMs);
			else this.#restart(disturbance);
		});
	}

	#rebind({ address, watch }: FleetBoard): void {
		this.#network.rebind(address);
		watch.own.touch(this.nowMs);
	}

	#cut({ board, watch }: FleetBoard, forMs: number): void {
		if (board.state !== "running" && board.state !== "asleep") return;
		watch.own.begin();
		watch.unobserved();
		board.cutPower();
		this.world.time.at(this.nowMs + forMs, () => {
			board.powerOn();
			watch.own.end(this.nowMs);
		});
	}

	#loseAll(forMs: number): void {
		const { conditions } = this.#network;
		const { lossPermille } = conditions;
		conditions.lossPermille = 1000;
		this.#disturbed.begin();
		this.world.time.at(this.nowMs + forMs, () => {
			conditions.lossPermille = lossPermille;
			this.#returned("an outage", forMs);
		});
	}

	#restart({ forMs, hasStore, saysGoodBye }: Disturbance & { kind: "restart" }): void {
		const { conditions } = this.#network;
		const { lossPermille } = conditions;
		if (!saysGoodBye) conditions.lossPermille = 1000; // whatever it would still say
		this.server.stop();
		conditions.lossPermille = lossPermille;
		if (!hasStore) this.server.forget();
		this.#disturbed.begin();
		const what = `a ${saysGoodBye ? "restart with a good-bye" : "crash"}${hasStore ? "" : " that lost the store"}`;
		this.world.time.at(this.nowMs + forMs, () => {
			void this.server.start().then(() => this.#returned(what, forMs));
		});
	}

	#returned(what: string, forMs: number): void {
		this.#disturbed.end(this.nowMs);
		const herd = new Herd(this.nowMs, `${what}, ${Math.round(forMs / 60_000)} min`);
		this.#herds.push(herd);
		this.#herd = { herd, untilMs: this.nowMs + herdMs };
	}

	#look(): void {
		const { nowMs } = this;
		for (const { plan, watch, board } of this.#boards) {
			if (board.state === "running" || board.state === "asleep")
				watch.look(nowMs, this.server.isRegistered(plan.endpoint));
		}
		const { addresses } = this.server.figures;
		const room = this.#boards.length * 3 + 64;
		if (addresses > room) {
			this.#violate({
				invariant: "memory",
				atMs: nowMs,
				what: `the server remembers ${addresses} addresses of ${room}`,
			});
		}
	}

	#sent(bytes: Uint8Array, from: Readonly<Address>, to: Readonly<Address>): void {
		this.#datagrams++;
		this.#hash.update(`${this.nowMs} ${from.host} ${from.port} ${to.host} ${to.port} `);
		this.#hash.update(bytes);
		if (to.host !== this.#serverHost || this.#herd === undefined) return;
		if (this.nowMs > this.#herd.untilMs) this.#herd = undefined;
		else this.#herd.herd.hear(from.host, this.nowMs);
	}

	#heard(event: WorldEvent, { name }: Board<Machine>): void {
		this.#hash.update(`${name} ${JSON.stringify(event)}`);
		this.#events.set(event.event, (this.#events.get(event.event) ?? 0) + 1);
		const watch = this.#byName.get(name)?.watch;
		if (watch === undefined) return;
		const { t } = event;
		if (event.event === "notified") watch.notified(t);
		else if (event.event === "observing") watch.observing(t);
		else if (event.event === "observationCancelled" || event.event === "registered") watch.unobserved();
		else if (event.event === "booted" && event.resetCause !== "deepSleep") watch.unobserved();
		else if (event.event === "notificationsDropped") {
			watch.dropped(t, Number(event.count));
		} else if (event.event === "deviceFailed") {
			const what = `the device failed: ${event.reason} ${event.explanation ?? ""}`;
			this.#violate({ invariant: "failure", atMs: t, endpoint: name, what });
		}
	}

	#violate(violation: Violation): void {
		this.#violationCount++;
		if (this.violations.length < violationsMax) this.violations.push(violation);
		this.#options.onViolation?.(violation);
	}

	#finalHash(): string {
		const hash = this.#hash.copy();
		for (const { board } of this.#boards) {
			hash.update(JSON.stringify([board.name, board.state, board.ledger, board.flash.figures()]));
			if (this.#options.hashesMemory === true && board.machine !== undefined) hash.update(board.machine.vm.memory);
		}
		return hash.digest("hex");
	}
}
