import type { Clock, ImageVerdict, Log, SlotImage } from "../host.ts";
import type { Settings } from "../settings/settings.ts";
import type { DownloadTuning } from "./download.ts";
import type { Lines } from "./line.ts";
import type { KeptUpdate } from "./progress.ts";
import type { PackageStore } from "./slot-writer.ts";
import type { UpdateTable } from "./update-table.ts";

/** What the gate is asked about (Sw-Mgmt-003). */
export interface UpdateOffer {
	readonly name: string;
	readonly version: string;
	/** Severity (Object 5, Resource 11): 0 critical, 1 mandatory, 2 optional. */
	readonly severity: number;
	/** How long it may still be put off, in seconds: 0 not any more. */
	readonly maxDeferS: number;
}

/**
 * What the gate says. go: now; ask: a person has to accept, who may put it off as long as Maximum Defer Period lets;
 * busy: the machine can not stop now, whatever a server says.
 */
export type GateAnswer = "go" | "ask" | "busy";

/** Who hears how an installation ended. */
export interface InstallerListener {
	installed(event: "updated" | "failed" | "stuck", result: number, why: string): void;
	/** Software runs, or can not: why. */
	activated?(why: string): void;
}

/** The last steps, which differ between a program in a slot and software beside it. */
export interface Installer {
	attach(listener: InstallerListener): void;
	/** One step; undefined while there is more. @throws HostFailure */
	verify(): ImageVerdict | undefined;
	/** The header of the package. */
	image(): SlotImage | undefined;
	/**
	 * Begins to run what is verified; the listener hears the end, maybe after a restart.
	 * @param mark keeps that it has begun
	 * @throws HostFailure
	 */
	install(mark: () => void, nowMs: number): void;
	/**
	 * The device has been started again while it was updating, or with software installed.
	 * @returns false: nothing had begun, and it is to be installed again
	 */
	resumed(kept: KeptUpdate): boolean;
	/** Another package is about to take the place of what may run from there. */
	vacate?(): void;
	/** Called each turn, whatever the state. */
	poll(nowMs: number): void;
	readonly deadlineMs: number;
}

/** Who shows how it stands: Object 5 or 9. */
export interface UpdateView {
	show(): void;
}

export interface UpdaterOptions {
	readonly table: UpdateTable;
	readonly store: PackageStore;
	readonly settings: Settings;
	readonly keys: { readonly update: number; readonly progress: number };
	readonly log: Log;
	/** The word before its log records: "firmware". */
	readonly name: string;
	/** Absent: nothing can be pulled. */
	readonly lines?: Lines;
	/** Absent: always "go". */
	readonly gate?: (offer: UpdateOffer) => GateAnswer;
	/** Whether there is RAM for a package; absent: always. */
	readonly hasRoom?: (sizeBytes: number | undefined) => boolean;
	/** For the time of the last change of State; absent: it is not told. */
	readonly clock?: Pick<Clock, "wallTimeS">;
	readonly download?: DownloadTuning;
	/** How much of a download is written down again at most after a power cut. */
	readonly strideBytes?: number;
}
