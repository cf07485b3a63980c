import { Code, codeText, isSuccess } from "../coap/code.ts";
import type { Failure, Peer, Response } from "../coap/peer.ts";
import { ContentFormat } from "../formats/content-format.ts";
import type { Path } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import { HostFailure, type LogRecord } from "../host.ts";
import type { Waking } from "../sleep/wake-plan.ts";
import type { Instance } from "./instance.ts";
import type { Asker, OperationContext } from "./operation.ts";
import { pathText } from "./path.ts";
import { type ReadResponse, readTargets } from "./read.ts";
import { RecordedSince } from "./recorded.ts";
import { RequestRefused } from "./refusal.ts";
import type { KeptSend } from "./send-state.ts";
import type { TimeBase } from "./time-base.ts";

/** Mute Send (Server Object, Resource 23): true or absent, and there is no Send (LwM2M Core 1.2 Appendix E.2). */
const muteSend = 23;

/** In the order in which we choose. */
const formatsOfSend: readonly number[] = frozen([
	ContentFormat.senmlCbor,
	ContentFormat.senmlJson,
	ContentFormat.lwm2mCbor,
]);

/**
 * What came of a Send. "sent": the server has it. "refused": its answer was an error. "timedOut": it did not answer.
 * "failed": the message could not go out. The others are known here: "muted" by the server; "notRegistered" with it;
 * "full": as many Sends wait as may; "unreadable": none of the paths; "unsupported": 1.0 has no Send, or the format is
 * none for it, or the product is without Send.
 */
export type SendOutcome =
	| "sent"
	| "refused"
	| "timedOut"
	| "failed"
	| "muted"
	| "notRegistered"
	| "full"
	| "unreadable"
	| "unsupported";

export interface SendResult {
	readonly shortServerId: number;
	readonly outcome: SendOutcome;
	/** The server's answer, or why nothing could be read: "4.04". */
	readonly code: string | undefined;
}

export interface SendOptions {
	/** SenML CBOR where it is left out; SenML JSON, or LwM2M CBOR since 1.2. */
	readonly format?: number;
	/** "confirmable" when left out. */
	readonly type?: "confirmable" | "nonConfirmable";
	/** Waits for the registration; the values are read when it goes out. */
	readonly isDeferred?: boolean;
	/**
	 * Waits for a wake in which something is said anyway (ClientOptions.waking), so many milliseconds at most; the values
	 * are read when it goes out.
	 */
	readonly withinMs?: number;
	/** Tells the past values that the application keeps, with their times, in formats that have times. */
	readonly withHistory?: boolean;
}

export type SendListener = (result: SendResult) => void;

/** What Sends need of the session around them. */
export interface SendPort {
	readonly peer: Peer;
	/** Who says what goes out together. */
	readonly waking: Waking | undefined;
	log(event: string, fields: Omit<LogRecord, "event">): void;
}

interface Entry {
	readonly paths: readonly Path[];
	readonly options: SendOptions;
	readonly done: SendListener | undefined;
	/** 0 before it has gone out. */
	requestId: number;
	/** It goes out by then, at the latest; undefined until poll() has seen it. */
	latestMs: number | undefined;
}

/** Of an account what is needed here; the Instance may be another one after a bootstrap. */
interface Asking {
	readonly server: Instance;
}

/** How a Client that is to have the Send operation comes by it (ClientOptions.sends). */
export type MakeSends = typeof makeSends;

export function makeSends(
	context: OperationContext,
	asker: Asker,
	account: Asking,
	port: SendPort,
	times: TimeBase,
): Sends {
	return new Sends(context, asker, account, port, times);
}

/** The Send operations to one LwM2M Server (LwM2M Core 1.2 §6.4.6). */
export class Sends {
	readonly #context: OperationContext;
	readonly #asker: Asker;
	readonly #account: Asking;
	readonly #port: SendPort;
	readonly #times: TimeBase;
	readonly #all: Entry[] = [];

	constructor(context: OperationContext, asker: Asker, account: Asking, port: SendPort, times: TimeBase) {
		this.#context = context;
		this.#asker = asker;
		this.#account = account;
		this.#port = port;
		this.#times = times;
	}

	/** Whether export() has all of them: none is under way, and nobody waits for the end of one. */
	get isRetainable(): boolean {
		return this.#all.every(({ requestId, done }) => requestId === 0 && done === undefined);
	}

	/** What waits to go out, and nobody waits for the end of. */
	export(nowMs: number): KeptSend[] {
		const kept: KeptSend[] = [];
		for (let index = 0; index < this.#all.length; index++) {
			const { paths, options, done, requestId, latestMs = nowMs } = this.#all[index]!;
			if (requestId !== 0 || done !== undefined) continue;
			kept.push({
				paths,
				format: options.format,
				isConfirmable: options.type !== "nonConfirmable",
				isDeferred: options.isDeferred === true,
				withHistory: options.withHistory === true,
				inMs: Math.max(0, latestMs - nowMs),
			});
		}
		return kept;
	}

	/** Takes them up again, as far as there is room. @param agoMs how long ago they were exported */
	import(kept: readonly KeptSend[], agoMs: number, nowMs: number): void {
		for (let index = 0; index < kept.length && this.#all.length < this.#context.limits.sends; index++) {
			const { paths, format, isConfirmable, isDeferred, withHistory, inMs } = kept[index]!;
			const type = isConfirmable ? "confirmable" : "nonConfirmable";
			const options: SendOptions = { type, isDeferred, withHistory, ...(format === undefined ? {} : { format }) };
			const latestMs = nowMs + Math.max(0, inMs - agoMs);
			this.#all.push({ paths, options, done: undefined, requestId: 0, latestMs });
		}
	}

	/** When one that waits is to go out: 0 for at once, Infinity for none. */
	get deadlineMs(): number {
		let deadlineMs = Infinity;
		for (let index = 0; index < this.#all.length; index++) {
			const { requestId, latestMs = 0 } = this.#all[index]!;
			if (requestId === 0) deadlineMs = Math.min(deadlineMs, this.isCheap ? 0 : latestMs);
		}
		return deadlineMs;
	}

	/**
	 * Takes a Send; it goes out at the end of the turn, or is told to be impossible at once.
	 * @param isReporting whether the server knows us now
	 */
	add(paths: readonly Path[], options: SendOptions, done: SendListener | undefined, isReporting: boolean): void {
		const entry: Entry = { paths, options, done, requestId: 0, latestMs: undefined };
		if (!this.isSupported(options)) this.end(entry, "unsupported");
		else if (this.isMuted) this.end(entry, "muted");
		else if (!isReporting && options.isDeferred !== true) this.end(entry, "notRegistered");
		else if (this.#all.length >= this.#context.limits.sends) this.end(entry, "full");
		else this.#all.push(entry);
	}

	/**
	 * Sends what waits.
	 * @param canSend whether the server knows all of our Object Instances (LwM2M Core 1.2 §6.4.6)
	 * @param isReporting whether it will
	 */
	poll(nowMs: number, canSend: boolean, isReporting: boolean): void {
		for (const entry of this.#all.slice()) {
			if (entry.requestId !== 0) continue;
			// The version may be another one since it was taken.
			if (canSend && !this.isSupported(entry.options)) this.end(entry, "unsupported");
			else if (canSend) this.sendInTime(entry, nowMs);
			else if (!isReporting && entry.options.isDeferred !== true) this.end(entry, "notRegistered");
		}
	}

	/** @returns whether the answer was to one of these */
	responded(requestId: number, { code }: Response): boolean {
		const entry = this.find(requestId);
		if (entry !== undefined) this.end(entry, isSuccess(code) ? "sent" : "refused", codeText(code));
		return entry !== undefined;
	}

	/** @returns whether it was one of these that got no answer */
	failed(requestId: number, reason: Failure): boolean {
		const entry = this.find(requestId);
		if (entry !== undefined) this.end(entry, reason === "timedOut" ? "timedOut" : "failed");
		return entry !== undefined;
	}

	private isSupported(options: SendOptions): boolean {
		const { enabler } = this.#asker;
		const isLater = options.format === ContentFormat.lwm2mCbor && enabler !== "1.2";
		return enabler !== "1.0" && !isLater && this.formatOf(options) !== undefined;
	}

	private get isMuted(): boolean {
		return this.#account.server.at(muteSend) !== false;
	}

	private sendInTime(entry: Entry, nowMs: number): void {
		entry.latestMs ??= nowMs + (entry.options.withinMs ?? 0);
		if (this.isCheap || nowMs >= entry.latestMs) this.send(entry, nowMs);
	}

	/** Whether to say something now costs less than to say it later. */
	private get isCheap(): boolean {
		return this.#port.waking?.isTalking !== false;
	}

	private send(entry: Entry, nowMs: number): void {
		const { options } = entry;
		if (this.isMuted) {
			this.end(entry, "muted");
			return;
		}
		const read = this.read(entry);
		if (typeof read === "number") {
			this.end(entry, "unreadable", codeText(read));
			return;
		}
		const { contentFormat, payload } = read;
		const type = options.type ?? "confirmable";
		entry.requestId = this.#port.peer.request({ code: Code.post, path: ["dp"], contentFormat, payload, type }, nowMs);
		this.#port.waking?.charge(entry.paths[0]?.objectId ?? -1, payload?.length ?? 0);
		if (entry.requestId === 0) this.end(entry, "full");
	}

	/** @returns the payload, or the code that says why there is none */
	private read({ paths, options }: Entry): ReadResponse | number {
		const { registry } = this.#context;
		const told = options.withHistory === true ? new RecordedSince(registry, this.#times, -Infinity) : undefined;
		try {
			return readTargets(this.#context, paths, this.#asker, this.formatOf(options)!, told);
		} catch (error) {
			if (error instanceof RequestRefused) return error.code;
			if (!(error instanceof HostFailure)) throw error;
			this.#port.log("hostFailure", { what: error.message });
			return Code.internalServerError;
		}
	}

	private formatOf({ format }: SendOptions): number | undefined {
		const { formats } = this.#context;
		if (format !== undefined) return formatsOfSend.includes(format) && formats.isWritable(format) ? format : undefined;
		return formatsOfSend.find((each) => formats.isWritable(each));
	}

	private find(requestId: number): Entry | undefined {
		return this.#all.find((entry) => entry.requestId === requestId);
	}

	private end(entry: Entry, outcome: SendOutcome, code?: string): void {
		const at = this.#all.indexOf(entry);
		if (at >= 0) this.#all.splice(at, 1);
		const paths = entry.paths.map(pathText).join(" ");
		this.#port.log("send", code === undefined ? { paths, outcome } : { paths, outcome, code });
		entry.done?.({ shortServerId: this.#asker.shortServerId, outcome, code });
	}
}
