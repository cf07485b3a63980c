import type { Address, Datagrams } from "../host.ts";
import type { ConnectivityStatistics } from "./connectivity-statistics-7.ts";

const udpHeader = 8;
const ipv4Header = 20;
const ipv6Header = 40;

/** @returns the size on the wire, without fragments and extension headers */
const packetSize = (payloadSize: number, { host }: Address) =>
	payloadSize + udpHeader + (host.includes(":") ? ipv6Header : ipv4Header);

/**
 * Counts what passes `net`, IP headers included. Put it right above the host's socket, below DTLS, so that the bytes
 * of records and handshakes count.
 */
export function counted(net: Datagrams, statistics: ConnectivityStatistics): Datagrams {
	return {
		read(into, from) {
			const size = net.read(into, from);
			if (size >= 0) statistics.received(packetSize(size, from));
			return size;
		},
		write(bytes, to) {
			net.write(bytes, to);
			statistics.sent(packetSize(bytes.length, to));
		},
		close: () => net.close(),
	};
}
