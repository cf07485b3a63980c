import type { LinkState, NetworkLink } from "../../modules/host.ts";

/** What a host knows of its network. */
export interface ReportedNetwork {
	readonly isOnline: boolean;
	/** Another value for another address of ours. */
	readonly address?: string | number | undefined;
}

/** The NetworkLink of a host whose network says itself when it comes and goes. */
export class ReportedLink implements NetworkLink {
	private readonly network: ReportedNetwork;
	private readonly power: { readonly isResting: boolean };
	private listener: { wake(): void } | undefined;

	/** @param power isResting: it has switched the radio off for a sleep */
	constructor(network: ReportedNetwork, power: { readonly isResting: boolean }) {
		this.network = network;
		this.power = power;
	}

	get state(): LinkState {
		return this.power.isResting ? "resting" : this.network.isOnline ? "up" : "down";
	}

	get address(): string | number | undefined {
		return this.network.address;
	}

	onChanged(listener: { wake(): void }): void {
		this.listener = listener;
	}

	/** The network came or went, or knows us by another address. In a rest that is nobody's news. */
	changed(): void {
		if (!this.power.isResting) this.listener?.wake();
	}
}
