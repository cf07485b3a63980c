import { maxTransmitWaitMs, type Tuning } from "../coap/tuning.ts";

/** How long we hear a server in queue mode, in milliseconds. */
export interface AwakeTuning {
	/** After the last message to or from it: MAX_TRANSMIT_WAIT, as LwM2M Transport 1.2 §6.5 recommends. */
	readonly windowMs: number;
	/** Whether a server that is known to ask at once gets less. */
	readonly isMeasured: boolean;
	/** Less than that no measured window is: a request of the server's may be lost once, and is heard all the same. */
	readonly leastMs: number;
}

/** A habit counts after so many full windows, with so many requests of the server's in them. */
const windowsToTrust = 4;
const requestsToTrust = 2;

/** Each window of this number is a full one: a server that has changed its habit is found out. */
const fullEvery = 64;
const windowsMost = 255;

/** What we know of one server, to outlive deep sleep. */
export interface AskingHabit {
	/** How many of its requests came in full windows; at most 255. */
	readonly seen: number;
	/** The longest silence before one of its requests, in milliseconds. */
	readonly longestMs: number;
	/** How many windows there were since we began to look, or stopped to trust; some number from 64 on for many. */
	readonly windows: number;
}

/** Hears when a window opens: a wake has begun to talk. */
export interface AwakeListener {
	opened(nowMs: number): void;
}

/**
 * @param tuning of the sessions' CoAP
 * @param asked what the product wants: milliseconds, or "measured"; left out, MAX_TRANSMIT_WAIT
 */
export function awakeTuningOf(tuning: Tuning, asked?: number | "measured"): AwakeTuning {
	const windowMs = typeof asked === "number" ? asked : maxTransmitWaitMs(tuning);
	// The second copy is sent after ACK_TIMEOUT × ACK_RANDOM_FACTOR at the latest (RFC 7252 §4.2); as long again to spare.
	const leastMs = Math.floor((tuning.ackTimeoutMs * tuning.ackRandomPercent * 2) / 100);
	return { windowMs, isMeasured: asked === "measured", leastMs: Math.min(leastMs, windowMs) };
}

/**
 * How long one server may still call on us (queue mode, LwM2M Transport 1.2 §6.5). Opened by the first message either
 * way, held open by each further one. What is under way, an exchange, a block-wise body, is not its business: whoever
 * asks looks at that first.
 *
 * A measured window rests on what the server has done: through `windowsToTrust` full windows it sent `requestsToTrust`
 * requests or more, and none later than `longestMs` after the message before it. Then twice that is enough, or
 * `leastMs`. A request in the later half of a shortened window ends the trust, and every 64th window is full.
 */
export class AwakeWindow {
	/** When it closes, or has closed; -Infinity before the first message. */
	endMs = -Infinity;
	private readonly tuning: AwakeTuning;
	private readonly listener: AwakeListener;
	private lastMs = -Infinity;
	private lengthMs = 0;
	private seen = 0;
	private longestMs = 0;
	private windows = 0;

	constructor(tuning: AwakeTuning, listener: AwakeListener) {
		this.tuning = tuning;
		this.listener = listener;
	}

	/** A message went out to the server. */
	said(nowMs: number): void {
		this.extend(nowMs);
	}

	/** A message of the server's came, authentic where there is security. */
	heard(nowMs: number, isRequest: boolean): void {
		if (isRequest && nowMs < this.endMs) this.measure(nowMs - this.lastMs);
		this.extend(nowMs);
	}

	get habit(): AskingHabit {
		return { seen: this.seen, longestMs: this.longestMs, windows: this.windows };
	}

	set habit({ seen, longestMs, windows }: AskingHabit) {
		this.seen = seen;
		this.longestMs = longestMs;
		this.windows = windows;
	}

	private extend(nowMs: number): void {
		const isNew = nowMs >= this.endMs;
		if (isNew) {
			this.lengthMs = this.neededMs;
			this.windows = this.windows === windowsMost ? fullEvery : this.windows + 1;
		}
		this.lastMs = nowMs;
		this.endMs = nowMs + this.lengthMs;
		if (isNew) this.listener.opened(nowMs);
	}

	private get neededMs(): number {
		const { isMeasured, leastMs, windowMs } = this.tuning;
		const isTrusted = this.windows >= windowsToTrust && this.seen >= requestsToTrust;
		if (!isMeasured || !isTrusted || this.windows % fullEvery === 0) return windowMs;
		return Math.min(windowMs, Math.max(leastMs, 2 * this.longestMs));
	}

	/** A request came, so long after the message before it. */
	private measure(gapMs: number): void {
		const { windowMs } = this.tuning;
		const isFull = this.lengthMs === windowMs;
		if (gapMs > this.longestMs) this.longestMs = gapMs;
		if (isFull) this.seen = Math.min(this.seen + 1, 255);
		else if (gapMs > this.lengthMs / 2) {
			this.windows = 0;
			this.lengthMs = windowMs;
		}
	}
}
