import { Code } from "../coap/code.ts";
import type { Failure, RequestListener } from "../coap/operation.ts";
import type { Response } from "../coap/received.ts";
import type { Resume } from "../coap/stream.ts";
import { frozen } from "../frozen.ts";
import type { Line, Lines } from "./line.ts";
import { type PackageUri, readPackageUri } from "./package-uri.ts";
import type { SlotWriter } from "./slot-writer.ts";
import { UpdateResult } from "./update-table.ts";

export interface DownloadTuning {
	/** Tries without a single new byte before the connection counts as lost. */
	readonly triesMax: number;
	/** Before the second try; twice as long before each further one. */
	readonly retryMs: number;
	readonly retryMaxMs: number;
}

export const defaultDownloadTuning: DownloadTuning = frozen({ triesMax: 5, retryMs: 5000, retryMaxMs: 300_000 });

export interface DownloadListener {
	/** All is in the writer. */
	fetched(): void;
	/** It ended with an Update Result. */
	fetchFailed(result: number, why: string): void;
}

/** One package fetched by GET (RFC 7959), tried again and gone on with where it was cut off. */
export class Download implements RequestListener {
	private readonly lines: Lines | undefined;
	private readonly writer: SlotWriter;
	private readonly listener: DownloadListener;
	private readonly tuning: DownloadTuning;
	private line: Line | undefined;
	private uri: PackageUri | undefined;
	private requestId = 0;
	private tries = 0;
	private seenBytes = 0;
	private retryAtMs = Infinity;

	constructor(lines: Lines | undefined, writer: SlotWriter, listener: DownloadListener, tuning: DownloadTuning) {
		this.lines = lines;
		this.writer = writer;
		this.listener = listener;
		this.tuning = tuning;
	}

	/** Begins, or goes on with what the writer has. */
	start(text: string, nowMs: number): void {
		this.stop();
		this.uri = readPackageUri(text);
		if (this.uri === undefined) {
			this.listener.fetchFailed(UpdateResult.invalidUri, "uri");
			return;
		}
		this.tries = 0;
		this.seenBytes = this.writer.takenBytes;
		this.retryAtMs = nowMs;
	}

	/** Forgets it. */
	stop(): void {
		this.retryAtMs = Infinity;
		this.uri = undefined;
		this.hangUp();
	}

	/** When poll() has something to do; while a line is opening, whoever opens it calls. */
	get deadlineMs(): number {
		return this.requestId === 0 && this.line?.state !== "opening" ? this.retryAtMs : Infinity;
	}

	poll(nowMs: number): void {
		const { uri } = this;
		if (uri === undefined) return;
		if (this.line?.state === "dead") {
			this.hangUp();
			this.retry(nowMs, 0);
		}
		if (this.requestId !== 0 || nowMs < this.retryAtMs) return;
		this.line ??= this.open(uri, nowMs);
		if (this.line?.state !== "open") return;
		const { path, query } = uri;
		const options = { code: Code.get, path, query, sink: this.writer };
		const { resume } = this;
		this.requestId = this.line.request(resume === undefined ? options : { ...options, resume }, nowMs);
		if (this.requestId === 0) this.end(UpdateResult.noRam, "noRam");
	}

	responded(requestId: number, response: Response, nowMs: number): void {
		if (requestId !== this.requestId) return;
		this.requestId = 0;
		const { code } = response;
		if (code === Code.content) {
			this.stop();
			this.listener.fetched();
		} else if (code >= 0xa0 || code === tooManyRequests) {
			this.retry(nowMs, response.option(maxAge) === undefined ? 0 : response.maxAgeS * 1000);
		} else this.end(UpdateResult.invalidUri, "refused");
	}

	failed(requestId: number, reason: Failure, nowMs: number): void {
		if (requestId !== this.requestId) return;
		this.requestId = 0;
		// What the writer refuses it has told its own listener, who stops us.
		if (reason === "full") this.end(UpdateResult.noRam, "noRam");
		else if (this.uri !== undefined) this.retry(nowMs, 0);
	}

	private open(uri: PackageUri, nowMs: number): Line | undefined {
		const line = this.lines?.open(uri, this, nowMs);
		if (line !== undefined && !("code" in line)) return line;
		this.end(UpdateResult.protocol, "protocol");
		return undefined;
	}

	private hangUp(): void {
		const { line } = this;
		if (this.requestId !== 0) line?.cancel(this.requestId);
		this.requestId = 0;
		this.line = undefined;
		line?.close();
	}

	private get resume(): Resume | undefined {
		const { takenBytes, eTag } = this.writer;
		// Without an ETag nobody knows whether the rest is of the same package.
		return takenBytes === 0 || eTag === undefined ? undefined : { offset: takenBytes, eTag };
	}

	/** Tries again later, on the same line unless that is dead. */
	private retry(nowMs: number, leastMs: number): void {
		const { triesMax, retryMs, retryMaxMs } = this.tuning;
		const { takenBytes } = this.writer;
		if (takenBytes > this.seenBytes) this.tries = 0;
		this.seenBytes = takenBytes;
		this.tries++;
		if (this.tries >= triesMax) {
			this.end(UpdateResult.connectionLost, "connectionLost");
			return;
		}
		this.retryAtMs = nowMs + Math.max(leastMs, Math.min(retryMs * 2 ** (this.tries - 1), retryMaxMs));
	}

	private end(result: number, why: string): void {
		this.stop();
		this.listener.fetchFailed(result, why);
	}
}

/** 4.29 (RFC 8516), and the option that says how long to wait. */
const tooManyRequests = 0x9d;
const maxAge = 14;
