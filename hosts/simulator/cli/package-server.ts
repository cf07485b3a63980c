import { Code } from "../../../modules/coap/code.ts";
import { Peer, type Request } from "../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import type { Address, Dice, Entropy } from "../../../modules/host.ts";
import type { Network, NetworkSocket } from "../network/network.ts";
import { Alarm } from "../server/alarm.ts";
import type { Timekeeper } from "../time.ts";

const coapPort = 5683;

export interface PackageServerOptions {
	readonly network: Network;
	readonly time: Timekeeper;
	readonly dice: Dice;
	readonly entropy: Entropy;
	readonly host: string;
	/** CoAP's own when left out. */
	readonly port?: number;
	readonly file: Uint8Array;
	/** Tells one file from another (RFC 7252 §5.10.6), 1 to 8 bytes. */
	readonly etag: Uint8Array;
}

interface Line {
	readonly peer: Peer;
	readonly alarm: Alarm;
}

/** A CoAP server of one file, by blocks: where a device pulls its package from. */
export class PackageServer {
	/** Answers with content so far: blocks, and blocks sent again. */
	blocks = 0;
	readonly #options: PackageServerOptions;
	readonly #socket: NetworkSocket;
	readonly #lines = new Map<string, Line>();

	constructor(options: PackageServerOptions) {
		this.#options = options;
		const into = new Uint8Array(1500);
		const from: Address = { host: "", port: 0 };
		this.#socket = options.network.open({
			host: options.host,
			port: options.port ?? coapPort,
			onReadable: () => {
				for (let size = this.#socket.read(into, from); size >= 0; size = this.#socket.read(into, from)) {
					const nowMs = options.time.nowMs();
					const line = this.#line({ ...from });
					line.peer.receive(into, 0, size, nowMs);
					this.#settle(line, { ...from });
				}
			},
		});
	}

	get uri(): string {
		const { host, port = coapPort } = this.#options;
		return `coap://${host}:${port}/package`;
	}

	close(): void {
		for (const { alarm } of this.#lines.values()) alarm.stop();
		this.#socket.close();
	}

	#line(from: Address): Line {
		const key = `${from.host} ${from.port}`;
		const known = this.#lines.get(key);
		if (known !== undefined) return known;
		const { dice, entropy, time } = this.#options;
		const requested = (request: Request, nowMs: number) => this.#answer(peer, request, nowMs);
		const listener = { requested, responded() {}, failed() {}, observerGone() {} };
		const peer = new Peer({ dice, entropy, limits: HOST_LIMITS, listener });
		const alarm = new Alarm(time, () => {
			peer.poll(time.nowMs());
			this.#settle(line, from);
		});
		const line = { peer, alarm };
		this.#lines.set(key, line);
		return line;
	}

	#answer(peer: Peer, request: Request, nowMs: number): void {
		const { file, etag } = this.#options;
		if (request.code !== Code.get) peer.respond(request, { code: Code.methodNotAllowed }, nowMs);
		else
			peer.respond(
				request,
				{ code: Code.content, contentFormat: 42, payload: file, options: [{ number: 4, value: etag }] },
				nowMs,
			);
	}

	#settle({ peer, alarm }: Line, to: Address): void {
		for (let bytes = peer.takeDatagram(); bytes !== undefined; bytes = peer.takeDatagram()) {
			if (bytes[1] === Code.content) this.blocks++;
			this.#socket.write(bytes, to);
		}
		alarm.set(peer.deadlineMs);
	}
}
