import { type Address, type Datagrams, type DatagramsOptions, type Host, HostFailure } from "../host.ts";
import type { Client } from "./client.ts";

/** The largest datagram we take: an IPv6 link carries this much without fragments (RFC 8200 §5). */
const datagramBytes = 1280;

/** What of a host a loop needs. */
export type LoopHost = Pick<Host, "clock" | "power" | "resolver" | "log" | "openDatagrams">;

/** Whoever keeps what is to outlive resets: called inside of turns. */
export interface Keeper {
	/** The client has just been started. */
	started(nowMs: number): void;
	/** Answers are about to leave: what they acknowledge is to be kept before. A turn may have several of these. */
	answering?(nowMs: number): void;
	/** Everything of this turn is done but to send. */
	turnEnded(nowMs: number): void;
	/** The local port for the loop's socket; undefined lets the host choose. */
	readonly localPort?: number | undefined;
	/** Everything is sent, and nothing waits: time to tidy up, one short step. */
	idle?(): void;
	/**
	 * The last word of a turn: the chip may sleep from here on.
	 * @param dueMs when the client, or a keeper before this one, has something to do; Infinity for never
	 * @returns when there has to be a turn, in place of that
	 */
	rest?(nowMs: number, dueMs: number): number;
}

/**
 * Drives a client over a host's ports: one socket for all servers, the resolver, one alarm. Every call from the host
 * is one turn: the time is read once, what waits is read, the client polls, and all that comes out is sent. A
 * HostFailure ends neither turn nor loop; it is logged.
 */
export class Loop {
	readonly #host: LoopHost;
	readonly #client: Client;
	readonly #bytes = new Uint8Array(datagramBytes);
	/** Of the datagram at hand: where it came from, or where it goes. */
	readonly #address: Address = { host: "", port: 0 };
	/** What the host calls for an alarm, for datagrams, and for what is said to have no way there: one function. */
	readonly #wake = (what?: number | Readonly<Address>) =>
		this.turn(typeof what === "object" ? (nowMs) => this.#client.undeliverable(what, "unreachable", nowMs) : undefined);
	readonly #keepers: readonly Keeper[];
	#datagrams: Datagrams | undefined;
	#hasStarted = false;
	#hasEnded = false;

	/** @param keepers are called in this order */
	constructor(host: LoopHost, client: Client, ...keepers: readonly Keeper[]) {
		this.#host = host;
		this.#client = client;
		this.#keepers = keepers;
	}

	/** Opens the socket, starts the client, and comes back to it whenever the host calls; returns at once. */
	start(): void {
		const { power } = this.#host;
		this.#hasStarted = true;
		const port = this.#keepers.find(({ localPort }) => localPort !== undefined)?.localPort;
		if (port !== undefined) this.open({ port });
		if (this.#datagrams === undefined) this.open({});
		power.onShutdown(() => this.turn((nowMs) => this.#client.stop(nowMs)));
		this.turn((nowMs) => {
			this.#client.start(nowMs);
			for (let index = 0; index < this.#keepers.length; index++) this.#keepers[index]!.started(nowMs);
		});
	}

	private open(port: Pick<DatagramsOptions, "port">): void {
		try {
			this.#datagrams = this.#host.openDatagrams({ ...port, onReadable: this.#wake, onUnreachable: this.#wake });
		} catch (error) {
			this.note(error);
		}
	}

	/** Makes a turn now, because something happened that neither the network nor the clock tells of. */
	wake(): void {
		if (this.#hasStarted) this.turn();
	}

	private turn(begin?: (nowMs: number) => void): void {
		if (this.#hasEnded) return;
		const nowMs = this.#host.clock.nowMs();
		begin?.(nowMs);
		try {
			this.readAll(nowMs);
		} catch (error) {
			this.note(error);
		}
		try {
			this.#client.poll(nowMs);
			for (let index = 0; index < this.#keepers.length; index++) this.#keepers[index]!.turnEnded(nowMs);
		} catch (error) {
			this.note(error);
		}
		this.sendAll(nowMs);
		this.resolveAll(nowMs);
		this.end();
		if (this.#hasEnded) return;
		try {
			for (let index = 0; index < this.#keepers.length; index++) this.#keepers[index]!.idle?.();
		} catch (error) {
			this.note(error);
		}
		this.rest(nowMs);
	}

	private rest(nowMs: number): void {
		let dueMs = this.#client.deadlineMs;
		for (let index = 0; index < this.#keepers.length; index++) {
			dueMs = this.#keepers[index]!.rest?.(nowMs, dueMs) ?? dueMs;
		}
		this.#host.clock.setAlarm(dueMs === Infinity ? undefined : dueMs, this.#wake);
	}

	private readAll(nowMs: number): void {
		const datagrams = this.#datagrams;
		if (datagrams === undefined) return;
		for (;;) {
			const size = datagrams.read(this.#bytes, this.#address);
			if (size < 0) return;
			this.#client.receive(this.#address, this.#bytes, 0, size, nowMs);
			this.#client.poll(nowMs);
			for (let index = 0; index < this.#keepers.length; index++) this.#keepers[index]!.answering?.(nowMs);
			this.sendAll(nowMs); // answers leave before the next request is read: bounded, however many wait
		}
	}

	private sendAll(nowMs: number): void {
		for (;;) {
			const bytes = this.#client.takeDatagram(this.#address);
			if (bytes === undefined) return;
			try {
				this.#datagrams?.write(bytes, this.#address);
			} catch (error) {
				this.note(error);
				this.#client.undeliverable(this.#address, "notSent", nowMs);
			}
		}
	}

	private resolveAll(nowMs: number): void {
		for (let name = this.#client.takeName(); name !== undefined; name = this.#client.takeName()) {
			const asked = name;
			try {
				this.#host.resolver.resolve(asked, (hosts) => this.turn((nowMs) => this.#client.resolved(asked, hosts, nowMs)));
			} catch (error) {
				this.note(error);
				this.#client.resolved(asked, [], nowMs);
			}
		}
	}

	/** After the last word of a stopped client, power may go. */
	private end(): void {
		if (!this.#client.isEnded) return;
		this.#hasEnded = true;
		this.#host.clock.setAlarm(undefined, this.#wake);
		try {
			this.#datagrams?.close();
		} catch (error) {
			this.note(error);
		}
		this.#host.power.off();
	}

	/** A failure of the host is logged, and the turn goes on. A broken assumption is the host's to log, then to reset. */
	private note(error: unknown): void {
		if (!(error instanceof HostFailure)) throw error;
		this.#host.log.write({ event: "hostFailure", what: error.message });
	}
}
