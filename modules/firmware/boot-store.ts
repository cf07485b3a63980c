import { assert, fromHex, toHex } from "../bytes.ts";
import { frozen } from "../frozen.ts";
import { type Flash, HostFailure } from "../host.ts";
import { crc32 } from "../settings/crc32.ts";
import type { BootState } from "./boot-decision.ts";

/** Without its padding: FORMAT.md, "Boot state". */
const recordBytes = 32;
const crcAt = 28;
const formatVersion = 1;
const idBytes = 8;

const trials = frozen(["none", "pending", "running"] as const);
const reasons = frozen([undefined, "crash", "watchdog", "boots", "deadline", "image", "refused"] as const);
const knowledge = frozen(["unknown", "failed", "confirmed"] as const);

/**
 * What was found. blank: nothing was ever written; good; repaired: one of two copies is damaged, or was not written to
 * its end; damaged: a state that was written is not to be read, an older one is in force; lost: none is to be read.
 */
export type BootStoreCondition = "blank" | "good" | "repaired" | "damaged" | "lost";

/** A record read: a state and its number, or what is wrong. */
interface Copy {
	readonly sequence: number;
	readonly state: BootState;
}

/**
 * The boot loader's memory: a ring of two or more sectors of flash, where each change is a whole new state, written
 * twice. Whatever happens to power, the state before or the state after is there.
 */
export class BootStore {
	readonly condition: BootStoreCondition;
	/** undefined: blank, or lost. */
	state: BootState | undefined;
	readonly #flash: Flash;
	readonly #copyBytes: number;
	readonly #places: number;
	#sequence = 0;
	/** Where the next state goes: sector and place in it; a place beyond the last: into the next sector. */
	#sector = 0;
	#place: number;

	/** Reads it; writes nothing, throws nothing, whatever lies there. @throws HostFailure when flash can not be read */
	constructor(flash: Flash) {
		const { sizeBytes, sectorBytes, writeBytes } = flash;
		this.#flash = flash;
		this.#copyBytes = Math.ceil(recordBytes / writeBytes) * writeBytes;
		this.#places = Math.floor(sectorBytes / (2 * this.#copyBytes));
		assert(sizeBytes >= 2 * sectorBytes && this.#places >= 2, "boot state: two sectors at least, for two states each");
		this.#place = this.#places;
		this.condition = this.read();
	}

	/**
	 * Makes it the state; the same as before is not written.
	 * @throws HostFailure when no sector takes it; the state before is in force then
	 */
	write(state: BootState): void {
		if (this.state !== undefined && isSame(this.state, state)) return;
		const bytes = encode(state, this.#sequence + 1, this.#copyBytes, this.#flash.erasedByte);
		if (!this.append(bytes) && !this.moveOn(bytes)) throw new HostFailure("the boot state can not be written");
		this.#sequence++;
		this.state = state;
	}

	/** Into the sector in use. @returns whether it had room for it */
	private append(bytes: Uint8Array): boolean {
		while (this.#place < this.#places) if (this.put(bytes, this.#place++)) return true;
		return false;
	}

	/** Into another sector than that of the state in force; where nothing is in force yet, into any. */
	private moveOn(bytes: Uint8Array): boolean {
		const count = Math.floor(this.#flash.sizeBytes / this.#flash.sectorBytes);
		const from = this.#sector;
		for (let step = 1; step < count || (step === count && this.#sequence === 0); step++) {
			this.#sector = (from + step) % count;
			this.#place = 0;
			if (this.erase(this.#sector) && this.append(bytes)) return true;
		}
		this.#sector = from;
		this.#place = this.#places;
		return false;
	}

	private erase(sector: number): boolean {
		const { sectorBytes } = this.#flash;
		return succeeds(() => this.#flash.erase(sector * sectorBytes, sectorBytes));
	}

	/** Writes both copies. @returns whether the first can be read back: then the state is in force */
	private put(bytes: Uint8Array, place: number): boolean {
		const at = this.#sector * this.#flash.sectorBytes + place * 2 * this.#copyBytes;
		if (!this.writeCopy(at, bytes)) return false;
		this.writeCopy(at + this.#copyBytes, bytes);
		return true;
	}

	private writeCopy(at: number, bytes: Uint8Array): boolean {
		if (!succeeds(() => this.#flash.write(at, bytes))) return false;
		const back = new Uint8Array(bytes.length);
		this.#flash.read(at, back);
		for (let index = 0; index < bytes.length; index++) if (back[index] !== bytes[index]) return false;
		return true;
	}

	private read(): BootStoreCondition {
		const { sectorBytes, sizeBytes } = this.#flash;
		let isHalf = false;
		let isLost = false;
		for (let sector = 0; sector < Math.floor(sizeBytes / sectorBytes); sector++) {
			for (let place = 0; place < this.#places; place++) {
				const at = sector * sectorBytes + place * 2 * this.#copyBytes;
				const first = this.copyAt(at);
				const second = this.copyAt(at + this.#copyBytes);
				const found = typeof first === "object" ? first : second;
				if (first === "garbage" && second === "garbage") isLost = true;
				if (typeof found !== "object" || found.sequence < this.#sequence) continue;
				this.#sequence = found.sequence;
				this.state = found.state;
				this.#sector = sector;
				this.#place = place + 1;
				isHalf = typeof first !== "object" || typeof second !== "object";
			}
		}
		if (this.state === undefined && isLost) return "lost";
		// Never written: there is nothing to erase, and an erase that is cut would look like a loss.
		if (this.state === undefined) this.#place = 0;
		const isDamaged = this.skip();
		if (this.state === undefined) return "blank";
		return isDamaged ? "damaged" : isHalf ? "repaired" : "good";
	}

	/** Goes behind the last place that was touched. @returns whether a state was there that is not to be read */
	private skip(): boolean {
		const from = this.#place;
		let isDamaged = false;
		for (let place = from; place < this.#places; place++) {
			const at = this.#sector * this.#flash.sectorBytes + place * 2 * this.#copyBytes;
			const first = this.copyAt(at);
			const second = this.copyAt(at + this.#copyBytes);
			if (first === "blank" && second === "blank") continue;
			this.#place = place + 1;
			if (first !== "blank" && second !== "blank") isDamaged = true;
		}
		return isDamaged;
	}

	private copyAt(at: number): Copy | "blank" | "garbage" {
		const bytes = new Uint8Array(recordBytes);
		this.#flash.read(at, bytes);
		return decode(bytes, this.#flash.erasedByte);
	}
}

function succeeds(run: () => void): boolean {
	try {
		run();
		return true;
	} catch (error) {
		if (error instanceof HostFailure) return false;
		throw error;
	}
}

function isSame(a: BootState, b: BootState): boolean {
	const left = encode(a, 1, recordBytes, 0);
	const right = encode(b, 1, recordBytes, 0);
	for (let index = 0; index < recordBytes; index++) if (left[index] !== right[index]) return false;
	return true;
}

function encode(state: BootState, sequence: number, size: number, erasedByte: number): Uint8Array {
	const bytes = new Uint8Array(size).fill(erasedByte, recordBytes);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, sequence, true);
	view.setUint8(4, formatVersion);
	view.setUint8(5, state.kept === "a" ? 0 : 1);
	view.setUint8(6, trials.indexOf(state.trial));
	view.setUint8(7, Math.min(state.boots, 255));
	view.setUint32(8, Math.min(state.elapsedMs, 0xffffffff), true);
	view.setUint32(12, state.securityCounter, true);
	view.setUint8(16, reasons.indexOf(state.reverted));
	view.setUint8(17, knowledge.indexOf(state.otherIs));
	const id = fromHex(state.otherId);
	if (id !== undefined && id.length === idBytes) bytes.set(id, 20);
	view.setInt32(crcAt, crc32(bytes, 0, crcAt, 0), true);
	return bytes;
}

function isBlank(bytes: Uint8Array, erasedByte: number): boolean {
	for (let index = 0; index < recordBytes; index++) if (bytes[index] !== erasedByte) return false;
	return true;
}

function decode(bytes: Uint8Array, erasedByte: number): Copy | "blank" | "garbage" {
	// Most places were never written: those are told before a checksum is computed, which none of them has.
	if (isBlank(bytes, erasedByte)) return "blank";
	const view = new DataView(bytes.buffer);
	if (view.getInt32(crcAt, true) !== crc32(bytes, 0, crcAt, 0)) return "garbage";
	const sequence = view.getUint32(0, true);
	const trial = trials[bytes[6]!];
	const otherIs = knowledge[bytes[17]!];
	const reason = bytes[16]!;
	if (sequence === 0 || bytes[4] !== formatVersion || bytes[5]! > 1) return "garbage";
	if (trial === undefined || otherIs === undefined || reason >= reasons.length) return "garbage";
	const state: BootState = {
		kept: bytes[5] === 0 ? "a" : "b",
		trial,
		boots: bytes[7]!,
		elapsedMs: view.getUint32(8, true),
		reverted: reasons[reason],
		securityCounter: view.getUint32(12, true),
		otherIs,
		otherId: otherIs === "unknown" ? "" : toHex(bytes, 20, 20 + idBytes),
	};
	return { sequence, state };
}
