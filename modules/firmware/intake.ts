import { Download, type DownloadListener, defaultDownloadTuning } from "./download.ts";
import type { UpdaterOptions } from "./installation.ts";
import { type PushListener, PushSink } from "./push-sink.ts";
import { SlotWriter, type WriterListener } from "./slot-writer.ts";

/** How packages get into the store, pushed or pulled: what an Updater needs from its first package on. */
export class Intake {
	readonly writer: SlotWriter;
	readonly push: PushSink;
	readonly download: Download;
	/** How much of a download is written down. */
	notedBytes = 0;
	/** A block has come since the last takeMove(). */
	hasMoved = false;

	constructor(
		{ store, lines, download }: Pick<UpdaterOptions, "store" | "lines" | "download">,
		listener: WriterListener & PushListener & DownloadListener,
	) {
		this.writer = new SlotWriter(store, listener);
		this.push = new PushSink(this.writer, listener);
		this.download = new Download(lines, this.writer, listener, download ?? defaultDownloadTuning);
	}

	takeMove(): boolean {
		const { hasMoved } = this;
		this.hasMoved = false;
		return hasMoved;
	}
}
