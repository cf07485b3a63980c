import type { ReportedNetwork } from "../chips/reported-link.ts";

/** How many hosts are remembered: more than a device has servers at a time, as a rule. */
const hostsMax = 4;

/**
 * The computer's network, as far as the device needs it: whether there is a way to one of the hosts that it has last
 * sent to. So a server on this computer is there without any network, and one elsewhere is not there because of a
 * bridge for containers. Before anything was sent, nobody knows: it counts as there.
 */
export class Ways implements ReportedNetwork {
	isOnline = true;
	address: string | undefined;
	private readonly hosts: string[] = [];
	private readonly addressTowards: (host: string) => string | undefined;

	/** @param addressTowards our own address towards a host; undefined: there is no way; "": nobody knows */
	constructor(addressTowards: (host: string) => string | undefined) {
		this.addressTowards = addressTowards;
	}

	/** Something is sent there. @param host an address literal, as a server's; others count as there */
	towards(host: string): void {
		const { hosts } = this;
		if (hosts.includes(host)) return;
		if (hosts.length === hostsMax) hosts.shift();
		hosts.push(host);
	}

	/** Looks how it is now. @returns whether that is something else than before */
	look(): boolean {
		const { hosts, isOnline, address } = this;
		let own: string | undefined = hosts.length === 0 ? "" : undefined;
		for (let index = 0; index < hosts.length && own === undefined; index++) own = this.addressTowards(hosts[index]!);
		this.isOnline = own !== undefined;
		if (own !== undefined && own !== "") this.address = own;
		return this.isOnline !== isOnline || this.address !== address;
	}
}
