import { readUtf8 } from "../../../../modules/bytes.ts";
import { TcpConnection } from "../../../../modules/coap/tcp-connection.ts";
import { TcpPeer } from "../../../../modules/coap/tcp-peer.ts";
import type { Host, Streams } from "../../../../modules/host.ts";

/** Asks a server for "/" over a stream, by CoAP over TCP (RFC 8323). */
export function askForRoot(
	streams: Streams,
	port: number,
	{ clock, entropy }: Pick<Host, "clock" | "entropy">,
	done: (what: string) => void,
): void {
	let isDone = false;
	const tell = (what: string) => {
		if (!isDone) done(what);
		isDone = true;
	};
	const peer: TcpPeer = new TcpPeer({
		entropy,
		listener: {
			requested: () => {},
			responded: (_, { code, payload }) => {
				const text = readUtf8(payload, 0, payload.length) ?? "";
				connection.abandon(clock.nowMs());
				tell(`${code >> 5}.${code & 31} ${text.slice(0, 16)}`);
			},
			failed: (_, reason) => tell(`failed ${reason}`),
			observerGone: () => {},
			closed: () => {},
		},
	});
	const connection: TcpConnection = new TcpConnection({ peer, wake: () => connection.turn(clock.nowMs()) });
	peer.request({ code: 1, path: [] }, clock.nowMs());
	connection.connect(streams, { host: "127.0.0.1", port });
}
