import type { Address, Stream, StreamOptions } from "../../modules/host.ts";
import type { Sockets } from "../sockets/sockets.ts";
import { SocketStreams } from "../sockets/streams.ts";
import type { Ways } from "./ways.ts";

/** TCP of the computer, which says where to. */
export class DesktopStreams extends SocketStreams {
	private readonly ways: Ways;

	constructor(sockets: Sockets, ways: Ways) {
		super(sockets);
		this.ways = ways;
	}

	override connect(to: Address, options: StreamOptions): Stream {
		this.ways.towards(to.host);
		return super.connect(to, options);
	}
}
