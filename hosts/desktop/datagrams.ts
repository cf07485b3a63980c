import type { Address, Datagrams, DatagramsOptions } from "../../modules/host.ts";
import { SocketDatagrams } from "../sockets/datagrams.ts";
import type { Sockets } from "../sockets/sockets.ts";

/** Whether there is anybody to hear. */
export interface Radio {
	isDeaf(): boolean;
	/** Something is sent to `host`: it hears again. */
	sends(host: string): void;
}

/** UDP of the computer, behind a radio that sleeps: what comes meanwhile is lost. */
export class RadioDatagrams implements Datagrams {
	private readonly datagrams: SocketDatagrams;
	private readonly radio: Radio;

	/** @throws HostFailure when the port is taken, or there are too many sockets */
	constructor(sockets: Sockets, options: DatagramsOptions, radio: Radio) {
		this.radio = radio;
		const onReadable = (count: number) => this.hear(count, options.onReadable);
		this.datagrams = new SocketDatagrams(sockets, { ...options, onReadable });
	}

	read(into: Uint8Array, from: Address): number {
		return this.datagrams.read(into, from);
	}

	write(bytes: Uint8Array, to: Address): void {
		this.radio.sends(to.host);
		this.datagrams.write(bytes, to);
	}

	close(): void {
		this.datagrams.close();
	}

	private hear(count: number, onReadable: DatagramsOptions["onReadable"]): void {
		if (!this.radio.isDeaf()) {
			onReadable(count);
			return;
		}
		const nowhere = new Uint8Array(0); // nothing fits: dropped
		const from: Address = { host: "", port: 0 };
		while (this.datagrams.read(nowhere, from) >= 0);
	}
}
