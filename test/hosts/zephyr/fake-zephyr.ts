import type { ZephyrSystem } from "../../../hosts/zephyr/system.ts";

const kib = 1024;
/** BOOT_SWAP_TYPE_… of MCUboot. */
const swap = { none: 1, test: 2, perm: 3, revert: 4, fail: 5 } as const;

/** One slot's trailer, as far as MCUboot's decisions look at it. */
interface Trailer {
	isMagicGood: boolean;
	isOk: boolean;
	isCopied: boolean;
	swapType: number;
}

const erased = (): Trailer => ({ isMagicGood: false, isOk: false, isCopied: false, swapType: swap.none });

/**
 * A chip with Zephyr and MCUboot in a mode that swaps: what hosts/zephyr calls, and what MCUboot does at a boot.
 * Written after MCUboot's design.md ("Image trailer", "Swap types", "Boot: test, revert") and its tables, not after our
 * code.
 */
export class FakeZephyr {
	upMs = 0;
	resetFlags = 1 << 3;
	retained = new Uint8Array(256).fill(0xa5);
	readonly slots = [new Uint8Array(64 * kib).fill(0xff), new Uint8Array(64 * kib).fill(0xff)] as const;
	readonly settings = new Uint8Array(16 * kib).fill(0xff);
	trailers: [Trailer, Trailer] = [erased(), erased()];
	isValid: (slot: Uint8Array) => boolean = (slot) => slot[0] === 0x3d;
	imageAt = 0;
	deadlineMs = 0;
	restMs: number | undefined;
	reboots = 0;
	isOff = false;
	online = 0;
	changed: (() => void) | undefined;
	readonly erasedAt: number[] = [];
	restStatus = 0;
	isSwapping = 1;
	canPowerOff = true;

	/** What MCUboot does at the next boot, by the trailers alone. */
	get nextSwap(): number {
		const [first, second] = this.trailers;
		if (second.isMagicGood) return second.isOk ? swap.perm : swap.test;
		if (first.isMagicGood && first.isCopied && !first.isOk) return swap.revert;
		return swap.none;
	}

	/** A reset: MCUboot does what is noted, then the program begins. */
	boot(flags: number): void {
		this.resetFlags = flags;
		this.upMs = 0;
		this.deadlineMs = 0;
		const next = this.nextSwap;
		if (next === swap.none) return;
		if (next !== swap.revert && !this.isValid(this.slots[1])) {
			this.slots[1].fill(0xff);
			this.trailers = [{ ...this.trailers[0], isOk: true }, erased()];
			return;
		}
		const held = this.slots[0].slice();
		this.slots[0].set(this.slots[1]);
		this.slots[1].set(held);
		this.trailers = [{ isMagicGood: true, isOk: next !== swap.test, isCopied: true, swapType: next }, erased()];
	}

	private area(number: number): Uint8Array | undefined {
		return [this.settings, undefined, this.slots[0], this.slots[1]][number];
	}

	private bootFact(what: number): number {
		const [first] = this.trailers;
		switch (what) {
			case 0:
				return this.isSwapping;
			case 1:
				return this.nextSwap;
			case 2:
				return !first.isMagicGood || first.isOk ? 1 : 0;
			case 3:
				return first.isMagicGood && first.isCopied ? first.swapType : swap.none;
			case 4:
				return this.slots[0].length - 4 * kib;
			default:
				return this.imageAt;
		}
	}

	private erase(area: number, offset: number, size: number): number {
		this.area(area)!.fill(0xff, offset, offset + size);
		this.erasedAt.push(offset);
		if (area === 3 && offset + size === this.slots[1].length) this.trailers[1] = erased();
		return 0;
	}

	private mark(what: number): number {
		const [first, second] = this.trailers;
		if (what === 0) Object.assign(second, { isMagicGood: true, isOk: false, swapType: swap.test });
		else if (first.isMagicGood) first.isOk = true;
		return 0;
	}

	get system(): ZephyrSystem {
		return {
			uptimeMs: () => this.upMs,
			fillFromSystem: (bytes) => {
				bytes.fill(9);
			},
			print() {},
			takeResetFlags: () => this.resetFlags,
			reboot: () => {
				this.reboots++;
			},
			powerOff: () => {
				this.isOff = true;
			},
			canPowerOff: () => this.canPowerOff,
			startWatchdog: () => true,
			feedWatchdog() {},
			setDeadline: (delayMs) => {
				this.deadlineMs = delayMs;
			},
			retainedSize: () => this.retained.length,
			readRetained: (offset, into) => {
				into.set(this.retained.subarray(offset, offset + into.length));
			},
			writeRetained: (offset, bytes) => {
				this.retained.set(bytes, offset);
			},
			dieCentiCelsius: () => -100_000,
			flashFact: (area, what) => (this.area(area) === undefined ? -2 : [this.area(area)!.length, 4096, 4, 0xff][what]!),
			flashRead: (area, offset, into) => {
				into.set(this.area(area)!.subarray(offset, offset + into.length));
				return 0;
			},
			flashWrite: (area, offset, bytes) => {
				this.area(area)!.set(bytes, offset);
				return 0;
			},
			flashErase: (area, offset, size) => this.erase(area, offset, size),
			bootFact: (what) => this.bootFact(what),
			bootMark: (what) => this.mark(what),
			startLink: (changed) => {
				this.changed = changed;
			},
			linkState: () => this.online,
			restLink: (restMs) => {
				this.restMs = restMs;
				return this.restStatus;
			},
		};
	}
}
