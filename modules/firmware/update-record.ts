import type { Fault } from "../bytes.ts";
import { HostFailure } from "../host.ts";
import type { UpdaterOptions, UpdateView } from "./installation.ts";
import {
	decodeProgress,
	decodeUpdate,
	encodeProgress,
	encodeUpdate,
	type KeptProgress,
	type KeptUpdate,
	noUpdate,
} from "./progress.ts";

/** Where an update stands: in the settings, in the log, and shown. */
export class UpdateRecord {
	now: KeptUpdate = noUpdate;
	view: UpdateView | undefined;
	/** How far a download is, where that is to be written down. */
	progress: KeptProgress | undefined;
	private isDirty = false;
	private readonly options: UpdaterOptions;

	constructor(options: UpdaterOptions) {
		this.options = options;
	}

	/** Takes up what is kept. @returns whether there is something */
	load(): boolean {
		const bytes = this.options.settings.get(this.options.keys.update);
		if (bytes === undefined) return false;
		const kept = "code" in bytes ? undefined : decodeUpdate(bytes);
		if (kept === undefined) this.log("lost", { reason: "code" in bytes ? (bytes as Fault).code : "version" });
		else this.now = kept;
		return kept !== undefined;
	}

	/** Another state, or result. */
	change(next: KeptUpdate): void {
		const { state, result } = this.now;
		const isNews = next.state !== state;
		this.keep(isNews ? { ...next, changedS: this.options.clock?.wallTimeS() ?? 0 } : next);
		if (!isNews && next.result === result) return;
		this.log("state", { state: next.state, result: next.result, reason: next.reason });
	}

	keep(next: KeptUpdate): void {
		this.now = next;
		this.isDirty = true;
		this.view?.show();
	}

	/** Writes down what is new: at the end of a turn, where the stack holds nothing else. */
	flush(): void {
		const { now, progress, isDirty } = this;
		this.progress = undefined;
		this.isDirty = false;
		if (isDirty) this.set(this.options.keys.update, encodeUpdate(now));
		if (progress !== undefined) this.set(this.options.keys.progress, encodeProgress(progress));
	}

	/** How far it was. */
	noted(): KeptProgress | undefined {
		const bytes = this.options.settings.get(this.options.keys.progress);
		return bytes === undefined || "code" in bytes ? undefined : decodeProgress(bytes);
	}

	log(event: string, fields: { readonly [field: string]: string | number }): void {
		this.options.log.write({ event: `${this.options.name}.${event}`, ...fields });
	}

	/** A store that refuses ends no update: after a reset it stands where the store has it. */
	private set(key: number, bytes: Uint8Array): void {
		try {
			const refused = this.options.settings.set(key, bytes);
			if (refused !== undefined) this.log("notKept", { reason: refused.code });
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.log("notKept", { reason: error.message });
		}
	}
}
