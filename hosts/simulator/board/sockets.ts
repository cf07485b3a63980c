import { type Address, HostFailure } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import type { Ledger } from "./ledger.ts";

export interface BoardSocketsOptions {
	readonly network: Network;
	readonly address: string | undefined;
	readonly ledger: Ledger;
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

	constructor(options: BoardSocketsOptions) {
		this.#options = options;
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
			onReadable: (count) => onReadable(number, count),
			onUnreachable: (to) => onUnreachable(number, to),
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
		this.#options.ledger.enter("received", bytes, this.#from.host);
		return { bytes, host: this.#from.host, port: this.#from.port };
	}

	write(number: number, bytes: Uint8Array, to: Address): boolean {
		const socket = this.#sockets.get(number);
		if (socket === undefined) return false;
		try {
			socket.write(bytes, to);
		} catch (error) {
			if (error instanceof HostFailure) return false;
			throw error;
		}
		this.#options.ledger.enter("sent", bytes, to.host);
		return true;
	}

	close(number: number): void {
		this.#sockets.get(number)?.close();
		this.#sockets.delete(number);
	}

	closeAll(): void {
		for (const socket of this.#sockets.values()) socket.close();
		this.#sockets.clear();
	}
}
