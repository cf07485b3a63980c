import { createSocket, type Socket } from "node:dgram";

/** One datagram that passed, either way. */
export interface Passed {
	/** Milliseconds of the system's monotonic clock. */
	readonly atMs: number;
	readonly way: "out" | "in";
	readonly bytes: Buffer;
}

/**
 * A network address translator on loopback, between one device and one server, that takes note of all that passes and
 * can forget: behind it the device has another port then, and what the server sends to the old one is lost, as it is
 * when a device sleeps longer than the NATs of cellular networks remember.
 */
export class Nat {
	readonly passed: Passed[] = [];
	readonly #inside: Socket;
	readonly #serverPort: number;
	#outside: Socket;
	#devicePort = 0;

	/** @param serverPort on loopback */
	static async open(serverPort: number): Promise<Nat> {
		const inside = createSocket("udp4");
		await new Promise<void>((resolve) => inside.bind(0, "127.0.0.1", resolve));
		return new Nat(inside, serverPort);
	}

	private constructor(inside: Socket, serverPort: number) {
		this.#inside = inside;
		this.#serverPort = serverPort;
		this.#outside = this.#open();
		inside.on("message", (bytes, { port }) => {
			this.#devicePort = port;
			this.passed.push({ atMs: performance.now(), way: "out", bytes });
			this.#outside.send(new Uint8Array(bytes), this.#serverPort, "127.0.0.1");
		});
	}

	/** Where the device finds the server. */
	get port(): number {
		return this.#inside.address().port;
	}

	/** Forgets the device: its next datagram gets another port outside. */
	forget(): void {
		this.#outside.close();
		this.#outside = this.#open();
	}

	/** What passed since the mark `from` (an earlier passed.length), in one direction. */
	since(from: number, way: Passed["way"]): readonly Passed[] {
		return this.passed.slice(from).filter((each) => each.way === way);
	}

	close(): void {
		this.#inside.close();
		this.#outside.close();
	}

	#open(): Socket {
		const outside = createSocket("udp4");
		outside.on("message", (bytes) => {
			this.passed.push({ atMs: performance.now(), way: "in", bytes });
			if (this.#devicePort !== 0) this.#inside.send(new Uint8Array(bytes), this.#devicePort, "127.0.0.1");
		});
		outside.bind(0, "127.0.0.1");
		return outside;
	}
}
