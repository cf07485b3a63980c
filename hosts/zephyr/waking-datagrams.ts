import type { Address, Datagrams } from "../../modules/host.ts";

/** Datagrams of a radio that may rest: what is sent ends the rest first. */
export class WakingDatagrams implements Datagrams {
	private readonly inner: Datagrams;
	private readonly power: { wake(isToSend: boolean): void };

	constructor(inner: Datagrams, power: { wake(isToSend: boolean): void }) {
		this.inner = inner;
		this.power = power;
	}

	read(into: Uint8Array, from: Address): number {
		return this.inner.read(into, from);
	}

	write(bytes: Uint8Array, to: Address): void {
		this.power.wake(true);
		this.inner.write(bytes, to);
	}

	close(): void {
		this.inner.close();
	}
}
