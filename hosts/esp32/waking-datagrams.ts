import type { Address, DatagramsOptions } from "../../modules/host.ts";
import { SocketDatagrams } from "../sockets/datagrams.ts";
import type { Sockets } from "../sockets/sockets.ts";

/** UDP that ends a light sleep before it sends. What is sent before the radio is back is lost, and sent again. */
export class WakingDatagrams extends SocketDatagrams {
	private readonly power: { wake(): void };

	constructor(sockets: Sockets, options: DatagramsOptions, power: { wake(): void }) {
		super(sockets, options);
		this.power = power;
	}

	override write(bytes: Uint8Array, to: Address): void {
		this.power.wake();
		super.write(bytes, to);
	}
}
