/** What a peer tells of itself. */
export interface PeerEvent {
	readonly event: "established" | "received" | "closed" | "failed";
	readonly resumed?: boolean;
	/** null: it does not tell. */
	readonly ems?: boolean | null;
	readonly suite?: string;
	/** Whom it takes the other side for. */
	readonly peer?: string;
	readonly hex?: string;
	readonly why?: string;
}

const eventTimeoutMs = 12_000;
/** What Scandium begins a session with, because it begins only when there is something to send: left out. */
const openingHex = "00";

/** One side of a session, ours or not, as the tests see it. */
export interface Talker {
	readonly stack: string;
	readonly version: string;
	readonly port: number;
	readonly events: readonly PeerEvent[];
	/** The next event of this kind that was not asked for yet. Those before it are skipped. */
	next(kind: PeerEvent["event"], timeoutMs?: number): Promise<PeerEvent>;
	send(bytes: Uint8Array): void;
	/** Closes the session, with close_notify. */
	close(): void;
	/** A client: a new session that resumes the last. */
	resume(): void;
	/** A client: a new session from nothing. */
	renew(): void;
	log(): string;
	stop(): Promise<void>;
}

/** What one side tells, and those who wait for it. */
export class EventQueue {
	readonly events: PeerEvent[] = [];
	/** Nothing more will come. */
	isOver = false;
	readonly #name: string;
	readonly #log: () => string;
	readonly #waiting = new Set<() => void>();
	#seen = 0;

	constructor(name: string, log: () => string) {
		this.#name = name;
		this.#log = log;
	}

	add(event: PeerEvent): void {
		if (event.event === "received" && event.hex === openingHex) return;
		this.events.push(event);
		this.wake();
	}

	wake(): void {
		for (const one of [...this.#waiting]) one();
	}

	async next(kind: PeerEvent["event"], timeoutMs = eventTimeoutMs): Promise<PeerEvent> {
		let found: PeerEvent | undefined;
		await this.until(`tells of "${kind}"`, timeoutMs, () => {
			const at = this.events.findIndex((one, index) => index >= this.#seen && one.event === kind);
			if (at < 0) return false;
			this.#seen = at + 1;
			found = this.events[at];
			return true;
		});
		return found!;
	}

	until(what: string, timeoutMs: number, isSo: () => boolean): Promise<void> {
		return new Promise((resolve, reject) => {
			const giveUp = () => {
				clearTimeout(timer);
				this.#waiting.delete(look);
				reject(new Error(`no "${this.#name} ${what}" within ${timeoutMs} ms:\n${this.#log()}`));
			};
			const look = () => {
				if (isSo()) {
					clearTimeout(timer);
					this.#waiting.delete(look);
					resolve();
				} else if (this.isOver) giveUp();
			};
			const timer = setTimeout(giveUp, timeoutMs);
			this.#waiting.add(look);
			look();
		});
	}
}
