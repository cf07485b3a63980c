import { createSocket, type Socket } from "node:dgram";
import type { Address, Datagrams, DatagramsOptions } from "../../../modules/host.ts";

const host = "127.0.0.1";

/** A UDP socket of the loopback interface as the Datagrams port. */
export class LoopbackDatagrams implements Datagrams {
	readonly #socket: Socket;
	readonly #waiting: { readonly bytes: Uint8Array; readonly port: number }[] = [];
	#isClosed = false;

	constructor({ port = 0, onReadable }: DatagramsOptions) {
		this.#socket = createSocket("udp4");
		this.#socket.on("error", () => undefined); // what the network says of a datagram counts as loss
		this.#socket.on("message", (bytes, from) => {
			this.#waiting.push({ bytes: Uint8Array.from(bytes), port: from.port });
			onReadable(this.#waiting.length);
		});
		this.#socket.bind(port, host);
	}

	/** Resolves with the local port. */
	async port(): Promise<number> {
		await new Promise<void>((resolve) => {
			try {
				this.#socket.address();
				resolve();
			} catch {
				this.#socket.once("listening", resolve);
			}
		});
		return this.#socket.address().port;
	}

	read(into: Uint8Array, from: Address): number {
		const first = this.#waiting.shift();
		if (first === undefined || first.bytes.length > into.length) return -1;
		into.set(first.bytes);
		from.host = host;
		from.port = first.port;
		return first.bytes.length;
	}

	write(bytes: Uint8Array, to: Address): void {
		if (!this.#isClosed) this.#socket.send(Uint8Array.from(bytes), to.port, to.host);
	}

	close(): void {
		this.#isClosed = true;
		this.#socket.close();
	}
}
