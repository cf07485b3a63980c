import { endProcess } from "../../../../hosts/desktop/desktop-system.ts";
import { SocketDatagrams } from "../../../../hosts/sockets/datagrams.ts";
import { SocketResolver } from "../../../../hosts/sockets/resolver.ts";
import { Sockets } from "../../../../hosts/sockets/sockets.ts";
import { SocketStreams } from "../../../../hosts/sockets/streams.ts";
import { HostFailure, type Stream } from "../../../../modules/host.ts";

/** Bytes that go through a TCP connection and back. */
const streamBytes = 200_000;

/** The ports of hosts/sockets on XS, over loopback; each case says a line, and the last one ends the process. */
class Exchange {
	private readonly sockets = new Sockets();
	private readonly streams = new SocketStreams(this.sockets);
	private readonly resolver = new SocketResolver(this.sockets);

	start(): void {
		this.datagrams("127.0.0.1", () =>
			this.datagrams("::1", () => this.refusals(() => this.stream(() => this.names()))),
		);
	}

	private datagrams(host: string, next: () => void): void {
		const port = 40_000 + (host === "::1" ? 1 : 0);
		const into = new Uint8Array(32);
		const from = { host: "", port: 0 };
		const echo = new SocketDatagrams(this.sockets, {
			port,
			onReadable: () => {
				for (let size = echo.read(into, from); size >= 0; size = echo.read(into, from)) {
					echo.write(into.subarray(0, size), from);
				}
			},
		});
		let rounds = 0;
		const sent = Uint8Array.of(1, 2, 3);
		const asking = new SocketDatagrams(this.sockets, {
			onReadable: () => {
				const size = asking.read(into, from);
				if (size < 0) return;
				if (size !== 3 || into[2] !== 3 || from.host !== host || from.port !== port) this.failed(`datagrams ${host}`);
				rounds += 1;
				if (rounds < 100) asking.write(sent, { host, port });
				else {
					asking.close();
					echo.close();
					this.passed(`datagrams ${host}`);
					next();
				}
			},
		});
		asking.write(sent, { host, port });
	}

	private refusals(next: () => void): void {
		const one = new SocketDatagrams(this.sockets, { port: 40_002, onReadable: () => {} });
		let refused = 0;
		const attempts = [
			() => new SocketDatagrams(this.sockets, { port: 40_002, onReadable: () => {} }),
			() => one.write(new Uint8Array(1), { host: "example.org", port: 1 }),
			() => one.write(new Uint8Array(70_000), { host: "127.0.0.1", port: 1 }),
			() => this.streams.connect({ host: "nowhere", port: 1 }, noStream),
		];
		for (const attempt of attempts) {
			try {
				attempt();
			} catch (error) {
				if (error instanceof HostFailure) refused += 1;
			}
		}
		one.close();
		one.close();
		if (one.read(new Uint8Array(1), { host: "", port: 0 }) !== -1) this.failed("a closed socket reads");
		const unreachable = new SocketDatagrams(this.sockets, {
			onReadable: () => {},
			onUnreachable: ({ host, port }) => {
				unreachable.close();
				if (refused === attempts.length && host === "127.0.0.1" && port === 9) this.passed("refusals");
				else this.failed(`refusals: ${refused}, ${host}:${port}`);
				next();
			},
		});
		unreachable.write(new Uint8Array(1), { host: "127.0.0.1", port: 9 });
	}

	private stream(next: () => void): void {
		const out = new Uint8Array(streamBytes);
		for (let index = 0; index < out.length; index++) out[index] = index * 7 + (index >> 8);
		const piece = new Uint8Array(4096);
		let sent = 0;
		let received = 0;
		let isSame = true;
		const listener = this.streams.listen({
			onReadable: () => {
				const echo: Stream | undefined = listener.accept({
					onReadable: () => {
						for (let size = echo!.read(piece); size > 0; size = echo!.read(piece)) {
							for (let index = 0; index < size; index++) isSame &&= piece[index] === out[received + index];
							received += size;
						}
					},
					onWritable: () => {},
					onClosed: () => {
						listener.close();
						if (received === out.length && isSame) this.passed("stream");
						else this.failed(`stream: ${received}`);
						next();
					},
				});
			},
		});
		const asking = this.streams.connect(
			{ host: "127.0.0.1", port: listener.port },
			{
				onReadable: () => {},
				onWritable: () => {
					for (let taken = 1; taken > 0 && sent < out.length; sent += taken) {
						taken = asking.write(out, sent, out.length);
					}
					if (sent === out.length) asking.close();
				},
				onClosed: () => this.failed("stream: closed"),
			},
		);
	}

	private names(): void {
		this.resolver.resolve("2001:DB8::0:1", (literal) => {
			this.resolver.resolve("localhost", (hosts) => {
				const isLoopback = hosts.length > 0 && hosts.every((host) => host === "127.0.0.1" || host === "::1");
				if (isLoopback && literal.length === 1 && literal[0] === "2001:db8::1") this.passed("names");
				else this.failed(`names: ${literal.join()} ${hosts.join()}`);
				trace("ended\n");
				endProcess(0);
			});
		});
	}

	private passed(what: string): void {
		trace(`ok ${what}\n`);
	}

	private failed(what: string): void {
		trace(`not ok ${what}\n`);
		endProcess(1);
	}
}

const noStream = Object.freeze({ onReadable: () => {}, onWritable: () => {}, onClosed: () => {} });

export default function main(): void {
	// XS calls it when an error was caught by nobody.
	(globalThis as { abort?: (why: string, error: unknown) => void }).abort = (why, error) => {
		trace(`not ok ${why}: ${String(error)}\n`);
		endProcess(1);
	};
	new Exchange().start();
}
