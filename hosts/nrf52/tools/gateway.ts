import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns";
import { isIPv4, isIPv6 } from "node:net";
import { readUtf8, writeUtf8 } from "../../../modules/bytes.ts";
import { FrameReader, frameMaxBytes, frameType, frameVersion, lineBytesOf, writeFrame } from "../frames.ts";

const addressesMax = 6;

interface OpenSocket {
	readonly port: number;
	readonly of: Map<4 | 6, Socket>;
}

/**
 * The other end of the serial line (FRAMES.md), for a computer that lends its network to a board: UDP sockets and names
 * of this computer.
 */
export class Gateway {
	readonly reader = new FrameReader((frame, size) => this.take(frame, size));
	private readonly write: (bytes: Uint8Array) => void;
	private readonly sockets = new Map<number, OpenSocket>();
	private readonly frame = new Uint8Array(frameMaxBytes);
	private isOnline = true;
	/** Of the device that said hello last; 0: none has. */
	private session = 0;

	/** @param write puts bytes on the line */
	constructor(write: (bytes: Uint8Array) => void) {
		this.write = write;
		this.sayReady();
	}

	/** Bytes have come over the line. */
	received(bytes: Uint8Array): void {
		this.reader.push(bytes);
	}

	/** Plays a network that comes and goes. */
	setOnline(isOnline: boolean): void {
		this.isOnline = isOnline;
		this.frame[1] = isOnline ? 1 : 0;
		this.say(frameType.network, 2);
	}

	close(): void {
		for (const id of [...this.sockets.keys()]) this.closeSocket(id);
	}

	private sayReady(): void {
		this.frame[1] = frameVersion;
		this.frame[2] = this.isOnline ? 1 : 0;
		this.frame[3] = this.session >>> 8;
		this.frame[4] = this.session & 0xff;
		this.say(frameType.ready, 5);
	}

	private say(type: number, size: number): void {
		this.frame[0] = type;
		const line = new Uint8Array(lineBytesOf(size));
		this.write(line.subarray(0, writeFrame(this.frame, size, line)));
	}

	private take(frame: Uint8Array, size: number): void {
		const id = frame[1] ?? 0;
		switch (frame[0]) {
			case frameType.hello:
				if (size >= 4 && id === frameVersion) this.greet((frame[2]! << 8) | frame[3]!);
				break;
			case frameType.open:
				if (size >= 4) this.open(id, (frame[2]! << 8) | frame[3]!);
				break;
			case frameType.close:
				this.closeSocket(id);
				break;
			case frameType.send:
				this.send(id, frame, size);
				break;
			case frameType.resolve:
				this.resolve(id, readUtf8(frame, 2, size) ?? "");
				break;
		}
	}

	/** A device that began anew knows nothing of what was open. */
	private greet(session: number): void {
		if (session !== this.session) this.close();
		this.session = session;
		this.sayReady();
	}

	private open(id: number, port: number): void {
		this.closeSocket(id);
		this.sockets.set(id, { port, of: new Map() });
		if (port !== 0) for (const family of [4, 6] as const) this.socketOf(id, family);
		this.frame[1] = id;
		this.frame[2] = 0;
		this.say(frameType.opened, 3);
	}

	/** Made when it is first needed: not every computer has both families. */
	private socketOf(id: number, family: 4 | 6): Socket | undefined {
		const open = this.sockets.get(id);
		const known = open?.of.get(family);
		if (open === undefined || known !== undefined) return known;
		const socket = createSocket(family === 4 ? "udp4" : { type: "udp6", ipv6Only: true });
		socket.on("error", () => open.of.delete(family));
		socket.on("message", (bytes, { address, port }) => {
			const end = this.writeAddress(id, address.replace(/%.*/, ""), port);
			if (end + bytes.length > frameMaxBytes) return;
			this.frame.set(bytes, end);
			this.say(frameType.received, end + bytes.length);
		});
		socket.bind(open.port);
		open.of.set(family, socket);
		return socket;
	}

	private send(id: number, frame: Uint8Array, size: number): void {
		const hostEnd = 5 + (frame[4] ?? 0);
		const host = hostEnd <= size ? (readUtf8(frame, 5, hostEnd) ?? "") : "";
		const family = isIPv4(host) ? 4 : isIPv6(host) ? 6 : undefined;
		if (family === undefined || !this.isOnline) return;
		const port = (frame[2]! << 8) | frame[3]!;
		const bytes = frame.slice(hostEnd, size);
		this.socketOf(id, family)?.send(bytes, port, host, (error) => {
			if (error === null) return;
			this.say(frameType.unreachable, this.writeAddress(id, host, port));
		});
	}

	private resolve(query: number, name: string): void {
		lookup(name, { all: true, verbatim: true }, (error, found) => {
			let at = 3;
			const hosts = error === null && this.isOnline ? found.slice(0, addressesMax) : [];
			for (const { address } of hosts) {
				const end = writeUtf8(address, this.frame, at + 1);
				this.frame[at] = end - at - 1;
				at = end;
			}
			this.frame[1] = query;
			this.frame[2] = hosts.length;
			this.say(frameType.resolved, at);
		});
	}

	/** Socket, port, and the host's text behind its size, as frames with an address begin. @returns where it ends */
	private writeAddress(id: number, host: string, port: number): number {
		this.frame[1] = id;
		this.frame[2] = port >>> 8;
		this.frame[3] = port & 0xff;
		const end = writeUtf8(host, this.frame, 5);
		this.frame[4] = end - 5;
		return end;
	}

	private closeSocket(id: number): void {
		for (const socket of this.sockets.get(id)?.of.values() ?? []) socket.close();
		this.sockets.delete(id);
	}
}
