import { type Address, type Datagrams, type DatagramsOptions, HostFailure } from "../../modules/host.ts";
import { closeSocket, openDatagrams, readDatagram, refusal, unreachable, writeDatagram } from "./socket-natives.ts";
import { readable, type Sockets, type SocketUser, unreachableAddress } from "./sockets.ts";

/** UDP over IPv4 and IPv6. What the system's queue does not hold is lost, what does not fit into a buffer dropped. */
export class SocketDatagrams implements Datagrams, SocketUser {
	private readonly sockets: Sockets;
	private readonly options: DatagramsOptions;
	private readonly id: number;
	private isOpen = true;

	/** @throws HostFailure when the port is taken, or there are too many sockets */
	constructor(sockets: Sockets, options: DatagramsOptions) {
		const { port = 0 } = options;
		this.sockets = sockets;
		this.options = options;
		this.id = sockets.add(openDatagrams(port), this, `no UDP socket on port ${port}`);
	}

	read(into: Uint8Array, from: Address): number {
		return this.isOpen ? readDatagram(this.id, into, from) : -1;
	}

	write(bytes: Uint8Array, { host, port }: Address): void {
		if (!this.isOpen) throw new HostFailure("the UDP socket is closed");
		const answer = writeDatagram(this.id, bytes, host, port);
		if (answer < 0) {
			throw new HostFailure(answer === -2 ? `${host}: no address` : `no way to ${host}:${port} (${refusal()})`);
		}
	}

	close(): void {
		if (!this.isOpen) return;
		this.isOpen = false;
		this.sockets.remove(this.id);
		closeSocket(this.id);
	}

	happened(what: number): void {
		const { onUnreachable } = this.options;
		if ((what & unreachableAddress) !== 0 && onUnreachable !== undefined) {
			const to = { host: "", port: 0 };
			unreachable(this.id, to);
			this.options.onUnreachable!(to);
		}
		// at least one waits: the core does not count
		if ((what & readable) !== 0 && this.isOpen) this.options.onReadable(1);
	}
}
