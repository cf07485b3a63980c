import { HostFailure, type ImageVerdict, type SlotImage } from "../host.ts";
import type { Installer, InstallerListener } from "./installation.ts";
import type { KeptUpdate } from "./progress.ts";
import type { PackageStore } from "./slot-writer.ts";
import { UpdateResult } from "./update-table.ts";

/** A place for one piece of software beside the firmware: on XS a mod, a bytecode module in a partition of its own. */
export interface SoftwareStore extends PackageStore {
	/** As Slots.verify(). */
	verify(): ImageVerdict | undefined;
	image(): SlotImage | undefined;
	/**
	 * Runs what is verified there.
	 * @returns what ends it
	 * @throws HostFailure when it can not be loaded
	 */
	load(): () => void;
}

/**
 * Installs software that runs beside the program: nothing is restarted. Activating is a step of its own, and done at
 * the end of the turn: what is loaded needs the stack for itself.
 */
export class SoftwareInstaller implements Installer {
	private readonly store: SoftwareStore;
	private listener: InstallerListener | undefined;
	private end: (() => void) | undefined;
	private isWanted = false;

	constructor(store: SoftwareStore) {
		this.store = store;
	}

	get isActive(): boolean {
		return this.end !== undefined;
	}

	get deadlineMs(): number {
		return this.isWanted && !this.isActive ? 0 : Infinity;
	}

	attach(listener: InstallerListener): void {
		this.listener = listener;
	}

	verify(): ImageVerdict | undefined {
		return this.store.verify();
	}

	image(): SlotImage | undefined {
		return this.store.image();
	}

	install(): void {
		this.listener?.installed("updated", UpdateResult.updated, "");
	}

	/** Software that was active is active again, where it can be loaded. */
	resumed({ state, isOn }: KeptUpdate): boolean {
		this.isWanted = state === "installed" && isOn;
		return state === "installed";
	}

	/** Runs it from the end of this turn on; the listener hears whether that worked. */
	activate(): void {
		this.isWanted = true;
	}

	vacate(): void {
		this.isWanted = false;
		this.end?.();
		this.end = undefined;
	}

	poll(): void {
		if (!this.isWanted || this.isActive) return;
		this.isWanted = false;
		try {
			this.end = this.store.load();
			this.listener?.activated?.("");
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.listener?.activated?.("load");
		}
	}
}
