import { codeText, isSuccess } from "../../../modules/coap/code.ts";
import { type Flash, HostFailure } from "../../../modules/host.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { settingsKeys } from "../../../src/settings.ts";
import type { Board } from "../board/board.ts";
import { type Traffic, totalBytes } from "../board/ledger.ts";
import type { LoadedDevice } from "../board/loader.ts";
import type { BoardPreset } from "../board/presets.ts";
import type { Machine } from "../engine/machine.ts";
import { VirtualNetwork } from "../network/virtual-network.ts";
import { coapsPort } from "../server/server.ts";
import { World } from "../world.ts";
import { infoOf } from "./credentials.ts";
import { endpoint, preSharedKey } from "./measure.ts";

/** What a wake cost, from sleep to sleep. Bytes are whole datagrams without UDP and IP. */
export interface WakeCost {
	readonly sentBytes: number;
	readonly receivedBytes: number;
	readonly datagrams: number;
	/** Of these, both ways, datagrams that begin with a record of a handshake, or an alert (board/ledger.ts). */
	readonly handshakeBytes: number;
	readonly handshakeDatagrams: number;
	/** With UDP and IPv4, both ways: 28 bytes more for each datagram. */
	readonly bytesWithHeaders: number;
	/** Millicoulombs; all that was drawn but for the board's sleep. */
	readonly chargeMc: number;
	/** Of these, for writing and erasing flash. */
	readonly flashMc: number;
	/** Of these, for waiting with the radio on: for answers, and until the server need not be heard any more. */
	readonly windowMc: number;
	/** From the boot to the next sleep, in virtual time. */
	readonly awakeMs: number;
	/** How often the client began to register, updated, notified. */
	readonly registrations: number;
	readonly updates: number;
	readonly notifications: number;
}

export interface SleepyBoardOptions {
	/** deep: each wake is a boot. light: RAM is kept, and the radio stays in its network where it can. */
	readonly depth?: "light" | "deep";
	/** Whether the board's clock goes on without power. */
	readonly rtc?: "running" | "unset";
}

/** What the server observes; nothing but the first changes by itself. */
export const observedPaths = ["/3303/0/5700", "/3/0/11", "/3/0/16", "/1/0/1", "/5/0/3"] as const;
/** How often the temperature is measured. */
export const sampleEveryS = 900;
export const lifetimeS = 86_400;
/** How long the board hears its server after the last message: a product's own word. */
export const hearsMs = 5000;

/** Longer than anything measured takes, in virtual time. */
const patienceMs = 2 * lifetimeS * 1000;
/** Of the keys of src/retention.ts those behind the snapshot and before what resumes sessions. */
const sessionKeys = { from: settingsKeys.retained + 0x10_0000, below: settingsKeys.retained + 0x20_0000 };

type Sums = Omit<WakeCost, "awakeMs"> & { readonly observed: number };

/**
 * A board in queue mode with the embedded server, over DTLS with a pre-shared key, CCM_8 and a Connection ID, in a
 * virtual world of always the same seed. The server observes five resources with each registration.
 */
export class SleepyBoard {
	readonly board: Board<Machine>;
	readonly #world: World<Machine>;
	readonly #events: ReadonlyMap<string, number>;
	#handshakeDatagrams = 0;
	#observed = 0;
	#refusal: string | undefined;

	private constructor(world: World<Machine>, board: Board<Machine>, events: ReadonlyMap<string, number>) {
		this.#world = world;
		this.board = board;
		this.#events = events;
		world.server!.on("registered", () => void this.#observe());
		if (!(world.network instanceof VirtualNetwork)) return;
		world.network.tap = ([type = 0]) => {
			if (type >= 20 && type <= 22) this.#handshakeDatagrams++;
		};
	}

	/** A board that is off, with a server that knows its key. */
	static async prepare(
		device: LoadedDevice,
		preset: BoardPreset,
		{ depth = "deep", rtc = "running" }: SleepyBoardOptions = {},
	): Promise<SleepyBoard> {
		const events = new Map<string, number>();
		const onEvent = ({ event }: { readonly event: string }) => {
			if (event === "deviceFailed" || event === "hostFailure") throw new Error(`${event} while it was measured`);
			events.set(event, (events.get(event) ?? 0) + 1);
		};
		const world = World.virtual<Machine>({ seed: 1, device, onEvent });
		await world.startServer({ securePort: coapsPort });
		world.server!.security.add(infoOf(endpoint, preSharedKey));
		const sleep = { queueMode: true, awake: hearsMs, sampleEveryS, deepest: depth, deepFromMs: 2 * hearsMs };
		const account = { serverUri: world.secureUri!, security: preSharedKey, lifetimeS };
		const board = world.addBoard({ preset, rtc, factory: { endpointName: endpoint, ...account, sleep } });
		return new SleepyBoard(world, board, events);
	}

	/** The first boot, until it sleeps with everything observed. @returns what that cost */
	connect(): Promise<WakeCost> {
		return this.#measure(
			() => this.board.powerOn(),
			({ observed }) => observed > 0,
		);
	}

	/** Lets wakes pass, up to the sleep behind `ms`. */
	async settle(ms: number): Promise<void> {
		await this.#world.run(this.#world.time.nowMs() + ms);
		await this.#untilAsleep();
	}

	/** Wakes pass, up to the first one that is as wanted. @returns what that one cost */
	async wakeWith(isWanted: (wake: WakeCost) => boolean): Promise<WakeCost> {
		const endMs = this.#world.time.nowMs() + patienceMs;
		while (this.#world.time.nowMs() < endMs) {
			const wake = await this.#measure(() => {});
			if (isWanted(wake)) return wake;
		}
		throw new Error("no wake came that was to be measured");
	}

	/**
	 * @param begin wakes the sleeping board; absent: it wakes when it wants to
	 * @returns what it cost until it sleeps and has told its temperature, in one wake or several
	 */
	wakeBy(begin?: (board: Board<Machine>) => void): Promise<WakeCost> {
		return this.#measure(
			() => begin?.(this.board),
			({ notifications, observed }) => notifications > 0 || observed > 0,
		);
	}

	/** Takes from the sleeping board all that it keeps: it is as its factory made it, and its clock goes on. */
	forgetEverything(): void {
		const { offset, sizeBytes } = this.board.preset.map.settings;
		this.board.retained.scramble();
		this.board.flash.clear(offset, sizeBytes);
	}

	/** Takes its sessions' keys and numbers from the sleeping board; what resumes them is left, and all else. */
	forgetSessions(): void {
		this.board.retained.scramble();
		const store = new FlashSettings({ flash: settingsFlash(this.board) });
		for (let key = store.nextKey(sessionKeys.from - 1); key !== undefined; key = store.nextKey(key)) {
			if (key >= sessionKeys.below) break;
			const refused = store.commit([{ key, value: undefined }]);
			if (refused !== undefined) throw new Error(refused.code);
		}
	}

	close(): void {
		this.#world.close();
	}

	get #isAsleep(): boolean {
		return this.board.depth === "deep" || this.board.depth === "light";
	}

	async #untilAsleep(): Promise<void> {
		const endMs = this.#world.time.nowMs() + patienceMs;
		await this.#world.run(endMs, { isOver: () => this.#isAsleep });
		if (!this.#isAsleep) throw new Error("the board does not fall asleep");
	}

	async #measure(begin: () => void, isDone: (cost: Sums) => boolean = () => true): Promise<WakeCost> {
		const before = this.#sums();
		begin();
		const endMs = this.#world.time.nowMs() + patienceMs;
		let awakeMs = 0;
		for (;;) {
			await this.#world.run(endMs, { isOver: () => !this.#isAsleep });
			const wokeAtMs = this.#world.time.nowMs();
			await this.#untilAsleep();
			awakeMs += this.#world.time.nowMs() - wokeAtMs;
			if (this.#refusal !== undefined) throw new Error(this.#refusal);
			const { observed, ...cost } = difference(this.#sums(), before);
			if (isDone({ observed, ...cost })) return { ...cost, awakeMs };
			if (this.#world.time.nowMs() >= endMs) throw new Error("what was measured did not come to its end");
		}
	}

	#sums(): Sums {
		const { ledger, energy } = this.board;
		const { sent, received } = ledger;
		energy.account.advance(this.#world.time.nowMs());
		const asleep = energy.account.causes.get("sleep")?.charge;
		const inSleep = asleep === undefined ? 0 : asleep.rest + asleep.listen;
		let flashMc = 0;
		let windowMc = 0;
		for (const [cause, { charge }] of energy.account.causes) {
			flashMc += charge.flash;
			windowMc += charge.tail;
			if (cause === "awake" || cause === "idle") windowMc += charge.rest + charge.listen;
		}
		const count = (event: string) => this.#events.get(event) ?? 0;
		const payload = (traffic: Traffic) => totalBytes(traffic) - traffic.bytes.udpIp;
		return {
			sentBytes: payload(sent),
			receivedBytes: payload(received),
			datagrams: sent.datagrams + received.datagrams,
			handshakeBytes: sent.bytes.dtlsHandshake + received.bytes.dtlsHandshake,
			handshakeDatagrams: this.#handshakeDatagrams,
			bytesWithHeaders: totalBytes(sent) + totalBytes(received),
			chargeMc: energy.account.totalMc - inSleep,
			flashMc,
			windowMc,
			registrations: count("registering"),
			updates: count("updated"),
			notifications: count("notified"),
			observed: this.#observed,
		};
	}

	async #observe(): Promise<void> {
		const { operations } = this.#world.server!;
		for (const path of observedPaths) {
			const { code, message = "" } = await operations.observe(endpoint, path);
			if (!isSuccess(code)) this.#refusal = `${path} is not observed: ${codeText(code)} ${message}`;
		}
		this.#observed++;
	}
}

function difference(after: Sums, before: Sums): Sums {
	const names = Object.keys(after) as (keyof Sums)[];
	return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as Record<keyof Sums, number>;
}

/** The settings of a board that sleeps, for a look from outside. */
function settingsFlash({ flash, preset }: Board<Machine>): Flash {
	const { offset, sizeBytes } = preset.map.settings;
	const check = (refusal: string | undefined) => {
		if (refusal !== undefined) throw new HostFailure(refusal);
	};
	return {
		...flash.geometry,
		sizeBytes,
		erasedByte: 0xff,
		read: (at, into) => check(flash.read(offset + at, into)),
		write: (at, bytes) => check(flash.write(offset + at, bytes)),
		erase: (at, size) => check(flash.erase(offset + at, size)),
	};
}
