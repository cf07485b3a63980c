import type { Stream, StreamOptions, Streams } from "../../../../modules/host.ts";

/** Sends bytes through a stream and expects them back; then it closes. */
export class Echo implements StreamOptions {
	private readonly stream: Stream;
	private readonly out: Uint8Array;
	private readonly piece = new Uint8Array(700);
	private readonly done: (what: string) => void;
	private sent = 0;
	private heard = 0;
	private isSame = true;

	/** @param done hears once: "same", "other", or "closed" when the stream ended before */
	constructor(streams: Streams, port: number, size: number, done: (what: string) => void) {
		this.done = done;
		this.out = new Uint8Array(size);
		for (let index = 0; index < size; index++) this.out[index] = index * 7 + (index >> 8);
		this.stream = streams.connect({ host: "127.0.0.1", port }, this);
	}

	onWritable(): void {
		for (let taken = 1; taken > 0 && this.sent < this.out.length; this.sent += taken) {
			taken = this.stream.write(this.out, this.sent, this.out.length);
		}
	}

	onReadable(): void {
		const { piece, out } = this;
		for (let size = this.stream.read(piece); size > 0; size = this.stream.read(piece)) {
			for (let index = 0; index < size; index++) this.isSame &&= piece[index] === out[this.heard + index];
			this.heard += size;
		}
		if (this.heard < out.length) return;
		this.stream.close();
		this.done(this.isSame ? "same" : "other");
	}

	onClosed(): void {
		this.done("closed");
	}
}
