import type { BoardName } from "../board/presets.ts";
import type { Accelerator } from "../engine/ports.ts";
import { type Cause, type Depth, EnergyAccount } from "./account.ts";
import { energyProfiles, type RadioProfile, radioOf } from "./profiles.ts";
import type { Timeline } from "./timeline.ts";
import { TrafficTap } from "./traffic.ts";

export interface EnergyMeterOptions {
	readonly board: BoardName;
	/** The board's usual one when left out. */
	readonly radio?: RadioProfile;
	readonly timeline?: Timeline;
	nowMs(): number;
}

/** 28 bytes for each datagram over IPv4 (RFC 791, RFC 768), 48 over IPv6 (RFC 8200). */
const headerBytes = (host: string) => (host.includes(":") ? 48 : 28);

/** Tells the account of one board's charge what happens to the board, turn by turn. */
export class EnergyMeter {
	readonly account: EnergyAccount;
	readonly radio: RadioProfile;
	readonly #tap: TrafficTap;
	readonly #nowMs: () => number;
	/** What the turn at hand is for: the first datagram that says so. */
	#turnCause: Cause | undefined;

	constructor({ board, radio = radioOf(board)!, timeline, nowMs }: EnergyMeterOptions) {
		this.radio = radio;
		this.#nowMs = nowMs;
		this.account = new EnergyAccount(energyProfiles[board], radio, nowMs(), timeline);
		this.#tap = new TrafficTap((way, bytes, peer, cause) => {
			if (cause !== "other") this.#turnCause ??= cause;
			this.account.datagram(this.#nowMs(), way, bytes + headerBytes(peer), cause);
		});
	}

	/** The accelerator, heard: it knows what is in a record. */
	listening(accelerator: Accelerator): Accelerator {
		return this.#tap.listening(accelerator);
	}

	sent(bytes: Uint8Array, peer: string): void {
		this.#tap.sent(bytes, peer);
	}

	received(bytes: Uint8Array, peer: string): void {
		this.#tap.received(bytes.slice(), peer);
	}

	flash(bytes: number, erases: number, cause: Cause): void {
		this.account.flash(this.#nowMs(), bytes, erases, cause);
	}

	/** @param isCold the power had gone */
	boot(isCold: boolean): void {
		this.account.boot(this.#nowMs(), isCold);
	}

	/** A turn is over, in which the processor worked for so long. */
	endTurn(workMs: number): void {
		this.#tap.flush();
		this.account.work(this.#nowMs(), workMs, this.#turnCause ?? "compute");
		this.#turnCause = undefined;
	}

	rest(depth: Depth): void {
		this.account.rest(this.#nowMs(), depth);
	}
}
