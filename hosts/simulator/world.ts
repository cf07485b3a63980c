import { randomFillSync } from "node:crypto";
import type { BootRules } from "../../modules/firmware/boot-decision.ts";
import type { Factory, LogRecord } from "../../modules/host.ts";
import { Board, type BoardMachine, type MakeMachine } from "./board/board.ts";
import { FlashChip } from "./board/flash.ts";
import type { BoardPreset } from "./board/presets.ts";
import type { BootImages } from "./board/slots.ts";
import { Chance } from "./chance.ts";
import type { RadioProfile } from "./energy/radios.ts";
import type { Timeline } from "./energy/timeline.ts";
import type { Network } from "./network/network.ts";
import { UdpNetwork } from "./network/udp-network.ts";
import { type Conditions, VirtualNetwork } from "./network/virtual-network.ts";
import { BootstrapServer } from "./server/bootstrap/bootstrap-server.ts";
import type { EnablerVersion } from "./server/registration.ts";
import { Lwm2mServer } from "./server/server.ts";
import type { Store } from "./server/store/store.ts";
import { RealTime, type Timekeeper, VirtualTime } from "./time.ts";

/** An image and the machines that run it. */
export interface Device<M extends BoardMachine> {
	readonly image: { readonly bytes: Uint8Array; readonly version: string; readonly hash: string };
	/** Absent: `image` for every kind of board. */
	imageFor?(preset: BoardPreset): Device<M>["image"];
	readonly makeMachine: MakeMachine<M>;
	/** Absent: whatever lies in slot a is started. */
	readonly bootImages?: BootImages;
}

/** One thing that happened to a board, `t` milliseconds after the world began. */
export interface WorldEvent extends LogRecord {
	readonly t: number;
}

export interface WorldOptions<M extends BoardMachine> {
	/** Everything that is left to chance comes out of it; in a real world all but entropy, network and time. */
	readonly seed: number;
	readonly device: Device<M>;
	onEvent?(event: WorldEvent, board: Board<M>): void;
	/** Console text of a device. */
	onPrint?(text: string, board: Board<M>): void;
}

export interface NewBoard {
	readonly name?: string;
	readonly preset: BoardPreset;
	readonly factory?: Factory;
	/** Of a virtual world, out of its network's newAddress(); drawn there when absent. */
	readonly address?: string;
	/** A chip of its own in memory when absent. */
	readonly flash?: FlashChip;
	readonly rtc?: "running" | "unset";
	/** What its radio draws; the kind's usual one when absent. */
	readonly radio?: RadioProfile;
	/** Gets its charge by time. */
	readonly timeline?: Timeline;
	/** A record of `dormouse provision`, which goes into the partition of its own. */
	readonly factoryRecord?: Uint8Array;
	/** Whether there is a reader for smart cards; there is with `smartCard`. */
	readonly hasCardReader?: boolean;
	/** The bootstrap file of the card that is in it (LwM2M Core 1.2 Appendix G.3.3); see Board.insertCard, removeCard. */
	readonly smartCard?: Uint8Array;
	readonly rules?: BootRules;
	readonly afterFailure?: "stop" | "reset";
}

export interface ServerPlace {
	readonly host?: string;
	readonly port?: number;
	readonly securePort?: number;
	/** Certificates in DER of those whose boards may come with certificates. */
	readonly clientAuthorities?: readonly Uint8Array[];
	/** Versions of LwM2M that an LwM2M Server speaks; all by default. */
	readonly enablers?: readonly EnablerVersion[];
	/** How long an LwM2M Server takes a queue-mode client to listen after it was heard; 93 s by default. */
	readonly awakeMs?: number;
	/** Keeps what the server is not to lose. */
	readonly store?: Store;
}

export interface RunOptions {
	/** Asked after every appointment. */
	isOver?(): boolean;
	/** Called, and waited for, when signals and pipes had their turn. */
	breathe?(): Promise<void>;
}

/** Appointments that a virtual world keeps before it lets signals and pipes have their turn. */
const stepsPerBreath = 256;

/** Boards, a server and a network around one source of time and one seed. */
export class World<M extends BoardMachine> {
	readonly seed: number;
	readonly time: Timekeeper;
	readonly network: Network;
	readonly boards: Board<M>[] = [];
	/** In the order in which startServer was called. */
	readonly servers: Lwm2mServer[] = [];
	/** In the order in which startBootstrapServer was called. */
	readonly bootstrapServers: BootstrapServer[] = [];
	readonly #options: WorldOptions<M>;
	readonly #chance: Chance;
	readonly #virtual: { time: VirtualTime; network: VirtualNetwork } | undefined;

	private constructor(options: WorldOptions<M>, chance: Chance, real?: { time: Timekeeper; network: Network }) {
		this.#options = options;
		this.seed = options.seed;
		this.#chance = chance;
		if (real === undefined) {
			const time = new VirtualTime();
			this.#virtual = { time, network: new VirtualNetwork({ time, chance: chance.branch("network") }) };
		}
		this.time = this.#virtual?.time ?? real!.time;
		this.network = this.#virtual?.network ?? real!.network;
	}

	/**
	 * A world in virtual time with a network of its own: the same seed and the same calls give the same run, to the
	 * last byte of memory.
	 */
	static virtual<M extends BoardMachine>(options: WorldOptions<M>, conditions: Partial<Conditions> = {}): World<M> {
		const world = new World(options, new Chance(options.seed));
		Object.assign(world.#virtual!.network.conditions, conditions);
		return world;
	}

	/** A world on this machine's clock and UDP. */
	static real<M extends BoardMachine>(options: WorldOptions<M>): World<M> {
		return new World(options, new Chance(options.seed), { time: new RealTime(), network: new UdpNetwork() });
	}

	/** The first server, once startServer was called. */
	get server(): Lwm2mServer | undefined {
		return this.servers[0];
	}

	/** The first server's URI for boards that come over DTLS; undefined without a secure port. */
	get secureUri(): string | undefined {
		return this.server === undefined ? undefined : this.secureUriOf(this.server);
	}

	/** The first Bootstrap-Server, once startBootstrapServer was called. */
	get bootstrapServer(): BootstrapServer | undefined {
		return this.bootstrapServers[0];
	}

	/** A server's URI for boards that come over DTLS; undefined without a secure port. */
	secureUriOf({ host = "127.0.0.1", securePort }: Lwm2mServer | BootstrapServer): string | undefined {
		return securePort === undefined ? undefined : `coaps://${bracketed(host)}:${securePort}`;
	}

	/** How datagrams fare; of a virtual world only. */
	get conditions(): Conditions | undefined {
		return this.#virtual?.network.conditions;
	}

	/**
	 * Starts an embedded LwM2M server; called again, another one beside it, in a real world on another port.
	 * @param at where it listens; in a virtual world an address of its own and port 5683. With securePort over DTLS, too
	 * @returns its URI for boards that come without DTLS
	 * @throws HostFailure with a message for people when it can not listen there
	 */
	async startServer(at: ServerPlace = {}): Promise<string> {
		const count = this.servers.length;
		const place = this.#placeOf(at, count === 0 ? "server" : `server-${count + 1}`);
		const server = new Lwm2mServer(place);
		await server.start();
		this.servers.push(server);
		return `coap://${bracketed(place.host)}:${server.port}`;
	}

	/** Puts a board into the world: off, with the image in its slot. @throws SlotRefused when the image does not fit */
	addBoard({ name, preset, factory = {}, flash, rtc = "running", ...more }: NewBoard): Board<M> {
		const {
			factoryRecord,
			smartCard,
			hasCardReader = smartCard !== undefined,
			rules,
			afterFailure,
			radio,
			timeline,
		} = more;
		const { device } = this.#options;
		const boardName = name ?? `board-${this.boards.length + 1}`;
		const chance = this.#chance.branch(boardName);
		const seeded = chance.branch("entropy");
		const address = this.#virtual === undefined ? {} : { address: more.address ?? this.#virtual.network.newAddress() };
		const board: Board<M> = new Board({
			name: boardName,
			preset,
			time: this.time,
			network: this.network,
			...address,
			flash: flash ?? new FlashChip(preset.flash),
			chance: chance.branch("dice"),
			fillEntropy: this.#virtual === undefined ? (bytes) => void randomFillSync(bytes) : (bytes) => seeded.fill(bytes),
			factory,
			makeMachine: device.makeMachine,
			...(device.bootImages === undefined ? {} : { bootImages: device.bootImages }),
			...(rules === undefined ? {} : { rules }),
			...(afterFailure === undefined ? {} : { afterFailure }),
			...(radio === undefined ? {} : { radio }),
			...(timeline === undefined ? {} : { timeline }),
			rtc,
			hasCardReader,
			...(smartCard === undefined ? {} : { smartCard }),
			onEvent: (record) => this.#options.onEvent?.({ t: this.time.nowMs(), ...record }, board),
			onPrint: (text) => this.#options.onPrint?.(text, board),
		});
		board.program((device.imageFor?.(preset) ?? device.image).bytes);
		if (factoryRecord !== undefined) board.provision(factoryRecord);
		this.boards.push(board);
		return board;
	}

	/**
	 * Runs a virtual world to `endMs`, or until `isOver` says so after an appointment. Promises of scripts are given
	 * their turn after every appointment, signals and pipes after every few hundred: by count and not by the clock, so
	 * that a run can be repeated.
	 */
	async run(endMs: number, { isOver, breathe }: RunOptions = {}): Promise<void> {
		const { time } = this.#virtual ?? {};
		if (time === undefined) throw new Error("a real world runs by itself");
		for (let step = 1; isOver?.() !== true && time.step(endMs); step++) {
			await new Promise((resolve) => process.nextTick(resolve)); // comes when all promises have settled
			if (step % stepsPerBreath !== 0) continue;
			await new Promise((resolve) => setImmediate(resolve));
			await breathe?.();
		}
	}

	/**
	 * Starts an embedded Bootstrap-Server, as startServer does; called again, another one beside it. Say with
	 * `configure` how its clients are to be configured.
	 * @returns its URI for boards that come without DTLS
	 * @throws HostFailure with a message for people when it can not listen there
	 */
	async startBootstrapServer(at: ServerPlace = {}): Promise<string> {
		const count = this.bootstrapServers.length;
		const place = this.#placeOf(at, count === 0 ? "bootstrap" : `bootstrap-${count + 1}`);
		const server = new BootstrapServer(place);
		await server.start();
		this.bootstrapServers.push(server);
		return `coap://${bracketed(place.host)}:${server.port}`;
	}

	/** Where a server listens, and what is left to chance there. */
	#placeOf(at: ServerPlace, branch: string) {
		const host = at.host ?? this.#virtual?.network.newAddress() ?? "127.0.0.1";
		const chance = this.#chance.branch(branch);
		const entropy = chance.branch("entropy");
		const seeded = this.#virtual === undefined ? {} : { dice: chance, entropy, hasCalendar: false };
		const { time, network } = this;
		return { ...at, time, network, host, ...seeded };
	}

	/** Switches everything off, without a word to anybody. */
	close(): void {
		for (const board of this.boards) {
			board.switchOff();
			board.flash.close();
		}
		for (const server of [...this.servers, ...this.bootstrapServers]) server.stop();
	}
}

function bracketed(host: string): string {
	return host.includes(":") ? `[${host}]` : host;
}
