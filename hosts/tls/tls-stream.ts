import { frozen } from "../../modules/frozen.ts";
import type { Address, Stream, StreamOptions, Streams, TlsEnd, TlsSettings } from "../../modules/host.ts";
import {
	certificateOfTls,
	closeTls,
	describeTls,
	endTls,
	giveTls,
	pendingTls,
	protocolOfTls,
	readTls,
	releaseTls,
	roomOfTls,
	stepTls,
	takeTls,
	trustTls,
	writeTls,
} from "./tls-natives.ts";

/** How many bytes go from the inner stream to the core, or back, at once. */
const pieceBytes = 512;
/** What is taken at least once it is writable: a record of the core's, but for what the inner stream keeps back. */
const writableBytes = 1024;

/** Answers of the core's. */
const isReady = 1;
const asks = 2;
const closedAnswer = -1;
const ends: readonly TlsEnd[] = frozen(["closed", "truncated", "alerted", "untrusted", "broken", "failed"]);

/**
 * TLS over one stream, which it owns. What comes is read only as fast as it is taken here, and what is written is
 * taken only as fast as the inner stream takes it: the core's two buffers are all that waits.
 */
export class TlsStream implements Stream, StreamOptions {
	private readonly id: number;
	private readonly settings: TlsSettings;
	private readonly options: StreamOptions;
	private readonly piece = new Uint8Array(pieceBytes);
	/** What the inner stream has not taken yet: piece of the core's, out[outAt .. outEnd). */
	private readonly out = new Uint8Array(pieceBytes);
	private outAt = 0;
	private outEnd = 0;
	private inner: Stream | undefined;
	private hasInnerRoom = false;
	private isInnerGone = false;
	private isEndTold = false;
	private isSecured = false;
	/** The handshake is over and there may be room, but nobody has been told. */
	private owesWritable = false;
	/** close() was called, or it has ended: at most what is left goes out, and nobody is called any more. */
	private isLeaving = false;
	private isReleased = false;

	/** @param id of the core's, which ends with this */
	constructor(id: number, settings: TlsSettings, options: StreamOptions) {
		this.id = id;
		this.settings = settings;
		this.options = options;
	}

	/** @throws HostFailure when there is no socket */
	connect(streams: Streams, to: Address): void {
		try {
			this.inner = streams.connect(to, this);
		} catch (error) {
			this.release();
			throw error;
		}
	}

	/** As the port says; with the last bytes, or instead of them, onClosed comes. */
	read(into: Uint8Array): number {
		if (!this.isSecured || this.isLeaving) return 0;
		let size = 0;
		let more = 0;
		while (size < into.length) {
			more = readTls(this.id, into, size);
			if (more > 0) size += more;
			else if (more < 0 || !this.fill()) break;
		}
		this.flush();
		if (more < 0) this.end(more);
		return size;
	}

	write(bytes: Uint8Array, at: number, end: number): number {
		if (!this.isSecured || this.isLeaving) return 0;
		let from = at;
		while (from < end) {
			const taken = writeTls(this.id, bytes, from, end);
			if (taken > 0) from += taken;
			this.flush();
			if (taken <= 0) break;
		}
		if (from < end) this.owesWritable = true;
		return from - at;
	}

	close(): void {
		if (this.isLeaving) return;
		this.isLeaving = true;
		closeTls(this.id);
		this.leave();
	}

	onReadable(): void {
		this.turn();
	}

	onWritable(): void {
		this.hasInnerRoom = true;
		this.turn();
	}

	onClosed(): void {
		this.isInnerGone = true;
		this.turn();
	}

	/** Something has happened to the inner stream. */
	private turn(): void {
		if (this.isReleased) return;
		if (this.isLeaving) this.leave();
		else if (this.isSecured || this.shake()) this.serve();
	}

	/** @returns whether the handshake is over, and well */
	private shake(): boolean {
		for (;;) {
			const answer = stepTls(this.id);
			this.flush();
			if (answer === asks) trustTls(this.id, this.isTrusted());
			else if (answer === isReady) break;
			else if (answer < 0) {
				this.end(answer);
				return false;
			} else if (!this.fill()) return false;
		}
		this.isSecured = this.owesWritable = true;
		const { settings, id } = this;
		settings.secured?.({
			version: describeTls(id, 1) === 0x304 ? "1.3" : "1.2",
			suite: describeTls(id, 2),
			protocol: protocolOfTls(id),
		});
		return !this.isLeaving;
	}

	/** Says what may be written, what waits to be read, and why there is no more. */
	private serve(): void {
		this.flush();
		if (this.owesWritable && this.hasInnerRoom) {
			this.owesWritable = false;
			this.options.onWritable(writableBytes);
		}
		while (!this.isLeaving) {
			const waiting = pendingTls(this.id);
			if (waiting > 0) {
				this.options.onReadable(waiting);
				return; // who leaves something reads it later, and that goes on
			}
			if (waiting < 0) {
				this.flush();
				this.end(waiting);
			} else if (!this.fill()) return;
		}
	}

	/** The last bytes go out, where the inner stream takes them; then it ends. */
	private leave(): void {
		if (this.isReleased) return;
		this.flush();
		if (this.isSecured && !this.hasInnerRoom && !this.isInnerGone) return;
		this.release();
		this.inner?.close();
	}

	/** There is no more to come, and nobody is there to write to. */
	private end(answer: number): void {
		if (this.isLeaving) return;
		this.isLeaving = true;
		const why = describeTls(this.id, 0);
		if (answer === closedAnswer) closeTls(this.id);
		this.flush(); // an alert, or our close_notify: best effort
		this.release();
		this.inner?.close();
		this.settings.ended?.(ends[-1 - answer] ?? "failed", why);
		this.options.onClosed();
	}

	private release(): void {
		if (this.isReleased) return;
		this.isReleased = true;
		releaseTls(this.id);
	}

	/** Brings bytes of the inner stream to the core. @returns whether there were any, or its end */
	private fill(): boolean {
		const room = roomOfTls(this.id);
		const { inner, piece } = this;
		if (room === 0 || inner === undefined) return false;
		const size = inner.read(room < pieceBytes ? piece.subarray(0, room) : piece);
		if (size > 0) takeTls(this.id, piece, size);
		else if (this.isInnerGone && !this.isEndTold) {
			this.isEndTold = true;
			endTls(this.id);
			return true;
		}
		return size > 0;
	}

	/** Brings bytes of the core to the inner stream, as far as it takes them. */
	private flush(): void {
		while (this.hasInnerRoom && this.inner !== undefined && !this.isReleased) {
			if (this.outAt === this.outEnd) {
				this.outAt = 0;
				this.outEnd = giveTls(this.id, this.out);
				if (this.outEnd === 0) return;
			}
			this.outAt += this.inner.write(this.out, this.outAt, this.outEnd);
			if (this.outAt < this.outEnd) this.hasInnerRoom = false;
		}
	}

	private isTrusted(): boolean {
		const { trust, serverName, wallTimeS } = this.settings;
		if (trust === undefined) return false;
		const chain: Uint8Array[] = [];
		for (let next = certificateOfTls(this.id, 0); next !== undefined; next = certificateOfTls(this.id, chain.length)) {
			chain.push(next);
		}
		return trust.verifyChain(chain, serverName, wallTimeS?.()) instanceof Uint8Array;
	}
}
