import type { ReadableStream } from "node:stream/web";
import type { Sample } from "./rest-client.ts";
import type { RestNode } from "./rest-node.ts";

/** One server-sent event, its data parsed. */
export interface ServerEvent {
	readonly event: string;
	readonly data: unknown;
	/** When it arrived here, milliseconds of the system's monotonic clock. */
	readonly atMs: number;
}

/** The data of a NOTIFICATION of one path. */
export interface Notification {
	readonly ep: string;
	readonly res: string;
	readonly val: RestNode;
	readonly series?: readonly Sample[];
}

/** The data of a NOTIFICATION of several paths, and of a SEND, which has no `paths`. */
export interface CompositeNews {
	readonly ep: string;
	readonly val: Readonly<Record<string, RestNode | null>>;
	readonly paths?: readonly string[];
	readonly series?: readonly Sample[];
}

export interface TimedNews extends CompositeNews {
	readonly atMs: number;
}

export interface TimedValue {
	readonly atMs: number;
	readonly node: RestNode;
}

/** The data of a COAPLOG: one message of a client. */
export interface WireMessage {
	readonly incoming: boolean;
	readonly type: string;
	readonly code?: string | null;
	readonly mId: number;
	readonly token: string;
	readonly options?: string;
	readonly payload?: string;
}

interface Waiter {
	readonly wants: (event: ServerEvent) => boolean;
	readonly resolve: (event: ServerEvent) => void;
}

/** An open stream of server-sent events (WHATWG HTML §9.2), everything kept. */
export class EventStream {
	readonly events: ServerEvent[] = [];
	readonly #abort: AbortController;
	readonly #waiters = new Set<Waiter>();

	/** Settles when the server has accepted the stream: what happens from now on is seen. */
	static async open(url: string): Promise<EventStream> {
		const abort = new AbortController();
		const response = await fetch(url, { headers: { accept: "text/event-stream" }, signal: abort.signal });
		if (!response.ok || response.body === null) throw new Error(`${url}: HTTP ${response.status}`);
		return new EventStream(response.body as ReadableStream<Uint8Array>, abort);
	}

	private constructor(body: ReadableStream<Uint8Array>, abort: AbortController) {
		this.#abort = abort;
		this.#read(body).catch(() => undefined); // closed by us, or the server is gone: waiters time out and say so
	}

	/**
	 * The first event that `wants` accepts, among those at `from` and later.
	 * @param timeoutMs how long to wait for it; then it rejects with `what` and what came instead
	 */
	async wait(
		what: string,
		wants: (event: ServerEvent) => boolean,
		{ from = 0, timeoutMs = 10_000 }: { readonly from?: number; readonly timeoutMs?: number } = {},
	): Promise<ServerEvent> {
		const known = this.events.slice(from).find(wants);
		if (known !== undefined) return known;
		return new Promise((resolve, reject) => {
			const waiter: Waiter = {
				wants,
				resolve: (event) => {
					clearTimeout(timer);
					resolve(event);
				},
			};
			const timer = setTimeout(() => {
				this.#waiters.delete(waiter);
				const seen = this.events.slice(from).map(({ event, data }) => `${event} ${JSON.stringify(data)}`);
				reject(new Error(`no ${what} in ${timeoutMs} ms; events since: ${seen.join("\n  ") || "none"}`));
			}, timeoutMs);
			this.#waiters.add(waiter);
		});
	}

	/** How many events there are so far: where a later look may begin. */
	get mark(): number {
		return this.events.length;
	}

	/** Notifications of `path` so far, at `from` or later, with their arrival times. */
	notifications(endpoint: string, path: string, from = 0): TimedValue[] {
		const found: TimedValue[] = [];
		for (const { event, data, atMs } of this.events.slice(from)) {
			if (event !== "NOTIFICATION") continue;
			const { ep, res, val } = data as Notification;
			if (ep === endpoint && res === path) found.push({ atMs, node: val });
		}
		return found;
	}

	/** Waits until there are `count` of them. */
	async notified(
		{ endpoint, path, from }: { readonly endpoint: string; readonly path: string; readonly from: number },
		count: number,
		timeoutMs: number,
	): Promise<TimedValue[]> {
		const isEnough = () => this.notifications(endpoint, path, from).length >= count;
		if (!isEnough()) {
			const what = `${count} notifications of ${path}`;
			await this.wait(what, () => isEnough(), { from: this.mark, timeoutMs });
		}
		return this.notifications(endpoint, path, from);
	}

	/** Notifications of exactly these paths together so far, at `from` or later, with their arrival times. */
	compositeNotifications(endpoint: string, paths: readonly string[], from = 0): TimedNews[] {
		const found: TimedNews[] = [];
		for (const { event, data, atMs } of this.events.slice(from)) {
			const news = data as CompositeNews;
			if (event !== "NOTIFICATION" || news.ep !== endpoint || news.paths?.join() !== paths.join()) continue;
			found.push({ ...news, atMs });
		}
		return found;
	}

	/** Messages seen so far, oldest first. */
	messages(): WireMessage[] {
		return this.events.filter(({ event }) => event === "COAPLOG").map(({ data }) => data as WireMessage);
	}

	close(): void {
		this.#abort.abort();
	}

	async #read(body: ReadableStream<Uint8Array>): Promise<void> {
		const decoder = new TextDecoder();
		let rest = "";
		for await (const bytes of body) {
			rest += decoder.decode(bytes, { stream: true });
			const blocks = rest.split(/\r?\n\r?\n/);
			rest = blocks.pop() ?? "";
			for (const block of blocks) this.#take(block);
		}
	}

	#take(block: string): void {
		let event = "message";
		const data: string[] = [];
		for (const line of block.split(/\r?\n/)) {
			const [, field, value] = /^([a-z]+): ?(.*)$/.exec(line) ?? [];
			if (field === "event") event = value ?? "";
			if (field === "data") data.push(value ?? "");
		}
		if (data.length === 0) return; // a comment that keeps the connection open
		const record: ServerEvent = { event, data: JSON.parse(data.join("\n")), atMs: performance.now() };
		this.events.push(record);
		for (const waiter of this.#waiters) {
			if (!waiter.wants(record)) continue;
			this.#waiters.delete(waiter);
			waiter.resolve(record);
		}
	}
}
