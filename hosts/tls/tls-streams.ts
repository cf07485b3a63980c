import {
	type Address,
	HostFailure,
	type Stream,
	type StreamListener,
	type StreamOptions,
	type Streams,
	type Tls,
	type TlsSettings,
} from "../../modules/host.ts";
import { beginTls, openTlsConnection } from "./tls-natives.ts";
import { TlsStream } from "./tls-stream.ts";

const nothing = new Uint8Array(0);

/** @returns the Tls port of this image, or undefined when it was built without mbedTLS's client */
export function openTls(): Tls | undefined {
	return beginTls() ? new MbedTls() : undefined;
}

/** TLS 1.2, and 1.3 where the library has it, over mbedTLS. */
class MbedTls implements Tls {
	over(streams: Streams, settings: TlsSettings): Streams {
		return new TlsStreams(streams, settings);
	}
}

class TlsStreams implements Streams {
	private readonly streams: Streams;
	private readonly settings: TlsSettings;

	constructor(streams: Streams, settings: TlsSettings) {
		this.streams = streams;
		this.settings = settings;
	}

	connect(to: Address, options: StreamOptions): Stream {
		const id = open(this.settings);
		if (id === 0) throw new HostFailure("no room for another TLS connection");
		if (id < 0) throw new HostFailure(id === -7 ? "TLS does not take these keys or names" : "TLS: no memory");
		const stream = new TlsStream(id, this.settings, options);
		stream.connect(this.streams, to);
		return stream;
	}

	listen(): StreamListener {
		throw new HostFailure("TLS in the client's role alone");
	}
}

function open({ psk, identity, suites = [], serverName = "", sendServerName = true, protocol = "" }: TlsSettings) {
	const numbers = new Uint8Array(2 * suites.length);
	for (let index = 0; index < suites.length; index++) {
		numbers[2 * index] = suites[index]! >> 8;
		numbers[2 * index + 1] = suites[index]!;
	}
	const chain = identity === undefined ? nothing : joined(identity.chain);
	const key = psk?.key ?? nothing;
	return openTlsConnection(
		psk?.identity ?? nothing,
		"psaId" in key ? nothing : key,
		"psaId" in key ? key.psaId : 0,
		chain,
		identity?.privateKey ?? nothing,
		numbers,
		sendServerName ? serverName : "",
		protocol,
	);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
	const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(piece, at);
		at += piece.length;
	}
	return all;
}
