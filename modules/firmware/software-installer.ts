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

/** Installs software that runs beside the program: nothing is restarted, and activating is a step of its own. */
export class SoftwareInstaller implements Installer {
	readonly deadlineMs = Infinity;
	private readonly store: SoftwareStore;
	private listener: InstallerListener | undefined;
	private end: (() => void) | undefined;

	constructor(store: SoftwareStore) {
		this.store = store;
	}

	get isActive(): boolean {
		return this.end !== undefined;
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
		try {
			if (state === "installed" && isOn) this.activate();
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
		}
		return state === "installed";
	}

	/** @throws HostFailure when it can not be loaded */
	activate(): void {
		this.end ??= this.store.load();
	}

	vacate(): void {
		this.end?.();
		this.end = undefined;
	}

	poll(): void {}
}
