/**
 * One board in queue mode over DTLS that sleeps deep between its notifications, the server that observes it, and a
 * listener that knows every key the board computes with. Power goes, or a reset comes, at a drawn step around a sleep.
 */
import { ok } from "node:assert/strict";
import type { Board } from "../../hosts/simulator/board/board.ts";
import { presets } from "../../hosts/simulator/board/presets.ts";
import type { Stroke } from "../../hosts/simulator/board/rail.ts";
import { Chance } from "../../hosts/simulator/chance.ts";
import type { Machine } from "../../hosts/simulator/engine/machine.ts";
import type { BoardPorts } from "../../hosts/simulator/engine/ports.ts";
import type { Lwm2mServer } from "../../hosts/simulator/server/server.ts";
import { type Device, World, type WorldEvent } from "../../hosts/simulator/world.ts";
import { fromHex, toHex, utf8 } from "../../modules/bytes.ts";
import { isSuccess } from "../../modules/coap/code.ts";

const endpoint = "sleeper";
const key = "000102030405060708090a0b0c0d0e0f";
const dayS = 86_400;
/** Temperature, the least of it, and the time: what is observed. */
export const paths = ["/3303/0/5700", "/3303/0/5601", "/3/0/13"] as const;

/** How one life is drawn. */
export interface Draw {
	readonly seed: number;
	readonly board?: keyof typeof presets;
	readonly rtc?: "running" | "unset";
	readonly lossPermille?: number;
	readonly everyMs?: number;
	readonly lifetimeS?: number;
	readonly deepest?: "light" | "deep";
	/** LwM2M 1.2, Confirmable, in a format that has times: what is stored while the server is away is told. */
	readonly isStoring?: boolean;
}

/** Every AEAD key that the board used, with each nonce and what was sealed under it. */
export class NonceListener {
	readonly #heard = new Map<string, string>();
	/** The first that came twice. */
	repeated: string | undefined;

	get seals(): number {
		return this.#heard.size;
	}

	/** The same device, heard. */
	on(device: Device<Machine>): Device<Machine> {
		return {
			...device,
			makeMachine: (slot, preset, ports) => device.makeMachine(slot, preset, this.#listening(ports)),
		};
	}

	#listening(ports: BoardPorts): BoardPorts {
		const { accelerator } = ports;
		if (accelerator === undefined) throw new Error("a board without an accelerator can not be listened to");
		return {
			...ports,
			accelerator: {
				...accelerator,
				seal: (aead, secret, nonce, aad, plain) => {
					this.#hear(`${toHex(secret)} ${toHex(nonce)}`, `${toHex(aad)} ${toHex(plain)}`);
					return accelerator.seal(aead, secret, nonce, aad, plain);
				},
			},
		};
	}

	#hear(once: string, what: string): void {
		const before = this.#heard.get(once);
		if (before !== undefined && before !== what) this.repeated ??= `${once}: ${before}, then ${what}`;
		this.#heard.set(once, what);
	}
}

/** How a cut ended, by what the board did next. */
export type Ladder = "kept" | "doubtful" | "resumed" | "handshake" | "registered";

export class SleepingBoard {
	readonly where: string;
	readonly everyMs: number;
	readonly nonces = new NonceListener();
	readonly heard: WorldEvent[] = [];
	readonly world: World<Machine>;
	readonly chance: Chance;
	/** What the server believes to observe, and when it heard of each last. */
	readonly observed = new Map<string, number>();
	/** The longest time without a notification of the first path, less the time without power. */
	longestGapMs = 0;
	/** When the server answered a notification with a Reset. */
	readonly resetsMs: number[] = [];
	#offMs = 0;
	/** When the values were measured that came with their times, seconds. */
	readonly storedS: number[] = [];
	readonly #draw: Required<Draw>;
	#board: Board<Machine> | undefined;

	constructor(device: Device<Machine>, draw: Draw) {
		const chance = new Chance(draw.seed);
		this.chance = chance;
		const boards = ["esp32", "nrf52840", "esp32c3", "nrf9160"] as const;
		const board = draw.board ?? boards[chance.below(boards.length)]!;
		const rtc = draw.rtc ?? (chance.happens(500) ? "running" : "unset");
		const lossPermille = draw.lossPermille ?? (chance.happens(300) ? 100 : 0);
		const { isStoring = false, lifetimeS = dayS, everyMs = [60_000, 300_000, 900_000][chance.below(3)]! } = draw;
		const deepest = draw.deepest ?? (draw.board === undefined && chance.happens(200) ? "light" : "deep");
		this.everyMs = everyMs;
		this.#draw = { seed: draw.seed, board, rtc, lossPermille, isStoring, everyMs, lifetimeS, deepest };
		const circumstances = `rtc ${rtc}, loss ${lossPermille}, ${deepest}, every ${everyMs / 1000} s`;
		this.where = `seed ${draw.seed}, ${board}, ${circumstances}`;
		this.world = World.virtual({
			seed: draw.seed,
			device: this.nonces.on(device),
			onEvent: (event) => this.heard.push(event),
		});
	}

	get board(): Board<Machine> {
		return this.#board!;
	}

	get server(): Lwm2mServer {
		return this.world.server!;
	}

	get nowMs(): number {
		return this.world.time.nowMs();
	}

	named(name: string): WorldEvent[] {
		return this.heard.filter(({ event }) => event === name);
	}

	/**
	 * Registers, is observed, and falls asleep.
	 * @param first it is cut on the way there; where there is no such step, it is not
	 * @returns whether it was cut
	 */
	async start(first?: { readonly step: number; readonly how: Stroke }): Promise<boolean> {
		const { board, rtc, isStoring, lifetimeS, deepest } = this.#draw;
		const awake = 3000 + this.chance.below(5000);
		await this.world.startServer({ securePort: 5684, awakeMs: awake });
		this.#hear();
		const security = { mode: "psk", publicKeyOrIdentity: toHex(utf8(endpoint)), secretKey: key } as const;
		this.server.security.add({ endpoint, mode: "psk", identity: endpoint, key: fromHex(key)! });
		const sleep = { queueMode: true, awake, sampleEveryS: this.everyMs / 1000, deepFromMs: 5000, deepest };
		this.#board = this.world.addBoard({
			preset: presets[board],
			afterFailure: "reset",
			rtc,
			factory: {
				endpointName: endpoint,
				serverUri: this.world.secureUri!,
				security,
				lifetimeS,
				sleep,
				...(isStoring ? { enabler: "1.2" } : {}),
			},
		});
		if (first !== undefined) return this.#startCut(first);
		this.board.powerOn();
		await this.run(this.everyMs + 30_000);
		ok(this.board.depth === deepest || this.everyMs <= 60_000, `${this.where}: it does not sleep`);
		ok(this.observed.has(paths[0]), `${this.where}: it is not observed`);
		this.world.conditions!.lossPermille = this.#draw.lossPermille;
		return false;
	}

	async #startCut({ step, how }: { readonly step: number; readonly how: Stroke }): Promise<boolean> {
		const { board, chance } = this;
		board.rail.killAt({ step, how, bytes: chance.below(80), tornBits: chance.below(256) });
		board.powerOn();
		await this.run(20_000, () => board.rail.strokes > 0);
		board.rail.killAt(undefined);
		if (board.state === "off" && how === "power") board.powerOn();
		await this.run(this.everyMs);
		return board.rail.strokes > 0;
	}

	#hear(): void {
		const { server } = this;
		server.watch(endpoint);
		server.on("coap", ({ incoming, message }) => {
			if (!incoming && message.type === "RST") this.resetsMs.push(this.nowMs);
		});
		server.on("registered", () => {
			this.observed.clear();
			this.#observe(paths[0]);
		});
		server.on("updated", () => {
			if (!this.observed.has(paths[0])) this.#observe(paths[0]);
		});
		server.on("notification", ({ path, samples = [] }) => {
			for (const { timeS } of samples) this.storedS.push(timeS!);
			const text = `/${path.join("/")}`;
			const beforeMs = this.observed.get(text);
			if (beforeMs === undefined) return;
			if (text === paths[0]) this.longestGapMs = Math.max(this.longestGapMs, this.nowMs - beforeMs - this.#offMs);
			if (text === paths[0]) this.#offMs = 0;
			this.observed.set(text, this.nowMs);
		});
	}

	/** The server asks for it; it stands when the client agreed. */
	#observe(path: string): void {
		const { isStoring } = this.#draw;
		const rhythm = { pmin: this.everyMs / 1000, pmax: this.everyMs / 1000, ...(isStoring ? { con: 1 } : {}) };
		const format = isStoring ? { format: "SENML_CBOR" as const } : {};
		const { operations } = this.server;
		operations
			.writeAttributes(endpoint, path, rhythm)
			.then(() => operations.observe(endpoint, path, format))
			.then(({ code }) => {
				if (isSuccess(code)) this.observed.set(path, this.nowMs);
			})
			.catch(() => {}); // it died meanwhile; whoever wants it asks again
	}

	/** Something that a server does now and then, whether the board hears it or not. */
	meddle(): void {
		const path = paths[1 + this.chance.below(2)]!;
		if (this.server.client(endpoint) === undefined) return;
		const what = this.chance.below(4);
		if (what === 0) this.#observe(path);
		else if (what === 1 && this.observed.delete(path)) {
			const how = this.chance.happens(500) ? "active" : "passive";
			this.server.operations.cancel(endpoint, path, how).catch(() => {});
		} else if (what === 2) this.server.operations.read(endpoint, "/3/0").catch(() => {});
	}

	run(forMs: number, isOver?: () => boolean): Promise<void> {
		return this.world.run(this.nowMs + forMs, isOver === undefined ? {} : { isOver });
	}

	/**
	 * Cuts the board at the step that is `step` steps from now. Where no such step comes, nothing is cut.
	 * @returns whether it was
	 */
	async cut(step: number, how: Stroke): Promise<boolean> {
		const { board, chance } = this;
		const { strokes } = board.rail;
		board.rail.killAt({ step, how, bytes: chance.below(80), tornBits: chance.below(256) });
		await this.run(2 * this.everyMs, () => board.rail.strokes > strokes);
		board.rail.killAt(undefined);
		if (board.rail.strokes === strokes) return false;
		if (how === "reset")
			await this.run(101); // it boots
		else {
			const offMs = chance.below(3) * chance.below(20_000);
			this.#offMs += offMs;
			await this.run(offMs);
			board.powerOn();
		}
		return true;
	}

	/**
	 * Nothing more is cut or lost, until everything must have come right. A client that has lost its retained RAM refuses
	 * a few records of the server, Resets among them (modules/dtls, README, "What can be replayed after a power cut").
	 */
	async settle(): Promise<void> {
		this.board.rail.killAt(undefined);
		this.world.conditions!.lossPermille = 0;
		if (this.board.state === "off") this.board.powerOn();
		await this.run(3 * this.everyMs + 400_000);
		for (let refused = 0; refused < 16 && this.isReset(); refused++) await this.run(this.everyMs);
	}

	/** Whether the client told, in the last two rounds, what the server does not observe. */
	isReset(): boolean {
		return this.resetsMs.some((atMs) => atMs > this.nowMs - 2 * this.everyMs);
	}

	/** The server can not be reached from now on; or again. */
	setOutage(isOut: boolean): void {
		this.world.conditions!.lossPermille = isOut ? 1000 : 0;
	}

	close(): void {
		this.world.close();
	}
}
