/**
 * An update, from the download to the last note taken, as the two programs of a device live it: the old one and the
 * new one, each told by nothing but its flash. One rail feeds all chips, so that a cut falls into any of them.
 */
import { deepEqual, ok } from "node:assert/strict";
import type { BootLoader } from "../../modules/firmware/boot-loader.ts";
import type { ResetCause, Slots } from "../../modules/host.ts";
import { FlashSettings } from "../../modules/settings/flash-settings.ts";
import type { Settings } from "../../modules/settings/settings.ts";
import { FakeBoard, fakeImage } from "../modules/firmware/fake-slots.ts";
import { type Geometry, NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";

/** How the new program turns out. */
export type Fate = "good" | "refuses" | "crashes" | "hangs" | "rots";

export const imageBytes = 1024;
const oldImage = fakeImage({ version: 1, securityCounter: 1, sizeBytes: imageBytes });
const newImage = fakeImage({ version: 2, securityCounter: 2, sizeBytes: imageBytes });
const pieceBytes = 128;
const keys = [3, 4, 5];
const progressKey = 9 | 0x2000_0000; // live: in no snapshot
const valuesOf = (version: number) => keys.map((key) => Uint8Array.of(version, key, version, 0x5a));

/** A device: chips, and what happens to it from power on until nothing happens any more. */
export class UpdatedDevice {
	readonly board: FakeBoard;
	readonly settingsFlash: NorFlash;
	readonly fate: Fate;
	readonly rail = { operations: 0, cutAt: -1 };
	readonly where: string;
	/** Versions that were started, in order. */
	readonly started: number[] = [];

	constructor(geometry: Geometry, fate: Fate, where: string, from?: UpdatedDevice) {
		const slotGeometry = { ...geometry, sectors: Math.ceil(imageBytes / geometry.sectorBytes) };
		this.board = from?.board.copy() ?? new FakeBoard({ geometry, slotGeometry }).program("a", oldImage);
		this.settingsFlash = new NorFlash(geometry);
		this.fate = fate;
		this.where = where;
		if (from === undefined) this.makeFactorySettings();
		else this.settingsFlash.copyOf(from.settingsFlash);
		for (const chip of [this.board.state, this.board.a, this.board.b, this.settingsFlash]) this.feed(chip);
	}

	private makeFactorySettings(): void {
		const values = valuesOf(1);
		const changes = keys.map((key, index) => ({ key, value: values[index] }));
		ok(new FlashSettings({ flash: this.settingsFlash }).commit(changes) === undefined);
	}

	private feed(chip: NorFlash): void {
		const { rail } = this;
		const operations = { get: () => rail.operations, set: (value: number) => void (rail.operations = value) };
		Object.defineProperties(chip, { operations, cutAt: { get: () => rail.cutAt } });
	}

	draw(chance: (bound: number) => number): void {
		for (const chip of [this.board.state, this.board.a, this.board.b, this.settingsFlash]) chip.chance = chance;
	}

	/** Boots, and boots again, until a program has nothing more to do. @returns whether the power was cut */
	live(cause: ResetCause = "powerOn"): boolean {
		let next: ResetCause | undefined = cause;
		try {
			for (let boot = 0; next !== undefined; boot++) {
				ok(boot < 12, `${this.where}: it boots and boots`);
				next = this.run(next);
			}
		} catch (error) {
			if (error instanceof PowerCut) return true;
			throw error;
		}
		return false;
	}

	/** One boot and what its program does. @returns how it ends; undefined: it goes on for ever, all is done */
	private run(cause: ResetCause): ResetCause | undefined {
		const slots = this.board.boot(cause, cause === "watchdog" ? 60_000 : 100);
		const version = this.versionOf(slots);
		this.started.push(version);
		const settings = new FlashSettings({ flash: this.settingsFlash });
		return version === 1 ? this.oldProgram(slots, settings) : this.newProgram(slots, settings);
	}

	/** What was started is whole. */
	versionOf(slots: BootLoader): number {
		const { start } = slots;
		ok(start !== undefined, `${this.where}: nothing was started`);
		const image = this.board[start].bytes.subarray(0, imageBytes);
		const version = image[13]!;
		deepEqual(image, version === 1 ? oldImage : newImage, `${this.where}: a torn image was started`);
		return version;
	}

	private oldProgram(slots: Slots, settings: Settings): ResetCause | undefined {
		if (slots.bootReason.kind === "reverted") {
			if (settings.hasSnapshot(0)) settings.restore(0);
			this.holds(settings, 1);
			settings.set(progressKey, Uint8Array.of(2));
			slots.confirm();
			return undefined;
		}
		this.holds(settings, 1);
		const progress = settings.get(progressKey);
		if (progress instanceof Uint8Array && progress[0] === 2) return undefined; // it was tried, in vain
		const { sectorBytes } = slots;
		for (let at = 0; at < imageBytes; at += sectorBytes) slots.erase(at, sectorBytes);
		for (let at = 0; at < imageBytes; at += pieceBytes) slots.write(at, newImage.slice(at, at + pieceBytes));
		ok(slots.verify() === "ok", `${this.where}: verify`);
		ok(settings.snapshot(0) === undefined);
		ok(settings.set(progressKey, Uint8Array.of(1)) === undefined);
		if (this.fate === "rots") this.board.b.bytes[500]! ^= 0x10;
		slots.markPending();
		return "restart";
	}

	private newProgram(slots: Slots, settings: Settings): ResetCause | undefined {
		const values = valuesOf(2);
		const isMigrated = this.version(settings) === 2;
		if (!isMigrated) settings.commit(keys.map((key, index) => ({ key, value: values[index] })));
		this.holds(settings, 2);
		if (slots.bootReason.kind === "trial") {
			if (this.fate === "crashes") return "crash";
			if (this.fate === "hangs") return "watchdog";
			if (this.fate === "refuses") {
				slots.revert("refused");
				return "restart";
			}
			slots.confirm();
		}
		if (settings.hasSnapshot(0)) settings.forget(0);
		return undefined;
	}

	/** All values of one version: no mixture. */
	private version(settings: Settings): number {
		const first = settings.get(keys[0]!);
		const version = first instanceof Uint8Array ? first[0]! : -1;
		this.holds(settings, version);
		return version;
	}

	private holds(settings: Settings, version: number): void {
		deepEqual(
			keys.map((key) => settings.get(key)),
			valuesOf(version),
			`${this.where}: settings of version ${version}`,
		);
	}

	/** Nothing happens any more: what has to be so, whatever went before. */
	isSettled(): void {
		const slots = this.board.boot("powerOn");
		const settings = new FlashSettings({ flash: this.settingsFlash });
		const version = this.versionOf(slots);
		ok(version === (this.fate === "good" ? 2 : 1), `${this.where}: version ${version} after all`);
		ok(slots.bootReason.kind === "normal", `${this.where}: still ${slots.bootReason.kind}`);
		ok(slots.condition === "good" || slots.condition === "repaired", `${this.where}: boot state ${slots.condition}`);
		this.holds(settings, version);
		const { securityCounter } = slots.bootState;
		ok(securityCounter === version, `${this.where}: counter ${securityCounter}`);
	}
}
