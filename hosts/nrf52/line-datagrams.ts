import { type Address, type Datagrams, type DatagramsOptions, HostFailure } from "../../modules/host.ts";

/** Datagrams that wait to be read; the next one is dropped. */
const waitingMax = 8;

/** What a socket asks of the network that it belongs to. */
export interface SocketOwner {
	send(id: number, bytes: Uint8Array, to: Address): void;
	close(id: number): void;
}

/** One UDP socket behind a serial line. */
export class LineDatagrams implements Datagrams {
	readonly id: number;
	readonly options: DatagramsOptions;
	private readonly network: SocketOwner;
	private waiting: { readonly bytes: Uint8Array; readonly from: Readonly<Address> }[] = [];
	private isOpen = true;

	constructor(network: SocketOwner, id: number, options: DatagramsOptions) {
		this.network = network;
		this.id = id;
		this.options = options;
	}

	/** Of the network's: a datagram has come. @param bytes of its own */
	take(bytes: Uint8Array, from: Readonly<Address>): void {
		if (!this.isOpen || this.waiting.length >= waitingMax) return;
		this.waiting.push({ bytes, from });
		this.options.onReadable(this.waiting.length);
	}

	read(into: Uint8Array, from: Address): number {
		for (;;) {
			const next = this.waiting.shift();
			if (next === undefined) return -1;
			if (next.bytes.length > into.length) continue; // does not fit: dropped, as the port says
			into.set(next.bytes);
			from.host = next.from.host;
			from.port = next.from.port;
			return next.bytes.length;
		}
	}

	write(bytes: Uint8Array, to: Address): void {
		if (!this.isOpen) throw new HostFailure("the UDP socket is closed");
		this.network.send(this.id, bytes, to);
	}

	close(): void {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.waiting = [];
		this.network.close(this.id);
	}
}
