import { type Address, type Datagrams, type Host, HostFailure } from "../host.ts";
import type { Client } from "./client.ts";

/** The largest datagram we take: an IPv6 link carries this much without fragments (RFC 8200 §5). */
const datagramBytes = 1280;

/**
 * Drives a client over a host's ports: one socket for all servers, the resolver, one alarm. Every call from the host
 * is one turn: the time is read once, what waits is read, the client polls, and all that comes out is sent. A
 * HostFailure ends neither turn nor loop; it is logged.
 */
export class Loop {
	readonly #host: Host;
	readonly #client: Client;
	readonly #bytes = new Uint8Array(datagramBytes);
	readonly #from: Address = { host: "", port: 0 };
	readonly #to: Address = { host: "", port: 0 };
	#datagrams: Datagrams | undefined;
	#hasEnded = false;

	constructor(host: Host, client: Client) {
		this.#host = host;
		this.#client = client;
	}

	/** Opens the socket, starts the client, and comes back to it whenever the host calls; returns at once. */
	start(): void {
		const { power } = this.#host;
		this.attempt(() => {
			this.#datagrams = this.#host.openDatagrams({ onReadable: () => this.turn(() => {}) });
		});
		power.onShutdown(() => this.turn((nowMs) => this.#client.stop(nowMs)));
		this.turn((nowMs) => this.#client.start(nowMs));
	}

	private turn(begin: (nowMs: number) => void): void {
		if (this.#hasEnded) return;
		const nowMs = this.#host.clock.nowMs();
		begin(nowMs);
		this.attempt(() => this.readAll(nowMs));
		this.attempt(() => this.#client.poll(nowMs));
		this.sendAll();
		this.resolveAll();
		this.end();
		if (this.#hasEnded) return;
		const { deadlineMs } = this.#client;
		this.#host.clock.setAlarm(deadlineMs === Infinity ? undefined : deadlineMs, () => this.turn(() => {}));
	}

	private readAll(nowMs: number): void {
		const datagrams = this.#datagrams;
		if (datagrams === undefined) return;
		for (;;) {
			const size = datagrams.read(this.#bytes, this.#from);
			if (size < 0) return;
			this.#client.receive(this.#from, this.#bytes, 0, size, nowMs);
			this.#client.poll(nowMs);
			this.sendAll(); // answers leave before the next request is read: bounded, however many wait
		}
	}

	private sendAll(): void {
		for (
			let bytes = this.#client.takeDatagram(this.#to);
			bytes !== undefined;
			bytes = this.#client.takeDatagram(this.#to)
		) {
			const datagram = bytes;
			this.attempt(() => this.#datagrams?.write(datagram, this.#to));
		}
	}

	private resolveAll(): void {
		for (let name = this.#client.takeName(); name !== undefined; name = this.#client.takeName()) {
			const asked = name;
			this.#host.resolver.resolve(asked, (host) => this.turn((nowMs) => this.#client.resolved(asked, host, nowMs)));
		}
	}

	/** After the last word of a stopped client, power may go. */
	private end(): void {
		if (!this.#client.isEnded) return;
		this.#hasEnded = true;
		this.#host.clock.setAlarm(undefined, () => {});
		this.attempt(() => this.#datagrams?.close());
		this.#host.power.off();
	}

	/**
	 * Runs a part of the turn. Only a failure of the host is caught here; a broken assumption is the host's to log, and
	 * to reset for.
	 */
	private attempt(run: () => void): void {
		try {
			run();
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error;
			this.#host.log.write({ event: "hostFailure", what: error.message });
		}
	}
}
