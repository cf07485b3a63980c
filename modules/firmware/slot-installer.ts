import { frozen } from "../frozen.ts";
import {
	type BootReason,
	HostFailure,
	type ImageVerdict,
	type Log,
	type Power,
	type SlotImage,
	type Slots,
} from "../host.ts";
import type { Settings } from "../settings/settings.ts";
import type { Installer, InstallerListener } from "./installation.ts";
import { decodeUpdate, firmwareKeys, type KeptUpdate } from "./progress.ts";
import { UpdateResult } from "./update-table.ts";

export interface TrialTuning {
	/** From the answer to Update to the restart: a lost answer is asked for again before that (RFC 7252 §4.8). */
	readonly restartDelayMs: number;
	/** How long a new image has to reach its server; the boot loader's own watchdog may be sooner. */
	readonly trialMs: number;
	/** So long before the boot loader's watchdog we go back by ourselves. */
	readonly marginMs: number;
}

export const defaultTrialTuning: TrialTuning = frozen({ restartDelayMs: 3500, trialMs: 300_000, marginMs: 5000 });

export interface Registered {
	readonly isRegistered: boolean;
}

export interface SlotInstallerOptions {
	readonly slots: Slots;
	readonly settings: Settings;
	readonly power: Pick<Power, "restart">;
	readonly log: Log;
	/** Whether a server has us, over DTLS where it is coaps: Transfers knows. */
	readonly registered: Registered;
	/** What else a new image must have shown, such as a Read by the server; absent: nothing. */
	readonly isProven?: () => boolean;
	readonly tuning?: TrialTuning;
}

/** The slot of a snapshot that is taken while this one runs, and brought back when it runs again (MaU-003). */
function snapshotOf({ running }: Slots): number {
	return running === "a" ? 0 : 1;
}

/**
 * After the boot loader has gone back: brings the settings back that were in force before the update (MaU-003). To be
 * called before anybody reads them; done again after a power cut, until the update's end is written down.
 */
export function restoreAfterRevert(slots: Slots, settings: Settings, log: Log): void {
	const bytes = settings.get(firmwareKeys.update);
	if (slots.bootReason.kind !== "reverted" || bytes === undefined || "code" in bytes) return;
	if (decodeUpdate(bytes)?.state !== "updating") return;
	const refused = settings.restore(snapshotOf(slots));
	log.write({ event: "firmware.settingsRestored", ...(refused === undefined ? {} : { reason: refused.code }) });
}

/**
 * Starts a verified image on trial, confirms it when it has reached its server, and goes back when it does not in time
 * (MaU-002). Of an image that the boot loader has left, the old one says why.
 */
export class SlotInstaller implements Installer {
	private readonly options: SlotInstallerOptions;
	private listener: InstallerListener | undefined;
	private restartAtMs = Infinity;
	private trialUntilMs = Infinity;
	private hasBegun = false;
	private isConfirmed = false;
	private isUpdating = false;

	constructor(options: SlotInstallerOptions) {
		this.options = options;
	}

	get deadlineMs(): number {
		return Math.min(this.restartAtMs, this.trialUntilMs);
	}

	attach(listener: InstallerListener): void {
		this.listener = listener;
	}

	verify(): ImageVerdict | undefined {
		return this.options.slots.verify();
	}

	image(): SlotImage | undefined {
		const { slots } = this.options;
		return slots.image(slots.running === "a" ? "b" : "a");
	}

	install(mark: () => void, nowMs: number): void {
		const { settings, slots } = this.options;
		const refused = settings.snapshot(snapshotOf(slots));
		if (refused !== undefined) throw new HostFailure(`snapshot: ${refused.code}`);
		slots.markPending();
		mark();
		this.restartAtMs = nowMs + (this.options.tuning ?? defaultTrialTuning).restartDelayMs;
	}

	resumed({ hash, isMarked }: KeptUpdate): boolean {
		const { slots } = this.options;
		const { bootReason } = slots;
		this.isUpdating = true;
		if (bootReason.kind === "trial") return true;
		const isNew = bootReason.kind === "normal" && hash !== "" && slots.image(slots.running)?.hash === hash;
		if (isNew) this.listener?.installed("updated", UpdateResult.updated, "");
		else if (bootReason.kind === "reverted" || isMarked) {
			this.listener?.installed("failed", UpdateResult.failed, whyOf(bootReason));
		} else this.isUpdating = false; // the boot loader was never told
		return this.isUpdating;
	}

	poll(nowMs: number): void {
		if (!this.hasBegun) this.begin(nowMs);
		if (!this.isConfirmed && this.options.registered.isRegistered && this.options.isProven?.() !== false)
			this.confirm();
		if (nowMs < this.restartAtMs && nowMs < this.trialUntilMs) return;
		const isTooLate = nowMs >= this.trialUntilMs;
		this.restartAtMs = this.trialUntilMs = Infinity;
		this.attempt(() => {
			if (isTooLate) this.options.slots.revert("deadline");
		});
		this.options.power.restart();
	}

	private begin(nowMs: number): void {
		this.hasBegun = true;
		const { bootReason } = this.options.slots;
		if (bootReason.kind !== "trial") return;
		const { trialMs, marginMs } = this.options.tuning ?? defaultTrialTuning;
		this.trialUntilMs = nowMs + Math.max(0, Math.min(trialMs, bootReason.leftMs - marginMs));
	}

	/** Keeps what runs; takes note of a revert, too. */
	private confirm(): void {
		const wasOnTrial = this.trialUntilMs < Infinity;
		this.isConfirmed = this.attempt(() => this.options.slots.confirm());
		if (!this.isConfirmed || !wasOnTrial) return;
		this.trialUntilMs = Infinity;
		this.options.log.write({ event: "firmware.confirmed" });
		if (this.isUpdating) this.listener?.installed("updated", UpdateResult.updated, "");
		this.isUpdating = false;
	}

	private attempt(what: () => void): boolean {
		try {
			what();
			return true;
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.options.log.write({ event: "hostFailure", what: error.message });
			return false;
		}
	}
}

function whyOf(reason: BootReason): string {
	return reason.kind === "reverted" ? `reverted.${reason.why}` : "reverted";
}
