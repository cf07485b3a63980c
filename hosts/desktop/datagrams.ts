import UDP from "embedded:io/socket/udp";
import { type Address, type Datagrams, type DatagramsOptions, HostFailure } from "../../modules/host.ts";

/** A datagram as the SDK hands it out: an ArrayBuffer with the sender's address on it. */
type Received = ArrayBuffer & { readonly address: string; readonly port: number };

/** The SDK's UDP socket as it is; its own declarations lack `close` and that `read` may find nothing. */
interface UdpSocket {
	read(): Received | undefined;
	write(bytes: Uint8Array, address: string, port: number): void;
	close(): void;
}

/** Whether there is anybody to hear. */
export interface Radio {
	isDeaf(): boolean;
	/** Something is sent: it hears again. */
	hear(): void;
}

/** The SDK on Linux receives into a buffer of this size and cuts what is longer without saying so. */
const receivedBytesMax = 2047;

/** One UDP socket of the SDK (ECMA-419 clause 16). IPv4 only, as all of the SDK's; on Linux looked at every 20 ms. */
export class UdpDatagrams implements Datagrams {
	readonly #socket: UdpSocket;
	readonly #radio: Radio;

	/** @throws HostFailure when the port is taken */
	constructor({ port, onReadable }: DatagramsOptions, radio: Radio) {
		this.#radio = radio;
		const options = { onReadable: (count: number) => this.hear(count, onReadable) };
		try {
			this.#socket = new UDP(port === undefined ? options : { ...options, port }) as unknown as UdpSocket;
		} catch (cause) {
			throw new HostFailure(`no UDP socket on port ${port ?? 0}`, { cause });
		}
	}

	/** In light sleep what comes is lost, as it is where the radio is off. */
	private hear(count: number, onReadable: DatagramsOptions["onReadable"]): void {
		if (!this.#radio.isDeaf()) {
			onReadable(count);
			return;
		}
		while (this.#socket.read() !== undefined);
	}

	read(into: Uint8Array, from: Address): number {
		for (;;) {
			const received = this.#socket.read();
			if (received === undefined) return -1;
			const size = received.byteLength;
			if (size > into.length || size > receivedBytesMax) continue; // does not fit: dropped, as the port says
			into.set(new Uint8Array(received));
			from.host = received.address;
			from.port = received.port;
			return size;
		}
	}

	write(bytes: Uint8Array, { host, port }: Address): void {
		this.#radio.hear();
		if (host.includes(":")) throw new HostFailure(`${host}: the SDK's UDP sockets know IPv4 only`);
		try {
			this.#socket.write(bytes, host, port);
		} catch (cause) {
			throw new HostFailure(`no way to ${host}:${port}`, { cause });
		}
	}

	close(): void {
		this.#socket.close();
	}
}
