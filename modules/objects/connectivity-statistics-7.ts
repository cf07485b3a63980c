import { frozen } from "../frozen.ts";
import { ObjectInstance } from "../lwm2m/instance.ts";
import { RequestRefused } from "../lwm2m/refusal.ts";
import { CONNECTIVITY_STATISTICS } from "./facts/connectivity-statistics-7.ts";

/** The unit of Resources 2 and 3, "kilobytes". */
const kilobyte = 1000;

/**
 * How often observers hear of the counters. Not with each message: a notification is a message, and would cause the
 * next one.
 */
const tellEveryS = 30;

/** The client's way to do something later; `after` of the client is one. */
export interface LaterPort {
	/** Calls `run` once, `delayMs` after this turn. @returns a function that cancels it */
	after(delayMs: number, run: () => void): () => void;
}

const hooks = frozen({
	read: {
		smsTxCounter: (it: ConnectivityStatistics) => it.count.smsSent,
		smsRxCounter: (it: ConnectivityStatistics) => it.count.smsReceived,
		txData: (it: ConnectivityStatistics) => Math.floor(it.count.bytesSent / kilobyte),
		rxData: (it: ConnectivityStatistics) => Math.floor(it.count.bytesReceived / kilobyte),
		maxMessageSize: (it: ConnectivityStatistics) => it.count.largest,
		averageMessageSize: (it: ConnectivityStatistics) => {
			const { messages, bytesSent, bytesReceived } = it.count;
			return messages === 0 ? 0 : Math.round((bytesSent + bytesReceived) / messages);
		},
	},
	check: {
		collectionPeriod(seconds: number) {
			if (seconds < 0) throw new RequestRefused(0x80, "negative time");
		},
	},
	execute: {
		start: (it: ConnectivityStatistics) => it.begin(),
		stop: (it: ConnectivityStatistics) => it.end(),
	},
	sample: {
		everyS: tellEveryS,
		take(it: ConnectivityStatistics) {
			it.tellNews();
		},
	},
});

/** What passed over the network while a server had it counted: one in a device. */
export class ConnectivityStatistics extends ObjectInstance<typeof CONNECTIVITY_STATISTICS, ConnectivityStatistics> {
	count = { smsSent: 0, smsReceived: 0, bytesSent: 0, bytesReceived: 0, messages: 0, largest: 0 };
	readonly #later: LaterPort;
	#isCollecting = false;
	#cancel: (() => void) | undefined;

	constructor(later: LaterPort, collectionPeriodS: number) {
		super(CONNECTIVITY_STATISTICS, { ...hooks, values: { collectionPeriod: collectionPeriodS } });
		this.#later = later;
		this.tellNews(); // the first look: nobody listens yet
	}

	get isCollecting(): boolean {
		return this.#isCollecting;
	}

	/** Start: zero, and counts until Stop, or for the Collection Period when that is not 0. */
	begin(): void {
		this.count = { smsSent: 0, smsReceived: 0, bytesSent: 0, bytesReceived: 0, messages: 0, largest: 0 };
		this.#cancel?.();
		this.#cancel = undefined;
		this.#isCollecting = true;
		const periodS = this.get("collectionPeriod") ?? 0;
		if (periodS > 0) this.#cancel = this.#later.after(periodS * 1000, () => this.end());
		this.tellNews();
	}

	/** Stop: the counters stay as they are. */
	end(): void {
		this.#cancel?.();
		this.#cancel = undefined;
		this.#isCollecting = false;
		this.tellNews();
	}

	/** Tells observers of what has changed since they last heard. */
	tellNews(): void {
		for (const name in hooks.read) this.look(name);
	}

	/** @param bytes of an IP packet with all its headers, without repetitions below IP (Resource 6) */
	sent(bytes: number): void {
		if (!this.#isCollecting) return;
		this.count.bytesSent += bytes;
		this.message(bytes);
	}

	/** Likewise. */
	received(bytes: number): void {
		if (!this.#isCollecting) return;
		this.count.bytesReceived += bytes;
		this.message(bytes);
	}

	smsSent(): void {
		if (this.#isCollecting) this.count.smsSent++;
	}

	smsReceived(): void {
		if (this.#isCollecting) this.count.smsReceived++;
	}

	private message(bytes: number): void {
		this.count.messages++;
		if (bytes > this.count.largest) this.count.largest = bytes;
	}
}

/**
 * Connectivity Statistics (LwM2M Core 1.1 Appendix E.8); counted() feeds it what passes a socket.
 * @param options.collectionPeriodS 0, no end by itself, when left out
 */
export function connectivityStatistics(
	later: LaterPort,
	options: { readonly collectionPeriodS?: number } = {},
): ConnectivityStatistics {
	return new ConnectivityStatistics(later, options.collectionPeriodS ?? 0);
}
