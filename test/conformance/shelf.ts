import { Chance } from "../../hosts/simulator/chance.ts";
import type { NetworkSocket } from "../../hosts/simulator/network/network.ts";
import { Alarm } from "../../hosts/simulator/server/alarm.ts";
import { Code } from "../../modules/coap/code.ts";
import { Peer } from "../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../modules/coap/tuning.ts";
import type { Address } from "../../modules/host.ts";
import type { Stage } from "./stage.ts";

/** A server of packages in the virtual world, for the one device of a stage: CoAP, by blocks, with ETags. */
export class Shelf {
	readonly packages = new Map<string, Uint8Array>();
	/** Where blocks that were asked for begin. */
	readonly asked: number[] = [];
	/** Nothing is answered while this is set. */
	isAway = false;
	readonly #stage: Stage;
	readonly #host: string;
	readonly #socket: NetworkSocket;
	readonly #peer: Peer;
	readonly #device: Address = { host: "", port: 0 };
	readonly #alarm: Alarm;

	constructor(stage: Stage) {
		this.#stage = stage;
		this.#host = stage.network.newAddress();
		this.#socket = stage.network.open({ host: this.#host, port: 5683, onReadable: () => this.#readAll() });
		this.#alarm = new Alarm(stage.world.time, () => this.#turn());
		const chance = new Chance(stage.world.seed).branch("shelf");
		this.#peer = new Peer({
			dice: chance,
			entropy: chance.branch("entropy"),
			limits: HOST_LIMITS,
			listener: {
				requested: (request, nowMs) => {
					const bytes = this.packages.get(request.path.join("/"));
					if (bytes === undefined) this.#peer.respond(request, { code: Code.notFound }, nowMs);
					else this.#peer.respond(request, { code: Code.content, source: this.#source(bytes) }, nowMs);
				},
				responded() {},
				failed() {},
				observerGone() {},
			},
		});
	}

	/** Where a package is. */
	uri(name: string): string {
		return `coap://${this.#host}:5683/${name}`;
	}

	close(): void {
		this.#alarm.stop();
		this.#socket.close();
	}

	#source(bytes: Uint8Array) {
		return {
			sizeBytes: bytes.length,
			eTag: Uint8Array.of(bytes.length >> 8, bytes.length & 255, bytes[300] ?? 0),
			read: (offset: number, into: Uint8Array, at: number, end: number) => {
				this.asked.push(offset);
				const part = bytes.subarray(offset, Math.min(bytes.length, offset + end - at));
				into.set(part, at);
				return part.length;
			},
		};
	}

	#readAll(): void {
		const bytes = new Uint8Array(1500);
		for (;;) {
			const size = this.#socket.read(bytes, this.#device);
			if (size < 0) break;
			if (!this.isAway) this.#peer.receive(bytes, 0, size, this.#stage.nowMs);
		}
		this.#turn();
	}

	#turn(): void {
		this.#peer.poll(this.#stage.nowMs);
		for (let sent = this.#peer.takeDatagram(); sent !== undefined; sent = this.#peer.takeDatagram()) {
			this.#socket.write(sent, this.#device);
		}
		this.#alarm.set(this.#peer.deadlineMs);
	}
}
