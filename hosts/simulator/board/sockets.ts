import { type Address, HostFailure } from "../../../modules/host.ts";
import type { EnergyMeter } from "../energy/meter.ts";
import type { BoardPorts } from "../engine/ports.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Ledger } from "./ledger.ts";
import type { Rail } from "./rail.ts";

export interface BoardSocketsOptions {
	readonly network: Network;
	readonly address: string | undefined;
	readonly ledger: Ledger;
	readonly rail: Rail;
	readonly energy: Pick<EnergyMeter, "sent" | "received">;
	/** Without it nothing goes out, and nothing comes. */
	readonly link: { readonly isUp: boolean };
	/** Something is sent while the radio is off: it goes on. */
	onWake(): void;
	onReadable(socket: number, count: number): void;
	onUnreachable(socket: number, to: Readonly<Address>): void;
	/** The network would not give a socket after all; the device hears nothing on it, as with a broken radio. */
	onRefused(why: string): void;
}

const socketsMax = 8;
/**
 * What the board's network driver takes in; a larger datagram is dropped, as lwIP does with what exceeds its buffers.
 */
const datagramMaxBytes = 2048;

/** The UDP sockets of one board, by number. */
export class BoardSockets {
	readonly #options: BoardSocketsOptions;
	readonly #sockets = new Map<number, NetworkSocket>();
	readonly #from: Address = { host: "", port: 0 };
	#buffer: Uint8Array | undefined;
	#lastNumber = 0;
	#isDeaf = false;

	constructor(options: BoardSocketsOptions) {
		this.#options = options;
	}

	/** The radio is off: what comes is lost. Whoever writes switches it on. */
	get isDeaf(): boolean {
		return this.#isDeaf;
	}

	setDeaf(isDeaf: boolean): void {
		this.#isDeaf = isDeaf;
	}

	/** @returns a number above 0 that no socket of this board had before, or -1 when there are too many */
	open(port: number): number {
		if (this.#sockets.size >= socketsMax) return -1;
		const { network, address, onReadable, onUnreachable, onRefused } = this.#options;
		const number = ++this.#lastNumber;
		const host = address === undefined ? {} : { host: address };
		const socket = network.open({
			...host,
			port,
			onReadable: (count) => {
				if (this.#isDeaf || !this.#options.link.isUp) this.#lose(number);
				else onReadable(number, count);
			},
			onUnreachable: (to) => {
				if (!this.#isDeaf && this.#options.link.isUp) onUnreachable(number, to);
			},
		});
		socket.bound.catch((error: Error) => onRefused(error.message));
		this.#sockets.set(number, socket);
		return number;
	}

	read(number: number): { readonly bytes: Uint8Array; readonly host: string; readonly port: number } | undefined {
		const socket = this.#sockets.get(number);
		this.#buffer ??= new Uint8Array(datagramMaxBytes);
		const size = socket?.read(this.#buffer, this.#from) ?? -1;
		if (size < 0) return undefined;
		const bytes = this.#buffer.subarray(0, size);
		this.#options.rail.pass("read");
		this.#options.ledger.enter("received", bytes, this.#from.host);
		this.#options.energy.received(bytes, this.#from.host);
		return { bytes, host: this.#from.host, port: this.#from.port };
	}

	write(number: number, bytes: Uint8Array, to: Address): boolean {
		const socket = this.#sockets.get(number);
		if (socket === undefined) return false;
		const { rail, ledger, energy, link, onWake } = this.#options;
		rail.pass("send");
		if (this.#isDeaf) onWake();
		if (!link.isUp) return false;
		try {
			socket.write(bytes, to);
		} catch (error) {
			if (error instanceof HostFailure) return false;
			throw error;
		}
		ledger.enter("sent", bytes, to.host);
		energy.sent(bytes, to.host);
		rail.pass("sent");
		return true;
	}

	close(number: number): void {
		this.#sockets.get(number)?.close();
		this.#sockets.delete(number);
	}

	/** Nobody hears what waits on this socket. */
	#lose(number: number): void {
		const socket = this.#sockets.get(number);
		this.#buffer ??= new Uint8Array(datagramMaxBytes);
		while ((socket?.read(this.#buffer, this.#from) ?? -1) >= 0) this.#options.ledger.lostAsleep++;
	}

	/** What the machine's natives call. */
	ports(): Pick<BoardPorts, "udpOpen" | "udpRead" | "udpWrite" | "udpClose"> {
		return {
			udpOpen: (port) => this.open(port),
			udpRead: (socket) => this.read(socket),
			udpWrite: (socket, bytes, host, port) => this.write(socket, bytes, { host, port }),
			udpClose: (socket) => this.close(socket),
		};
	}

	closeAll(): void {
		this.#isDeaf = false;
		for (const socket of this.#sockets.values()) socket.close();
		this.#sockets.clear();
	}
}
