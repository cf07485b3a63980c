import { toHex, utf8 } from "../../../modules/bytes.ts";
import { isSuccess } from "../../../modules/coap/code.ts";
import type { FactorySecurity } from "../../../modules/host.ts";
import type { Board } from "../board/board.ts";
import { type Traffic, totalBytes } from "../board/ledger.ts";
import type { LoadedDevice } from "../board/loader.ts";
import type { BoardPreset } from "../board/presets.ts";
import type { Machine } from "../engine/machine.ts";
import type { Answer, Operations } from "../server/operations.ts";
import { coapsPort } from "../server/server.ts";
import { World, type WorldEvent } from "../world.ts";
import { infoOf } from "./credentials.ts";

/** What a stretch of a board's life cost. */
export interface Cost {
	/** CoAP messages, or the records that hold them, without UDP and IP, in bytes. */
	readonly sentBytes: number;
	readonly receivedBytes: number;
	readonly computrons: number;
	/** Times the processor woke up. */
	readonly turns: number;
	/** Sent and received. */
	readonly datagrams: number;
}

export const endpoint = "dormouse";
/** A pre-shared key, as the factory gives it to a measured board; the name has 8 bytes. */
export const preSharedKey: FactorySecurity = {
	mode: "psk",
	publicKeyOrIdentity: toHex(utf8(endpoint)),
	secretKey: "000102030405060708090a0b0c0d0e0f",
};
/** Longer than anything measured takes in virtual time. */
const patienceMs = 600_000;

/**
 * One board with the embedded server in a virtual world, to be taken from one state to the next and measured in
 * between.
 */
export class MeasuredBoard {
	readonly board: Board<Machine>;
	readonly #world: World<Machine>;
	readonly #waiting: { name: string; hear: () => void }[] = [];

	private constructor(world: World<Machine>, board: Board<Machine>, waiting: { name: string; hear: () => void }[]) {
		this.#world = world;
		this.board = board;
		this.#waiting = waiting;
	}

	/**
	 * A board that is off, and a server that listens; the seed is always the same, so that figures can be compared.
	 * @param security the board comes over DTLS, and the server knows it
	 */
	static async prepare(device: LoadedDevice, preset: BoardPreset, security?: FactorySecurity): Promise<MeasuredBoard> {
		const waiting: { name: string; hear: () => void }[] = [];
		const onEvent = ({ event, reason }: WorldEvent) => {
			if (event === "deviceFailed") throw new Error(`the device failed while it was measured: ${reason}`);
			for (const one of waiting.splice(0))
				if (one.name === event) one.hear();
				else waiting.push(one);
		};
		const world = World.virtual({ seed: 1, device, onEvent });
		const plainUri = await world.startServer(security === undefined ? {} : { securePort: coapsPort });
		const serverUri = security === undefined ? plainUri : world.secureUri!;
		if (security !== undefined) world.server!.security.add(infoOf(endpoint, security));
		const keys = security === undefined ? {} : { security };
		const board = world.addBoard({ preset, factory: { endpointName: endpoint, serverUri, ...keys } });
		return new MeasuredBoard(world, board, waiting);
	}

	get operations(): Operations {
		return this.#world.server!.operations;
	}

	get machine(): Machine {
		return this.board.machine!;
	}

	/** Virtual time. */
	get nowMs(): number {
		return this.#world.time.nowMs();
	}

	/** Resolves at the board's next event of this name; the world must run meanwhile (during). */
	event(name: string): Promise<void> {
		return new Promise((resolve) => this.#waiting.push({ name, hear: resolve }));
	}

	/** Runs the world until `work` has settled, and no longer. @returns what it cost the board */
	async during(work: () => Promise<unknown>): Promise<Cost> {
		const before = this.#account();
		let isOver = false;
		let failure: unknown;
		work()
			.catch((error: unknown) => {
				failure = error;
			})
			.finally(() => {
				isOver = true;
			});
		await this.#world.run(this.#world.time.nowMs() + patienceMs, { isOver: () => isOver });
		if (failure !== undefined) throw failure;
		if (!isOver) throw new Error("what was measured did not come to its end");
		const after = this.#account();
		return {
			sentBytes: after.sentBytes - before.sentBytes,
			receivedBytes: after.receivedBytes - before.receivedBytes,
			computrons: after.computrons - before.computrons,
			turns: after.turns - before.turns,
			datagrams: after.datagrams - before.datagrams,
		};
	}

	/** As during(), for one operation of the server, which must succeed. */
	operation(ask: (operations: Operations) => Promise<Answer>): Promise<Cost> {
		return this.during(async () => {
			const { code, message } = await ask(this.operations);
			if (!isSuccess(code)) throw new Error(`the board refused what was measured: ${code} ${message ?? ""}`);
		});
	}

	/** Lets virtual time pass. */
	async pass(ms: number): Promise<void> {
		await this.#world.run(this.#world.time.nowMs() + ms);
	}

	close(): void {
		this.#world.close();
	}

	#account(): Cost {
		const { sent, received, computrons, turns } = this.board.ledger;
		const payload = (traffic: Traffic) => totalBytes(traffic) - traffic.bytes.udpIp;
		const datagrams = sent.datagrams + received.datagrams;
		return { sentBytes: payload(sent), receivedBytes: payload(received), computrons, turns, datagrams };
	}
}
